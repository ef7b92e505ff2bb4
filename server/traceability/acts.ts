/**
 * The acts on lots as signed messages (CONTRACTS.md "Acts"): their EIP-712 types and digests. One module for the server,
 * the player and a browser; no other code spells a type string.
 */
import { addressWord, keccak, keccakText, toBytes, typedDigest, uintWord } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";

/** The end of every message. */
interface Tail {
  /** seconds since 1970, by the clock of the device that captured it */
  capturedAt: number;
  /** hash of the last block that the device saw */
  anchor: Hex;
  /** root of the salted Merkle tree of evidence fields */
  evidence: Hex;
}

/** A collector hands waste to a keeper: the beginning of a lot. Its lot id is its digest. */
export interface Collect extends Tail {
  /** licence kind (6 bits) and material (10 bits) */
  class: number;
  grams: number;
  collector: Hex;
  keeper: Hex;
  /** makes two equal collects two acts */
  salt: Hex;
}

/** A whole lot changes hands. Less accepted than declared: the rest leaves the ledger as variance. */
export interface Handoff extends Tail {
  lot: Hex;
  from: Hex;
  to: Hex;
  declaredGrams: number;
  acceptedGrams: number;
  /** the lot's, as it was when the act was made */
  seq: number;
  /** other than zero: title stays with the owner */
  bailment: number;
}

/** A lot becomes several of its class. */
export interface Split extends Tail {
  lot: Hex;
  seq: number;
  /** of each child */
  grams: number[];
  operator: Hex;
}

/** Whole lots go into a process, other lots come out; residue is one of them. */
export interface Transform extends Tail {
  process: number;
  /** ascending by lot */
  inputs: { lot: Hex; seq: number }[];
  outputs: { class: number; grams: number }[];
  lossGrams: number;
  operator: Hex;
  salt: Hex;
}

/** Grams of a lot leave the ledger. */
export interface Conclude extends Tail {
  lot: Hex;
  seq: number;
  grams: number;
  /** code of the loss kind */
  kind: number;
  operator: Hex;
}

/** Title to a lot passes; custody stays where it is. */
export interface PassTitle extends Tail {
  lot: Hex;
  seq: number;
  owner: Hex;
  to: Hex;
}

export interface Messages {
  Collect: Collect;
  Handoff: Handoff;
  Split: Split;
  Transform: Transform;
  Conclude: Conclude;
  PassTitle: PassTitle;
}

export type ActType = keyof Messages;

/** Signed by two: collector, giver or owner signs the act; keeper, receiver or new owner its receipt. */
export type SharedType = "Collect" | "Handoff" | "PassTitle";
/** Signed by its operator alone. */
export type LoneType = Exclude<ActType, SharedType>;

/** A signature is 64 bytes r‖vs, or a proof: 0x01‖qx‖qy‖r‖s of P-256, 0x02‖ what a wallet takes (ERC-1271). */
type Shared<Type extends SharedType> = {
  [T in Type]: { type: T; act: Messages[T]; giverSignature: Hex; receiverSignature: Hex };
}[Type];
type Lone<Type extends LoneType> = { [T in Type]: { type: T; act: Messages[T]; signature: Hex } }[Type];

/** An act as it is handed in. */
export type SignedAct = Shared<SharedType> | Lone<LoneType>;
export type SignedOf<Type extends ActType> = Extract<SignedAct, { type: Type }>;

interface Field {
  name: string;
  type: string;
}

/** `type name,type name` as the fields of an EIP-712 type. */
const fields = (text: string): Field[] =>
  text.split(",").map((field) => {
    const [type, name] = field.split(" ");
    return { name: name!, type: type! };
  });

const tail = "uint40 capturedAt,bytes32 anchor,bytes32 evidence";
const part = "uint48 declaredGrams,uint48 acceptedGrams";

/** The EIP-712 types as a wallet takes them. */
export const actTypes = {
  Collect: fields(`uint16 class,uint48 grams,address collector,address keeper,${tail},bytes32 salt`),
  Handoff: fields(`bytes32 lot,address from,address to,${part},uint24 seq,uint8 bailment,${tail}`),
  Split: fields(`bytes32 lot,uint24 seq,uint48[] grams,address operator,${tail}`),
  Input: fields("bytes32 lot,uint24 seq"),
  Output: fields("uint16 class,uint48 grams"),
  Transform: fields(
    `uint16 process,Input[] inputs,Output[] outputs,uint48 lossGrams,address operator,${tail},bytes32 salt`,
  ),
  Conclude: fields(`bytes32 lot,uint24 seq,uint48 grams,uint16 kind,address operator,${tail}`),
  PassTitle: fields(`bytes32 lot,uint24 seq,address owner,address to,${tail}`),
  CollectReceipt: fields("Collect collect,bytes giverSignature"),
  HandoffReceipt: fields("Handoff handoff,bytes giverSignature"),
  TitleReceipt: fields("PassTitle title,bytes giverSignature"),
};

type TypeName = keyof typeof actTypes;

/** The receipt of each act that two sign. */
export const receiptTypes = {
  Collect: "CollectReceipt",
  Handoff: "HandoffReceipt",
  PassTitle: "TitleReceipt",
} as const satisfies Record<SharedType, TypeName>;

/** Whether two sign an act of this type. */
export const isShared = (type: ActType): type is SharedType => type in receiptTypes;

/** Turns one field's value into its word. */
type Encode = (value: unknown) => Uint8Array;

const structs = new Map<TypeName, { typeHash: Uint8Array; encoders: [name: string, encode: Encode][] }>();

const isStruct = (type: string): type is TypeName => type in actTypes;

function encoderOf(type: string): Encode {
  if (type.endsWith("[]")) {
    const each = encoderOf(type.slice(0, -2));
    return (values) => keccak(...(values as unknown[]).map(each));
  }
  if (isStruct(type)) return (value) => structHash(type, value as object);
  if (type === "bytes") return (value) => keccak(toBytes(value as Hex));
  if (type === "bytes32") return (value) => toBytes(value as Hex);
  return type === "address" ? (value) => addressWord(value as Hex) : (value) => uintWord(value as number);
}

/** A type as EIP-712 hashes it: its own text, then those of the types that it names, sorted. */
function typeText(name: TypeName): string {
  const text = (of: TypeName): string => `${of}(${actTypes[of].map(({ type, name }) => `${type} ${name}`).join(",")})`;
  const named = actTypes[name].map(({ type }) => type.replace("[]", "")).filter(isStruct);
  return [name, ...named.sort()].map(text).join("");
}

for (const type of Object.keys(actTypes) as TypeName[]) {
  const encoders = actTypes[type].map((field): [string, Encode] => [field.name, encoderOf(field.type)]);
  structs.set(type, { typeHash: keccakText(typeText(type)), encoders });
}

/** `hashStruct(message)` of EIP-712. */
function structHash(type: TypeName, message: object): Uint8Array {
  const { typeHash, encoders } = structs.get(type)!;
  const values = message as Record<string, unknown>;
  return keccak(typeHash, ...encoders.map(([name, encode]) => encode(values[name])));
}

/**
 * The digest that collector, giver, owner or operator signs; also the request's key, and the id of a collect's lot.
 * @param separator `domainSeparator` of the ledger
 */
export const digestOf = <Type extends ActType>(separator: Uint8Array, type: Type, act: Messages[Type]): Uint8Array =>
  typedDigest(separator, structHash(type, act));

/** The digest that keeper, receiver or new owner signs: the act nested whole, with the giver's signature as sent. */
export function receiptDigestOf<Type extends SharedType>(
  separator: Uint8Array,
  type: Type,
  act: Messages[Type],
  giverSignature: Hex,
): Uint8Array {
  const receipt = receiptTypes[type];
  const nested = actTypes[receipt][0]!.name;
  return typedDigest(separator, structHash(receipt, { [nested]: act, giverSignature }));
}
