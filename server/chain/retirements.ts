/** How `Credits` keeps a retirement: the bytes that its record is the hash of, and the storage keys that prove it. */
import { AbiCoder } from "ethers";
import { keccak, toBytes, toHex, uintWord } from "./eip712.ts";
import type { Hex } from "./port.ts";

/** All that a retirement's record binds. */
export interface Retirement {
  id: bigint;
  holder: Hex;
  beneficiary: Hex;
  purpose: number;
  /** year × 100 + month */
  fromMonth: number;
  toMonth: number;
  country: number;
  /** zero for none */
  document: Hex;
  blocks: readonly { id: bigint; kg: bigint }[];
  /** seconds since 1970, of the block */
  at: number;
}

/** ERC-7201 of `tidemark.storage.Retirements`. */
const RETIREMENTS = 0xac923b2976b10428d4b5ce26c3201724c17618d4cc86fd4be79c9abde1db0200n;

/** Slot of `_origins`: it stands where the compiler laid it, and stays there as the contract does. */
const ORIGINS = 9n;

const recordTypes = "uint64 address bytes32 uint16 uint32 uint32 uint16 bytes32 uint256[] uint64[] uint40".split(" ");

/** `abi.encode` of a retirement; its keccak256 is the record. */
export function encodeRetirement(retirement: Retirement): Hex {
  const { id, holder, beneficiary, purpose, fromMonth, toMonth, country, document, blocks, at } = retirement;
  const [ids, kg] = [blocks.map((block) => block.id), blocks.map((block) => block.kg)];
  const values = [id, holder, beneficiary, purpose, fromMonth, toMonth, country, document, ids, kg, at];
  return AbiCoder.defaultAbiCoder().encode(recordTypes, values) as Hex;
}

const slot = (key: bigint, mapping: bigint): Uint8Array => keccak(uintWord(key), uintWord(mapping));

/** Where a retirement's record stands, and its note. */
export function retirementKeys(id: bigint): { record: Hex; note: Hex } {
  const record = toHex(slot(id, RETIREMENTS));
  return { record, note: toHex(uintWord(BigInt(record) + 1n)) };
}

/** Where it stands what a batch comes from: `project 64 | vintage 16 | scope 16 | deficitKg 64 | spare 96`. */
export const originKey = (batch: bigint): Hex => toHex(slot(batch, ORIGINS));

/** Project, vintage and scope of a batch, of its origin's word. */
export function originOf(word: Hex): { project: bigint; vintage: number; scope: number } {
  const bits = BigInt(toHex(toBytes(word).subarray(0, 12)));
  return { project: bits >> 32n, vintage: Number((bits >> 16n) & 0xffffn), scope: Number(bits & 0xffffn) };
}
