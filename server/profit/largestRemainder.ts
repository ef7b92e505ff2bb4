/**
 * Splits an amount over weights exactly: each share is rounded down, and the fen that are left over go one by one to the
 * largest remainders, of equal ones to the lower account. No float, and the order of input does not matter.
 */
import type { Hex } from "../chain/port.ts";
import { Problem } from "../errors.ts";
import type { Leaf } from "./leaves.ts";

/** Those who share one part of an amount, by their weights. */
export interface Group {
  /** the group's part, in 1/10,000; only its proportion to the other groups' counts */
  bps: number;
  /** of each account, not negative, in any unit that the group has in common */
  weights: ReadonlyMap<Hex, bigint>;
}

export const weightOf = ({ weights }: Pick<Group, "weights">): bigint => {
  let sum = 0n;
  for (const weight of weights.values()) sum += weight;
  return sum;
};

/** Groups in which somebody has weight. The others' parts fall to these. */
export const filledOf = <G extends Group>(groups: readonly G[]): G[] =>
  groups.filter((group) => group.bps > 0 && weightOf(group) > 0n);

export function gcd(a: bigint, b: bigint): bigint {
  while (b > 0n) [a, b] = [b, a % b];
  return a;
}

/** An account's exact share is numerator(account) / denominator fen: one fraction over all groups. */
interface Shares {
  accounts: Hex[];
  numerator(account: Hex): bigint;
  denominator: bigint;
}

/** share = amount × Σ bps_r / Σ bps × w_r / W_r, over the common denominator Σ bps × Π W_r, shortened. */
function sharesOf(amountFen: bigint, groups: readonly Group[]): Shares {
  for (const { weights } of groups)
    for (const [account, weight] of weights) if (weight < 0n) throw new Error(`${account} has a weight of ${weight}`);
  const filled = filledOf(groups);
  if (filled.length === 0) throw new Problem("nobody-entitled", "Nobody has a weight in any group that is paid.");
  const wholes = filled.map(weightOf);
  const product = wholes.reduce((all, whole) => all * whole, 1n);
  const full = product * filled.reduce((sum, { bps }) => sum + BigInt(bps), 0n);
  const factors = filled.map(({ bps }, i) => amountFen * BigInt(bps) * (product / wholes[i]!));
  const shorten = factors.reduce(gcd, full);
  const terms = filled.map(({ weights }, i) => ({ weights, factor: factors[i]! / shorten }));
  return {
    accounts: [...new Set(filled.flatMap(({ weights }) => [...weights.keys()]))].sort(),
    numerator: (account) => terms.reduce((sum, { weights, factor }) => sum + factor * (weights.get(account) ?? 0n), 0n),
    denominator: full / shorten,
  };
}

/**
 * Who gets one of the fen that are left over. Remainders are compared by their first 64 bits, sorted as machine words;
 * only those that equal the last one's to be served are compared whole.
 * @param keys floor(remainder × 2^64 / denominator) of each place
 */
function served(keys: BigUint64Array, count: number, remainder: (place: number) => bigint): (place: number) => boolean {
  if (count === 0) return () => false;
  const threshold = keys.toSorted()[keys.length - count]!;
  const above = keys.reduce((sum, key) => (key > threshold ? sum + 1 : sum), 0);
  const level: { place: number; rest: bigint }[] = [];
  for (const [place, key] of keys.entries()) if (key === threshold) level.push({ place, rest: remainder(place) });
  level.sort((a, b) => (a.rest === b.rest ? a.place - b.place : a.rest > b.rest ? -1 : 1));
  const lucky = new Set(level.slice(0, count - above).map(({ place }) => place));
  return (place) => keys[place]! > threshold || lucky.has(place);
}

/**
 * An account in several groups is one leaf, rounded once, so that no leaf is a whole fen off its exact share.
 * @returns by ascending account, 0 fen included; the sum is the amount
 * @throws when nobody has a weight, on a negative weight or amount
 */
export function shareOut(amountFen: bigint, groups: readonly Group[]): Leaf[] {
  if (amountFen < 0n) throw new Error(`${amountFen} fen cannot be shared`);
  const { accounts, numerator, denominator } = sharesOf(amountFen, groups);
  const keys = new BigUint64Array(accounts.length);
  let left = amountFen;
  const leaves = accounts.map((account, place) => {
    const exact = numerator(account);
    const amountFen = exact / denominator;
    keys[place] = ((exact - amountFen * denominator) << 64n) / denominator;
    left -= amountFen;
    return { account, amountFen };
  });
  const gets = served(keys, Number(left), (place) => numerator(accounts[place]!) % denominator);
  for (const [place, leaf] of leaves.entries()) if (gets(place)) leaf.amountFen++;
  return leaves;
}
