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
export const seconds = z.int().min(0);

/** A code of a governed list with its names. */
export const named = z.strictObject({ code: z.int(), term: z.string(), en: z.string(), zh: z.string() });

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
