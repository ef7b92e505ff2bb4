/** Numbers drawn from a fixed seed: what is not published is generated, the same in every run. */
import { keccakText } from "../../../server/chain/eip712.ts";

/** A number in [0, bound), always the same for the same words. @param bound far below 2^48, so that no value is favoured */
export function draw(words: string, bound: number): number {
  return Buffer.from(keccakText(`tidemark.demo/draw/${words}`)).readUIntBE(0, 6) % bound;
}

/** The same items in an order that depends on the words alone. */
export function shuffled<T>(words: string, items: readonly T[]): T[] {
  return items
    .map((item, i) => ({ item, at: draw(`${words}/${i}`, 2 ** 40) }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Splits a total by weights in whole numbers: floors first, then one more for the largest remainders. */
export function apportion(total: number, weights: readonly number[]): number[] {
  const all = BigInt(weights.reduce((sum, weight) => sum + weight, 0));
  const exact = weights.map((weight) => BigInt(total) * BigInt(weight));
  const parts = exact.map((value) => Number(value / all));
  const missing = total - parts.reduce((sum, part) => sum + part, 0);
  const byRemainder = exact
    .map((value, i) => ({ i, remainder: value % all }))
    .sort((a, b) => (a.remainder === b.remainder ? a.i - b.i : a.remainder < b.remainder ? 1 : -1));
  for (const { i } of byRemainder.slice(0, missing)) parts[i]! += 1;
  return parts;
}

/** So many ten-thousandths of a mass, in whole grams, never more. */
export const portion = (grams: number, bps: number): number => Number((BigInt(grams) * BigInt(bps)) / 10_000n);

/** Groups of at most `size`, in order. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
