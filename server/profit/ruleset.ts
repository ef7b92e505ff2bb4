/** The document by which a pool is shared out. Its sha256 stands on chain, so that it can never be exchanged for another. */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { toHex } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";
import { canonical } from "./canonical.ts";
import { lineageRoles } from "./entitlements.ts";

export const WHOLE_BPS = 10_000;

const bps = z.int().min(1).max(WHOLE_BPS);
const name = z.strictObject({ zh: z.string().trim().min(1).max(200), en: z.string().trim().min(1).max(200) });

/** By what accounts did with the lots that the pool's subject came from. */
const lineageRuleset = z.strictObject({
  kind: z.literal("lineage"),
  name,
  roles: z
    .partialRecord(z.enum(lineageRoles), bps)
    .refine((roles) => Object.values(roles).reduce((sum, part) => sum + part, 0) === WHOLE_BPS, {
      error: `the roles' parts must be ${WHOLE_BPS} in all`,
    })
    .meta({ description: "of each 10,000 fen, how many go to those who had the role, by grams" }),
});

/** By the shares that stand in the register of the pool's project. */
const projectRuleset = z.strictObject({ kind: z.literal("project"), name });

export const ruleset = z.discriminatedUnion("kind", [lineageRuleset, projectRuleset]).meta({ id: "Ruleset" });

export type Ruleset = z.infer<typeof ruleset>;
export type LineageRuleset = z.infer<typeof lineageRuleset>;

/** The document in the one form it has: JSON with sorted keys and no spaces, UTF-8. */
export const rulesetBytes = (document: Ruleset): Uint8Array => utf8ToBytes(canonical(document));

/** The `ruleset` word of a pool. */
export const rulesetWord = (document: Ruleset): Hex => toHex(sha256(rulesetBytes(document)));

/** @throws if the bytes are no ruleset, or not in its one form */
export function readRuleset(bytes: Uint8Array): Ruleset {
  const document = ruleset.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  if (Buffer.compare(rulesetBytes(document), bytes) !== 0) throw new Error("the ruleset is not in canonical form");
  return document;
}
