/**
 * The form of a certificate's file. What stands here is for ever: files that were given out are checked by it.
 * Each value has one spelling only, so that a file that differs in any place says something else there.
 */
import { z } from "zod";
import { address, hash, seconds } from "../wire.ts";

const decimal = (description: string): z.ZodString =>
  z
    .string()
    .regex(/^(0|[1-9]\d{0,38})$/, "must be a whole number in decimal digits")
    .meta({ description });
const bytes = (description: string): z.ZodType<`0x${string}`> =>
  z
    .string()
    .regex(/^0x([0-9a-f]{2})+$/, "must be whole bytes of lower-case hex after 0x")
    .meta({ description }) as unknown as z.ZodType<`0x${string}`>;
const nodes = z.array(bytes("a trie node in RLP")).min(1);
const code = z.int().min(0).max(65_535);
const month = z.int().min(100_001).max(999_912).meta({ description: "year × 100 + month" });

const retirementForm = z.strictObject({
  id: decimal("number of the retirement"),
  holder: address,
  beneficiary: hash.meta({ description: "keccak256 of the beneficiary's name in UTF-8 (NFC) and a salt of 32 bytes" }),
  purpose: code,
  fromMonth: month,
  toMonth: month,
  country: code.meta({ description: "ISO 3166-1 numeric" }),
  document: hash.meta({ description: "digest of the document that the claim rests on; zero for none" }),
  blocks: z
    .array(z.strictObject({ id: hash.meta({ description: "batch << 128 | first serial" }), kg: decimal("kg CO2e") }))
    .min(1),
  time: seconds.meta({ description: "of the retirement, seconds since 1970" }),
});

const batchForm = z.strictObject({
  id: decimal("number of the batch"),
  project: decimal("of the project"),
  vintage: code,
  scope: code,
});

const provedForm = z.strictObject({
  contract: address.meta({ description: "the register, `Credits`" }),
  retirement: retirementForm,
  encoded: bytes("abi.encode of the retirement's fields, blocks as two arrays"),
  record: hash.meta({ description: "keccak256 of `encoded`, which the register keeps" }),
  note: hash.nullable().meta({ description: "digest of what supersedes or comments it; null where there is nothing" }),
  batches: z.array(batchForm).min(1).meta({ description: "where the blocks come from, ascending" }),
  block: z.strictObject({
    number: z.int().min(0),
    hash: hash.meta({ description: "the one thing to be asked of somebody else" }),
    time: seconds,
    headerRlp: bytes("the header that has this hash"),
  }),
});

export const certificateForm = z
  .strictObject({
    format: z.literal("tidemark-certificate"),
    version: z.literal(1),
    proved: provedForm.meta({ description: "what follows from the block's hash by the proofs" }),
    proofs: z.strictObject({
      account: nodes.meta({ description: "of the contract, from the block's state root" }),
      record: nodes.meta({ description: "of the record, from the contract's storage root" }),
      note: nodes.meta({ description: "of the note, or that there is none" }),
      batches: z.array(nodes).min(1).meta({ description: "of each batch's origin" }),
    }),
    described: z
      .strictObject({
        kg: decimal("kg CO2e of all blocks"),
        serials: z.array(z.string()).min(1).meta({ description: "of each block, first to last" }),
        purpose: z.string(),
        scopes: z.array(z.string()).min(1).meta({ description: "of each batch: what may be claimed with it" }),
      })
      .meta({ description: "the same in words; each follows from what is proved and the governed vocabulary" }),
  })
  .meta({ id: "Certificate", description: "A retirement's certificate: `npm run verify -- FILE --trust BLOCKHASH`" });

export type Certificate = z.output<typeof certificateForm>;
