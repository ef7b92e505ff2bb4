/** Wire shapes that every room's schemas are made of. */
import { z } from "zod";

/** Lower-case hex text of so many bytes. */
export const hex = (bytes: number, description: string): z.ZodType<`0x${string}`> =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-f]{${bytes * 2}}$`), `must be ${bytes} bytes of lower-case hex after 0x`)
    .meta({ description }) as unknown as z.ZodType<`0x${string}`>;

export const address = hex(20, "an account: 20 bytes, lower case");
export const hash = hex(32, "32 bytes, lower case");

/** Seconds since 1970. */
export const seconds = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/**
 * Decimal text of 1 to 2^63 − 1, without leading zeros, as the source of a pattern: a document of the API has no other
 * way to say a limit of text, and what fits the document is not refused for its form.
 */
export const upTo63Bits = ((most) => {
  const below = Array.from(most, (digit, i) => {
    const least = i === 0 ? 1 : 0;
    return Number(digit) > least ? `${most.slice(0, i)}[${least}-${Number(digit) - 1}]\\d{${most.length - 1 - i}}` : [];
  });
  return `[1-9]\\d{0,${most.length - 2}}|${below.flat().join("|")}|${most}`;
})(String(2n ** 63n - 1n));

/** A positive amount that may pass 2^53, as decimal text; parsed into a bigint of at most 2^63 − 1. */
export const amount = (unit: string): z.ZodType<bigint, string> =>
  z
    .string()
    .regex(new RegExp(`^(?:${upTo63Bits})$`), "must be a whole number from 1 to 2^63 − 1, in decimal digits")
    .transform(BigInt)
    .meta({ description: `${unit}, as decimal text` });

/** An amount as it is shown. */
export const shownAmount = (unit: string): z.ZodString => z.string().meta({ description: `${unit}, as decimal text` });

/** A code of a governed list with its names. */
export const named = z.strictObject({ code: z.int(), term: z.string(), en: z.string(), zh: z.string() });

/** What a wallet signs, and hands in at POST /v1/transactions. */
export const unsigned = z
  .strictObject({
    chainId: z.int(),
    from: address,
    to: address,
    data: z.string().regex(/^0x([0-9a-f]{2})+$/),
    nonce: z.int(),
    gasLimit: z.string().regex(/^\d+$/),
  })
  .meta({
    id: "Unsigned",
    description: "an EIP-1559 transaction without value or fee, tried on the ledger as it stands",
  });

/**
 * The query of a list in pages: behind which item a page begins, and how many it has at most.
 * @param after the shape of an item's key; the list is in its order
 */
export const paged = <After extends z.ZodType>(
  after: After,
  { most = 1_000, usual = 100 } = {},
): { after: z.ZodOptional<After>; limit: z.ZodDefault<z.ZodCoercedNumber> } => ({
  after: after.optional().meta({ description: "`next` of the page before" }),
  limit: z.coerce.number().int().min(1).max(most).default(usual).meta({ description: "items in a page, at most" }),
});

/**
 * A page, and the key behind which the next one begins; null where this is the last.
 * @param found by key, one more than the page may have, where there are as many
 */
export function pageOf<Item, Key>(
  found: readonly Item[],
  limit: number,
  keyOf: (item: Item) => Key,
): { items: Item[]; next: Key | null } {
  const items = found.slice(0, limit);
  return { items, next: found.length > limit ? keyOf(items.at(-1)!) : null };
}

/** What a text says, in both languages. */
export const bilingual = z.strictObject({ zh: z.string(), en: z.string() });
export type Bilingual = z.infer<typeof bilingual>;

/** A transaction for somebody else to sign, and what it will do. Nothing has changed by it. */
export const prepared = z
  .strictObject({ transaction: unsigned, summary: bilingual.meta({ description: "what it will do" }) })
  .meta({ id: "Prepared", description: "to sign, and to hand in at POST /v1/transactions" });

/** What this server signed for an account whose key it holds, and stored. */
export const signedHere = z
  .strictObject({
    digest: hash.meta({ description: "the transaction's hash: GET /v1/requests/{digest}" }),
    status: z.literal("accepted"),
    receipt: z.string().meta({ description: "JWS over {chainId, authority, digest, acceptedAt}" }),
    summary: bilingual.meta({ description: "what it will do" }),
  })
  .meta({ id: "SignedHere", description: "signed with a key that this server holds, and stored" });

/** The answers of a route that prepares one transaction. */
export const preparing = {
  200: { description: "To sign, and to hand in at POST /v1/transactions", schema: prepared },
  202: { description: "This server holds the key: signed and stored, with its receipt", schema: signedHere },
};

export const problem = z
  .looseObject({
    type: z.string(),
    code: z.string(),
    status: z.int(),
    title: z.string(),
    titleZh: z.string(),
    detail: z.string(),
    remedy: z.string(),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem" });
