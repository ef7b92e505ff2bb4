/**
 * The acts of traceability as signed messages (CONTRACTS.md "Acts"): their EIP-712 types, digests and calldata.
 * One module for the server, the player and a browser; no other code may spell a type string.
 */
import { addressWord, keccak, keccakText, toBytes, typedDigest, uintWord } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";

/** A collector hands waste to a keeper: the beginning of a lot. Its lot id is its digest. */
export interface Collect {
  /** licence kind (6 bits) and material (10 bits) */
  class: number;
  grams: number;
  collector: Hex;
  keeper: Hex;
  /** seconds since 1970, by the clock of the device that captured it */
  capturedAt: number;
  /** hash of the last block the device saw */
  anchor: Hex;
  /** root of the salted Merkle tree of evidence fields */
  evidence: Hex;
  salt: Hex;
}

/** A signed collect: both signatures are 64 bytes r‖vs (EIP-2098), the keeper's over the receipt. */
export interface SignedCollect {
  collect: Collect;
  giverSignature: Hex;
  receiverSignature: Hex;
}

/** The EIP-712 types as a wallet takes them. */
export const actTypes = {
  Collect: [
    { name: "class", type: "uint16" },
    { name: "grams", type: "uint48" },
    { name: "collector", type: "address" },
    { name: "keeper", type: "address" },
    { name: "capturedAt", type: "uint40" },
    { name: "anchor", type: "bytes32" },
    { name: "evidence", type: "bytes32" },
    { name: "salt", type: "bytes32" },
  ],
  CollectReceipt: [
    { name: "collect", type: "Collect" },
    { name: "giverSignature", type: "bytes" },
  ],
};

const typeText = (name: keyof typeof actTypes): string =>
  `${name}(${actTypes[name].map((field) => `${field.type} ${field.name}`).join(",")})`;

const collectType = keccakText(typeText("Collect"));
const collectReceiptType = keccakText(typeText("CollectReceipt") + typeText("Collect"));

/** `hashStruct(Collect)`. */
export function collectStructHash(act: Collect): Uint8Array {
  return keccak(
    collectType,
    uintWord(act.class),
    uintWord(act.grams),
    addressWord(act.collector),
    addressWord(act.keeper),
    uintWord(act.capturedAt),
    toBytes(act.anchor),
    toBytes(act.evidence),
    toBytes(act.salt),
  );
}

/** The digest the collector signs; also the request's key and the lot's id. */
export const collectDigest = (separator: Uint8Array, act: Collect): Uint8Array =>
  typedDigest(separator, collectStructHash(act));

/** The digest the keeper signs: the collect nested whole, with the collector's signature. */
export function collectReceiptDigest(separator: Uint8Array, act: Collect, giverSignature: Hex): Uint8Array {
  const struct = keccak(collectReceiptType, collectStructHash(act), keccak(toBytes(giverSignature)));
  return typedDigest(separator, struct);
}

/** The nine words of `LotLedger.CollectAct`, as they stand in calldata. */
export function encodeCollect({ collect, giverSignature, receiverSignature }: SignedCollect): Uint8Array {
  const words = new Uint8Array(288);
  const giverTerms =
    (BigInt(collect.collector) << 96n) | (BigInt(collect.grams) << 48n) | (BigInt(collect.capturedAt) << 8n);
  const keeperTerms = (BigInt(collect.keeper) << 96n) | (BigInt(collect.class) << 80n);
  words.set(uintWord(giverTerms), 0);
  words.set(uintWord(keeperTerms), 32);
  words.set(toBytes(collect.anchor), 64);
  words.set(toBytes(collect.evidence), 96);
  words.set(toBytes(collect.salt), 128);
  words.set(toBytes(giverSignature), 160);
  words.set(toBytes(receiverSignature), 224);
  return words;
}
