/** Wire shapes of acts as they are handed in, and of what is answered. Amounts are whole grams; ids are lower-case hex. */
import { z } from "zod";
import { address, hash, hex, problem } from "../wire.ts";

const uint = (bits: number): z.ZodInt =>
  z
    .int()
    .min(0)
    .max(2 ** bits - 1);

/** Bytes of wallets' own signatures (ERC-1271), at most. */
const MOST_WALLET_BYTES = 1_024;
/** Children of a split, inputs and outputs of a transform, at most. */
const MOST_PARTS = 100;
/** Acts in one bundle at most. */
export const MOST_ITEMS = 2_000;

const signature = z
  .string()
  .regex(
    new RegExp(`^0x(?:[0-9a-f]{128}|01[0-9a-f]{256}|02(?:[0-9a-f]{2}){0,${MOST_WALLET_BYTES}})$`),
    "must be a signature: 64 bytes, a P-256 proof (01, 129 bytes) or a wallet's (02, up to 1,025 bytes), lower-case hex",
  )
  .meta({
    description:
      "secp256k1: 64 bytes r‖vs of EIP-2098, low s. P-256: 0x01‖qx‖qy‖r‖s over sha256(digest), low s. A contract account: 0x02‖ the bytes that its isValidSignature (ERC-1271) takes",
  }) as unknown as z.ZodType<`0x${string}`>;

const grams = uint(48);
const lotClass = uint(16).meta({
  description: "licence kind (6 bits) and material (10 bits); a code of the vocabulary",
});
/** The last seq there is has no act after it. */
const seq = z
  .int()
  .min(0)
  .max(2 ** 24 - 2)
  .meta({ description: "the lot's, as it was when the act was made" });
const parts = <T extends z.ZodType>(each: T): z.ZodArray<T> => z.array(each).max(MOST_PARTS);
const tail = {
  capturedAt: uint(40).meta({ description: "seconds since 1970, by the capturing device" }),
  anchor: hash,
  evidence: hash,
};

const messages = {
  Collect: z.strictObject({ class: lotClass, grams, collector: address, keeper: address, ...tail, salt: hash }),
  Handoff: z.strictObject({
    lot: hash,
    from: address,
    to: address,
    declaredGrams: grams,
    acceptedGrams: grams,
    seq,
    bailment: uint(8).meta({ description: "other than zero: title stays with the owner" }),
    ...tail,
  }),
  Split: z.strictObject({ lot: hash, seq, grams: parts(grams), operator: address, ...tail }),
  Transform: z.strictObject({
    process: uint(16),
    inputs: parts(z.strictObject({ lot: hash, seq })),
    outputs: parts(z.strictObject({ class: lotClass, grams })),
    lossGrams: grams,
    operator: address,
    ...tail,
    salt: hash,
  }),
  Conclude: z.strictObject({
    lot: hash,
    seq,
    grams,
    kind: uint(16).meta({ description: "code of the loss kind" }),
    operator: address,
    ...tail,
  }),
  PassTitle: z.strictObject({ lot: hash, seq, owner: address, to: address, ...tail }),
};

const byTwo = { giverSignature: signature, receiverSignature: signature };

const handedIn = {
  Collect: z.strictObject({ type: z.literal("Collect"), act: messages.Collect, ...byTwo }).meta({
    id: "SignedCollect",
    description: "Signed by the collector; by the keeper over CollectReceipt(collect, giverSignature)",
  }),
  Handoff: z.strictObject({ type: z.literal("Handoff"), act: messages.Handoff, ...byTwo }).meta({
    id: "SignedHandoff",
    description: "Signed by the giver; by the receiver over HandoffReceipt(handoff, giverSignature)",
  }),
  Split: z.strictObject({ type: z.literal("Split"), act: messages.Split, signature }).meta({
    id: "SignedSplit",
    description: "Signed by the operator, who is the lot's custodian. The i-th child is keccak256(digest, i)",
  }),
  Transform: z.strictObject({ type: z.literal("Transform"), act: messages.Transform, signature }).meta({
    id: "SignedTransform",
    description: "Signed by the operator, who has the inputs and title to them; inputs ascend by lot",
  }),
  Conclude: z.strictObject({ type: z.literal("Conclude"), act: messages.Conclude, signature }).meta({
    id: "SignedConclude",
    description: "Signed by the operator, who has the lot and title to it",
  }),
  PassTitle: z.strictObject({ type: z.literal("PassTitle"), act: messages.PassTitle, ...byTwo }).meta({
    id: "SignedPassTitle",
    description: "Signed by the owner; by the new owner over TitleReceipt(title, giverSignature)",
  }),
};

/** One signed act of any kind; its message has exactly the fields of its EIP-712 type. */
export const signedAct = z.discriminatedUnion("type", [
  handedIn.Collect,
  handedIn.Handoff,
  handedIn.Split,
  handedIn.Transform,
  handedIn.Conclude,
  handedIn.PassTitle,
]);

export const bundle = z
  .array(signedAct)
  .min(1)
  .max(MOST_ITEMS)
  .meta({ description: "Signed acts in any order, checked one by one" });

/** The bundle with its items unread, so that one malformed act does not refuse its neighbours. */
export const looseBundle = z.array(z.unknown()).min(1).max(MOST_ITEMS);

export const itemResult = z.strictObject({
  digest: hash.optional(),
  status: z.enum(["accepted", "duplicate", "waiting", "rejected"]).meta({
    description: "waiting: stored, until an act that it builds upon has arrived; it expires if that never does",
  }),
  receipt: z.string().optional().meta({ description: "JWS over {chainId, authority, digest, acceptedAt}" }),
  problem: problem.optional(),
});

export const bundleResult = z.strictObject({ results: z.array(itemResult) });

const words = z.strictObject({ en: z.string(), zh: z.string() });

export const reasonsView = z.strictObject({
  skipped: z.array(
    words.extend({
      name: z.string().meta({ description: "the contract's error" }),
      selector: hex(4, "as the event Skipped tells it"),
      code: z.string().meta({ description: "the problem it is at POST /v1/acts" }),
    }),
  ),
  review: z.record(z.string(), words).meta({ description: "why an act was recorded under review" }),
  flags: z.record(z.string(), words).meta({ description: "what a lot's flags mean" }),
});
