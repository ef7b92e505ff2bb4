/**
 * The document that a pool's division is computed from. Its sha256 stands on chain beside the root, so that anybody can
 * fetch it and come to the same leaves: who is entitled to how much, under which ruleset. It holds no block, as no state
 * does: two ledgers on which the same was done have the same document, though their blocks were cut differently.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { z } from "zod";
import { toHex } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";
import { address, hash } from "../wire.ts";
import { allocateByLineage, allocateByShares, type Allocation } from "./allocate.ts";
import { canonical } from "./canonical.ts";
import { lineageRoles, type Entitlements } from "./entitlements.ts";
import { WHOLE_BPS, type Ruleset } from "./ruleset.ts";

const decimal = z.string().regex(/^[1-9]\d*$/);

const entitled = z.strictObject({
  account: address,
  /** 10^-18 g: what the account's lots count in the pool's subjects */
  attograms: decimal,
  lots: z.array(hash).min(1),
});

const head = {
  chainId: z.int(),
  /** address of `PremiumPools` */
  contract: address,
  pool: decimal,
  amountFen: decimal,
  ruleset: hash,
  /** of documents that were made before they held no block; nothing rests on it */
  asOf: z.strictObject({ block: z.int(), hash }).optional(),
};

const lineageInputs = z.strictObject({
  kind: z.literal("lineage"),
  ...head,
  subjects: z.array(z.strictObject({ lot: hash, grams: z.string().regex(/^\d+$/) })).min(1),
  entitled: z.partialRecord(z.enum(lineageRoles), z.array(entitled)),
});

const projectInputs = z.strictObject({
  kind: z.literal("project"),
  ...head,
  project: decimal,
  shares: z.array(z.strictObject({ account: address, bps: z.int().min(1).max(WHOLE_BPS) })).min(1),
});

const schema = z.discriminatedUnion("kind", [lineageInputs, projectInputs]);

export type Inputs = z.infer<typeof schema>;
export type LineageInputs = z.infer<typeof lineageInputs>;

/** The document in the one form it has. */
export const inputsBytes = (inputs: Inputs): Uint8Array => Buffer.from(canonical(inputs), "utf8");

/** The `inputs` word of a division. */
export const inputsWord = (bytes: Uint8Array): Hex => toHex(sha256(bytes));

/** @throws if the bytes are no such document */
export const readInputs = (bytes: Uint8Array): Inputs =>
  schema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));

/** Who is entitled, in the form of the document: by ascending account, with ascending lots. */
export function entitledOf(entitlements: Entitlements): LineageInputs["entitled"] {
  const roles = [...entitlements].filter(([, accounts]) => accounts.size > 0);
  return Object.fromEntries(
    roles.map(([role, accounts]) => [
      role,
      [...accounts]
        .map(([account, { weight, lots }]) => ({ account, attograms: String(weight), lots: [...lots].sort() }))
        .sort((a, b) => (a.account < b.account ? -1 : 1)),
    ]),
  );
}

function entitlementsOf({ entitled }: LineageInputs): Entitlements {
  return new Map(
    lineageRoles.map((role) => [
      role,
      new Map(
        (entitled[role] ?? []).map(({ account, attograms, lots }) => [
          account,
          { weight: BigInt(attograms), lots: new Set(lots) },
        ]),
      ),
    ]),
  );
}

/**
 * The division that the inputs give under the ruleset that they name.
 * @throws Problem `nobody-entitled`; an error where the two are of different kinds
 */
export function allocationOf(ruleset: Ruleset, inputs: Inputs): Allocation {
  const amountFen = BigInt(inputs.amountFen);
  if (ruleset.kind === "lineage" && inputs.kind === "lineage") {
    return allocateByLineage(ruleset, amountFen, entitlementsOf(inputs));
  }
  if (ruleset.kind === "project" && inputs.kind === "project") {
    return allocateByShares(amountFen, new Map(inputs.shares.map(({ account, bps }) => [account, bps])));
  }
  throw new Error(`a ruleset of kind ${ruleset.kind} with inputs of kind ${inputs.kind}`);
}
