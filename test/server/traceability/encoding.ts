import { expect } from "chai";
import type { Interface } from "ethers";
import fc from "fast-check";
import { interfaces } from "../../../server/chain/contracts.ts";
import { traceabilityCarriers } from "../../../server/traceability/carriers.ts";
import { encodeAct } from "../../../server/traceability/encoding.ts";
import { gasBounds } from "../../../server/traceability/gas.ts";
import type { ActType, SignedAct } from "../../../server/traceability/acts.ts";
import type { Carrier } from "../../../server/relayer/port.ts";
import { batchOf, recorders } from "../../support/acts.ts";
import { actNames, anySigned } from "../../support/messages.ts";

const ledger = `0x${"1e".repeat(20)}` as const;
const kinds = ["collect", "handoff", "split", "transform", "conclude", "pass-title"];
const carriers = traceabilityCarriers(ledger);
const carrierOf = (type: ActType): Carrier => carriers[actNames.indexOf(type)]!;

describe("acts as bytes", () => {
  it("given the carriers, when listed, then there is one for each kind of act, all to the ledger", () => {
    expect(carriers.map(({ kind, to }) => [kind, to])).to.deep.equal(kinds.map((kind) => [kind, ledger]));
  });

  for (const type of actNames) {
    it(`given any batch of ${type}, when it is put into calldata, then it is byte for byte what ethers' encoder makes`, () => {
      fc.assert(
        fc.property(fc.array(anySigned(type), { maxLength: 6 }), (acts) => {
          const calldata = carrierOf(type).calldata(acts.map(encodeAct));
          const whole = (interfaces.LotLedger as Interface).encodeFunctionData(
            recorders[type],
            batchOf(acts as never[]),
          );
          expect(calldata).to.equal(whole);
        }),
        { seed: 1, numRuns: 60 },
      );
    });

    it(`given any ${type}, when its gas is bounded, then parts and proofs are counted`, () => {
      fc.assert(
        fc.property(anySigned(type), (act) => {
          expect(carrierOf(type).gasOf(encodeAct(act))).to.equal(expectedGas(act));
        }),
        { seed: 1, numRuns: 60 },
      );
    });
  }

  it("given a signature of which r is zero, when it is to be stored, then that throws: it would name a proof", () => {
    const [act] = fc.sample(anySigned("Conclude"), { seed: 1, numRuns: 1 });
    const zeroed = { ...act!, signature: `0x${"00".repeat(32)}${"01".repeat(32)}` } as SignedAct;
    expect(() => encodeAct(zeroed)).to.throw("r of a signature is zero");
  });
});

function expectedGas(signed: SignedAct): bigint {
  const signatures = "signature" in signed ? [signed.signature] : [signed.giverSignature, signed.receiverSignature];
  const proofs = signatures.filter((signature) => signature.length !== 130);
  const p256 = BigInt(proofs.filter((proof) => proof.startsWith("0x01")).length);
  const wallets = BigInt(proofs.length) - p256;
  return ownGas(signed) + p256 * gasBounds.p256 + wallets * gasBounds.wallet;
}

function ownGas({ type, act }: SignedAct): bigint {
  switch (type) {
    case "Collect":
      return gasBounds.collect;
    case "Handoff":
      return gasBounds.handoff;
    case "Split":
      return gasBounds.split + gasBounds.child * BigInt(act.grams.length);
    case "Transform":
      return (
        gasBounds.transform +
        gasBounds.input * BigInt(act.inputs.length) +
        gasBounds.output * BigInt(act.outputs.length)
      );
    case "Conclude":
      return gasBounds.conclude;
    case "PassTitle":
      return gasBounds.passTitle;
  }
}
