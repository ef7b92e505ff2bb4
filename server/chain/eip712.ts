/** EIP-712 by hand: fixed layouts need no general encoder, and this runs in the server, the player and a browser. */
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Hex } from "./port.ts";

/** The domain every Tidemark act is signed under. It outlives the contracts: `authority` is the AccessManager. */
export interface Domain {
  chainId: number;
  authority: Hex;
}

export const toHex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`;

/** @throws on anything but whole bytes of hex after `0x` */
export const toBytes = (hex: Hex): Uint8Array => hexToBytes(hex.slice(2));

export const keccak = (...parts: Uint8Array[]): Uint8Array =>
  keccak_256(parts.length === 1 ? parts[0]! : concatBytes(...parts));

export const keccakText = (text: string): Uint8Array => keccak_256(utf8ToBytes(text));

/** An unsigned integer as one 32-byte word. */
export function uintWord(value: number | bigint): Uint8Array {
  return hexToBytes(value.toString(16).padStart(64, "0"));
}

/** An address, left-padded to one word. */
export const addressWord = (address: Hex): Uint8Array => hexToBytes(address.slice(2).padStart(64, "0"));

const domainTypeHash = keccakText("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

/** `hashStruct(eip712Domain)` of EIP-712 for {name: "Tidemark", version: "1", chainId, verifyingContract: authority}. */
export function domainSeparator(domain: Domain): Uint8Array {
  return keccak(
    domainTypeHash,
    keccakText("Tidemark"),
    keccakText("1"),
    uintWord(domain.chainId),
    addressWord(domain.authority),
  );
}

const prefix = new Uint8Array([0x19, 0x01]);

/** The digest that is signed: keccak256(0x1901 ‖ domainSeparator ‖ structHash). */
export const typedDigest = (separator: Uint8Array, structHash: Uint8Array): Uint8Array =>
  keccak(prefix, separator, structHash);
