/** Wire shapes of traceability. Amounts are whole numbers with their unit in the name; ids are lower-case hex. */
import { z } from "zod";
import { address, hash, hex, problem } from "../wire.ts";

const signature = hex(64, "r‖vs of EIP-2098: 64 bytes, low s");
const grams = z
  .int()
  .min(0)
  .max(2 ** 48 - 1);

export const collect = z
  .strictObject({
    class: z.int().min(0).max(0xffff).meta({ description: "licence kind (6 bits) and material (10 bits)" }),
    grams,
    collector: address,
    keeper: address,
    capturedAt: z
      .int()
      .min(0)
      .max(2 ** 40 - 1)
      .meta({ description: "seconds since 1970, by the capturing device" }),
    anchor: hash,
    evidence: hash,
    salt: hash,
  })
  .meta({ description: "EIP-712 type Collect; signed by the collector" });

export const signedCollect = z
  .strictObject({
    type: z.literal("Collect"),
    act: collect,
    giverSignature: signature,
    receiverSignature: signature,
  })
  .meta({
    id: "SignedCollect",
    description:
      "A collect with the collector's signature over it, and the keeper's over CollectReceipt(collect, giverSignature)",
  });

const MOST_ITEMS = 2_000;

export const bundle = z
  .array(signedCollect)
  .min(1)
  .max(MOST_ITEMS)
  .meta({ description: "Signed acts, checked one by one" });

/** The bundle with its items unread, so that one malformed act does not refuse its neighbours. */
export const looseBundle = z.array(z.unknown()).min(1).max(MOST_ITEMS);

export const itemResult = z.strictObject({
  digest: hash.optional(),
  status: z.enum(["accepted", "duplicate", "rejected"]),
  receipt: z.string().optional().meta({ description: "JWS over {chainId, authority, digest, acceptedAt}" }),
  problem: problem.optional(),
});

export const bundleResult = z.strictObject({ results: z.array(itemResult) });

const named = z.strictObject({ code: z.int(), term: z.string(), en: z.string(), zh: z.string() });

export const lotView = z.strictObject({
  id: hash,
  class: named,
  massGrams: grams,
  custodian: address,
  seq: z.int(),
  disposition: z.enum(["open", "consumed", "void"]),
  flags: z.array(z.enum(["contested", "quarantined", "bailed", "review"])),
});

export const actView = z.strictObject({
  digest: hash,
  kind: z.string(),
  lot: hash,
  seq: z.int(),
  giver: address,
  receiver: address,
  massGrams: grams,
  capturedAt: z.int(),
  reasons: z.array(z.enum(["suspended", "licence", "clock", "lateKey"])),
  anchor: hash,
  evidence: hash,
  tx: hash,
  block: z.int(),
  recordedAt: z.int().meta({ description: "seconds since 1970, of the block" }),
});

export const provenanceQuery = z.strictObject({
  direction: z.enum(["upstream", "downstream"]).default("upstream"),
  after: hash.optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

export const provenanceView = z.strictObject({
  lot: hash,
  direction: z.enum(["upstream", "downstream"]),
  asOfBlock: z.int(),
  nodes: z.array(lotView.extend({ acts: z.array(actView) })),
  edges: z.array(z.strictObject({ child: hash, parent: hash, massGrams: grams })),
  next: hash.nullable().meta({ description: "`after` for the next page; null on the last" }),
});
