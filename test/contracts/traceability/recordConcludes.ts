import { expect } from "chai";
import { id } from "ethers";
import { secp, type Message, type SignedAct } from "../../support/acts.ts";
import {
  createCoast,
  hauler,
  keyId,
  packed,
  plant,
  review,
  stranger,
  strangerKey,
  type Coast,
} from "../../support/coast.ts";

const load = await createCoast();

describe("recordConcludes", () => {
  let coast: Coast;
  let ledger: Coast["ledger"];
  let point: string;
  let lot: string;
  let other: string;

  beforeEach(async () => {
    coast = await load();
    ({ ledger, point } = coast);
    lot = await coast.lot();
    other = await coast.lot();
  });

  const claimed = 1;
  const disposed = 2;
  const sign = (terms: Message = {}): SignedAct => coast.sign("Conclude", coast.conclude(lot, terms));

  function argsOf(signed: SignedAct, flags = 0): unknown[] {
    const { operator, kind, grams, seq, capturedAt, anchor, evidence } = signed.act as Record<string, number>;
    const terms = packed([grams!, 48], [seq!, 24], [capturedAt!, 40], [flags, 8]);
    return [lot, operator, kind, coast.digest(signed), terms, anchor, evidence];
  }

  async function expectConcluded(signed: SignedAct, left: number, flags = 0) {
    const [collected, concluded] = await ledger.totals();
    await coast.expectOnly(coast.carry(signed), "Concluded", argsOf(signed, flags));
    const [grams, seq] = [BigInt(signed.act["grams"] as number), Number(signed.act["seq"]) + 1];
    const disposition = left === 0 ? 1 : 0;
    await coast.expectLot(lot, { custodian: point, grams: left, seq, disposition, flags: flags & 0xf });
    await coast.expectLot(other, { custodian: point, grams: 1_500 });
    expect(await ledger.totals()).to.deep.equal([collected, concluded + grams]);
  }

  for (const kind of [claimed, disposed, 3, 4, 5, 6, 7, 0xffff]) {
    it(`when grams end as kind ${kind}, then they have left the ledger and the rest stays`, async () => {
      await expectConcluded(sign({ kind }), 1_000);
    });
  }

  it("when all grams end, then the lot is consumed", async () => {
    await expectConcluded(sign({ grams: 1_500 }), 0);
  });

  it("given a suspended operator, then the lot is under review", async () => {
    await coast.registry.setStatus(point, 2, id("basis"));
    await expectConcluded(sign(), 1_000, 0x10 | review);
  });

  it("given a lot under review, when it is claimed, then that is recorded", async () => {
    await coast.auditor.ruleOnFlags(lot, review, 0, id("basis"));
    await expectConcluded(sign({ kind: claimed }), 1_000, review);
  });

  for (const flags of [1, 2, 3]) {
    it(`given a lot with flags ${flags}, then it can end, but not as a claim`, async () => {
      await coast.auditor.ruleOnFlags(lot, flags, 0, id("basis"));
      await coast.expectSkipped(sign({ kind: claimed }), "LotBarred", [lot, flags]);
      await expectConcluded(sign({ kind: disposed }), 1_000, flags);
    });
  }

  it("given a bad act between good ones, then it is skipped and the others are recorded", async () => {
    const acts = [sign(), sign({ seq: 1, grams: 1_001 }), sign({ seq: 1, grams: 1_000 }), sign({ seq: 2 })];
    const call = coast.carry(...acts);
    const logs = (await (await call).wait())?.logs.map((log) => ledger.interface.parseLog(log)?.name);
    expect(logs).to.deep.equal(["Concluded", "Skipped", "Concluded", "Skipped"]);
    expect(await ledger.totals()).to.deep.equal([3_000n, 1_500n]);
  });

  describe("skips what cannot be true, and tells why", () => {
    it("a lot that does not exist", async () => {
      lot = id("nothing");
      await coast.expectSkipped(sign(), "LotUnknown", [lot]);
    });

    it("another seq than the lot's", async () => {
      await coast.expectSkipped(sign({ seq: 1, grams: 0 }), "SeqNotCurrent", [lot, 1, 0]);
      await coast.carry(sign());
      await coast.expectSkipped(sign(), "SeqNotCurrent", [lot, 0, 1]);
    });

    it("a lot that is consumed or void", async () => {
      await coast.carry(sign({ grams: 1_500 }));
      await coast.expectSkipped(sign({ seq: 1, operator: hauler }), "LotNotOpen", [lot, 1]);
      lot = await coast.lot();
      await coast.auditor.voidLot(lot, id("basis"));
      await coast.expectSkipped(sign({ operator: hauler }), "LotNotOpen", [lot, 2]);
    });

    it("an operator that does not hold the lot, or has no title to it", async () => {
      await coast.expectSkipped(sign({ operator: plant, grams: 0 }), "NotCustodian", [lot, plant, point]);
      await coast.carry(coast.sign("Handoff", coast.handoff(lot, { to: hauler, bailment: 1 })));
      await coast.expectSkipped(sign({ seq: 1 }), "NotCustodian", [lot, point, hauler]);
      await coast.expectSkipped(sign({ seq: 1, operator: hauler, grams: 0 }), "NotOwner", [lot, hauler, point]);
    });

    it("no grams, more grams than the lot has", async () => {
      await coast.auditor.ruleOnFlags(lot, 1, 0, id("basis"));
      await coast.expectSkipped(sign({ grams: 0, kind: claimed }), "GramsMissing", [lot]);
      for (const grams of [1_501, 2 ** 48 - 1]) {
        await coast.expectSkipped(sign({ grams, kind: claimed }), "GramsNotMatching", [lot, grams, 1_500]);
      }
    });

    it("a claim on a barred lot, before its signature is looked at", async () => {
      await coast.auditor.ruleOnFlags(lot, 2, 0, id("basis"));
      const signed = coast.sign("Conclude", coast.conclude(lot, { kind: claimed }), secp(strangerKey));
      await coast.expectSkipped(signed, "LotBarred", [lot, 2]);
    });

    it("a signature by a key that does not sign for the operator", async () => {
      const signed = coast.sign("Conclude", coast.conclude(lot), secp(strangerKey));
      await coast.expectSkipped(signed, "SignatureNotValid", [point, keyId(stranger)]);
    });
  });
});
