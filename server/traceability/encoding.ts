/**
 * Acts as bytes: what is stored of a request, and the calldata of a batch of them. A body is
 * `uint16 words of the act | the act as LotLedger takes it | per proof: uint16 length, bytes`; in the act, a signature that
 * is a proof stands as r = 0 and the proof's place in this body.
 */
import { concatBytes } from "@noble/hashes/utils.js";
import { addressWord, toBytes, uintWord } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";
import type { ActType, SignedAct, SignedOf } from "./acts.ts";

const WORD = 32;
const COMPACT_SIGNATURE = 64;

const shifted = (value: Hex | number, bits: bigint): bigint => BigInt(value) << bits;

/** The words of a message, without its signatures: those of fixed place, and what they point to. */
interface Layout {
  head: Uint8Array[];
  /** dynamic fields in order: the place of their offset in `head`, and their words */
  dynamic?: [place: number, words: Uint8Array[]][];
}

const array = (values: readonly Uint8Array[][]): Uint8Array[] => [uintWord(values.length), ...values.flat()];

/** Filled in once it is known how long the head is. */
const offset = uintWord(0);

const layouts: { [Type in ActType]: (act: SignedOf<Type>["act"]) => Layout } = {
  Collect: (act) => ({
    head: [
      uintWord(shifted(act.collector, 96n) | shifted(act.grams, 48n) | shifted(act.capturedAt, 8n)),
      uintWord(shifted(act.keeper, 96n) | shifted(act.class, 80n)),
      ...[act.anchor, act.evidence, act.salt].map(toBytes),
    ],
  }),
  Handoff: ({ from, to, seq, declaredGrams, acceptedGrams, capturedAt, bailment, ...act }) => ({
    head: [
      toBytes(act.lot),
      uintWord(shifted(to, 96n) | shifted(declaredGrams, 48n) | BigInt(acceptedGrams)),
      uintWord(shifted(from, 96n) | shifted(seq, 72n) | shifted(capturedAt, 32n) | shifted(bailment, 24n)),
      ...[act.anchor, act.evidence].map(toBytes),
    ],
  }),
  Split: (act) => ({
    head: [toBytes(act.lot), uintWord(act.seq), offset, addressWord(act.operator), ...tail(act)],
    dynamic: [[2, array(act.grams.map((grams) => [uintWord(grams)]))]],
  }),
  Transform: (act) => ({
    head: [
      uintWord(act.process),
      ...[offset, offset],
      uintWord(act.lossGrams),
      addressWord(act.operator),
      ...tail(act),
      toBytes(act.salt),
    ],
    dynamic: [
      [1, array(act.inputs.map(({ lot, seq }) => [toBytes(lot), uintWord(seq)]))],
      [2, array(act.outputs.map((output) => [uintWord(output.class), uintWord(output.grams)]))],
    ],
  }),
  Conclude: (act) => ({
    head: [toBytes(act.lot), ...[act.seq, act.grams, act.kind].map(uintWord), addressWord(act.operator), ...tail(act)],
  }),
  PassTitle: (act) => ({
    head: [toBytes(act.lot), uintWord(act.seq), addressWord(act.owner), addressWord(act.to), ...tail(act)],
  }),
};

const tail = (act: { capturedAt: number; anchor: Hex; evidence: Hex }): Uint8Array[] => [
  uintWord(act.capturedAt),
  toBytes(act.anchor),
  toBytes(act.evidence),
];

/** Of each kind: words of the head, signatures included; how many signatures end it; whether something follows it. */
const shapes: Record<ActType, { head: number; signatures: number; dynamic: boolean }> = {
  Collect: { head: 9, signatures: 2, dynamic: false },
  Handoff: { head: 9, signatures: 2, dynamic: false },
  Split: { head: 9, signatures: 1, dynamic: true },
  Transform: { head: 11, signatures: 1, dynamic: true },
  Conclude: { head: 10, signatures: 1, dynamic: false },
  PassTitle: { head: 11, signatures: 2, dynamic: false },
};

const uint16 = (value: number): Uint8Array => new Uint8Array([value >> 8, value & 0xff]);

/**
 * What is stored of a signed act: all that a batch needs.
 * @throws where r of a 64-byte signature is zero, which on chain would name a proof
 */
export function encodeAct(signed: SignedAct): Uint8Array {
  const proofs: Uint8Array[] = [];
  const signatures = "signature" in signed ? [signed.signature] : [signed.giverSignature, signed.receiverSignature];
  const signatureWords = signatures.map((hex) => {
    const signature = toBytes(hex);
    if (signature.length !== COMPACT_SIGNATURE) {
      return concatBytes(uintWord(0), uintWord(proofs.push(signature) - 1));
    }
    if (signature.subarray(0, WORD).every((byte) => byte === 0)) throw new Error("r of a signature is zero");
    return signature;
  });
  const { head, dynamic = [] } = (layouts[signed.type] as (act: unknown) => Layout)(signed.act);
  let end = shapes[signed.type].head;
  for (const [place, words] of dynamic) {
    head[place] = uintWord(end * WORD);
    end += words.length;
  }
  const act = concatBytes(...head, ...signatureWords, ...dynamic.flatMap(([, words]) => words));
  return concatBytes(uint16(end), act, ...proofs.flatMap((proof) => [uint16(proof.length), proof]));
}

/** A stored body taken apart. */
interface Body {
  act: Uint8Array;
  proofs: Uint8Array[];
}

/** Takes apart what {@link encodeAct} made. */
export function decodeBody(body: Uint8Array): Body {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let at = 2 + view.getUint16(0) * WORD;
  const act = body.subarray(2, at);
  const proofs: Uint8Array[] = [];
  while (at < body.length) {
    const length = view.getUint16(at);
    proofs.push(body.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return { act, proofs };
}

/** The small number that ends the word at that place of an act. */
const numberAt = (act: Uint8Array, place: number): number => {
  return new DataView(act.buffer, act.byteOffset + (place + 1) * WORD - 4, 4).getUint32(0);
};

/** Lots that stand in the arrays of a split (children) or a transform (inputs, outputs). */
export function partsOf(type: ActType, act: Uint8Array): number[] {
  const arrays = { Split: [2], Transform: [1, 2] }[type as string] ?? [];
  return arrays.map((place) => numberAt(act, numberAt(act, place) / WORD));
}

/** The act with its proofs moved up to where they stand among those of a batch. */
function reindexed(type: ActType, act: Uint8Array, before: number): Uint8Array {
  const { head, signatures } = shapes[type];
  const copy = Uint8Array.from(act);
  for (let place = head - 2 * signatures; place < head; place += 2) {
    const r = copy.subarray(place * WORD, (place + 1) * WORD);
    if (r.every((byte) => byte === 0)) copy.set(uintWord(before + numberAt(act, place + 1)), (place + 1) * WORD);
  }
  return copy;
}

/** `T[]` of dynamic elements: offsets counted from after the length, then the elements. */
function dynamicArray(elements: readonly Uint8Array[]): Uint8Array {
  let at = elements.length * WORD;
  const offsets = elements.map((element) => {
    at += element.length;
    return uintWord(at - element.length);
  });
  return concatBytes(uintWord(elements.length), ...offsets, ...elements);
}

/** `bytes`: its length, then itself, filled up to whole words. */
const bytesElement = (bytes: Uint8Array): Uint8Array =>
  concatBytes(uintWord(bytes.length), bytes, new Uint8Array((WORD - (bytes.length % WORD)) % WORD));

/** The arguments `(Act[] acts, bytes[] proofs)` of the function that records acts of this type. */
export function encodeBatch(type: ActType, bodies: readonly Uint8Array[]): Uint8Array {
  const proofs: Uint8Array[] = [];
  const acts = bodies.map((body) => {
    const decoded = decodeBody(body);
    const act = reindexed(type, decoded.act, proofs.length);
    proofs.push(...decoded.proofs);
    return act;
  });
  const actsArray = shapes[type].dynamic ? dynamicArray(acts) : concatBytes(uintWord(acts.length), ...acts);
  const proofsArray = dynamicArray(proofs.map(bytesElement));
  return concatBytes(uintWord(2 * WORD), uintWord(2 * WORD + actsArray.length), actsArray, proofsArray);
}
