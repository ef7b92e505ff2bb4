/** Amounts, times and ids as people read them. Amounts stay whole numbers throughout: no float touches them. */

/** A whole number (number, bigint or decimal text) with the language's grouping. */
export const integer = (value, language) => new Intl.NumberFormat(language).format(BigInt(value));

/**
 * Grams as kilograms with all three decimals, by whole-number division.
 * @param grams a whole number, or decimal text where it may exceed 2^53
 */
export function kilograms(grams, language) {
  const all = BigInt(grams);
  const size = all < 0n ? -all : all;
  const point = new Intl.NumberFormat(language).formatToParts(0.5).find(({ type }) => type === "decimal").value;
  const whole = integer(size / 1000n, language);
  return `${all < 0n ? "−" : ""}${whole}${point}${String(size % 1000n).padStart(3, "0")}`;
}

/**
 * A mass as a picture has room for it: `850 g`, `12 kg`, `3.9 t`, cut off and not rounded.
 * @returns figure and unit (`g`, `kg`, `t`)
 */
export function roughMass(grams, language) {
  const all = BigInt(grams);
  if (all < 1000n) return [integer(all, language), "g"];
  if (all < 1_000_000n) return [integer(all / 1000n, language), "kg"];
  const tenths = all / 100_000n;
  const point = new Intl.NumberFormat(language).formatToParts(0.5).find(({ type }) => type === "decimal").value;
  return [`${integer(tenths / 10n, language)}${point}${tenths % 10n}`, "t"];
}

/** `0x1234…cdef`: enough to tell two ids apart at a glance; the whole id is always one step away. */
export const shortHex = (hex) => (hex.length <= 14 ? hex : `${hex.slice(0, 6)}…${hex.slice(-4)}`);

/** @param seconds since 1970 */
export const moment = (seconds, language) =>
  new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" }).format(new Date(seconds * 1000));

/** The id of 32 bytes in what somebody typed or pasted (an address of this page too), lower case; else `undefined`. */
export function idIn(text) {
  const found = /(?:^|[^0-9a-z])(?:0x)?([0-9a-f]{64})(?![0-9a-z])/i.exec(text.trim());
  return found ? `0x${found[1].toLowerCase()}` : undefined;
}

const MASSES = new Set(["T1.collected", "T1.concluded", "T1.live"]);

/** What one side of a check is: `mass` (grams), `number`, `lots` (`8 lots`), or `text`, such as a lot's word in storage. */
export function sideKind(id, value) {
  if (!/^-?\d+( lots)?$/.test(value)) return "text";
  if (value.endsWith("lots")) return "lots";
  return MASSES.has(id) ? "mass" : "number";
}
