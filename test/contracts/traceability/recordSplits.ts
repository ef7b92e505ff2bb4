import { expect } from "chai";
import { id } from "ethers";
import { childOf, secp, type Message, type SignedAct } from "../../support/acts.ts";
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

describe("recordSplits", () => {
  let coast: Coast;
  let ledger: Coast["ledger"];
  let point: string;
  let lot: string;

  beforeEach(async () => {
    coast = await load();
    ({ ledger, point } = coast);
    lot = await coast.lot({ class: 3 });
  });

  const bailed = 4;
  const sign = (grams: number[], terms: Message = {}): SignedAct => coast.sign("Split", coast.split(lot, grams, terms));

  function argsOf(signed: SignedAct, flags = 0): unknown[] {
    const { operator, grams, seq, capturedAt, anchor, evidence } = signed.act as Record<string, number>;
    return [
      lot,
      operator,
      coast.digest(signed),
      grams,
      packed([seq!, 24], [capturedAt!, 40], [flags, 8]),
      anchor,
      evidence,
    ];
  }

  async function expectSplit(signed: SignedAct, custodian = point, owner = custodian, flags = 0) {
    const other = await coast.lot({ salt: id("another") });
    const totals = await ledger.totals();
    await coast.expectOnly(coast.carry(signed), "LotSplit", argsOf(signed, flags));
    const seq = Number(signed.act["seq"]) + 1;
    await coast.expectLot(lot, { custodian, grams: 0, class: 3, seq, disposition: 1, flags });
    const grams = signed.act["grams"] as number[];
    for (const [i, part] of grams.entries()) {
      const child = childOf(coast.digest(signed), i);
      expect(await ledger.childId(coast.digest(signed), i)).to.equal(child);
      await coast.expectLot(child, { custodian, grams: part, class: 3, flags });
      expect(await ledger.ownerOf(child)).to.equal(owner);
    }
    expect(await ledger.lots(childOf(coast.digest(signed), grams.length))).to.equal(0n);
    await coast.expectLot(other, { custodian: point, grams: 1_500 });
    expect(await ledger.totals()).to.deep.equal(totals);
  }

  it("given a lot in custody, when the custodian has signed, then its children are the lot", async () => {
    await expectSplit(sign([1, 499, 1_000]));
  });

  it("when there is one child, then it is the lot under another id", async () => {
    await expectSplit(sign([1_500]));
  });

  it("given flags, then the children inherit them", async () => {
    await coast.auditor.ruleOnFlags(lot, 3, 0, id("basis"));
    await expectSplit(sign([700, 800]), point, point, 3);
  });

  it("given a bailed lot, then the children are in the hauler's custody and the owner's title", async () => {
    await coast.carry(coast.sign("Handoff", coast.handoff(lot, { to: hauler, bailment: 1 })));
    await expectSplit(sign([1, 1_499], { operator: hauler, seq: 1 }), hauler, point, bailed);
  });

  it("given a suspended custodian, then lot and children are under review", async () => {
    await coast.registry.setStatus(point, 2, id("basis"));
    const signed = sign([500, 1_000]);
    await coast.expectOnly(coast.carry(signed), "LotSplit", argsOf(signed, 0x10 | review));
    await coast.expectLot(lot, { custodian: point, grams: 0, class: 3, seq: 1, disposition: 1, flags: review });
    await coast.expectLot(childOf(coast.digest(signed), 1), {
      custodian: point,
      grams: 1_000,
      class: 3,
      flags: review,
    });
  });

  it("given a bad act between good ones, then it is skipped and a child can be split in the same batch", async () => {
    const first = sign([500, 1_000]);
    const child = childOf(coast.digest(first), 1);
    const second = coast.sign("Split", coast.split(child, [1, 999]));
    const call = coast.carry(sign([1]), first, first, second);
    const logs = (await (await call).wait())?.logs.map((log) => ledger.interface.parseLog(log)?.name);
    expect(logs).to.deep.equal(["Skipped", "LotSplit", "Skipped", "LotSplit"]);
    await coast.expectLot(childOf(coast.digest(second), 1), { custodian: point, grams: 999, class: 3 });
  });

  describe("skips what cannot be true, and tells why", () => {
    it("a lot that does not exist", async () => {
      lot = id("nothing");
      await coast.expectSkipped(sign([1_500]), "LotUnknown", [lot]);
    });

    it("another seq than the lot's, before anything else", async () => {
      await coast.expectSkipped(sign([0], { seq: 1, operator: hauler }), "SeqNotCurrent", [lot, 1, 0]);
      await coast.carry(sign([1_500]));
      await coast.expectSkipped(sign([1_500]), "SeqNotCurrent", [lot, 0, 1]);
    });

    it("a lot that is consumed or void", async () => {
      await coast.carry(sign([1_500]));
      await coast.expectSkipped(sign([0], { seq: 1 }), "LotNotOpen", [lot, 1]);
      lot = await coast.lot();
      await coast.auditor.voidLot(lot, id("basis"));
      await coast.expectSkipped(sign([0], { operator: hauler }), "LotNotOpen", [lot, 2]);
    });

    it("an operator that does not hold the lot, its owner included", async () => {
      await coast.expectSkipped(sign([0], { operator: plant }), "NotCustodian", [lot, plant, point]);
      await coast.carry(coast.sign("Handoff", coast.handoff(lot, { to: hauler, bailment: 1 })));
      await coast.expectSkipped(sign([1_500], { seq: 1 }), "NotCustodian", [lot, point, hauler]);
    });

    it("no children, or one without mass", async () => {
      await coast.expectSkipped(sign([]), "PartsMissing", [lot]);
      await coast.expectSkipped(sign([1_500, 0]), "GramsMissing", [lot]);
      await coast.expectSkipped(sign([0, 7]), "GramsMissing", [lot]);
    });

    it("children whose grams are not the lot's, before its signature is looked at", async () => {
      for (const grams of [[1_499], [1_500, 1], [2 ** 48 - 1, 2 ** 48 - 1]]) {
        const total = grams.reduce((sum, part) => sum + BigInt(part), 0n);
        const signed = coast.sign("Split", coast.split(lot, grams), secp(strangerKey));
        await coast.expectSkipped(signed, "GramsNotMatching", [lot, total, 1_500]);
      }
    });

    it("a signature by a key that does not sign for the operator", async () => {
      const signed = coast.sign("Split", coast.split(lot, [1_500]), secp(strangerKey));
      await coast.expectSkipped(signed, "SignatureNotValid", [point, keyId(stranger)]);
    });
  });
});
