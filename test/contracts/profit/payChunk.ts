import { expect } from "chai";
import { ZeroAddress, ZeroHash, concat, getAddress, getBytes } from "ethers";
import { buildSumTree, type SumNode, type SumTree } from "../../../server/profit/sumTree.ts";
import { LEAF_BYTES, leafAt, type Leaf } from "../../../server/profit/leaves.ts";
import { alice, bob, moved } from "../../support/poolBooks.ts";
import { basis, createMoney, leavesOf, payee, payeeCount, refuses, type Money } from "../../support/pools.ts";

const load = await createMoney();

const overflow = 0x11;
const sumOf = (leaves: readonly Leaf[]) => leaves.reduce((sum, { amountFen }) => sum + amountFen, 0n);

/** Leaves as they are on the wire, whatever their order. */
const packed = (leaves: readonly Leaf[]): Uint8Array =>
  getBytes(concat(leaves.map(({ account, amountFen }) => concat([account, uint64(amountFen)]))));
const uint64 = (amountFen: bigint) => `0x${amountFen.toString(16).padStart(16, "0")}`;

describe("PremiumPools.payChunk", () => {
  let money: Money;
  let pools: Money["pools"];

  beforeEach(async () => {
    money = await load();
    ({ pools } = money);
  });

  const setStatus = (account: string, status: number) =>
    money.world.Parties.connect(money.world.registry).setStatus(account, status, basis);

  const state = async (pool: bigint) => Number((await pools.poolOf(pool)).state);

  it("when a chunk of two is pushed, then its payees have their fen, and the pool so much less", async () => {
    const tree = await money.publish(leavesOf(300));
    const sum = sumOf(leavesOf(256));
    const { by, events } = await moved(money, () => money.pay(tree, 0));
    expect(by).to.deep.equal({ alice: 1n, bob: 2n, carol: 3n, pools: -sum, "1 paidFen": sum });
    expect(events).to.deep.equal(["ChunkPaid", ...leavesOf(256).map(() => "Transfer")]);
    await expect(money.pay(tree, 1))
      .to.emit(pools, "ChunkPaid")
      .withArgs(tree.pool, 1, sumOf(leavesOf(300)) - sum);
    expect([await pools.isPaid(tree.pool, 0), await pools.isPaid(tree.pool, 1)]).to.deep.equal([true, true]);
  });

  for (const [count, order] of [
    [1, [0]],
    [256, [0]],
    [257, [1, 0]],
    [512, [0, 1]],
    [513, [2, 0, 1]],
  ] as const) {
    it(`given ${count} leaves, when strangers push the chunks as ${order.join(", ")}, then each payee has its own, and the last chunk closes the pool`, async () => {
      const tree = await money.publish(leavesOf(count));
      const before = await money.world.helpers.time.latestBlock();
      const pushers = [money.world.stranger, money.bank, money.allocator];
      for (const [turn, index] of order.entries()) {
        expect(await state(tree.pool)).to.equal(2);
        const { leaves, siblings } = tree.chunk(index);
        const call = pools.connect(pushers[turn]).payChunk(tree.pool, index, leaves, siblings);
        if (turn === order.length - 1) await expect(call).to.emit(pools, "Closed").withArgs(tree.pool);
        else await expect(call).to.not.emit(pools, "Closed");
      }
      const paid = await money.token.queryFilter(money.token.filters.Transfer(pools), before + 1);
      const received = paid.map(({ args }) => ({ account: args.to.toLowerCase(), amountFen: args.value }));
      const byAccount = (a: { account: string }, b: { account: string }) => (a.account < b.account ? -1 : 1);
      expect(received.toSorted(byAccount)).to.deep.equal(leavesOf(count));
      expect(await state(tree.pool)).to.equal(3);
      expect((await pools.poolOf(tree.pool)).paidFen).to.equal(tree.totalFen);
      expect(await money.token.balanceOf(pools)).to.equal(0n);
    });
  }

  describe("given three chunks of leaves", () => {
    let tree: SumTree;

    beforeEach(async () => {
      tree = await money.publish(leavesOf(payeeCount));
    });

    const foreign = (place: number, other: Parameters<Money["pay"]>[2]) =>
      refuses(money, money.pay(tree, place, other), "ChunkForeign", tree.pool, other?.index ?? place);

    const changed = (index: number, change: (leaves: Leaf[]) => void): Uint8Array => {
      const bytes = tree.chunk(index).leaves;
      const leaves = Array.from({ length: bytes.length / LEAF_BYTES }, (_, place) => leafAt(bytes, place));
      change(leaves);
      return packed(leaves);
    };

    it("when a leaf is off by one fen, then refuses, even where another makes up for it", async () => {
      for (const by of [1n, -1n]) {
        await foreign(0, { leaves: changed(0, (leaves) => (leaves[255]!.amountFen += by)) });
        const evened = changed(1, (leaves) => {
          leaves[0]!.amountFen += by;
          leaves[9]!.amountFen -= by;
        });
        await foreign(1, { leaves: evened });
      }
    });

    it("when a leaf is another account's, then refuses", async () => {
      await foreign(2, { leaves: changed(2, (leaves) => (leaves[0]!.account = payee(3))) });
    });

    it("when leaves have changed places within a chunk, or an account comes twice, then refuses", async () => {
      const swapped = changed(0, (leaves) => leaves.splice(7, 2, leaves[8]!, leaves[7]!));
      const lower = getAddress(payee(7));
      await refuses(money, money.pay(tree, 0, { leaves: swapped }), "LeavesNotAscending", tree.pool, lower);
      const twice = changed(0, (leaves) => (leaves[8]!.account = leaves[7]!.account));
      await refuses(money, money.pay(tree, 0, { leaves: twice }), "LeavesNotAscending", tree.pool, lower);
    });

    it("when a leaf has gone to another chunk, then refuses both", async () => {
      const [last, first] = [leavesOf(256).at(-1)!, leavesOf(257).at(-1)!];
      await foreign(0, { leaves: changed(0, (leaves) => leaves.splice(255, 1, first)) });
      await foreign(1, { leaves: changed(1, (leaves) => leaves.splice(0, 1, last)) });
    });

    it("when a chunk is at another's place, with its own siblings or the other's, then refuses", async () => {
      const [first, second] = [tree.chunk(0), tree.chunk(1)];
      await foreign(0, { index: 1 });
      await foreign(0, { leaves: second.leaves });
      await foreign(0, { index: 1, siblings: second.siblings });
      await foreign(1, { index: 0, siblings: first.siblings });
    });

    it("when a chunk comes again, then refuses", async () => {
      await money.pay(tree, 1);
      await refuses(money, money.pay(tree, 1), "ChunkDone", tree.pool, 1);
      await money.pay(tree, 0);
      await refuses(money, money.pay(tree, 1), "ChunkDone", tree.pool, 1);
      await money.pay(tree, 2);
      await refuses(money, money.pay(tree, 1), "PoolNotReady", tree.pool, 3);
    });

    it("when a chunk is shorter or longer than it must be, then refuses", async () => {
      const { leaves } = tree.chunk(0);
      const more = packed([{ account: payee(300), amountFen: 1n }]);
      const wrong = [
        leaves.slice(0, -LEAF_BYTES),
        leaves.slice(0, -1),
        leaves.slice(0, 0),
        getBytes(concat([leaves, more])),
        getBytes(concat([leaves, "0x00"])),
      ];
      for (const bytes of wrong) {
        const call = money.pay(tree, 0, { leaves: bytes });
        await refuses(money, call, "ChunkLength", tree.pool, 0, bytes.length, 2);
      }
      const two = tree.chunk(0).leaves.slice(0, 2 * LEAF_BYTES);
      await refuses(money, money.pay(tree, 2, { leaves: two }), "ChunkLength", tree.pool, 2, two.length, 2);
    });

    it("when leaves of a whole chunk come as the shorter last one, then refuses", async () => {
      const one = tree.chunk(0).leaves.slice(0, LEAF_BYTES);
      await foreign(2, { leaves: one });
      await foreign(2, { leaves: one, siblings: tree.chunk(0).siblings });
    });

    it("when the index has bits above the tree's depth, or is that of a padding, then refuses", async () => {
      for (const index of [3, 4, 4 + 1, 2 ** 8, 2 ** 31, 2 ** 32 - 1]) {
        await refuses(money, money.pay(tree, 0, { index }), "ChunkUnknown", tree.pool, index);
      }
      const padding = { index: 3, leaves: new Uint8Array(), siblings: tree.chunk(2).siblings };
      await refuses(money, money.pay(tree, 0, padding), "ChunkUnknown", tree.pool, 3);
    });

    it("when there are fewer or more siblings than the tree is deep, then refuses", async () => {
      const { siblings, leaves } = tree.chunk(0);
      const padding: SumNode = { hash: ZeroHash as never, sumFen: 0n };
      for (const other of [[], siblings.slice(0, 1), siblings.slice(1), [...siblings, padding]]) {
        const call = money.pay(tree, 0, { siblings: other });
        await refuses(money, call, "ChunkLength", tree.pool, 0, leaves.length, other.length);
      }
    });

    it("when a sibling's hash or sum is another, then refuses; sums that overflow as well", async () => {
      const [low, high] = tree.chunk(0).siblings as [SumNode, SumNode];
      await foreign(0, { siblings: [{ ...low, hash: high.hash }, high] });
      await foreign(0, { siblings: [high, low] });
      for (const by of [1n, -1n]) {
        await foreign(0, { siblings: [{ ...low, sumFen: low.sumFen + by }, high] });
        await foreign(0, {
          siblings: [
            { ...low, sumFen: low.sumFen + by },
            { ...high, sumFen: high.sumFen - by },
          ],
        });
      }
      const call = money.pay(tree, 0, { siblings: [{ ...low, sumFen: 2n ** 256n - 1n }, high] });
      await expect(call).to.be.revertedWithPanic(overflow);
    });

    it("when a chunk of another pool with the same leaves comes, then refuses", async () => {
      const other = await money.publish(leavesOf(payeeCount));
      const { leaves, siblings } = other.chunk(0);
      await foreign(0, { leaves, siblings });
    });
  });

  it("when the pool is unknown, or its division is not published, then refuses", async () => {
    const tree = buildSumTree({ pool: await money.fund(1n), version: 1 }, leavesOf(1));
    await refuses(money, money.pay(tree, 0), "PoolNotReady", tree.pool, 1);
    await refuses(money, money.pay({ ...tree, pool: 99n }, 0), "PoolNotReady", 99n, 0);
  });

  it("given a division published with another count of leaves, when its chunk comes, then nobody is paid", async () => {
    const pool = await money.fund(sumOf(leavesOf(300)));
    const tree = buildSumTree({ pool, version: 1 }, leavesOf(300));
    await money.republish({ ...tree, leafCount: 299 });
    const { leaves } = tree.chunk(1);
    await refuses(money, money.pay(tree, 1), "ChunkLength", pool, 1, leaves.length, 1);
    await refuses(money, money.pay(tree, 1, { leaves: leaves.slice(0, -LEAF_BYTES) }), "ChunkForeign", pool, 1);
  });

  it("given a root whose other half is nothing, when its chunk is paid, then the pool stays open, and others' fen are not touched", async () => {
    const tree = await money.publish(leavesOf(300));
    const pool = await money.fund(1_000_000n);
    const bad = buildSumTree({ pool, version: 1 }, leavesOf(300));
    const [{ siblings }, leaves] = [bad.chunk(1), bad.chunk(0).leaves];
    const [left] = siblings as [SumNode];
    const right: SumNode = { hash: ZeroHash as never, sumFen: 1_000_000n - left.sumFen };
    await money.republish({ ...bad, top: { left, right } });
    await money.pay(bad, 0, { leaves, siblings: [right] });
    await refuses(money, money.pay(bad, 1), "ChunkForeign", pool, 1);
    expect(await state(pool)).to.equal(2);
    await money.pay(tree, 0);
    await money.pay(tree, 1);
    expect(await state(tree.pool)).to.equal(3);
    expect(await money.token.balanceOf(pools)).to.equal(1_000_000n - left.sumFen);
  });

  it("given a root of leaves that are more than it says, when their chunk comes, then refuses: pools never pay from each other's money", async () => {
    await money.publish(leavesOf(300));
    const pool = await money.fund(10n);
    const bad = buildSumTree({ pool, version: 1 }, leavesOf(300));
    const [hash] = bad.chunk(1).siblings as [SumNode];
    const [left, right]: SumNode[] = [
      { ...hash, sumFen: 4n },
      { hash: ZeroHash as never, sumFen: 6n },
    ] as const;
    const top = { left, right };
    await money.republish({ ...bad, top });
    await refuses(money, money.pay(bad, 0, { siblings: [top.right] }), "ChunkForeign", pool, 0);
    expect(await money.token.balanceOf(alice)).to.equal(0n);
  });

  it("given a zero, an unregistered, a suspended and a closed payee, when their chunk comes, then the others are paid, and theirs is held aside", async () => {
    await setStatus(alice, 2);
    await setStatus(bob, 3);
    const some = [ZeroAddress, payee(0), payee(1), payee(2), payee(9_999)] as Leaf["account"][];
    const leaves = some.map((account, i) => ({ account, amountFen: BigInt(10 ** i) }));
    const tree = await money.publish(leaves);
    const { by, events } = await moved(money, () => money.pay(tree, 0));
    expect(by).to.deep.equal({
      carol: 1_000n,
      pools: -1_000n,
      "1 paidFen": 11_111n,
      "1 state": 1n,
      "1 held alice": 10n,
      "1 held bob": 100n,
    });
    expect(events).to.deep.equal([
      "Closed",
      "ChunkPaid",
      "Transfer",
      "HeldAside",
      "HeldAside",
      "HeldAside",
      "HeldAside",
    ]);
    const told = await pools.queryFilter(pools.filters.HeldAside());
    expect(told.map(({ args }) => [args.account, args.amountFen])).to.deep.equal([
      [ZeroAddress, 1n],
      [alice, 10n],
      [bob, 100n],
      [getAddress(payee(9_999)), 10_000n],
    ]);
  });

  it("given a chunk of 256 of whom the first and the last are suspended, when it comes, then just these two are held aside", async () => {
    await setStatus(alice, 2);
    await setStatus(getAddress(payee(255)), 2);
    const tree = await money.publish(leavesOf(256));
    await money.pay(tree, 0);
    const told = await pools.queryFilter(pools.filters.HeldAside());
    expect(told.map(({ args }) => [args.account, args.amountFen])).to.deep.equal([
      [alice, 1n],
      [getAddress(payee(255)), 256n],
    ]);
    expect(await money.token.balanceOf(pools)).to.equal(257n);
  });
});
