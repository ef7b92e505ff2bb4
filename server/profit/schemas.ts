/** Wire shapes of pools, their divisions and what people get. Amounts in fen, as decimal text. */
import { z } from "zod";
import { address, bilingual, hash, named, paged, prepared, seconds, signedHere, unsigned } from "../wire.ts";
import { lineageRoles } from "./entitlements.ts";
import { poolKinds } from "./queries.ts";

const fen = z.string().regex(/^\d+$/).meta({ description: "fen (1/100 yuan), as decimal text" });

/** What a command may move: at most 10^18 − 1, as the contracts count in 63 bits. */
const amountFen = z
  .string()
  .regex(/^[1-9]\d{0,17}$/, "must be 1 or more fen, as decimal text of at most 18 digits")
  .meta({ description: "fen (1/100 yuan), as decimal text" });

const poolNumber = z.string().regex(/^[1-9]\d{0,17}$/, "must be the number of a pool");

export const poolParams = z.object({ id: poolNumber });
export const payeeParams = z.object({ account: address });

export const poolsQuery = z.strictObject(paged(poolNumber));

export const allocationQuery = z.strictObject(paged(address));

export const payeeQuery = z.strictObject({
  view: z.enum(["public", "full"]).default("public"),
  // of the full view; each is worked out again
  ...paged(poolNumber, { most: 50, usual: 10 }),
});

export const fundBody = z.strictObject({
  from: address.meta({ description: "the key that will sign" }),
  kind: z.enum(poolKinds),
  subjects: z
    .array(hash)
    .min(1)
    .max(4_096)
    .refine((all) => all.every((id, i) => i === 0 || id > all[i - 1]!), { error: "must ascend" })
    .meta({ description: "ids of lots, ascending; or the number of one batch or project as 32 bytes" }),
  source: z.int().min(0).max(65_535).meta({ description: "where the money comes from: a code of the vocabulary" }),
  amountFen,
  ruleset: hash.meta({ description: "sha256 of the ruleset's document, which is on record (POST /v1/documents)" }),
});

export const signerBody = z.strictObject({ from: address.meta({ description: "the key that will sign" }) });

/** Each chunk is tried on the chain before it is given out, which takes up to half a second. */
export const payoutsBody = signerBody.extend({ limit: z.int().min(1).max(16).default(4) });

export const releaseBody = signerBody.extend({
  account: address.meta({ description: "for whom it is held aside" }),
  to: address.optional().meta({ description: "somebody else who is to get it: an auditor's decision, with `basis`" }),
  basis: hash.optional(),
});

export const bankBody = signerBody.extend({
  account: address,
  amountFen,
  bankReference: hash.meta({ description: "hash of the bank's own reference, used once" }),
});

const division = {
  inputs: hash.meta({ description: "sha256 of the document it was computed from: GET /v1/documents/{inputs}" }),
  root: hash,
  version: z.int(),
  leafCount: z.int(),
};

export const publicationView = prepared.extend(division);
export const signedPublicationView = signedHere.extend(division);

export const payoutsView = z.strictObject({
  payouts: z
    .array(z.strictObject({ chunk: z.int(), sumFen: fen, transaction: unsigned }))
    .meta({ description: "with ascending nonces; none when all chunks are paid" }),
  summary: bilingual,
});

export const signedPayoutsView = z.strictObject({
  payouts: z.array(signedHere.omit({ summary: true }).extend({ chunk: z.int(), sumFen: fen })),
  summary: bilingual,
});

const rulesetView = z.strictObject({
  digest: hash,
  name: bilingual.nullable().meta({ description: "null where its document is not on record here" }),
});

const divisionView = z.strictObject({
  version: z.int(),
  root: hash,
  leafCount: z.int(),
  inputs: hash,
  opensAt: seconds.meta({ description: "when it may be paid; until then another version may replace it" }),
  chunks: z.int(),
});

export const poolView = z.strictObject({
  id: z.string(),
  kind: z.enum(poolKinds),
  subject: hash.meta({ description: "the one subject, or keccak256(abi.encode(subjects)) of several" }),
  source: named,
  payer: address,
  amountFen: fen,
  paidFen: fen.meta({ description: "with what is held aside" }),
  state: z.enum(["funded", "published", "closed"]),
  fundedAt: seconds,
  ruleset: hash,
  division: divisionView.nullable(),
});

export const poolsView = z.strictObject({ pools: z.array(poolView), next: z.string().nullable() });

export const wholePoolView = poolView.omit({ ruleset: true }).extend({
  ruleset: rulesetView,
  subjects: z.array(hash),
  heldFen: fen.meta({ description: "held aside: for accounts that could not be paid" }),
  paidChunks: z.int(),
});

const part = {
  role: z.enum([...lineageRoles, "share"]).meta({ description: "share: a registered share in the project" }),
  bps: z.int().meta({ description: "the role's part of `ofBps`, those of all roles that somebody had" }),
  ofBps: z.int(),
  grams: z
    .string()
    .nullable()
    .meta({ description: "whole grams of the account's lots in the subjects; null for a share" }),
  weight: z.string().meta({ description: "the same in 10^-18 g, exactly; of a share in 1/10,000" }),
  ofWeight: z.string().meta({ description: "of all who had the role" }),
  exactFen: z
    .string()
    .meta({ description: "the pool's amount × bps / ofBps × weight / ofWeight: a fraction such as 1000/3" }),
  lotCount: z.int(),
};

const leaf = z.strictObject({
  account: address,
  amountFen: fen,
  chunk: z.int(),
  paid: z.boolean().meta({ description: "its chunk is paid; what an account could not be paid is held aside for it" }),
  parts: z.array(z.strictObject(part)),
});

export const allocationView = z.strictObject({
  pool: z.string(),
  state: z.enum(["preview", "published"]),
  asOf: z
    .strictObject({ block: z.int(), hash })
    .nullable()
    .meta({ description: "the last block that a preview rests on; a published division names none" }),
  amountFen: fen,
  ruleset: rulesetView,
  inputs: hash.meta({ description: "sha256 of the document it is computed from; of a preview it is not on record" }),
  version: z.int(),
  root: hash.nullable().meta({ description: "on chain; null for a preview" }),
  recomputedRoot: hash,
  matches: z.boolean().nullable().meta({ description: "whether the two are one; false: pay none of it" }),
  opensAt: seconds.nullable(),
  leafCount: z.int(),
  chunks: z.strictObject({ count: z.int(), paid: z.int() }),
  leaves: z.array(leaf).meta({ description: "one page, by account" }),
  next: address.nullable(),
});

const payout = z.strictObject({
  to: address,
  amountFen: fen,
  chunk: z.int().nullable().meta({ description: "null where it had been held aside and was released" }),
  entitled: address.meta({ description: "for whom it was meant, unless an auditor decided otherwise" }),
  basis: hash.nullable().meta({ description: "of the auditor's decision" }),
  at: seconds,
  tx: hash,
});

const payeePool = z.strictObject({
  pool: z.string(),
  leafFen: fen.nullable().meta({ description: "its part of the division; null where that cannot be worked out again" }),
  heldFen: fen,
  payouts: z.array(payout),
  ruleset: rulesetView,
  parts: z
    .array(
      z.strictObject({
        ...part,
        lots: z.array(hash).meta({ description: "the first 1,000; the inputs' document has all of them" }),
      }),
    )
    .nullable(),
});

export const payeeView = z.strictObject({
  account: address,
  asOfBlock: z.int(),
  view: z.enum(["public", "full"]),
  balanceFen: fen,
  paidFen: fen.meta({ description: "that reached the account from pools" }),
  heldFen: fen.meta({ description: "that waits for the account" }),
  poolCount: z.int(),
  pools: z.array(payeePool).nullable().meta({ description: "one page; null in the public view" }),
  next: z.string().nullable(),
});
