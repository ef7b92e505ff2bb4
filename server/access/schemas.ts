/** Wire shapes of access. Ids are lower-case hex; dates are seconds since 1970. */
import { z } from "zod";
import { address, hash, hex, named, paged, seconds } from "../wire.ts";

export const statuses = ["active", "suspended", "closed"] as const;
export const kinds = ["person", "organisation", "facility", "vessel", "verifier", "bank", "system"] as const;

export const accountParams = z.object({ id: address });

const keyId = hex(32, "a secp256k1 address, left-padded, or keccak256(qx, qy) of a P-256 key");
const keyUntil = seconds.meta({ description: "the key is valid before this second; 2^40 − 1: no end" });

export const keyParams = z.object({ id: keyId });
export const keyView = z.strictObject({ id: keyId, account: address, from: seconds, until: keyUntil });

/** Query of several ids: `?id=…&id=…`. */
const several = <T extends z.ZodType>(id: T): z.ZodUnion<[T, z.ZodArray<T>]> =>
  z.union([id, z.array(id).min(1).max(100)]);

export const accountsQuery = z.strictObject({
  id: several(address).optional().meta({ description: "only these, whoever they are; without it all but persons" }),
  kind: z.enum(kinds).optional().meta({ description: "only those registered as this" }),
  ...paged(address),
});
export const accountsView = z.strictObject({
  accounts: z
    .array(z.strictObject({ id: address, status: z.enum(statuses), kinds: z.array(z.enum(kinds)) }))
    .meta({ description: "those that are registered" }),
  next: address.nullable(),
});

export const keysQuery = z.strictObject({ id: several(keyId) });
export const keysView = z.strictObject({ keys: z.array(keyView).meta({ description: "those that were ever bound" }) });

export const accountView = z.strictObject({
  id: address,
  status: z.enum(statuses),
  kinds: z.array(z.enum(kinds)).meta({ description: "what it is registered as" }),
  keys: z
    .array(z.strictObject({ id: keyId, from: seconds, until: keyUntil }))
    .meta({ description: "keys bound to it; an id that is itself a key's address signs without being listed" }),
  licences: z
    .array(
      z.strictObject({
        kind: named,
        from: seconds,
        until: seconds.meta({ description: "the licence is valid before this second" }),
        capacityGrams: z.string().meta({ description: "what it may hold in stock, in grams, as decimal text" }),
        document: hash,
      }),
    )
    .meta({ description: "licences as last granted; none that was withdrawn" }),
});
