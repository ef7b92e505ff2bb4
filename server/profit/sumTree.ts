/**
 * The Merkle sum tree of a pool (CONTRACTS.md "SettlementToken, PremiumPools"): chunks of 256 leaves, above them nodes
 * that bind the sums of both sides, so that no payout can exceed what the root was funded with. Chunks are padded on the
 * right with (hash 0, sum 0) up to a power of two; every node above is hashed, also over two paddings.
 */
import { keccak, toBytes, toHex, uintWord } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";
import { LEAF_BYTES, packLeaves, sumOf, type Leaf } from "./leaves.ts";

export const CHUNK_LEAVES = 256;

/** Which tree of which pool: hashed into every chunk, so that none passes in another. */
export interface TreeOf {
  pool: bigint;
  /** from 1; a root that is published again has the next */
  version: number;
}

export interface SumNode {
  hash: Hex;
  sumFen: bigint;
}

export interface Chunk {
  index: number;
  /** 28 bytes each: account, amountFen big-endian */
  leaves: Uint8Array;
  /** from the bottom up, as many as the tree is deep */
  siblings: SumNode[];
}

/** What publishing supplies: the top node's two children; without any node the chunk itself. */
export type Top = { left: SumNode; right: SumNode } | { leaves: Uint8Array };

export interface SumTree extends TreeOf {
  leafCount: number;
  chunks: number;
  depth: number;
  /** keccak256(abi.encode(topHash, uint256 total)), as it stands on chain */
  root: Hex;
  totalFen: bigint;
  top: Top;
  /** @throws on an index that no chunk has */
  chunk(index: number): Chunk;
}

export const chunksOf = (leafCount: number): number => Math.ceil(leafCount / CHUNK_LEAVES);

/** ⌈log2 chunks⌉ */
export const depthOf = (leafCount: number): number => 32 - Math.clz32(chunksOf(leafCount) - 1);

function packedHead({ pool, version }: TreeOf, index: number): Uint8Array {
  const head = Buffer.alloc(39);
  head.set(uintWord(pool), 1);
  head.writeUInt16BE(version, 33);
  head.writeUInt32BE(index, 35);
  return head;
}

const chunkHash = (of: TreeOf, index: number, leaves: Uint8Array): Uint8Array =>
  keccak(keccak(packedHead(of, index), leaves));

const nodeHash = (left: SumNode, right: SumNode): Uint8Array =>
  keccak(toBytes(left.hash), uintWord(left.sumFen), toBytes(right.hash), uintWord(right.sumFen));

const parentOf = (left: SumNode, right: SumNode): SumNode => ({
  hash: toHex(nodeHash(left, right)),
  sumFen: left.sumFen + right.sumFen,
});

const rootOf = ({ hash, sumFen }: SumNode): Hex => toHex(keccak(toBytes(hash), uintWord(sumFen)));

const padding: SumNode = { hash: `0x${"00".repeat(32)}`, sumFen: 0n };

/** @returns the chunks' nodes and those above, level by level; the last is the top alone */
function levelsOf(of: TreeOf, chunkAt: (index: number) => Uint8Array, leafCount: number): SumNode[][] {
  let level = Array.from({ length: chunksOf(leafCount) }, (_, index): SumNode => {
    const leaves = chunkAt(index);
    return { hash: toHex(chunkHash(of, index, leaves)), sumFen: sumOf(leaves)! };
  });
  while (level.length < 2 ** depthOf(leafCount)) level.push(padding);
  const levels = [level];
  while (level.length > 1) {
    const below = level;
    level = Array.from({ length: below.length / 2 }, (_, i) => parentOf(below[2 * i]!, below[2 * i + 1]!));
    levels.push(level);
  }
  return levels;
}

/**
 * @param leaves by strictly ascending account; amounts of 1 fen or more, less than 2^63 fen together
 * @throws on other leaves, and on none
 */
export function buildSumTree(of: TreeOf, leaves: readonly Leaf[]): SumTree {
  const packed = packLeaves(leaves);
  const leafCount = leaves.length;
  const chunkBytes = CHUNK_LEAVES * LEAF_BYTES;
  const chunkAt = (index: number): Uint8Array => packed.subarray(index * chunkBytes, (index + 1) * chunkBytes);
  const levels = levelsOf(of, chunkAt, leafCount);
  const [chunks, depth] = [chunksOf(leafCount), levels.length - 1];
  const [top] = levels[depth]!;
  const [left, right] = levels[depth - 1] ?? [];
  return {
    ...of,
    leafCount,
    chunks,
    depth,
    root: rootOf(top!),
    totalFen: top!.sumFen,
    top: left && right ? { left, right } : { leaves: chunkAt(0) },
    chunk(index) {
      if (!Number.isInteger(index) || index < 0 || index >= chunks) throw new Error(`chunk ${index} of ${chunks}`);
      const siblings = levels.slice(0, depth).map((level, height) => level[(index >> height) ^ 1]!);
      return { index, leaves: chunkAt(index), siblings };
    },
  };
}

/** How a chunk is checked: by what the chain has of its tree. */
export interface KnownTree extends TreeOf {
  leafCount: number;
  root: Hex;
}

/**
 * The checks of `PremiumPools`, in its order: the index, the length that follows from the count of leaves, as many
 * siblings as the tree is deep, ascending accounts, and the root, which binds the sum.
 */
export function verifyChunk(tree: KnownTree, { index, leaves, siblings }: Chunk): boolean {
  const { leafCount, root } = tree;
  if (!Number.isInteger(index) || index < 0 || index >= chunksOf(leafCount)) return false;
  if (leaves.length !== LEAF_BYTES * Math.min(CHUNK_LEAVES, leafCount - index * CHUNK_LEAVES)) return false;
  if (siblings.length !== depthOf(leafCount)) return false;
  const sumFen = sumOf(leaves);
  if (sumFen === undefined) return false;
  const chunk: SumNode = { hash: toHex(chunkHash(tree, index, leaves)), sumFen };
  const top = siblings.reduce(
    (node, sibling, height) => ((index >> height) & 1 ? parentOf(sibling, node) : parentOf(node, sibling)),
    chunk,
  );
  return rootOf(top) === root;
}
