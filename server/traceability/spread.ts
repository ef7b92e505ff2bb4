/** What a process makes, told by what went into it. */

/**
 * An output's grams over the inputs, pro rata to their masses; what is left over by rounding down goes one gram each to
 * the largest remainders, the lower input first among equals.
 * @param grams of the output
 * @param masses of the inputs in grams, together more than zero
 * @returns grams per input; they add up to `grams`
 */
export function spread(grams: number, masses: readonly number[]): number[] {
  const whole = masses.reduce((sum, mass) => sum + BigInt(mass), 0n);
  const products = masses.map((mass) => BigInt(grams) * BigInt(mass));
  const shares = products.map((product) => Number(product / whole));
  const remainders = products.map((product, i) => ({ i, remainder: product % whole }));
  const left = grams - shares.reduce((sum, share) => sum + share, 0);
  remainders.sort((a, b) => (a.remainder === b.remainder ? a.i - b.i : a.remainder > b.remainder ? -1 : 1));
  for (const { i } of remainders.slice(0, left)) shares[i]!++;
  return shares;
}
