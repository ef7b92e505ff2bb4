import { expect } from "chai";
import { id } from "ethers";
import { secp, type Message, type SignedAct } from "../../support/acts.ts";
import {
  captured,
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

describe("recordPassTitles", () => {
  let coast: Coast;
  let ledger: Coast["ledger"];
  let point: string;
  let lot: string;

  beforeEach(async () => {
    coast = await load();
    ({ ledger, point } = coast);
    lot = await coast.lot();
  });

  const bailed = 4;
  const sign = (terms: Message = {}): SignedAct => coast.sign("PassTitle", coast.passTitle(lot, terms));

  function argsOf(signed: SignedAct, flags: number): unknown[] {
    const { owner, to, seq, capturedAt, anchor, evidence } = signed.act as Record<string, number>;
    return [lot, owner, to, coast.digest(signed), packed([seq!, 24], [capturedAt!, 40], [flags, 8]), anchor, evidence];
  }

  async function expectPassed(signed: SignedAct, custodian: string, flags: number) {
    const other = await coast.lot({ salt: id("another") });
    const totals = await ledger.totals();
    await coast.expectOnly(coast.carry(signed), "TitlePassed", argsOf(signed, flags));
    await coast.expectLot(lot, { custodian, grams: 1_500, seq: Number(signed.act["seq"]) + 1, flags: flags & 0xf });
    expect(await ledger.ownerOf(lot)).to.equal(signed.act["to"]);
    expect(await ledger.ownerOf(other)).to.equal(point);
    await coast.expectLot(other, { custodian: point, grams: 1_500 });
    expect(await ledger.totals()).to.deep.equal(totals);
  }

  it("given a lot in its owner's hands, when both have signed, then it is the new owner's, and bailed", async () => {
    await expectPassed(sign(), point, bailed);
  });

  it("given a bailed lot, when title passes to its custodian, then it is bailed no more", async () => {
    await coast.carry(coast.sign("Handoff", coast.handoff(lot, { to: hauler, bailment: 1 })));
    await expectPassed(sign({ seq: 1, to: hauler }), hauler, 0);
  });

  it("given a bailed lot, when title passes to a third, then it stays bailed", async () => {
    await coast.carry(coast.sign("Handoff", coast.handoff(lot, { to: hauler, bailment: 1 })));
    await expectPassed(sign({ seq: 1 }), hauler, bailed);
  });

  it("when title passes to whom it has, then seq alone moves", async () => {
    await expectPassed(sign({ to: point }), point, 0);
  });

  it("given a class that needs a licence, then title alone needs none; a suspended new owner is flagged", async () => {
    lot = await coast.lot({ class: 7 << 10, salt: id("oily") });
    await coast.auditor.ruleOnFlags(lot, 0, review, id("basis"));
    await coast.registry.setStatus(plant, 3, id("basis"));
    const signed = sign();
    await coast.expectOnly(coast.carry(signed), "TitlePassed", argsOf(signed, 0x10 | review | bailed));
    const back = sign({ seq: 1, owner: plant, to: hauler, capturedAt: captured + 3_600 * 24 });
    await coast.expectOnly(coast.carry(back), "TitlePassed", argsOf(back, 0x50 | review | bailed));
  });

  it("given a bad act between good ones, then it is skipped, and title passes twice in one batch", async () => {
    const acts = [sign(), sign(), sign({ seq: 1, owner: plant, to: hauler })];
    const logs = (await (await coast.carry(...acts)).wait())?.logs.map((log) => ledger.interface.parseLog(log)?.name);
    expect(logs).to.deep.equal(["TitlePassed", "Skipped", "TitlePassed"]);
    expect(await ledger.ownerOf(lot)).to.equal(hauler);
  });

  describe("skips what cannot be true, and tells why", () => {
    it("a lot that does not exist", async () => {
      lot = id("nothing");
      await coast.expectSkipped(sign(), "LotUnknown", [lot]);
    });

    it("another seq than the lot's", async () => {
      await coast.expectSkipped(sign({ seq: 1, owner: hauler }), "SeqNotCurrent", [lot, 1, 0]);
      await coast.carry(sign());
      await coast.expectSkipped(sign(), "SeqNotCurrent", [lot, 0, 1]);
    });

    it("a lot that is consumed or void", async () => {
      await coast.carry(coast.sign("Conclude", coast.conclude(lot, { grams: 1_500 })));
      await coast.expectSkipped(sign({ seq: 1, owner: hauler }), "LotNotOpen", [lot, 1]);
      lot = await coast.lot();
      await coast.auditor.voidLot(lot, id("basis"));
      await coast.expectSkipped(sign(), "LotNotOpen", [lot, 2]);
    });

    it("an account without title, the custodian of a bailed lot included", async () => {
      await coast.expectSkipped(sign({ owner: plant, to: stranger }), "NotOwner", [lot, plant, point]);
      await coast.carry(coast.sign("Handoff", coast.handoff(lot, { to: hauler, bailment: 1 })));
      await coast.expectSkipped(sign({ owner: hauler, seq: 1 }), "NotOwner", [lot, hauler, point]);
    });

    it("a new owner that is not registered", async () => {
      await coast.expectSkipped(sign({ to: stranger }), "AccountNotRegistered", [stranger]);
    });

    it("a bad signature of the owner, before a new owner that is not registered", async () => {
      const signed = coast.sign("PassTitle", coast.passTitle(lot, { to: stranger }), secp(strangerKey));
      await coast.expectSkipped(signed, "SignatureNotValid", [point, keyId(stranger)]);
    });

    it("a signature by a key that does not sign for the account, the owner's first", async () => {
      const by = secp(strangerKey);
      const act = coast.passTitle(lot);
      await coast.expectSkipped(coast.sign("PassTitle", act, by, by), "SignatureNotValid", [point, keyId(stranger)]);
      const to = coast.sign("PassTitle", act, undefined, by);
      await coast.expectSkipped(to, "SignatureNotValid", [plant, keyId(stranger)]);
    });
  });
});
