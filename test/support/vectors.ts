/**
 * The story behind `test/server/traceability/vectors.json`: one act of each kind, each with the signatures of fixed keys,
 * made with ethers and Node alone, so that the file says nothing that only the server's own code says.
 */
import { createECDH, createHmac } from "node:crypto";
import {
  concat,
  getBytes,
  hexlify,
  id,
  keccak256,
  sha256,
  toBeHex,
  TypedDataEncoder,
  type TypedDataDomain,
} from "ethers";
import {
  addressOf,
  childOf,
  digestOf,
  keyOf,
  receiptDigestOf,
  receiptTypes,
  secp,
  signAct,
  type ActName,
  type Message,
  type Sign,
  type SignedAct,
} from "./acts.ts";

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const hmac = (key: Uint8Array, ...parts: Uint8Array[]): Uint8Array => {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};

/** x and y of k times the base point. */
function pointOf(k: bigint): [x: string, y: string] {
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(getBytes(toBeHex(k, 32)));
  const point = hexlify(ecdh.getPublicKey());
  return [`0x${point.slice(4, 68)}`, `0x${point.slice(68)}`];
}

function inverse(value: bigint): bigint {
  let [a, b, x, y] = [value, order, 1n, 0n];
  while (b !== 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return ((x % order) + order) % order;
}

/** The nonce of RFC 6979 for P-256 with SHA-256; the first candidate is below the order in all but 2^-32 of cases. */
function nonceOf(d: Uint8Array, hash: Uint8Array): bigint {
  const reduced = getBytes(toBeHex(BigInt(hexlify(hash)) % order, 32));
  let v: Uint8Array = new Uint8Array(32).fill(1);
  let key: Uint8Array = new Uint8Array(32);
  for (const tag of [0, 1]) {
    key = hmac(key, v, Uint8Array.of(tag), d, reduced);
    v = hmac(key, v);
  }
  const k = BigInt(hexlify(hmac(key, v)));
  if (k === 0n || k >= order) throw new Error("this nonce would have to be drawn again");
  return k;
}

/** A proof over a hash of 32 bytes, low s; the same hash always gives the same one. */
export function p256Proof(d: bigint, hash: Uint8Array): string {
  const k = nonceOf(getBytes(toBeHex(d, 32)), hash);
  const r = BigInt(pointOf(k)[0]) % order;
  const s = (inverse(k) * (BigInt(hexlify(hash)) + r * d)) % order;
  const low = s > order / 2n ? order - s : s;
  return concat(["0x01", ...pointOf(d), toBeHex(r, 32), toBeHex(low, 32)]);
}

/** Signs as a phone does, over sha256(digest). */
const p256Sign =
  (d: bigint): Sign =>
  (digest) =>
    p256Proof(d, getBytes(sha256(digest)));

const names = ["collector", "keeper", "recycler"] as const;

/** Everybody signs with either key; both are the account's. */
const people = names.map((name) => {
  const key = keyOf(`vectors ${name}`);
  const d = BigInt(id(`tidemark vectors P-256 ${name}`)) % order;
  const [qx, qy] = pointOf(d);
  return {
    account: addressOf(key).toLowerCase(),
    secp256k1: { privateKey: key.privateKey, sign: secp(key) },
    p256: { privateKey: toBeHex(d, 32), qx, qy, keyId: keccak256(concat([qx, qy])), sign: p256Sign(d) },
  };
});

export type SignatureKind = "secp256k1" | "p256";

const tail = { capturedAt: 1_767_139_200, anchor: id("the last block seen"), evidence: id("the root of the evidence") };

type Step = [type: ActName, act: Message, giver: number, receiver?: number];

/** A bag of bottles from the beach to a recycler, sorted there; the residue is disposed of, and title to the rest passes. */
function story(domain: TypedDataDomain): Step[] {
  const [collector, keeper, recycler] = people.map(({ account }) => account) as [string, string, string];
  const collect = { class: 1, grams: 1_000, collector, keeper, ...tail, salt: id("salt") };
  const lot = digestOf(domain, "Collect", collect);
  const masses = { declaredGrams: 1_000, acceptedGrams: 990 };
  const handoff = { lot, from: keeper, to: recycler, ...masses, seq: 0, bailment: 0, ...tail };
  const split = { lot, seq: 1, grams: [400, 590], operator: recycler, ...tail };
  const children = [0, 1].map((n) => childOf(digestOf(domain, "Split", split), n)).sort();
  const transform = {
    process: 1,
    inputs: children.map((child) => ({ lot: child, seq: 0 })),
    outputs: [
      { class: 7, grams: 800 },
      { class: 9, grams: 150 },
    ],
    lossGrams: 40,
    operator: recycler,
    ...tail,
    salt: id("another salt"),
  };
  const [sorted, residue] = [0, 1].map((n) => childOf(digestOf(domain, "Transform", transform), n));
  return [
    ["Collect", collect, 0, 1],
    ["Handoff", handoff, 1, 2],
    ["Split", split, 2],
    ["Transform", transform, 2],
    ["Conclude", { lot: residue, seq: 0, grams: 150, kind: 2, operator: recycler, ...tail }, 2],
    ["PassTitle", { lot: sorted, seq: 0, owner: recycler, to: keeper, ...tail }, 2, 1],
  ];
}

/** The acts of the story in order, signed with keys of one kind. */
export const signedStory = (domain: TypedDataDomain, kind: SignatureKind): SignedAct[] =>
  story(domain).map(([type, act, giver, receiver]) =>
    signAct(
      domain,
      type,
      act,
      people[giver]![kind].sign,
      receiver === undefined ? undefined : people[receiver]![kind].sign,
    ),
  );

/** Accounts, and the P-256 key that is bound to each. */
export const storyAccounts = people.map(({ account, p256 }) => ({ account, keyId: p256.keyId }));

interface Signatures extends Omit<SignedAct, "type" | "act"> {
  receiptDigest?: string;
}

function signaturesOf(domain: TypedDataDomain, { type, act, ...signed }: SignedAct): Signatures {
  if (!(type in receiptTypes)) return signed;
  return { ...signed, receiptDigest: receiptDigestOf(domain, type, act, signed.giverSignature!) };
}

/** What stands in the file. */
export function makeVectors(domain: TypedDataDomain): unknown {
  const p256 = signedStory(domain, "p256");
  return {
    domain,
    domainSeparator: TypedDataEncoder.hashDomain(domain),
    keys: people.map(({ account, ...keys }, n) => ({
      name: names[n],
      account,
      secp256k1: { privateKey: keys.secp256k1.privateKey },
      p256: { ...keys.p256, sign: undefined },
    })),
    acts: signedStory(domain, "secp256k1").map((signed, n) => {
      const { type, act } = signed;
      const parts = { Split: act["grams"], Transform: act["outputs"] }[type as string] as unknown[] | undefined;
      const digest = digestOf(domain, type, act);
      return {
        type,
        act,
        digest,
        ...(parts ? { lots: parts.map((_, i) => childOf(digest, i)) } : {}),
        secp256k1: signaturesOf(domain, signed),
        p256: signaturesOf(domain, p256[n]!),
      };
    }),
  };
}
