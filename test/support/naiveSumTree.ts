/** The sum tree of CONTRACTS.md once more, from the top down with ethers' encoders: slow, and none of the server's code. */
import { AbiCoder, ZeroHash, concat, keccak256, solidityPacked, toBeHex } from "ethers";

export interface PlainLeaf {
  account: string;
  amountFen: bigint;
}

export interface PlainNode {
  hash: string;
  sumFen: bigint;
}

const coder = AbiCoder.defaultAbiCoder();

/** Leaves that anyone can make again: account (i + 1) × (2^148 + 1), amount 1 + (i × 7,919) mod 100,003 fen. */
export const plainLeaves = (count: number): PlainLeaf[] =>
  Array.from({ length: count }, (_, i) => ({
    account: toBeHex(BigInt(i + 1) * (2n ** 148n + 1n), 20),
    amountFen: 1n + BigInt((i * 7_919) % 100_003),
  }));

export const packed = (leaves: readonly PlainLeaf[]): string =>
  concat(leaves.map(({ account, amountFen }) => solidityPacked(["address", "uint64"], [account, amountFen])));

/** @param count of leaves */
export const depthFor = (count: number): number => {
  let depth = 0;
  while (256 * 2 ** depth < count) depth++;
  return depth;
};

export function chunkHash(pool: bigint, version: number, index: number, leaves: readonly PlainLeaf[]): string {
  const types = ["uint8", "uint256", "uint16", "uint32", "bytes"];
  return keccak256(keccak256(solidityPacked(types, [0, pool, version, index, packed(leaves)])));
}

/** @returns the node at a height above the chunks, counted from the left */
export function nodeAt(
  pool: bigint,
  version: number,
  leaves: readonly PlainLeaf[],
  height: number,
  place: number,
): PlainNode {
  if (height > 0) {
    const left = nodeAt(pool, version, leaves, height - 1, 2 * place);
    const right = nodeAt(pool, version, leaves, height - 1, 2 * place + 1);
    const words = [left.hash, left.sumFen, right.hash, right.sumFen];
    const encoded = coder.encode(["bytes32", "uint256", "bytes32", "uint256"], words);
    return { hash: keccak256(encoded), sumFen: left.sumFen + right.sumFen };
  }
  const mine = leaves.slice(place * 256, place * 256 + 256);
  if (mine.length === 0) return { hash: ZeroHash, sumFen: 0n };
  return {
    hash: chunkHash(pool, version, place, mine),
    sumFen: mine.reduce((sum, { amountFen }) => sum + amountFen, 0n),
  };
}

/** @returns the root as it stands on chain */
export const rootOver = ({ hash, sumFen }: PlainNode): string =>
  keccak256(coder.encode(["bytes32", "uint256"], [hash, sumFen]));

/** @returns the root of leaves as it stands on chain */
export const rootFor = (pool: bigint, version: number, leaves: readonly PlainLeaf[]): string =>
  rootOver(nodeAt(pool, version, leaves, depthFor(leaves.length), 0));

/** @returns the siblings of a chunk from the bottom up */
export const siblingsFor = (pool: bigint, version: number, leaves: readonly PlainLeaf[], index: number): PlainNode[] =>
  Array.from({ length: depthFor(leaves.length) }, (_, height) => {
    const place = Math.floor(index / 2 ** height);
    return nodeAt(pool, version, leaves, height, place % 2 === 0 ? place + 1 : place - 1);
  });
