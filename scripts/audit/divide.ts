/** A pool's division worked out anew: who gets how many fen, and the root of the tree that says so (IPremiumPools). */
import { AbiCoder, keccak256, solidityPackedKeccak256 } from "ethers";
import type { Hex } from "../../server/chain/port.ts";

const CHUNK_LEAVES = 256;

/** Accounts that share a part of the amount by their weights, in any unit. */
export interface Group {
  bps: bigint;
  weights: ReadonlyMap<Hex, bigint>;
}

export type Leaf = [account: Hex, amountFen: bigint];

const total = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((sum, amount) => sum + amount, 0n);

/**
 * Each account's exact share is a fraction with one denominator for all; it is rounded down, and what is left goes fen by
 * fen to the largest remainders, of equal ones to the lower account. Parts of groups without weight fall to the others.
 * @returns by ascending account, without those who get nothing; nobody where no group has weight
 */
export function divide(amountFen: bigint, groups: readonly Group[]): Leaf[] {
  const filled = groups
    .map(({ bps, weights }) => ({ bps, weights, whole: total(weights.values()) }))
    .filter(({ bps, whole }) => bps > 0n && whole > 0n);
  if (filled.length === 0) return [];
  const product = filled.reduce((all, { whole }) => all * whole, 1n);
  const denominator = product * total(filled.map(({ bps }) => bps));
  const numerators = new Map<Hex, bigint>();
  for (const { bps, weights, whole } of filled) {
    for (const [account, weight] of weights) {
      const part = amountFen * bps * weight * (product / whole);
      numerators.set(account, (numerators.get(account) ?? 0n) + part);
    }
  }
  const shares = [...numerators].map(([account, n]) => ({ account, fen: n / denominator, rest: n % denominator }));
  shares.sort((a, b) => (a.rest !== b.rest ? (a.rest > b.rest ? -1 : 1) : a.account < b.account ? -1 : 1));
  const left = amountFen - total(shares.map(({ fen }) => fen));
  return shares
    .map(({ account, fen }, i): Leaf => [account, BigInt(i) < left ? fen + 1n : fen])
    .filter(([, fen]) => fen > 0n)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

type Node = [hash: string, sumFen: bigint];

const hash = (types: string[], values: unknown[]): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(types, values));

const above = ([left, leftSum]: Node, [right, rightSum]: Node): Node => [
  hash(["bytes32", "uint256", "bytes32", "uint256"], [left, leftSum, right, rightSum]),
  leftSum + rightSum,
];

function chunkNode(pool: bigint, version: bigint, index: number, leaves: readonly Leaf[]): Node {
  const bytes = leaves.map(([account, fen]) => account.slice(2) + fen.toString(16).padStart(16, "0")).join("");
  const types = ["uint8", "uint256", "uint16", "uint32", "bytes"];
  const inner = solidityPackedKeccak256(types, [0, pool, version, index, `0x${bytes}`]);
  return [keccak256(inner), total(leaves.map(([, fen]) => fen))];
}

/** The root of the Merkle sum tree over these leaves, one or more. */
export function rootOf(pool: bigint, version: bigint, leaves: readonly Leaf[]): Hex {
  let level: Node[] = [];
  for (let at = 0; at < leaves.length; at += CHUNK_LEAVES) {
    level.push(chunkNode(pool, version, level.length, leaves.slice(at, at + CHUNK_LEAVES)));
  }
  // padded to a whole tree
  while ((level.length & (level.length - 1)) !== 0) level.push([`0x${"0".repeat(64)}`, 0n]);
  while (level.length > 1) {
    const below = level;
    level = Array.from({ length: below.length / 2 }, (_, i) => above(below[2 * i]!, below[2 * i + 1]!));
  }
  return hash(["bytes32", "uint256"], level[0]!) as Hex;
}
