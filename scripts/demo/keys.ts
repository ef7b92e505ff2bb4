/**
 * The people of the demo and their keys, derived from a fixed seed: the same in every run, so that a run can be gone on
 * with. Outside a demo a key is drawn at random on the device that keeps it, and a salt is too.
 */
import { SigningKey, computeAddress } from "ethers";
import { addressWord, keccak, keccakText, toHex, uintWord, type Domain } from "../../server/chain/eip712.ts";
import type { Hex } from "../../server/chain/port.ts";
import { createSigner, type Signer } from "../../server/chain/transactions.ts";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { OCCASIONALS, REGULARS } from "./scenario.ts";

export type Role = "registry" | "keeper" | "regular" | "occasional";

/** 32 bytes that depend on the words alone. */
export const seeded = (words: string): Hex => toHex(keccakText(`tidemark.demo/${words}`));

/** A key that signs acts. */
export interface ActKey {
  address: Hex;
  /** r‖vs over a digest, 64 bytes; the same digest gives the same signature (RFC 6979) */
  sign(digest: Uint8Array): Hex;
}

const privateKey = (role: Role, n: number): Hex => seeded(`${role}/${n}`);

export function actKey(role: Role, n: number): ActKey {
  const key = new SigningKey(privateKey(role, n));
  return {
    address: computeAddress(key).toLowerCase() as Hex,
    sign: (digest) => key.sign(digest).compactSerialized as Hex,
  };
}

/** The registry's key signs transactions: it registers accounts and binds keys. */
export const registrySigner = (): Signer => createSigner(privateKey("registry", 0));

/** Salted hash of the identity record that would be kept off the chain; here nobody stands behind it. */
const identityHash = (who: string): Hex =>
  toHex(keccak(keccakText(`tidemark.demo/identity/${who}`), keccakText(`demo record of ${who}`)));

/**
 * The id of an account without a key of its own (CONTRACTS.md "Parties"):
 * the low 160 bits of keccak256(abi.encode("tidemark.account", chainId, authority, identityHash)).
 */
export function accountFor({ chainId, authority }: Domain, identity: Hex): Hex {
  const name = utf8ToBytes("tidemark.account");
  const padded = new Uint8Array(32);
  padded.set(name);
  const head = [uintWord(128), uintWord(chainId), addressWord(authority), uintWord(BigInt(identity))];
  return toHex(keccak(...head, uintWord(name.length), padded).subarray(12));
}

/** An account as the registry is to have it. */
export interface Party {
  account: Hex;
  /** what is registered: zero where the contract derives the id from the identity hash */
  id: Hex;
  kinds: number;
  identityHash: Hex;
}

export interface Cast {
  point: Party;
  keeper: ActKey;
  regular: ActKey[];
  occasional: ActKey[];
  /** the storage point and every collector */
  parties: Party[];
}

const PERSON = 1;
const FACILITY = 4;
export const NOBODY: Hex = `0x${"0".repeat(40)}`;

/** Everybody in the demo; the storage point's id depends on chain and authority, the people's do not. */
export function createCast(domain: Domain): Cast {
  const pointIdentity = identityHash("point/0");
  const point = {
    account: accountFor(domain, pointIdentity),
    id: NOBODY,
    kinds: FACILITY,
    identityHash: pointIdentity,
  };
  const people = (role: Role, count: number): ActKey[] => Array.from({ length: count }, (_, n) => actKey(role, n));
  const person = (role: Role, { address }: ActKey, n: number): Party => ({
    account: address,
    id: address,
    kinds: PERSON,
    identityHash: identityHash(`${role}/${n}`),
  });
  const [regular, occasional] = [people("regular", REGULARS), people("occasional", OCCASIONALS)];
  return {
    point,
    keeper: actKey("keeper", 0),
    regular,
    occasional,
    parties: [
      point,
      ...regular.map((key, n) => person("regular", key, n)),
      ...occasional.map((key, n) => person("occasional", key, n)),
    ],
  };
}
