/** Any message of each act, and any signatures, for property tests. */
import fc from "fast-check";
import { toHex } from "../../server/chain/eip712.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { ActType, Messages, SignedAct } from "../../server/traceability/acts.ts";

export const bytes = (length: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((drawn) => toHex(drawn));

const uint = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 });
const some = <T>(each: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(each, { maxLength: 5 });
const tail = { capturedAt: uint(40), anchor: bytes(32), evidence: bytes(32) };

export const anyMessage: { [Type in ActType]: fc.Arbitrary<Messages[Type]> } = {
  Collect: fc.record({
    class: uint(16),
    grams: uint(48),
    collector: bytes(20),
    keeper: bytes(20),
    ...tail,
    salt: bytes(32),
  }),
  Handoff: fc.record({
    lot: bytes(32),
    from: bytes(20),
    to: bytes(20),
    declaredGrams: uint(48),
    acceptedGrams: uint(48),
    seq: uint(24),
    bailment: uint(8),
    ...tail,
  }),
  Split: fc.record({ lot: bytes(32), seq: uint(24), grams: some(uint(48)), operator: bytes(20), ...tail }),
  Transform: fc.record({
    process: uint(16),
    inputs: some(fc.record({ lot: bytes(32), seq: uint(24) })),
    outputs: some(fc.record({ class: uint(16), grams: uint(48) })),
    lossGrams: uint(48),
    operator: bytes(20),
    ...tail,
    salt: bytes(32),
  }),
  Conclude: fc.record({
    lot: bytes(32),
    seq: uint(24),
    grams: uint(48),
    kind: uint(16),
    operator: bytes(20),
    ...tail,
  }),
  PassTitle: fc.record({ lot: bytes(32), seq: uint(24), owner: bytes(20), to: bytes(20), ...tail }),
};

export const actNames = Object.keys(anyMessage) as ActType[];

const tagged = (tag: string, rest: fc.Arbitrary<Hex>): fc.Arbitrary<Hex> =>
  rest.map((hex): Hex => `0x${tag}${hex.slice(2)}`);
const walletBytes = fc.uint8Array({ maxLength: 100 }).map((drawn) => toHex(drawn));

/** 64 bytes whose r is not zero, a P-256 proof, or what a wallet takes. */
export const anySignature: fc.Arbitrary<Hex> = fc.oneof(
  tagged("ff", bytes(63)),
  tagged("01", bytes(128)),
  tagged("02", walletBytes).filter((hex) => hex.length !== 130),
);

/** Any act of that type with any signatures. */
export function anySigned(type: ActType): fc.Arbitrary<SignedAct> {
  const shared = type === "Collect" || type === "Handoff" || type === "PassTitle";
  const signatures = shared
    ? fc.record({ giverSignature: anySignature, receiverSignature: anySignature })
    : fc.record({ signature: anySignature });
  const act: fc.Arbitrary<Messages[ActType]> = anyMessage[type];
  return fc.tuple(act, signatures).map(([act, signed]) => ({ type, act, ...signed }) as SignedAct);
}
