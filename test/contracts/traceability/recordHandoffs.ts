import { expect } from "chai";
import { concat, id, keccak256, toBeHex } from "ethers";
import { packAct, secp, type Message, type SignedAct } from "../../support/acts.ts";
import {
  captured,
  createCoast,
  forever,
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

describe("recordHandoffs", () => {
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
  const sign = (terms: Message = {}): SignedAct => coast.sign("Handoff", coast.handoff(lot, terms));

  function argsOf(signed: SignedAct, flags = 0): unknown[] {
    const { from, to, declaredGrams, acceptedGrams, seq, capturedAt, bailment, anchor, evidence } =
      signed.act as Record<string, number>;
    const masses = [[declaredGrams!, 48] as [number, number], [acceptedGrams!, 48] as [number, number]];
    const terms = packed(...masses, [seq!, 24], [capturedAt!, 40], [flags, 8], [bailment!, 8]);
    return [lot, from, to, coast.digest(signed), terms, anchor, evidence];
  }

  /** Records it alone, and looks at the event, the lot, its owner, another lot and the totals. */
  async function expectHandedOver(
    signed: SignedAct,
    after: { grams?: number; flags?: number; owner?: string; disposition?: number; lost?: number } = {},
  ) {
    const other = await coast.lot({ salt: id("another") });
    const [collected, concluded] = await ledger.totals();
    const { to, seq } = signed.act as { to: string; seq: number };
    const { grams = 1_500, flags = 0, owner = to, disposition = 0, lost = 0 } = after;
    await coast.expectOnly(coast.carry(signed), "HandedOver", argsOf(signed, flags));
    await coast.expectLot(lot, { custodian: to, grams, seq: seq + 1, flags, disposition });
    expect(await ledger.ownerOf(lot)).to.equal(owner);
    await coast.expectLot(other, { custodian: point, grams: 1_500 });
    expect(await ledger.totals()).to.deep.equal([collected, concluded + BigInt(lost)]);
  }

  it("given a lot in custody, when giver and receiver have signed, then it is the receiver's", async () => {
    await expectHandedOver(sign());
  });

  it("when less is accepted, then the difference has left the ledger", async () => {
    await expectHandedOver(sign({ acceptedGrams: 1_400 }), { grams: 1_400, lost: 100 });
  });

  it("when nothing is accepted, then the lot is consumed", async () => {
    await expectHandedOver(sign({ acceptedGrams: 0 }), { grams: 0, lost: 1_500, disposition: 1 });
  });

  it("when a scale weighs more, then the lot keeps what was declared, under review", async () => {
    await expectHandedOver(sign({ acceptedGrams: 2 ** 48 - 1 }), { flags: review });
  });

  it("when it goes to where it is, then seq alone moves", async () => {
    await expectHandedOver(sign({ to: point, bailment: 1 }));
  });

  it("when the spare bits are set, then the act is the same act", async () => {
    const signed = sign();
    const act = packAct(signed, []) as { when: bigint };
    const call = ledger.recordHandoffs([{ ...act, when: act.when | 0xffffffn } as never], []);
    await coast.expectOnly(call, "HandedOver", argsOf(signed));
  });

  describe("bailment", () => {
    const toHauler = (terms: Message = {}) => sign({ to: hauler, bailment: 255, ...terms });
    const onward = (terms: Message) => sign({ from: hauler, seq: 1, ...terms });

    it("when a lot goes under bailment, then title stays", async () => {
      await expectHandedOver(toHauler(), { flags: bailed, owner: point });
    });

    it("given a bailed lot, when it is bailed on, then title stays", async () => {
      await coast.carry(toHauler());
      await expectHandedOver(onward({ to: plant, bailment: 1 }), { flags: bailed, owner: point });
    });

    for (const bailment of [0, 1]) {
      it(`given a bailed lot, when it comes to its owner, then it is bailed no more: byte ${bailment}`, async () => {
        await coast.carry(toHauler());
        await expectHandedOver(onward({ to: point, bailment }));
      });
    }

    it("given a bailed lot, when it is to go to another with title, then it is skipped", async () => {
      await coast.carry(toHauler());
      await coast.expectSkipped(onward({ to: plant }), "LotBailed", [lot, plant, point]);
      await coast.expectSkipped(onward({ to: hauler }), "LotBailed", [lot, hauler, point]);
    });
  });

  describe("a batch", () => {
    it("when a lot goes through several hands, then in the order in which they stand there", async () => {
      const acts = [
        sign(),
        sign({ from: plant, to: hauler, seq: 1, acceptedGrams: 1_499 }),
        sign({ from: hauler, to: point, seq: 2, declaredGrams: 1_499, acceptedGrams: 1_497 }),
      ];
      const call = coast.carry(...acts);
      for (const signed of acts) {
        await expect(call)
          .to.emit(ledger, "HandedOver")
          .withArgs(...argsOf(signed));
      }
      await coast.expectLot(lot, { custodian: point, grams: 1_497, seq: 3 });
      expect(await ledger.totals()).to.deep.equal([1_500n, 3n]);
    });

    it("when a bad act stands between good ones, then they are recorded", async () => {
      const bad = sign({ to: stranger });
      const call = coast.carry(bad, sign(), bad, sign({ from: plant, to: point, seq: 1 }));
      const logs = (await (await call).wait())?.logs.map((log) => ledger.interface.parseLog(log));
      expect(logs?.map((log) => log?.name)).to.deep.equal(["Skipped", "HandedOver", "Skipped", "HandedOver"]);
      const reasons = ["AccountNotRegistered", "SeqNotCurrent"] as const;
      expect(logs?.filter((log) => log?.name === "Skipped").map((log) => log?.args["reason"] as string)).to.deep.equal(
        reasons.map((reason) => ledger.interface.getError(reason as never)!.selector),
      );
      await coast.expectLot(lot, { custodian: point, grams: 1_500, seq: 2 });
    });
  });

  describe("skips what cannot be true, and tells why", () => {
    it("a lot that does not exist", async () => {
      const signed = coast.sign("Handoff", coast.handoff(id("nothing"), { declaredGrams: 0 }));
      await coast.expectSkipped(signed, "LotUnknown", [id("nothing")]);
    });

    it("an act that was recorded before", async () => {
      await coast.carry(sign());
      await coast.expectSkipped(sign(), "SeqNotCurrent", [lot, 0, 1]);
    });

    it("an act that was overtaken, and one that is ahead", async () => {
      await coast.expectSkipped(sign({ seq: 1 }), "SeqNotCurrent", [lot, 1, 0]);
      await coast.expectSkipped(sign({ seq: 2 ** 24 - 1 }), "SeqNotCurrent", [lot, 2 ** 24 - 1, 0]);
    });

    it("a lot that is consumed or void", async () => {
      await coast.carry(sign({ acceptedGrams: 0 }));
      await coast.expectSkipped(sign({ from: plant, seq: 1, declaredGrams: 0 }), "LotNotOpen", [lot, 1]);
      lot = await coast.lot({ salt: id("to be void") });
      await coast.auditor.voidLot(lot, id("basis"));
      await coast.expectSkipped(sign({ declaredGrams: 0 }), "LotNotOpen", [lot, 2]);
    });

    it("a giver that does not hold the lot", async () => {
      await coast.expectSkipped(sign({ from: hauler }), "NotCustodian", [lot, hauler, point]);
    });

    it("grams that are not the lot's", async () => {
      for (const declaredGrams of [1_499, 1_501, 0]) {
        await coast.expectSkipped(sign({ declaredGrams }), "GramsNotMatching", [lot, declaredGrams, 1_500]);
      }
    });

    it("a receiver that is not registered", async () => {
      await coast.expectSkipped(sign({ to: stranger }), "AccountNotRegistered", [stranger]);
    });

    it("a signature by a key that does not sign for the account, the giver's first", async () => {
      const by = secp(strangerKey);
      const act = coast.handoff(lot);
      await coast.expectSkipped(coast.sign("Handoff", act, by, by), "SignatureNotValid", [point, keyId(stranger)]);
      const receiver = coast.sign("Handoff", act, undefined, by);
      await coast.expectSkipped(receiver, "SignatureNotValid", [plant, keyId(stranger)]);
    });

    it("a bad signature of the giver, before a receiver that is not registered", async () => {
      const signed = coast.sign("Handoff", coast.handoff(lot, { to: stranger }), secp(strangerKey));
      await coast.expectSkipped(signed, "SignatureNotValid", [point, keyId(stranger)]);
    });

    it("a key outside its time", async () => {
      await coast.registry.bindKey(plant, keyId(plant), captured + 1, forever);
      const args = [plant, keyId(plant), captured + 1, forever, captured];
      await coast.expectSkipped(sign(), "KeyNotValid", args);
    });

    it("the act after the last seq", async () => {
      const last = 2 ** 24 - 1;
      await setSeq(last);
      await coast.expectSkipped(sign({ seq: last }), "SeqNotCurrent", [lot, last, last]);
    });

    it("the first fault, in the order: seq, disposition, custodian, grams, signatures, title", async () => {
      const bad = { from: hauler, to: stranger, declaredGrams: 7 };
      await coast.expectSkipped(sign({ ...bad, seq: 3 }), "SeqNotCurrent", [lot, 3, 0]);
      await coast.expectSkipped(sign(bad), "NotCustodian", [lot, hauler, point]);
      await coast.expectSkipped(sign({ ...bad, from: point }), "GramsNotMatching", [lot, 7, 1_500]);
      await coast.carry(sign({ to: hauler, bailment: 1 }));
      const untitled = { from: hauler, to: plant, seq: 1 };
      const unsigned = coast.sign("Handoff", coast.handoff(lot, untitled), undefined, secp(strangerKey));
      await coast.expectSkipped(unsigned, "SignatureNotValid", [plant, keyId(stranger)]);
      await coast.expectSkipped(sign(untitled), "LotBailed", [lot, plant, point]);
      await coast.auditor.voidLot(lot, id("basis"));
      await coast.expectSkipped(sign({ ...bad, seq: 1 }), "LotNotOpen", [lot, 2]);
    });
  });

  /** Sets the lot's seq in storage: nobody makes 16,777,215 acts in a test. */
  async function setSeq(seq: number): Promise<void> {
    const address = await ledger.getAddress();
    const { helpers } = coast.world;
    for (let slot = 0; slot < 8; slot++) {
      const key = keccak256(concat([lot, toBeHex(slot, 32)]));
      const word = BigInt(await helpers.getStorageAt(address, key));
      if (word === 0n) continue;
      return helpers.setStorageAt(address, key, toBeHex(word | (BigInt(seq) << 24n), 32));
    }
    throw new Error("the lot's slot is not among the first");
  }
});
