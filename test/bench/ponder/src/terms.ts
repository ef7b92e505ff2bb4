/** `terms` fill from the highest bit down: the fields of so many bits each, which are multiples of four. */
export function fields(terms: bigint, ...bits: number[]): number[] {
  const hex = terms.toString(16).padStart(64, "0");
  let from = 0;
  return bits.map((count) => {
    const digits = hex.slice(from, from + count / 4);
    from += count / 4;
    return Number.parseInt(digits, 16);
  });
}

/** An output's grams over the inputs, pro rata to their masses; the rest to the largest remainders. */
export function spread(grams: number, masses: number[]): number[] {
  const whole = masses.reduce((sum, mass) => sum + BigInt(mass), 0n);
  const products = masses.map((mass) => BigInt(grams) * BigInt(mass));
  const shares = products.map((product) => Number(product / whole));
  const left = grams - shares.reduce((sum, share) => sum + share, 0);
  const order = products
    .map((_, i) => i)
    .sort((a, b) => Number((products[b]! % whole) - (products[a]! % whole)) || a - b);
  for (const i of order.slice(0, left)) shares[i]!++;
  return shares;
}
