import { expect } from "chai";
import { id, ZeroHash } from "ethers";
import { createCoast, hauler, type Coast } from "../../support/coast.ts";

const load = await createCoast();

const basis = id("the reasoned decision");

describe("rulings of the auditor", () => {
  let coast: Coast;
  let ledger: Coast["ledger"];
  let auditor: Coast["auditor"];
  let lot: string;
  let other: string;

  beforeEach(async () => {
    coast = await load();
    ({ ledger, auditor } = coast);
    lot = await coast.lot();
    other = await coast.lot();
  });

  const bail = () => coast.carry(coast.sign("Handoff", coast.handoff(lot, { to: hauler, bailment: 1 })));

  const execute = async (name: "ruleOnFlags" | "voidLot", args: unknown[]) => {
    const { manager } = coast.world;
    await manager.grantRole(2n, manager, 0);
    return manager
      .connect(coast.world.auditor)
      .execute(ledger, ledger.interface.encodeFunctionData(name as never, args as never));
  };

  for (const [name, args] of [
    ["ruleOnFlags", [1, 0, basis]],
    ["voidLot", [basis]],
  ] as const) {
    it(`${name}: given anybody but an auditor, then it is refused`, async () => {
      for (const signer of [coast.world.stranger, coast.world.registry, coast.world.admin]) {
        const call = ledger.connect(signer)[name] as unknown as (...args: unknown[]) => Promise<unknown>;
        await expect(call(lot, ...args))
          .to.be.revertedWithCustomError(ledger, "AccessManagedUnauthorized")
          .withArgs(signer.address);
      }
    });

    it(`${name}: when it is called in the authority's name, then it reverts: who ruled must be seen`, async () => {
      await expect(execute(name, [lot, ...args])).to.be.revertedWithCustomError(ledger, "ActorHidden");
    });

    it(`${name}: when there is no basis, or no such lot, then it reverts`, async () => {
      const call = auditor[name] as unknown as (...args: unknown[]) => Promise<unknown>;
      await expect(call(lot, ...args.slice(0, -1), ZeroHash))
        .to.be.revertedWithCustomError(ledger, "BasisMissing")
        .withArgs(lot);
      await expect(call(id("nothing"), ...args))
        .to.be.revertedWithCustomError(ledger, "LotUnknown")
        .withArgs(id("nothing"));
    });
  }

  describe("ruleOnFlags", () => {
    it("when flags are set and cleared, then those of this lot change, and nothing else", async () => {
      const totals = await ledger.totals();
      const set = auditor.ruleOnFlags(lot, 11, 0, basis);
      await coast.expectOnly(set, "FlagsChanged", [lot, 11, 0, basis]);
      await coast.expectLot(lot, { custodian: coast.point, grams: 1_500, flags: 11 });
      const both = auditor.ruleOnFlags(lot, 1, 10, basis);
      await coast.expectOnly(both, "FlagsChanged", [lot, 1, 10, basis]);
      await coast.expectLot(lot, { custodian: coast.point, grams: 1_500, flags: 1 });
      await coast.expectLot(other, { custodian: coast.point, grams: 1_500 });
      expect(await ledger.totals()).to.deep.equal(totals);
    });

    it("given a bailed lot, then it stays bailed, under the same title", async () => {
      await bail();
      await auditor.ruleOnFlags(lot, 2, 9, basis);
      await coast.expectLot(lot, { custodian: hauler, grams: 1_500, seq: 1, flags: 6 });
      expect(await ledger.ownerOf(lot)).to.equal(coast.point);
    });

    it("given a consumed and a void lot, then their flags change as well", async () => {
      await coast.carry(coast.sign("Conclude", coast.conclude(lot, { grams: 1_500 })));
      await auditor.ruleOnFlags(lot, 1, 0, basis);
      await coast.expectLot(lot, { custodian: coast.point, grams: 0, seq: 1, disposition: 1, flags: 1 });
      await auditor.voidLot(other, basis);
      await auditor.ruleOnFlags(other, 8, 0, basis);
      await coast.expectLot(other, { custodian: coast.point, grams: 0, disposition: 2, flags: 8 });
    });

    it("when a flag follows from acts, is unknown, or goes both ways, then it reverts", async () => {
      for (const [set, cleared] of [
        [4, 0],
        [0, 4],
        [16, 0],
        [0, 0x81],
        [1, 1],
        [11, 8],
      ] as const) {
        await expect(auditor.ruleOnFlags(lot, set, cleared, basis))
          .to.be.revertedWithCustomError(ledger, "FlagsNotRulable")
          .withArgs(lot, set, cleared);
      }
    });
  });

  describe("voidLot", () => {
    it("given an open lot, then its grams have left the ledger and nobody can act on it", async () => {
      await bail();
      const call = auditor.voidLot(lot, basis);
      await coast.expectOnly(call, "LotVoided", [lot, coast.world.auditor.address, 1_500, basis]);
      await coast.expectLot(lot, { custodian: hauler, grams: 0, seq: 1, disposition: 2, flags: 4 });
      await coast.expectLot(other, { custodian: coast.point, grams: 1_500 });
      expect(await ledger.totals()).to.deep.equal([3_000n, 1_500n]);
      const onward = coast.handoff(lot, { from: hauler, to: coast.point, seq: 1, declaredGrams: 0, acceptedGrams: 0 });
      await coast.expectSkipped(coast.sign("Handoff", onward), "LotNotOpen", [lot, 2]);
    });

    it("given a lot that is void or consumed, then it reverts", async () => {
      await auditor.voidLot(lot, basis);
      await coast.carry(coast.sign("Conclude", coast.conclude(other, { grams: 1_500 })));
      for (const [ended, disposition] of [
        [lot, 2],
        [other, 1],
      ] as const) {
        await expect(auditor.voidLot(ended, basis))
          .to.be.revertedWithCustomError(ledger, "LotNotOpen")
          .withArgs(ended, disposition);
      }
      expect(await ledger.totals()).to.deep.equal([3_000n, 3_000n]);
    });
  });
});
