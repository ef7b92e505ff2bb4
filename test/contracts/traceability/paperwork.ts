import { expect } from "chai";
import { ZeroHash } from "ethers";
import { secp, type SignedAct } from "../../support/acts.ts";
import {
  captured,
  collector,
  createCoast,
  forever,
  keeperKey,
  keyId,
  packed,
  plant,
  plantKey,
  review,
  stranger,
  strangerKey,
  type Coast,
} from "../../support/coast.ts";
import type { Collect } from "../../support/collects.ts";
import { startOfTests } from "../../support/contracts.ts";

const load = await createCoast();

describe("LotLedger records what is wrong in the paperwork, flagged for review", () => {
  let coast: Coast;
  let ledger: Coast["ledger"];

  beforeEach(async () => {
    coast = await load();
    ({ ledger } = coast);
  });

  const suspended = 1 << 4;
  const licence = 2 << 4;
  const clock = 4 << 4;
  const lateKey = 8 << 4;
  const oily = (7 << 10) | 3;

  /** Records the collect in a block of that time. */
  async function expectFlags(act: Collect, flags: number, time = startOfTests + 1_000, receiver = keeperKey) {
    const signed = coast.sign("Collect", act, undefined, secp(receiver));
    const lot = coast.digest(signed);
    await coast.world.helpers.time.setNextBlockTimestamp(time);
    const terms = packed([act.grams, 48], [act.capturedAt, 40], [flags, 8]);
    const args = [lot, act.collector, act.keeper, act.class, terms, act.anchor, act.evidence];
    await coast.expectOnly(coast.carry(signed), "Collected", args);
    await coast.expectLot(lot, { custodian: act.keeper, grams: act.grams, class: act.class, flags: flags & 0xf });
    expect(await ledger.totals()).to.deep.equal([act.grams, 0n]);
  }

  for (const [who, status] of [
    ["collector", 2],
    ["collector", 3],
    ["keeper", 2],
    ["keeper", 3],
  ] as const) {
    it(`a ${who} whose status is ${status}`, async () => {
      await coast.registry.setStatus(who === "collector" ? collector : coast.point, status, ZeroHash);
      await expectFlags(coast.collect(), suspended | review);
    });
  }

  it("a licence that the keeper does not hold", async () => {
    await coast.registry.grantLicence(collector, 7, 0, forever, 0, ZeroHash);
    await coast.registry.grantLicence(coast.point, 6, 0, forever, 0, ZeroHash);
    await expectFlags(coast.collect({ class: oily }), licence | review);
  });

  for (const [when, from, until, flags] of [
    ["begins after the capture", captured + 1, forever, licence | review],
    ["ends at the capture", 0, captured, licence | review],
    ["begins at the capture and ends after it", captured, captured + 1, 0],
  ] as const) {
    it(`a licence that ${when}: flags ${flags}`, async () => {
      await coast.registry.grantLicence(coast.point, 7, from, until, 0, ZeroHash);
      await expectFlags(coast.collect({ class: oily }), flags);
    });
  }

  it("no licence where the class needs none: no flag", async () => {
    await expectFlags(coast.collect({ class: 0x3ff }), 0);
  });

  it("a capture more than ten minutes ahead of the block", async () => {
    await expectFlags(coast.collect({ capturedAt: startOfTests + 1_601 }), clock | review);
  });

  it("a capture ten minutes ahead of the block: no flag", async () => {
    await expectFlags(coast.collect({ capturedAt: startOfTests + 1_600 }), 0);
  });

  for (const [who, end] of [
    ["collector", collector],
    ["keeper", stranger],
  ] as const) {
    describe(`given that the ${who}'s key ended just after the capture`, () => {
      const until = captured + 1;
      const late = until + 7 * 86_400;
      const receiver = who === "keeper" ? strangerKey : keeperKey;

      beforeEach(() => coast.registry.bindKey(who === "keeper" ? coast.point : collector, keyId(end), 0, until));

      it("when it is recorded more than seven days later", async () => {
        await expectFlags(coast.collect(), lateKey | review, late + 1, receiver);
      });

      it("when it is recorded seven days later: no flag", async () => {
        await expectFlags(coast.collect(), 0, late, receiver);
      });
    });
  }

  it("all of it at once", async () => {
    await coast.registry.setStatus(collector, 2, ZeroHash);
    await coast.registry.bindKey(coast.point, keyId(stranger), 0, startOfTests - 8 * 86_400);
    const act = coast.collect({ class: oily, capturedAt: startOfTests - 9 * 86_400 });
    await expectFlags(act, suspended | licence | lateKey | review, startOfTests + 1_000, strangerKey);
  });

  it("all but the late key, of a capture in the future", async () => {
    await coast.registry.setStatus(collector, 2, ZeroHash);
    const future = coast.collect({ class: oily, capturedAt: startOfTests + 365 * 86_400 });
    await expectFlags(future, suspended | licence | clock | review);
  });

  describe("of other acts", () => {
    let lot: string;

    beforeEach(async () => {
      await coast.registry.grantLicence(coast.point, 7, 0, forever, 0, ZeroHash);
      lot = await coast.lot({ class: oily, capturedAt: startOfTests - 10 * 86_400 });
    });

    /** The flags of the one event that the act makes; `below` are the bits of its terms under them. */
    async function flagsOf(signed: SignedAct, below: number): Promise<number> {
      const receipt = await (await coast.carry(signed)).wait();
      const terms = ledger.interface.parseLog(receipt!.logs[0]!)?.args["terms"] as bigint;
      return Number((terms >> BigInt(below)) & 0xffn);
    }

    const handoff = (terms = {}, receiver = plantKey) =>
      coast.sign("Handoff", coast.handoff(lot, terms), undefined, secp(receiver));

    it("a handoff to a plant without the licence; its giver needs none", async () => {
      expect(await flagsOf(handoff(), 88)).to.equal(licence | review);
      await coast.registry.grantLicence(plant, 7, 0, forever, 0, ZeroHash);
      await coast.auditor.ruleOnFlags(lot, 0, review, keyId(stranger));
      await coast.registry.revokeLicence(coast.point, 7, ZeroHash);
      lot = await coast.lot({ class: oily });
      await coast.auditor.ruleOnFlags(lot, 0, review, keyId(stranger));
      expect(await flagsOf(handoff(), 88)).to.equal(0);
    });

    it("a handoff by or to a suspended account, captured in the future", async () => {
      await coast.registry.grantLicence(plant, 7, 0, forever, 0, ZeroHash);
      await coast.registry.setStatus(plant, 2, ZeroHash);
      const capturedAt = startOfTests + 86_400;
      expect(await flagsOf(handoff({ capturedAt }), 88)).to.equal(suspended | clock | review);
    });

    it("a handoff whose receiver's key ended more than seven days ago", async () => {
      await coast.registry.grantLicence(plant, 7, 0, forever, 0, ZeroHash);
      await coast.registry.bindKey(plant, keyId(stranger), 0, startOfTests - 8 * 86_400);
      const capturedAt = startOfTests - 9 * 86_400;
      expect(await flagsOf(handoff({ capturedAt }, strangerKey), 88)).to.equal(lateKey | review);
    });

    it("a split, and a conclusion, by a custodian whose licence has ended", async () => {
      await coast.registry.revokeLicence(coast.point, 7, ZeroHash);
      const split = coast.sign("Split", coast.split(lot, [1_500]));
      expect(await flagsOf(split, 184)).to.equal(licence | review);
      lot = await coast.ledger.childId(coast.digest(split), 0);
      expect(await flagsOf(coast.sign("Conclude", coast.conclude(lot)), 136)).to.equal(licence | review);
    });
  });
});
