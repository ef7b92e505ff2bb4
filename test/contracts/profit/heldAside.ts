import { expect } from "chai";
import { ZeroHash, concat, toBeHex } from "ethers";
import { alice, bob, carol, moved } from "../../support/poolBooks.ts";
import { nodeAt, packed } from "../../support/naiveSumTree.ts";
import { basis, createMoney, inputs, leavesOf, refuses, type Money } from "../../support/pools.ts";

const load = await createMoney();

describe("money held aside", () => {
  let money: Money;
  let pools: Money["pools"];

  const setStatus = (account: string, status: number) =>
    money.world.Parties.connect(money.world.registry).setStatus(account, status, basis);

  /** A pool of 1 fen for alice, 2 for bob, 3 for carol is paid while bob is suspended. */
  beforeEach(async () => {
    money = await load();
    ({ pools } = money);
    await setStatus(bob, 2);
    await money.pay(await money.publish(leavesOf(3)), 0);
  });

  const auditor = () => pools.connect(money.world.auditor);

  describe("release", () => {
    it("given an account that is active again, when anybody releases, then it has its fen", async () => {
      await setStatus(bob, 1);
      const call = () => pools.connect(money.world.stranger).release(1n, bob);
      expect(await moved(money, call)).to.deep.equal({
        by: { bob: 2n, pools: -2n, "1 held bob": -2n },
        events: ["Transfer", "Released"],
      });
      const [told] = await pools.queryFilter(pools.filters.Released());
      expect([...told!.args]).to.deep.equal([1n, bob, bob, 2n, ZeroHash]);
    });

    it("given an account that is still suspended, or closed, when somebody releases, then refuses", async () => {
      await refuses(money, pools.release(1n, bob), "AccountNotActive", bob);
      await setStatus(bob, 3);
      await refuses(money, pools.release(1n, bob), "AccountNotActive", bob);
      expect(await pools.heldOf(1n, bob)).to.equal(2n);
    });

    it("when nothing is held for the account, no more, or not by this pool, then refuses", async () => {
      await setStatus(bob, 1);
      await refuses(money, pools.release(1n, alice), "NothingHeld", 1n, alice);
      await refuses(money, pools.release(2n, bob), "NothingHeld", 2n, bob);
      await pools.release(1n, bob);
      await refuses(money, pools.release(1n, bob), "NothingHeld", 1n, bob);
    });

    it("given two pools that hold for one account, when one releases, then the other holds on", async () => {
      await money.pay(await money.publish(leavesOf(2)), 0);
      await setStatus(bob, 1);
      const call = () => pools.release(2n, bob);
      expect((await moved(money, call)).by).to.deep.equal({ bob: 2n, pools: -2n, "2 held bob": -2n });
    });

    it("given an account in two chunks of a division, when both are paid, then it is held for both", async () => {
      const leaves = leavesOf(257);
      leaves[256] = { ...leaves[1]!, amountFen: 70n };
      // the server's leaves ascend throughout; the contract asks it of each chunk
      const pool = await money.fund(leaves.reduce((sum, { amountFen }) => sum + amountFen, 0n));
      const [left, right] = [nodeAt(pool, 1, leaves, 0, 0), nodeAt(pool, 1, leaves, 0, 1)];
      const top = concat([left.hash, toBeHex(left.sumFen, 32), right.hash, toBeHex(right.sumFen, 32)]);
      await pools.connect(money.allocator).publishRoot(pool, 257, inputs, top);
      await pools.payChunk(pool, 0, packed(leaves.slice(0, 256)), [right]);
      await pools.payChunk(pool, 1, packed(leaves.slice(256)), [left]);
      expect(await pools.heldOf(pool, bob)).to.equal(72n);
    });
  });

  describe("reassign", () => {
    it("when the auditor gives it to another, with a basis, then the other has the fen", async () => {
      const call = () => auditor().reassign(1n, bob, carol, basis);
      expect(await moved(money, call)).to.deep.equal({
        by: { carol: 2n, pools: -2n, "1 held bob": -2n },
        events: ["Transfer", "Released"],
      });
      const [told] = await pools.queryFilter(pools.filters.Released());
      expect([...told!.args]).to.deep.equal([1n, bob, carol, 2n, basis]);
      await setStatus(bob, 1);
      await refuses(money, pools.release(1n, bob), "NothingHeld", 1n, bob);
    });

    it("when there is no basis, then refuses", async () => {
      await refuses(money, auditor().reassign(1n, bob, carol, ZeroHash), "BasisMissing");
    });

    it("when the other is not active, or nothing is held, then refuses", async () => {
      await setStatus(carol, 2);
      await refuses(money, auditor().reassign(1n, bob, carol, basis), "AccountNotActive", carol);
      await refuses(money, auditor().reassign(1n, bob, bob, basis), "AccountNotActive", bob);
      await refuses(money, auditor().reassign(1n, alice, alice, basis), "NothingHeld", 1n, alice);
    });

    it("when anybody else does, then refuses", async () => {
      const { stranger, registry } = money.world;
      for (const signer of [money.payer, money.allocator, registry, stranger]) {
        const call = pools.connect(signer).reassign(1n, bob, carol, basis);
        await refuses(money, call, "AccessManagedUnauthorized", signer.address);
      }
    });
  });
});
