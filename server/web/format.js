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

/**
 * Fen as yuan with both decimals, by whole-number division.
 * @param fen a whole number, or decimal text where it may exceed 2^53
 */
export function yuan(fen, language) {
  const all = BigInt(fen);
  const size = all < 0n ? -all : all;
  const point = new Intl.NumberFormat(language).formatToParts(0.5).find(({ type }) => type === "decimal").value;
  return `${all < 0n ? "−" : ""}${integer(size / 100n, language)}${point}${String(size % 100n).padStart(2, "0")}`;
}

const MASSES = new Set(["T1.collected", "T1.concluded", "T1.live"]);
const CARBON = new Set(["C1.issued", "C1.retired", "C1.ended", "C1.live", "C2.issued"]);
const MONEY = new Set(["M1.pools", "M3.deposited", "M3.withdrawn", "M3.supply", "M3.balances"]);

/**
 * What one side of a check is: `mass` in grams, `carbon` in kg, `money` in fen, `number`, a count of what was drawn (`lots`,
 * `blocks`, `pools`, `balances`, told as `8 lots`), or `text`, such as a lot's word in storage.
 */
export function sideKind(id, value) {
  const [, counted] = /^-?\d+(?: (lots|blocks|pools|balances))?$/.exec(value) ?? [undefined, "text"];
  if (counted !== undefined) return counted;
  if (MASSES.has(id)) return "mass";
  if (CARBON.has(id)) return "carbon";
  return MONEY.has(id) ? "money" : "number";
}
