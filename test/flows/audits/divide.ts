/** The audit's own arithmetic of divisions beside the server's: two that were written apart must agree. */
import { expect } from "chai";
import { toBeHex } from "ethers";
import { divide, rootOf, type Leaf } from "../../../scripts/audit/divide.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { shareOut } from "../../../server/profit/largestRemainder.ts";
import { buildSumTree } from "../../../server/profit/sumTree.ts";
import { randomFrom } from "../../support/dag.ts";

const account = (n: number): Hex => toBeHex(BigInt(n) * 7_919n + 1n, 20) as Hex;

describe("divisions in the audit", () => {
  it("given groups of random weights, when an amount is divided, then both give the same leaves, to the fen", () => {
    const random = randomFrom(5);
    let rounded = 0;
    for (let run = 0; run < 200; run++) {
      const groups = Array.from({ length: 1 + random(4) }, () => {
        // small weights make equal remainders
        const most = random(2) === 0 ? 3 : 1_000_000_000;
        const weights = Array.from({ length: 1 + random(30) }, (): [Hex, bigint] => [
          account(random(40)),
          BigInt(random(most)),
        ]);
        return { bps: 1 + random(5_000), weights: new Map([[account(41), 1n], ...weights]) };
      });
      const amountFen = BigInt(1 + random(100_000));
      const expected = shareOut(amountFen, groups).filter((leaf) => leaf.amountFen > 0n);
      const own = divide(
        amountFen,
        groups.map(({ bps, weights }) => ({ bps: BigInt(bps), weights })),
      );
      expect(own).to.deep.equal(expected.map((leaf) => [leaf.account, leaf.amountFen]));
      if (expected.length > 1) rounded++;
    }
    expect(rounded).to.be.greaterThan(100);
  });

  it("given nobody with a weight, when divided, then nobody gets anything", () => {
    expect(divide(5n, [{ bps: 1n, weights: new Map([[account(1), 0n]]) }])).to.deep.equal([]);
  });

  for (const count of [1, 256, 257, 512, 513, 1_025]) {
    it(`given ${count} leaves, when the root is worked out, then both have the same`, () => {
      const leaves = Array.from({ length: count }, (_, n): Leaf => [account(n), BigInt(n + 1) * 1_000_003n]);
      const tree = buildSumTree(
        { pool: 7n, version: 3 },
        leaves.map(([account, amountFen]) => ({ account, amountFen })),
      );
      expect(rootOf(7n, 3n, leaves)).to.equal(tree.root);
    });
  }
});
