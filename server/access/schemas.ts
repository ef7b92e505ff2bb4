/** Wire shapes of access. Ids are lower-case hex; dates are seconds since 1970. */
import { z } from "zod";
import type { Hex } from "../chain/port.ts";

const hex = (bytes: number, description: string): z.ZodType<Hex> =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-f]{${bytes * 2}}$`), `must be ${bytes} bytes of lower-case hex after 0x`)
    .meta({ description }) as unknown as z.ZodType<Hex>;

export const statuses = ["active", "suspended", "closed"] as const;
export const kinds = ["person", "organisation", "facility", "vessel", "verifier", "bank", "system"] as const;

const time = z.int().min(0);

export const accountParams = z.object({ id: hex(20, "an account: 20 bytes, lower case") });

export const accountView = z.strictObject({
  id: hex(20, "the account"),
  status: z.enum(statuses),
  kinds: z.array(z.enum(kinds)).meta({ description: "what it is registered as" }),
  keys: z
    .array(
      z.strictObject({
        id: hex(32, "a secp256k1 address, left-padded, or keccak256(qx, qy) of a P-256 key"),
        from: time,
        until: time.meta({ description: "the key is valid before this second; 2^40 − 1: no end" }),
      }),
    )
    .meta({ description: "keys bound to it; an id that is itself a key's address signs without being listed" }),
});
