/** Sharing out against fractions, and by hand. */
import { expect } from "chai";
import { toBeHex } from "ethers";
import fc from "fast-check";
import type { Hex } from "../../../server/chain/port.ts";
import { Problem } from "../../../server/errors.ts";
import { shareOut, type Group } from "../../../server/profit/largestRemainder.ts";
import type { Leaf } from "../../../server/profit/leaves.ts";
import { compare, floor, minus, over, plus, sumOf, times, whole, type Fraction } from "../../support/fraction.ts";

const account = (n: number): Hex => toBeHex(n + 1, 20) as Hex;
const group = (bps: number, weights: readonly (bigint | number)[]): Group => ({
  bps,
  weights: new Map(weights.map((weight, i) => [account(i), BigInt(weight)])),
});
const amounts = (leaves: readonly Leaf[]): bigint[] => leaves.map(({ amountFen }) => amountFen);

/** Each account's share as a fraction, then fen by fen to the one who lacks most of its share. */
function slowly(amountFen: bigint, groups: readonly Group[]): { leaves: Leaf[]; exact: Map<Hex, Fraction> } {
  const filled = groups.filter(({ weights }) => [...weights.values()].some((weight) => weight > 0n));
  const allBps = whole(filled.reduce((sum, { bps }) => sum + bps, 0));
  const exact = new Map<Hex, Fraction>();
  for (const { bps, weights } of filled) {
    const all = sumOf([...weights.values()].map(whole));
    for (const [account, weight] of weights) {
      const part = times(over(times(whole(amountFen), whole(bps)), allBps), over(whole(weight), all));
      exact.set(account, plus(exact.get(account) ?? whole(0), part));
    }
  }
  const leaves = [...exact.keys()].sort().map((account) => ({ account, amountFen: floor(exact.get(account)!) }));
  const lacks = ({ account, amountFen }: Leaf): Fraction => minus(exact.get(account)!, whole(amountFen));
  for (let left = amountFen - amounts(leaves).reduce((a, b) => a + b, 0n); left > 0n; left--)
    leaves.reduce((most, leaf) => (compare(lacks(leaf), lacks(most)) > 0 ? leaf : most)).amountFen++;
  return { leaves, exact };
}

const anyWeight = fc.oneof(
  { weight: 3, arbitrary: fc.bigInt(0n, 9n) },
  { weight: 2, arbitrary: fc.bigInt(1n, 2n ** 48n).map((grams) => grams * 10n ** 18n) },
  { weight: 1, arbitrary: fc.bigInt(1n, 2n ** 110n) },
);
const anyGroups = fc.array(
  fc.record({
    bps: fc.integer({ min: 1, max: 10_000 }),
    members: fc.array(fc.tuple(fc.nat(30), anyWeight), { maxLength: 25 }),
  }),
  { minLength: 1, maxLength: 5 },
);
const shuffled = <T>(all: readonly T[], turn: number): T[] => [...all.slice(turn), ...all.slice(0, turn)].reverse();
const anyAmount = fc.oneof(fc.bigInt(1n, 200n), fc.bigInt(1n, 2n ** 63n - 1n));
const seeded = { seed: 1, numRuns: 400 };

describe("shareOut", function () {
  this.timeout(20_000);

  it("given any groups, when an amount is shared, then it is shared as with fractions, and to the fen", () => {
    let played = 0;
    fc.assert(
      fc.property(anyAmount, anyGroups, (amountFen, drawn) => {
        const groups = drawn.map(({ bps, members }) => ({
          bps,
          weights: new Map(members.map(([n, w]) => [account(n), w])),
        }));
        if (groups.every(({ weights }) => [...weights.values()].every((weight) => weight === 0n))) return;
        played++;
        const leaves = shareOut(amountFen, groups);
        const { leaves: wanted, exact } = slowly(amountFen, groups);
        expect(leaves).to.deep.equal(wanted);
        expect(amounts(leaves).reduce((sum, each) => sum + each, 0n)).to.equal(amountFen);
        for (const { account, amountFen } of leaves) {
          const off = minus(whole(amountFen), exact.get(account)!);
          expect(compare(off, whole(1)) < 0 && compare(off, whole(-1)) > 0, account).to.equal(true);
        }
      }),
      seeded,
    );
    expect(played).to.be.above(300);
  });

  it("given any groups, when they come in another order, then the leaves are the same", () => {
    fc.assert(
      fc.property(anyAmount, anyGroups, fc.nat(20), (amountFen, drawn, turn) => {
        const made = (order: <T>(all: readonly T[]) => readonly T[]): Group[] =>
          order(drawn).map(({ bps, members }) => {
            const unique = [...new Map(members.map(([n, weight]) => [account(n), weight]))];
            return { bps, weights: new Map(order([...unique, [account(40), 1n] as const])) };
          });
        expect(
          shareOut(
            amountFen,
            made((all) => shuffled(all, turn)),
          ),
        ).to.deep.equal(
          shareOut(
            amountFen,
            made((all) => all),
          ),
        );
      }),
      seeded,
    );
  });

  it("given equal weights, when the fen do not come out even, then the lower accounts get one more", () => {
    const group: Group = { bps: 1, weights: new Map([2, 0, 1].map((n) => [account(n), 5n])) };
    expect(shareOut(5n, [group])).to.deep.equal([
      { account: account(0), amountFen: 2n },
      { account: account(1), amountFen: 2n },
      { account: account(2), amountFen: 1n },
    ]);
  });

  it("given remainders that differ after more than 64 bits, when one fen is left, then the larger one gets it", () => {
    const near = 2n ** 100n;
    expect(amounts(shareOut(1n, [group(1, [near - 1n, near, near + 1n])]))).to.deep.equal([0n, 0n, 1n]);
  });

  it("given a group in which nobody has weight, when an amount is shared, then its part falls to the others", () => {
    const groups = [group(5_000, [0, 0]), group(3_000, [1]), group(1_000, [0, 1])];
    expect(amounts(shareOut(400n, groups))).to.deep.equal([300n, 100n]);
  });

  it("given an account in two groups, when both parts are half a fen, then it is rounded once", () => {
    const groups = [group(5_000, [1, 1]), group(5_000, [1, 1])];
    expect(amounts(shareOut(2n, groups))).to.deep.equal([1n, 1n]);
  });

  it("given groups in which nobody has weight, when an amount is shared, then the problem says so", () => {
    for (const groups of [[], [group(10_000, [])], [group(10_000, [0, 0])], [group(0, [1])]])
      expect(() => shareOut(1n, groups))
        .to.throw(Problem)
        .with.nested.property("view.code", "nobody-entitled");
  });

  it("given a negative weight or amount, when it is shared, then it is refused", () => {
    expect(() => shareOut(1n, [group(1, [2, -1])])).to.throw(`${account(1)} has a weight of -1`);
    expect(() => shareOut(1n, [group(1, [2]), group(1, [-1])])).to.throw("a weight of -1");
    expect(() => shareOut(-1n, [group(1, [1])])).to.throw("-1 fen");
  });
});
