/**
 * The people of the demo and their keys, derived from a fixed seed: the same in every run, so that a run can be gone on
 * with. Outside a demo a key is drawn at random on the device that keeps it, and a salt is too.
 */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import secp256k1 from "secp256k1";
import { addressWord, keccak, keccakText, toBytes, toHex, uintWord, type Domain } from "../../server/chain/eip712.ts";
import type { Hex } from "../../server/chain/port.ts";
import { createSigner, type Signer } from "../../server/chain/transactions.ts";
import { createPhoneKey } from "./phones.ts";
import {
  DAY,
  NO_END,
  type Device,
  type FurtherOffice,
  type Office,
  type Permit,
  type Person,
  type Place,
  type Who,
} from "./scenario/people.ts";

/** 32 bytes that depend on the words alone. */
export const seeded = (words: string): Hex => toHex(keccakText(`tidemark.demo/${words}`));

/** A key that signs acts. */
export interface ActKey {
  address: Hex;
  /** r‖vs over a digest, 64 bytes; the same digest gives the same signature (RFC 6979) */
  sign(digest: Uint8Array): Hex;
}

/** A secp256k1 key, signing natively where the library installed (0.05 ms; ethers takes 3). */
export function actKey(role: string, n: number): ActKey {
  const key = toBytes(seeded(`${role}/${n}`));
  return {
    address: toHex(keccak(secp256k1.publicKeyCreate(key, false).subarray(1)).subarray(12)),
    sign(digest) {
      const { signature, recid } = secp256k1.ecdsaSign(digest, key);
      signature[32]! |= recid << 7;
      return toHex(signature);
    },
  };
}

/** The key of one that is named by role and number. */
export function actKeyOf(who: Who): ActKey {
  const [role, n] = who.split("/") as [string, string];
  return actKey(role, Number(n));
}

/** The registry's key signs transactions: it registers accounts, binds keys and grants licences. */
export const registrySigner = (): Signer => createSigner(seeded("registry/0"));

/** The auditor's key signs transactions: it rules on what is quarantined. */
export const auditorSigner = (): Signer => createSigner(seeded("auditor/0"));

/** The key of somebody who signs transactions: that of an office, or a place's own. */
export const signerOf = (who: Office | FurtherOffice | `${Place}/0`): Signer => createSigner(seeded(who));

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

/** A key as the registry is to have it. */
export interface WantedKey {
  id: Hex;
  from: number;
  until: number;
}

/** An account as the registry is to have it. */
export interface Party {
  who: Who;
  account: Hex;
  /** what is registered: zero where the contract derives the id from the identity hash */
  id: Hex;
  kinds: number;
  identityHash: Hex;
  keys: WantedKey[];
  permits: Permit[];
  /** As it would have signed at that time, in seconds since 1970. @throws where none of its keys was valid then */
  sign(digest: Uint8Array, at: number): Hex;
  /** Whether what it signed at that time was signed by a key that it has given up since. */
  gaveUp(at: number): boolean;
}

export interface Cast {
  point: Party;
  /** signs for the storage point */
  keeper: ActKey;
  regular: ActKey[];
  occasional: ActKey[];
  parties: Party[];
  of(who: Who): Party;
}

export const NOBODY: Hex = `0x${"0".repeat(40)}`;

interface Signing extends WantedKey {
  sign(digest: Uint8Array): Hex;
}

function keyOf({ words, curve, from, until }: Device): Signing {
  if (curve === "P-256") return { ...createPhoneKey(seeded(words)), from, until };
  const [role, n] = words.split("/") as [string, string];
  const { address, sign } = actKey(role, Number(n));
  return { id: toHex(addressWord(address)), sign, from, until };
}

/** Of the keys that are valid at a time the first signs; on one day of the week the last. */
function signer(who: Who, keys: readonly Signing[]): Party["sign"] {
  return (digest, at) => {
    const valid = keys.filter(({ from, until }) => from <= at && at < until);
    const key = Math.floor(at / DAY) % 7 === 0 ? valid.at(-1) : valid[0];
    if (!key) throw new Error(`${who} had no key at ${at}`);
    return key.sign(digest);
  };
}

/** @param own the account's own key; `undefined` where it has none */
function partyOf(domain: Domain, { who, kinds, devices, permits }: Person, own: ActKey | undefined): Party {
  const identity = identityHash(who);
  const account = own?.address ?? accountFor(domain, identity);
  const keys = devices.map(keyOf);
  const sign = keys.length > 0 ? signer(who, keys) : own!.sign;
  return {
    who,
    account,
    id: own?.address ?? NOBODY,
    kinds,
    identityHash: identity,
    keys,
    permits,
    sign,
    gaveUp: (at) => keys.length > 0 && !keys.some(({ from, until }) => from <= at && until === NO_END),
  };
}

/**
 * Everybody in the demo. The ids of facilities and organisations depend on chain and authority, the people's do not.
 * @param people the storage point among them
 */
export function createCast(domain: Domain, people: readonly Person[]): Cast {
  const own = new Map(
    people.flatMap(({ who, account }): [Who, ActKey][] => (account === "key" ? [[who, actKeyOf(who)]] : [])),
  );
  const parties = people.map((person) => partyOf(domain, person, own.get(person.who)));
  const byWho = new Map(parties.map((party) => [party.who, party]));
  const keysOf = (role: string): ActKey[] => [...own].flatMap(([who, key]) => (who.startsWith(role) ? [key] : []));
  return {
    point: byWho.get("point")!,
    keeper: actKey("keeper", 0),
    regular: keysOf("regular"),
    occasional: keysOf("occasional"),
    parties,
    of: (who) => byWho.get(who)!,
  };
}
