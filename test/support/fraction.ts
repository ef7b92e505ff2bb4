/** Exact fractions, slow and plain: what integer arithmetic is held against. */
export interface Fraction {
  n: bigint;
  /** positive */
  d: bigint;
}

function shorten(n: bigint, d: bigint): Fraction {
  let [a, b] = [n < 0n ? -n : n, d];
  while (b > 0n) [a, b] = [b, a % b];
  return { n: n / a, d: d / a };
}

export const whole = (n: bigint | number): Fraction => ({ n: BigInt(n), d: 1n });
export const plus = (a: Fraction, b: Fraction): Fraction => shorten(a.n * b.d + b.n * a.d, a.d * b.d);
export const minus = (a: Fraction, b: Fraction): Fraction => plus(a, { n: -b.n, d: b.d });
export const times = (a: Fraction, b: Fraction): Fraction => shorten(a.n * b.n, a.d * b.d);
/** @param b above 0 */
export const over = (a: Fraction, b: Fraction): Fraction => shorten(a.n * b.d, a.d * b.n);
/** @returns below 0 if a < b, 0 if they are equal, above 0 if a > b */
export const compare = (a: Fraction, b: Fraction): number => Number(sign(a.n * b.d - b.n * a.d));
export const sumOf = (all: Iterable<Fraction>): Fraction => [...all].reduce(plus, whole(0));
/** @param a not negative */
export const floor = (a: Fraction): bigint => a.n / a.d;
export const text = ({ n, d }: Fraction): string => `${n}/${d}`;

const sign = (n: bigint): bigint => (n > 0n ? 1n : n < 0n ? -1n : 0n);
