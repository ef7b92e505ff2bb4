/** Wire shapes of traceability. Amounts are whole numbers with their unit in the name; ids are lower-case hex. */
import { z } from "zod";
import { address, hash, named, paged, seconds } from "../wire.ts";

const grams = z
  .int()
  .min(0)
  .max(2 ** 48 - 1);

/** A person's id is for the parties to an act; others know that there was somebody. */
const party = address.nullable().meta({ description: "null: a person who is not shown to you" });

export const lotView = z.strictObject({
  id: hash,
  class: named,
  massGrams: grams,
  custodian: party,
  seq: z.int(),
  disposition: z.enum(["open", "consumed", "void"]),
  flags: z.array(z.enum(["contested", "quarantined", "bailed", "review"])),
});

export const lotsQuery = z.strictObject({
  ...paged(hash),
  custodian: address.optional().meta({ description: "only the open lots in its custody" }),
});
export const lotsView = z.strictObject({ lots: z.array(lotView), next: hash.nullable() });

export const actView = z.strictObject({
  digest: hash,
  kind: z.enum(["collect", "handoff", "split", "transform", "conclude", "pass-title"]),
  lot: hash.meta({ description: "the lot acted upon; of a transform its first input" }),
  seq: z.int(),
  giver: party,
  receiver: party,
  massGrams: grams,
  declaredGrams: grams.nullable().meta({ description: "of a handoff, as its giver declared them" }),
  lossGrams: grams.meta({ description: "that left the ledger by it" }),
  code: named.nullable().meta({ description: "process of a transform, loss kind of a conclusion" }),
  capturedAt: z.int(),
  reasons: z.array(z.enum(["suspended", "licence", "clock", "lateKey"])),
  answered: z.array(z.literal("licence")).meta({
    description:
      "those of the reasons that later knowledge answers: by its own dates each licence was held; the flag stays",
  }),
  anchor: hash,
  evidence: hash,
  tx: hash,
  block: z.int(),
  recordedAt: z.int().meta({ description: "seconds since 1970, of the block" }),
});

export const nodeView = lotView.extend({
  owner: party,
  madeBy: hash.meta({ description: "digest of the collect, split or transform that made it" }),
  endedBy: hash.nullable().meta({ description: "digest of the act that consumed it" }),
  acts: z.array(actView).meta({ description: "upon it, in their order; a transform stands with each of its inputs" }),
});

export const provenanceQuery = z.strictObject({
  direction: z.enum(["upstream", "downstream"]).default("upstream"),
  view: z.enum(["public", "full"]).default("public").meta({
    description: "public: collapsed by facility; full: lots and acts, for parties to the lot and auditors",
  }),
  after: hash.optional().meta({ description: "full view: `next` of the page before" }),
  limit: z.coerce.number().int().min(1).max(1_000).default(100).meta({ description: "full view: lots in a page" }),
});

/** Sums may exceed what a JSON number holds exactly. */
const sumGrams = z.string().regex(/^\d+$/).meta({ description: "grams, as decimal text" });

const totalsView = z.strictObject({
  lots: z.int(),
  acts: z.int(),
  collects: z.int(),
  collectedGrams: sumGrams,
  lostGrams: sumGrams,
  losses: z
    .array(
      z.strictObject({
        by: z.enum(["handoff", "transform", "conclude", "void"]),
        code: named.nullable().meta({ description: "the process or loss kind" }),
        massGrams: sumGrams,
      }),
    )
    .meta({ description: "grams that left the ledger on the way, the largest first" }),
  collectors: z.int().meta({ description: "persons who gave in a collect" }),
  persons: z.int().meta({ description: "persons who took part otherwise" }),
  facilities: z.int().meta({ description: "facilities, organisations and vessels that took part" }),
  firstCapturedAt: seconds.nullable().meta({ description: "public view: the beginning of its UTC day" }),
  lastCapturedAt: seconds.nullable(),
});

const facilityView = z.strictObject({
  id: address,
  kinds: z.array(z.enum(["organisation", "facility", "vessel"])),
  classes: z.array(
    z.strictObject({
      class: named,
      receivedGrams: sumGrams,
      madeGrams: sumGrams.meta({ description: "by its processes" }),
      usedGrams: sumGrams.meta({ description: "put into its processes" }),
      givenGrams: sumGrams,
      endedGrams: sumGrams.meta({ description: "left the ledger here, losses of processes aside" }),
    }),
  ),
});

const flowEnd = z
  .union([address, z.enum(["collectors", "persons"])])
  .meta({ description: "a facility; or the persons who collected, or other persons, taken together" });

const flowView = z.strictObject({
  from: flowEnd,
  to: flowEnd,
  massGrams: sumGrams,
  acts: z.int(),
  firstDay: seconds.meta({ description: "the beginning of the UTC day of the first act, seconds since 1970" }),
  lastDay: seconds,
});

const asked = { lot: hash, direction: z.enum(["upstream", "downstream"]), asOfBlock: z.int() };

export const publicView = z.strictObject({
  ...asked,
  view: z.literal("public"),
  totals: totalsView,
  facilities: z.array(facilityView),
  flows: z.array(flowView).meta({ description: "collects and handoffs of whole lots, the largest first" }),
});

export const fullView = z.strictObject({
  ...asked,
  view: z.literal("full"),
  totals: totalsView.nullable().meta({ description: "of the whole graph; null on pages after the first" }),
  nodes: z.array(nodeView),
  edges: z.array(z.strictObject({ child: hash, parent: hash, massGrams: grams })),
  next: hash.nullable().meta({ description: "`after` for the next page; null on the last" }),
});

export const provenanceView = z.union([publicView, fullView]);
