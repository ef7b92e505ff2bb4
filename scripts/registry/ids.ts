/** Ids as they stand in files and arguments. */
import type { Hex } from "../../server/chain/port.ts";

/** A key's end that is none. */
export const NO_END = 2 ** 40 - 1;

export const isAddress = (text: string): text is Hex => /^0x[0-9a-f]{40}$/.test(text);
export const isHash = (text: string): text is Hex => /^0x[0-9a-f]{64}$/.test(text);

/** A key's id is one word; a secp256k1 address stands in it left-padded. */
export const keyIdOf = (id: Hex): Hex => `0x${id.slice(2).padStart(64, "0")}`;

/** Seconds since 1970 from such a number, or from a time like 2026-08-01T09:00:00+08:00 or Z; `undefined` for other words. */
export function secondsOf(text: string): number | undefined {
  if (/^\d{1,13}$/.test(text)) return Number(text) <= NO_END ? Number(text) : undefined;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const millis = Date.parse(text);
  return Number.isNaN(millis) || millis < 0 ? undefined : Math.floor(millis / 1_000);
}
