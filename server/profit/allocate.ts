/** Who gets how many fen of a pool, and why: anybody who has the same input gets the same leaves. */
import type { Hex } from "../chain/port.ts";
import type { Entitlements, LineageRole } from "./entitlements.ts";
import { filledOf, gcd, shareOut, weightOf, type Group } from "./largestRemainder.ts";
import type { Leaf } from "./leaves.ts";
import { WHOLE_BPS, type LineageRuleset } from "./ruleset.ts";

/** One reason for an account's fen. */
export interface Part {
  /** a role of the ruleset, or a share in the project */
  role: LineageRole | "share";
  /** the role's part among the roles that somebody had: bps of ofBps */
  bps: number;
  ofBps: number;
  /** the account's weight among all who had the role: in 10^-18 g, of a project in 1/10,000 */
  weight: bigint;
  ofWeight: bigint;
  /** the lots that the weight comes from; none for a share */
  lots: Hex[];
  /** amount × bps / ofBps × weight / ofWeight, in lowest terms: "1000/3" */
  exactFen: string;
}

export interface Allocation {
  /** by ascending account; who would get 0 fen has none; together they are the amount, to the fen */
  leaves: Leaf[];
  /** The exact parts of which an account's leaf is the rounded sum; none for one that has no part. */
  partsOf(account: Hex): Part[];
}

interface RoleGroup extends Group {
  role: Part["role"];
  lotsOf(account: Hex): Hex[];
}

function fraction(numerator: bigint, denominator: bigint): string {
  const common = gcd(numerator, denominator);
  return `${numerator / common}/${denominator / common}`;
}

function allocate(amountFen: bigint, groups: readonly RoleGroup[]): Allocation {
  if (amountFen <= 0n) throw new Error(`${amountFen} fen cannot be allocated`);
  const filled = filledOf(groups);
  const ofBps = filled.reduce((sum, { bps }) => sum + bps, 0);
  const wholes = filled.map(weightOf);
  return {
    leaves: shareOut(amountFen, filled).filter((leaf) => leaf.amountFen > 0n),
    partsOf: (account) =>
      filled.flatMap(({ role, bps, weights, lotsOf }, i) => {
        const weight = weights.get(account) ?? 0n;
        if (weight === 0n) return [];
        const ofWeight = wholes[i]!;
        const exactFen = fraction(amountFen * BigInt(bps) * weight, BigInt(ofBps) * ofWeight);
        return [{ role, bps, ofBps, weight, ofWeight, lots: lotsOf(account), exactFen }];
      }),
  };
}

/**
 * By the roles that accounts had in a lineage. The parts of roles that nobody had fall to the others.
 * @param amountFen 1 or more
 * @throws when nobody had any of the roles
 */
export function allocateByLineage({ roles }: LineageRuleset, amountFen: bigint, entitled: Entitlements): Allocation {
  const groups = Object.entries(roles).map(([name, bps]): RoleGroup => {
    const role = name as LineageRole;
    const accounts = entitled.get(role) ?? new Map<Hex, never>();
    const weights = new Map([...accounts].map(([account, { weight }]) => [account, weight]));
    return { role, bps, weights, lotsOf: (account) => [...(accounts.get(account)?.lots ?? [])].sort() };
  });
  return allocate(amountFen, groups);
}

/**
 * By the shares registered for a project.
 * @param amountFen 1 or more
 * @param shares of each account in 1/10,000, 10,000 in all
 */
export function allocateByShares(amountFen: bigint, shares: ReadonlyMap<Hex, number>): Allocation {
  const weights = new Map([...shares].map(([account, bps]) => [account, BigInt(bps)]));
  const sum = weightOf({ weights });
  if (sum !== BigInt(WHOLE_BPS)) throw new Error(`the project's shares are ${sum} in all, not ${WHOLE_BPS}`);
  return allocate(amountFen, [{ role: "share", bps: WHOLE_BPS, weights, lotsOf: () => [] }]);
}
