import { expect } from "chai";
import { AbiCoder, ZeroHash, getBytes, keccak256, toBeHex } from "ethers";
import { buildSumTree } from "../../../server/profit/sumTree.ts";
import { moved } from "../../support/poolBooks.ts";
import {
  basis,
  createMoney,
  encodedTop,
  fortune,
  inputs,
  leavesOf,
  refuses,
  ruleset,
  subject,
  type Money,
} from "../../support/pools.ts";

const load = await createMoney();

const delay = 86_400;
const overflow = 0x11;
const subjects = (count: number): string[] => Array.from({ length: count }, (_, i) => toBeHex(i + 1, 32));

describe("PremiumPools", () => {
  let money: Money;
  let pools: Money["pools"];

  beforeEach(async () => {
    money = await load();
    ({ pools } = money);
  });

  const suspend = (account: string) => money.world.Parties.connect(money.world.registry).setStatus(account, 2, basis);

  describe("fund", () => {
    it("when a payer funds a pool for a lot, then its fen are the pool's", async () => {
      const call = () => pools.fund(1, [subject], 3, 700n, ruleset);
      expect(await moved(money, call)).to.deep.equal({
        by: { payer: -700n, pools: 700n, count: 1n, "1 totalFen": 700n, "1 state": 1n },
        events: ["Funded", "Transfer"],
      });
      await expect(call()).to.emit(pools, "Funded").withArgs(2n, subject, money.payer, 1, 3, 700n, ruleset, [subject]);
    });

    it("when it is for several lots, then its subject is the hash of all", async () => {
      const three = subjects(3);
      const hash = keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32[]"], [three]));
      await expect(pools.fund(1, three, 1, 1n, ruleset))
        .to.emit(pools, "Funded")
        .withArgs(1n, hash, money.payer, 1, 1, 1n, ruleset, three);
    });

    for (const [kind, count] of [
      [1, 4_096],
      [2, 1],
      [3, 1],
    ] as const) {
      it(`when it is of kind ${kind} for ${count}, then it is funded`, async () => {
        await pools.fund(kind, subjects(count), 1, 1n, ruleset);
        expect((await pools.settings()).pools).to.equal(1n);
      });
    }

    for (const [kind, count] of [
      [1, 0],
      [1, 4_097],
      [2, 0],
      [2, 2],
      [3, 2],
      [0, 1],
      [4, 1],
    ] as const) {
      it(`when it is of kind ${kind} for ${count}, then refuses`, async () => {
        await refuses(money, pools.fund(kind, subjects(count), 1, 1n, ruleset), "SubjectNotPossible", kind, count);
      });
    }

    it("when lots do not ascend, or one is named twice, then refuses", async () => {
      const [first, second] = subjects(2) as [string, string];
      await refuses(money, pools.fund(1, [second, first], 1, 1n, ruleset), "SubjectsNotAscending", first);
      await refuses(money, pools.fund(1, [first, first], 1, 1n, ruleset), "SubjectsNotAscending", first);
    });

    it("when there is no amount, or no ruleset, then refuses", async () => {
      await refuses(money, pools.fund(1, [subject], 1, 0n, ruleset), "AmountMissing");
      await refuses(money, pools.fund(1, [subject], 1, 1n, ZeroHash), "RulesetMissing");
    });

    it("given a payer without the fen, when it funds, then refuses, and there is no pool", async () => {
      const more = fortune + 1n;
      const call = pools.fund(1, [subject], 1, more, ruleset);
      await refuses(money, call, "ERC20InsufficientBalance", money.payer.address, fortune, more);
      expect((await pools.settings()).pools).to.equal(0n);
      expect(await money.token.balanceOf(money.payer)).to.equal(fortune);
    });

    it("when the payer is suspended, or the key is nobody's, then refuses", async () => {
      const { payer, world } = money;
      const call = pools.connect(world.stranger).fund(1, [subject], 1, 1n, ruleset);
      await refuses(money, call, "ActorUnknown", world.stranger.address);
      await suspend(payer.address);
      await refuses(money, pools.fund(1, [subject], 1, 1n, ruleset), "AccountNotActive", payer.address);
    });
  });

  describe("publishRoot", () => {
    const leaves = leavesOf(300);
    const total = leaves.reduce((sum, { amountFen }) => sum + amountFen, 0n);
    let pool: bigint;

    beforeEach(async () => {
      pool = await money.fund(total);
    });

    const treeOf = (version = 1, count = 300) => buildSumTree({ pool, version }, leavesOf(count));
    const publish = (leafCount: number, top: string, digest = inputs) =>
      pools.connect(money.allocator).publishRoot(pool, leafCount, digest, top);

    it("when the allocator publishes a tree of two chunks, then its root stands, to be paid from now on", async () => {
      await money.world.helpers.time.setNextBlockTimestamp(1_760_100_000);
      const call = () => money.republish(treeOf());
      expect(await moved(money, call)).to.deep.equal({
        by: { "1 leafCount": 300n, "1 depth": 1n, "1 state": 1n, "1 opensAt": 1_760_100_000n, "1 version": 1n },
        events: ["RootPublished"],
      });
      expect(await pools.rootOf(pool, 1)).to.equal(treeOf().root);
      expect(await pools.rootOf(pool, 2)).to.equal(ZeroHash);
    });

    for (const [count, depth] of [
      [1, 0],
      [256, 0],
      [257, 1],
      [512, 1],
      [513, 2],
    ] as const) {
      it(`when it has ${count} leaves, then it is ${depth} deep, and its root is the server's`, async () => {
        const tree = await money.publish(leavesOf(count));
        const { opensAt } = await pools.poolOf(tree.pool);
        expect((await pools.poolOf(tree.pool)).depth).to.equal(depth);
        expect(await pools.rootOf(tree.pool, 1)).to.equal(tree.root);
        const events = await pools.queryFilter(pools.filters.RootPublished(tree.pool));
        expect(events.map(({ args }) => [...args])).to.deep.equal([
          [tree.pool, 1n, tree.root, BigInt(count), inputs, opensAt],
        ]);
      });
    }

    it("when its sum is a fen more or less than the pool's, then refuses", async () => {
      for (const by of [1n, -1n]) {
        const other = await money.fund(total + by);
        const tree = buildSumTree({ pool: other, version: 1 }, leaves);
        await refuses(money, money.republish(tree), "SumNotFund", other, total, total + by);
      }
      const single = await money.fund(2n);
      const tree = buildSumTree({ pool: single, version: 1 }, leavesOf(2));
      await refuses(money, money.republish(tree), "SumNotFund", single, 3n, 2n);
    });

    it("when the sums of its children overflow, then refuses", async () => {
      const left = { hash: ZeroHash, sumFen: 2n ** 256n - 1n } as never;
      const right = { hash: ZeroHash, sumFen: total + 1n } as never;
      await expect(publish(300, encodedTop({ top: { left, right } }))).to.be.revertedWithPanic(overflow);
    });

    it("when there are no leaves, or the top is not of their length, then refuses", async () => {
      const [two, one] = [encodedTop(treeOf()), encodedTop(treeOf(1, 256))];
      const longer = `${two}00`;
      await refuses(money, publish(0, "0x"), "TopNotPossible", 0n, 0n);
      await refuses(money, publish(300, one), "TopNotPossible", 300n, 256n * 28n);
      await refuses(money, publish(300, longer), "TopNotPossible", 300n, 129n);
      await refuses(money, publish(300, two.slice(0, -2)), "TopNotPossible", 300n, 127n);
      await refuses(money, publish(255, one), "TopNotPossible", 255n, 256n * 28n);
      await refuses(money, publish(256, two), "TopNotPossible", 256n, 128n);
    });

    it("when the accounts of a single chunk do not ascend, then refuses", async () => {
      const [first, second] = [getBytes(encodedTop(treeOf(1, 1))), getBytes(encodedTop(treeOf(1, 2))).slice(28)];
      const account = `0x${Buffer.from(first.slice(0, 20)).toString("hex")}`;
      const call = publish(2, `0x${Buffer.concat([second, first]).toString("hex")}`);
      await expect(call).to.be.revertedWithCustomError(pools, "LeavesNotAscending");
      const twice = publish(2, `0x${Buffer.concat([first, first]).toString("hex")}`);
      await refuses(money, twice, "LeavesNotAscending", pool, (v: string) => v.toLowerCase() === account);
    });

    it("when it names no inputs, then refuses", async () => {
      await refuses(money, publish(300, encodedTop(treeOf()), ZeroHash), "InputsMissing");
    });

    it("when there is no such pool, or it is closed, then refuses", async () => {
      const tree = await money.publish(leavesOf(1));
      await money.pay(tree, 0);
      await refuses(money, money.republish(tree), "PoolNotReady", tree.pool, 3n);
      await refuses(money, money.republish({ ...tree, pool: 99n }), "PoolNotReady", 99n, 0n);
    });

    describe("given a delay", () => {
      let opensAt: bigint;

      beforeEach(async () => {
        await pools.connect(money.world.admin).setDelay(delay);
        await money.republish(treeOf());
        ({ opensAt } = await pools.poolOf(pool));
      });

      it("when a new version comes until a second before it opens, then it replaces the old, and waits anew", async () => {
        await money.world.helpers.time.setNextBlockTimestamp(opensAt - 1n);
        const call = () => money.republish(treeOf(2));
        expect(await moved(money, call)).to.deep.equal({
          by: { "1 version": 1n, "1 opensAt": BigInt(delay) - 1n },
          events: ["RootPublished"],
        });
        expect(await pools.rootOf(pool, 1)).to.equal(treeOf(1).root);
        expect(await pools.rootOf(pool, 2)).to.equal(treeOf(2).root);
      });

      it("when a new version comes as it opens, or later, then refuses, paid or not", async () => {
        await money.world.helpers.time.setNextBlockTimestamp(opensAt);
        await refuses(money, money.republish(treeOf(2)), "PoolOpen", pool, opensAt);
        await money.pay(treeOf(), 1);
        await refuses(money, money.republish(treeOf(2)), "PoolOpen", pool, opensAt);
      });

      it("when a chunk comes before it opens, then refuses; as it opens it is paid", async () => {
        await money.world.helpers.time.setNextBlockTimestamp(opensAt - 1n);
        await refuses(money, money.pay(treeOf(), 0), "PoolNotOpen", pool, opensAt);
        await money.world.helpers.time.setNextBlockTimestamp(opensAt);
        await money.pay(treeOf(), 0);
      });

      it("given a new version, when chunks of the old one come, then they are foreign; the new one's are paid", async () => {
        await money.republish(treeOf(2));
        await money.world.helpers.time.increase(delay);
        await refuses(money, money.pay(treeOf(1), 0), "ChunkForeign", pool, 0n);
        await money.pay(treeOf(2), 0);
        expect([await pools.isPaid(pool, 0), await pools.isPaid(pool, 1)]).to.deep.equal([true, false]);
      });
    });
  });

  describe("setDelay", () => {
    it("when the administrator sets up to 60 days, then only divisions from the next one on wait so long", async () => {
      await money.publish(leavesOf(1));
      const sixty = 60 * 86_400;
      const call = () => pools.connect(money.world.admin).setDelay(sixty);
      expect(await moved(money, call)).to.deep.equal({ by: { delay: BigInt(sixty) }, events: ["DelaySet"] });
      await expect(call()).to.emit(pools, "DelaySet").withArgs(sixty);
    });

    it("when it is longer, then refuses", async () => {
      const more = 60 * 86_400 + 1;
      await refuses(money, pools.connect(money.world.admin).setDelay(more), "DelayNotPossible", more);
    });
  });
});
