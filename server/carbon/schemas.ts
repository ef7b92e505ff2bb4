/** Wire shapes of projects, credits and retirements. Kilograms of CO2e as decimal text; ids of blocks as 32 bytes of hex. */
import { z } from "zod";
import { address, amount, hash, named, paged, seconds, shownAmount } from "../wire.ts";

const number = z
  .string()
  .regex(/^[1-9]\d{0,17}$/, "must be a number from 1 on")
  .transform(BigInt);
const shownNumber = z.string().meta({ description: "a number from 1 on" });
const kg = shownAmount("kg CO2e");
const code = z.int().min(0).max(65_535);
const bps = z.int().min(1).max(10_000).meta({ description: "in 1/10,000" });
const day = z.iso
  .date()
  .regex(/^(19[7-9]|[2-9]\d\d)\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, "must be a day from 1970 on")
  .meta({ description: "such as 2016-01-31, from 1970 on", format: "date" });
const month = z
  .string()
  .regex(/^[1-9]\d{3}-(0[1-9]|1[0-2])$/, "must be a month such as 2025-01")
  .meta({ description: "such as 2025-01" });
const blockId = hash.meta({ description: "of a block: batch << 128 | first serial" });

export const numberParams = z.object({ id: number });
export const hashParams = z.object({ id: hash });
export const accountParams = z.object({ id: address });
export const numberPage = z.strictObject(
  paged(
    z
      .string()
      .regex(/^\d{1,18}$/)
      .transform(BigInt),
  ),
);
export const batchesQuery = numberPage.extend({
  project: number.optional().meta({ description: "only those of this project" }),
  report: hash.optional().meta({ description: "only those of this report" }),
});
export const projectsQuery = numberPage.extend({
  proponent: address.optional().meta({ description: "only those of this account" }),
});
export const retirementsQuery = numberPage.extend({
  holder: address.optional().meta({ description: "only those of this account's credits" }),
});
export const reportsQuery = z.strictObject({
  ...paged(hash),
  project: number.optional().meta({ description: "only those of this project" }),
});
export const blockPage = z.strictObject(paged(blockId));

const from = address.meta({ description: "the key that is to sign; it acts for the account that it is bound to" });
const piece = z.strictObject({ block: blockId, kg: amount("kg CO2e, off the block's tail") });
const pieces = z.array(piece).min(1).max(200);
const share = z.strictObject({ account: address, bps });

export const methodologyBody = z.strictObject({
  from,
  document: hash.meta({ description: "sha256 of the methodology, which is on record" }),
  scope: code.meta({ description: "claim scope, a code of the vocabulary" }),
  quorum: z.int().min(1).max(255),
});
export const projectBody = z.strictObject({
  from,
  methodology: number,
  proponent: address,
  measurer: address,
  document: hash,
  boundaries: z.array(hash).min(1).max(100),
  shares: z.array(share).min(1).max(500),
});
export const reportBody = z.strictObject({
  from,
  boundary: hash,
  fromDay: day,
  toDay: day.meta({ description: "the last day of the period" }),
  claimedKg: amount("kg CO2e"),
  document: hash.meta({ description: "sha256 of the report, which is on record" }),
});
export const issuanceBody = z.strictObject({
  from,
  report: hash,
  batches: z
    .array(
      z.strictObject({
        vintage: code.meta({ description: "the year in which the carbon was bound" }),
        scope: code,
        allotments: z
          .array(z.strictObject({ recipient: address, kg: amount("kg CO2e") }))
          .min(1)
          .max(100),
      }),
    )
    .min(1)
    .max(50),
});
const basis = hash.meta({ description: "digest of the contract, decision or order that it rests on" });
export const transferBody = z.strictObject({ from, pieces, to: address, basis });
export const retirementBody = z.strictObject({
  from,
  pieces,
  beneficiary: hash.meta({ description: "keccak256 of the beneficiary's name in UTF-8 (NFC) and a salt of 32 bytes" }),
  purpose: code.meta({ description: "a code of the vocabulary that goes with the claim scope" }),
  fromMonth: month,
  toMonth: month,
  country: z.int().min(1).max(999).default(156).meta({ description: "ISO 3166-1 numeric; 156 is China" }),
  document: hash
    .default(`0x${"0".repeat(64)}`)
    .meta({ description: "sha256 of the document behind it; zero for none" }),
});
export const cancellationBody = z.strictObject({ from, pieces, basis });
export const splitBody = z.strictObject({ from, piece });
export const dedicationBody = z.strictObject({ from, pieces, purpose: code, basis });
export const noteBody = z.strictObject({
  from,
  note: hash.meta({ description: "sha256 of the document, which is on record" }),
});
const lock = z.enum(["listed", "pledged", "in-transit", "frozen", "court-hold", "dedicated"]);
export const lockBody = z.strictObject({
  from,
  pieces,
  set: z.array(lock.exclude(["dedicated"])).default([]),
  cleared: z.array(lock).default([]),
  basis,
});

export const statementView = z.strictObject({
  verifier: address,
  attestedKg: kg,
  statement: hash.meta({ description: "digest of its document" }),
  signedAt: seconds,
  digest: hash.meta({ description: "of the signed message, which is its request too" }),
});

export const reportView = z.strictObject({
  id: hash,
  project: shownNumber,
  measurer: address,
  boundary: hash,
  fromDay: z.string(),
  toDay: z.string(),
  claimedKg: kg,
  document: hash,
  state: z.enum(["submitted", "refused", "verified", "issued"]).meta({
    description: "refused: a verifier attested 0 kg. verified: as many as the methodology asks for have attested some",
  }),
  attestedKg: kg.nullable().meta({ description: "the least of them; null before the first" }),
  issuedKg: kg,
  issuer: address.nullable(),
  statements: z.array(statementView),
  batches: z.array(shownNumber),
});

export const reportsView = z.strictObject({ reports: z.array(reportView), next: hash.nullable() });

export const methodologiesView = z.strictObject({
  methodologies: z.array(
    z.strictObject({
      id: shownNumber,
      document: hash,
      scope: named,
      quorum: z.int().meta({ description: "verifiers that must have attested a report" }),
      bufferBps: z.int(),
    }),
  ),
  next: z.string().nullable(),
});

export const projectView = z.strictObject({
  id: shownNumber,
  proponent: address,
  measurer: address,
  document: hash,
  methodology: shownNumber,
  scope: named,
  quorum: z.int(),
});

export const projectsView = z.strictObject({ projects: z.array(projectView), next: z.string().nullable() });

export const wholeProjectView = projectView.extend({
  shares: z.array(share),
  boundaries: z.array(
    z.strictObject({ id: hash, lastDay: z.string().nullable().meta({ description: "for which credits were issued" }) }),
  ),
  reports: z.array(reportView),
});

export const blockView = z.strictObject({
  id: blockId,
  serials: z.string().meta({ description: "first to last, as people read them: TM-batch-vintage-first-last" }),
  batch: shownNumber,
  first: shownNumber,
  kg,
  holder: address,
  disposition: z.enum(["live", "retired", "cancelled", "exported"]),
  locks: z.array(lock),
  purpose: named.nullable().meta({ description: "what it is dedicated to" }),
  retirement: shownNumber.nullable(),
});

export const blockEventView = z.strictObject({
  kind: z.enum(["issued", "split", "moved", "locks", "dedicated", "retired", "cancelled", "exported"]),
  block: blockId.meta({ description: "the block it happened to: before it was split off, the one it was part of" }),
  kg,
  from: address.nullable(),
  holder: address,
  set: z.array(lock),
  cleared: z.array(lock),
  basis: hash.nullable(),
  at: seconds,
  tx: hash,
});

export const wholeBlockView = blockView.extend({ history: z.array(blockEventView) });
export const blocksView = z.strictObject({ blocks: z.array(blockView), next: blockId.nullable() });

export const batchView = z.strictObject({
  id: shownNumber,
  project: shownNumber,
  report: hash,
  vintage: z.int(),
  scope: named,
  issuedKg: kg,
  liveKg: kg,
  retiredKg: kg,
  cancelledKg: kg,
  exportedKg: kg,
  blocks: z.array(blockView).meta({ description: "one page of them, by first serial" }),
  next: blockId.nullable(),
});

export const batchesView = z.strictObject({
  batches: z.array(batchView.omit({ blocks: true, next: true })),
  next: z.string().nullable(),
});

export const retirementView = z.strictObject({
  id: shownNumber,
  holder: address,
  beneficiary: hash,
  kg,
  purpose: named,
  fromMonth: z.string(),
  toMonth: z.string(),
  country: z.int(),
  document: hash.nullable(),
  record: hash.meta({ description: "what the certificate proves" }),
  note: hash.nullable().meta({ description: "digest of the document that supersedes or comments it" }),
  blocks: z.array(z.strictObject({ id: blockId, serials: z.string(), kg })),
  at: seconds,
  tx: hash,
});

export const retirementsView = z.strictObject({
  retirements: z.array(retirementView.omit({ blocks: true })),
  next: z.string().nullable(),
});
