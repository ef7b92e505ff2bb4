/**
 * The salted Merkle tree of an act's evidence (CONTRACTS.md "Acts"): any field can be revealed or withheld on its own.
 * Same shape as @openzeppelin/merkle-tree's StandardMerkleTree over (bytes32 salt, string name, bytes value).
 */
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { keccak, toBytes, toHex, uintWord } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";

export interface EvidenceField {
  /** 32 random bytes: without them a weight or a place could be guessed from its hash */
  salt: Hex;
  /** e.g. "place", "photo", "pieces" */
  name: string;
  value: Uint8Array;
}

/** `bytes` or `string` in the ABI's tail: length, then content padded to whole words. */
function abiTail(content: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil(content.length / 32) * 32);
  padded.set(content);
  return concatBytes(uintWord(content.length), padded);
}

/** keccak256(keccak256(abi.encode(bytes32 salt, string name, bytes value))). */
export function evidenceLeaf({ salt, name, value }: EvidenceField): Uint8Array {
  const nameTail = abiTail(utf8ToBytes(name));
  const head = concatBytes(toBytes(salt), uintWord(96), uintWord(96 + nameTail.length));
  return keccak(keccak(head, nameTail, abiTail(value)));
}

const compare = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b);

/** The root over all fields; order of input does not matter. @throws on no fields */
export function evidenceRoot(fields: readonly EvidenceField[]): Hex {
  if (fields.length === 0) throw new Error("evidence needs at least one field");
  const leaves = fields.map(evidenceLeaf).sort(compare);
  // a complete binary tree as an array: the leaves fill the end in reverse, node i has children 2i+1 and 2i+2
  const tree = new Array<Uint8Array>(leaves.length - 1).concat(leaves.toReversed());
  for (let i = leaves.length - 2; i >= 0; i--) {
    const pair = [tree[2 * i + 1]!, tree[2 * i + 2]!].sort(compare);
    tree[i] = keccak(...pair);
  }
  return toHex(tree[0]!);
}
