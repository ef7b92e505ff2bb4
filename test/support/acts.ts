/** Acts as people sign them, made with ethers' own EIP-712 encoder and nothing of the server's. */
import { createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";
import {
  computeAddress,
  concat,
  getBytes,
  hexlify,
  id,
  keccak256,
  SigningKey,
  toBeHex,
  TypedDataEncoder,
  zeroPadValue,
  type TypedDataDomain,
  type TypedDataField,
} from "ethers";

const tail: TypedDataField[] = [
  { name: "capturedAt", type: "uint40" },
  { name: "anchor", type: "bytes32" },
  { name: "evidence", type: "bytes32" },
];

/** `type name, …` as EIP-712 fields. */
const fields = (text: string): TypedDataField[] =>
  text.split(",").map((field) => {
    const [type, name] = field.trim().split(" ");
    return { type: type!, name: name! };
  });

const collect = [
  ...fields("uint16 class, uint48 grams, address collector, address keeper"),
  ...tail,
  ...fields("bytes32 salt"),
];
const handoff = [
  ...fields("bytes32 lot, address from, address to, uint48 declaredGrams, uint48 acceptedGrams, uint24 seq"),
  ...fields("uint8 bailment"),
  ...tail,
];
const split = [...fields("bytes32 lot, uint24 seq, uint48[] grams, address operator"), ...tail];
const input = fields("bytes32 lot, uint24 seq");
const output = fields("uint16 class, uint48 grams");
const transform = [
  ...fields("uint16 process, Input[] inputs, Output[] outputs, uint48 lossGrams, address operator"),
  ...tail,
  ...fields("bytes32 salt"),
];
const conclude = [...fields("bytes32 lot, uint24 seq, uint48 grams, uint16 kind, address operator"), ...tail];
const passTitle = [...fields("bytes32 lot, uint24 seq, address owner, address to"), ...tail];

export type ActName = "Collect" | "Handoff" | "Split" | "Transform" | "Conclude" | "PassTitle";

export const actTypes: Record<ActName, Record<string, TypedDataField[]>> = {
  Collect: { Collect: collect },
  Handoff: { Handoff: handoff },
  Split: { Split: split },
  Transform: { Transform: transform, Input: input, Output: output },
  Conclude: { Conclude: conclude },
  PassTitle: { PassTitle: passTitle },
};

export const receiptTypes: Partial<Record<ActName, Record<string, TypedDataField[]>>> = {
  Collect: { CollectReceipt: fields("Collect collect, bytes giverSignature"), ...actTypes.Collect },
  Handoff: { HandoffReceipt: fields("Handoff handoff, bytes giverSignature"), ...actTypes.Handoff },
  PassTitle: { TitleReceipt: fields("PassTitle title, bytes giverSignature"), ...actTypes.PassTitle },
};

/** A message's fields by name. */
export type Message = Record<string, unknown>;

/** What a key makes of a digest: 64 bytes r‖vs, or a proof. */
export type Sign = (digest: string) => string;

/** The n-th test key of a name: the same in every run. */
export const keyOf = (name: string, n = 0): SigningKey => new SigningKey(id(`tidemark test key ${name} ${n}`));

export const addressOf = (key: SigningKey): string => computeAddress(key);

/** The id under which a secp256k1 address is bound. */
export const keyId = (address: string): string => zeroPadValue(address, 32);

export const secp =
  (key: SigningKey): Sign =>
  (digest) =>
    key.sign(digest).compactSerialized;

export interface P256Key {
  sign: Sign;
  /** keccak256(qx ‖ qy) */
  keyId: string;
}

const p256Order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The private number of a test key of P-256. */
export const p256Number = (seed: string): bigint => (BigInt(id(seed)) % (p256Order - 1n)) + 1n;

/** A P-256 key from its private number; signs as WebCrypto does, over sha256(digest), then lowers s. */
export function p256(seed: string): P256Key {
  const key = privateP256(p256Number(seed));
  const jwk = createPublicKey(key).export({ format: "jwk" }) as { x: string; y: string };
  const point = concat([Buffer.from(jwk.x, "base64url"), Buffer.from(jwk.y, "base64url")]);
  return {
    keyId: keccak256(point),
    sign(digest) {
      const raw = hexlify(sign("sha256", getBytes(digest), { key, dsaEncoding: "ieee-p1363" }));
      const s = BigInt(`0x${raw.slice(66)}`);
      const low = s > p256Order / 2n ? p256Order - s : s;
      return concat(["0x01", point, raw.slice(0, 66), toBeHex(low, 32)]);
    },
  };
}

/** SEC1 without a public point: Node works it out. */
function privateP256(d: bigint): KeyObject {
  const sec1 = Buffer.concat([
    Buffer.from("30310201010420", "hex"),
    Buffer.from(toBeHex(d, 32).slice(2), "hex"),
    Buffer.from("a00a06082a8648ce3d030107", "hex"),
  ]);
  return createPrivateKey({ key: sec1, format: "der", type: "sec1" });
}

/** An ERC-1271 signature of a wallet: whatever bytes it takes. */
export const wallet =
  (signature: string): Sign =>
  () =>
    concat(["0x02", signature]);

export const digestOf = (domain: TypedDataDomain, name: ActName, message: Message): string =>
  TypedDataEncoder.hash(domain, actTypes[name], message);

/** The digest of the receipt over an act that the giver has signed. */
export function receiptDigestOf(
  domain: TypedDataDomain,
  name: ActName,
  message: Message,
  giverSignature: string,
): string {
  const types = receiptTypes[name]!;
  const field = Object.values(types)[0]![0]!.name;
  return TypedDataEncoder.hash(domain, types, { [field]: message, giverSignature });
}

/** A message with its signatures, as `POST /v1/acts` takes it. */
export interface SignedAct {
  type: ActName;
  act: Message;
  giverSignature?: string;
  receiverSignature?: string;
  signature?: string;
}

/** @param receiver of an act that two sign; none where the operator signs alone */
export function signAct(domain: TypedDataDomain, type: ActName, act: Message, giver: Sign, receiver?: Sign): SignedAct {
  const first = giver(digestOf(domain, type, act));
  if (!receiver) return { type, act, signature: first };
  const second = receiver(receiptDigestOf(domain, type, act, first));
  return { type, act, giverSignature: first, receiverSignature: second };
}

/** The two words of a signature; a proof goes to the end of `proofs`. */
export function words(signature: string, proofs: string[]): [string, string] {
  if (signature.length === 130) return [signature.slice(0, 66), `0x${signature.slice(66)}`];
  proofs.push(signature);
  return [toBeHex(0, 32), toBeHex(proofs.length - 1, 32)];
}

const shifted = (value: unknown, bits: bigint): bigint => BigInt(value as number) << bits;

/** The act as `LotLedger` takes it; what its signatures need beside it is appended to `proofs`. */
export function packAct({ type, act, ...signed }: SignedAct, proofs: string[]): Message {
  const [giverR, giverVs] = words(signed.giverSignature ?? signed.signature!, proofs);
  const { anchor, evidence, salt, lot } = act;
  if (signed.receiverSignature === undefined) return { ...act, r: giverR, vs: giverVs };
  const [receiverR, receiverVs] = words(signed.receiverSignature, proofs);
  const signatures = { giverR, giverVs, receiverR, receiverVs };
  if (type === "PassTitle") return { ...act, ...signatures };
  if (type === "Collect") {
    const giverTerms = shifted(act["collector"], 96n) | shifted(act["grams"], 48n) | shifted(act["capturedAt"], 8n);
    const keeperTerms = shifted(act["keeper"], 96n) | shifted(act["class"], 80n);
    return { giverTerms, keeperTerms, anchor, evidence, salt, ...signatures };
  }
  const terms = shifted(act["to"], 96n) | shifted(act["declaredGrams"], 48n) | shifted(act["acceptedGrams"], 0n);
  const when =
    shifted(act["from"], 96n) |
    shifted(act["seq"], 72n) |
    shifted(act["capturedAt"], 32n) |
    shifted(act["bailment"], 24n);
  return { lot, terms, when, anchor, evidence, ...signatures };
}

/** The functions of `LotLedger` that take each kind. */
export const recorders = {
  Collect: "recordCollects",
  Handoff: "recordHandoffs",
  Split: "recordSplits",
  Transform: "recordTransforms",
  Conclude: "recordConcludes",
  PassTitle: "recordPassTitles",
} as const;

/** Many acts of one kind as the arguments of its recorder. */
export function batchOf(acts: readonly SignedAct[]): [acts: never[], proofs: string[]] {
  const proofs: string[] = [];
  return [acts.map((act) => packAct(act, proofs)) as never[], proofs];
}

/** The id of a split's child or a transform's output. */
export const childOf = (digest: string, index: number): string => keccak256(concat([digest, toBeHex(index, 32)]));
