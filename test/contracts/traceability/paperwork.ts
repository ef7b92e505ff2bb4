import { expect } from "chai";
import { ZeroHash } from "ethers";
import {
  captured,
  collector,
  collectorKey,
  createCoast,
  forever,
  keeperKey,
  keyId,
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

  const review = 8;
  const suspended = 1 << 4;
  const licence = 2 << 4;
  const clock = 4 << 4;
  const lateKey = 8 << 4;
  const oily = (7 << 10) | 3;

  /** Records the act in a block of that time. */
  async function expectFlags(act: Collect, flags: number, time = startOfTests + 1_000, receiver = keeperKey) {
    await coast.world.helpers.time.setNextBlockTimestamp(time);
    await coast.expectRecorded(act, ledger.recordCollects([coast.sign(act, collectorKey, receiver)], []), flags);
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
    const capturedAt = startOfTests + 365 * 86_400;
    await coast.registry.setStatus(collector, 2, ZeroHash);
    await coast.registry.bindKey(coast.point, keyId(stranger), 0, startOfTests - 8 * 86_400);
    const act = coast.collect({ class: oily, capturedAt: startOfTests - 9 * 86_400 });
    await expectFlags(act, suspended | licence | lateKey | review, startOfTests + 1_000, strangerKey);
    const future = coast.collect({ class: oily, capturedAt });
    await coast.expectRecorded(
      future,
      ledger.recordCollects([coast.sign(future)], []),
      suspended | licence | clock | review,
    );
  });
});
