/** How traceability's acts travel: which function of which contract takes them, and what they may cost. */
import { concatBytes } from "@noble/hashes/utils.js";
import { interfaces } from "../chain/contracts.ts";
import { toBytes, toHex } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";
import type { Carrier } from "../relayer/port.ts";
import type { ActType } from "./acts.ts";
import { decodeBody, encodeBatch, partsOf } from "./encoding.ts";
import { gasBounds } from "./gas.ts";

/** The kind of a request, and of a recorded act, by the type of the message. */
export const kinds = {
  Collect: "collect",
  Handoff: "handoff",
  Split: "split",
  Transform: "transform",
  Conclude: "conclude",
  PassTitle: "pass-title",
} as const satisfies Record<ActType, string>;

interface Passage {
  /** of `LotLedger` */
  method: string;
  /** gas bound of an act with so many of each of its parts ({@link partsOf}) */
  gas(parts: readonly number[]): bigint;
}

const { child, input, output } = gasBounds;

const passages: Record<ActType, Passage> = {
  Collect: { method: "recordCollects", gas: () => gasBounds.collect },
  Handoff: { method: "recordHandoffs", gas: () => gasBounds.handoff },
  Split: { method: "recordSplits", gas: ([children]) => gasBounds.split + child * BigInt(children!) },
  Transform: {
    method: "recordTransforms",
    gas: ([inputs, outputs]) => gasBounds.transform + input * BigInt(inputs!) + output * BigInt(outputs!),
  },
  Conclude: { method: "recordConcludes", gas: () => gasBounds.conclude },
  PassTitle: { method: "recordPassTitles", gas: () => gasBounds.passTitle },
};

const P256 = 0x01;

/** @param ledger address of `LotLedger` */
export function traceabilityCarriers(ledger: Hex): Carrier[] {
  return (Object.keys(passages) as ActType[]).map((type) => {
    const { method, gas } = passages[type];
    const selector = toBytes(interfaces.LotLedger.getFunction(method as "recordCollects").selector as Hex);
    return {
      kind: kinds[type],
      to: ledger,
      gasBase: gasBounds.base,
      gasOf(body) {
        const { act, proofs } = decodeBody(body);
        const dear = proofs.map((proof) => (proof[0] === P256 ? gasBounds.p256 : gasBounds.wallet));
        return dear.reduce((sum, more) => sum + more, gas(partsOf(type, act)));
      },
      calldata: (bodies) => toHex(concatBytes(selector, encodeBatch(type, bodies))),
    };
  });
}
