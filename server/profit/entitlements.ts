/** Who did what with the lots that count: the roles that a ruleset pays, and each account's weight in them. */
import type { Hex } from "../chain/port.ts";

export const lineageRoles = ["collector", "keeper", "hauler", "custodian", "operator"] as const;
export type LineageRole = (typeof lineageRoles)[number];

/** An act as far as it entitles somebody. */
export type EntitlingAct =
  | { kind: "collect"; lot: Hex; giver: Hex; receiver: Hex }
  | { kind: "handoff"; lot: Hex; receiver: Hex; bailment: number }
  | { kind: "split"; lot: Hex; operator: Hex }
  | { kind: "transform"; inputs: readonly Hex[]; operator: Hex };

export interface Entitlement {
  /** in 10^-18 g */
  weight: bigint;
  /** the lots whose weights it is the sum of */
  lots: Set<Hex>;
}

/** Of every role, who has it. */
export type Entitlements = ReadonlyMap<LineageRole, ReadonlyMap<Hex, Entitlement>>;

/** What an act makes of those who did it, and of which lots. */
function claimsOf(act: EntitlingAct): { role: LineageRole; account: Hex; lots: readonly Hex[] }[] {
  switch (act.kind) {
    case "collect":
      return [
        { role: "collector", account: act.giver, lots: [act.lot] },
        { role: "keeper", account: act.receiver, lots: [act.lot] },
      ];
    case "handoff":
      return [{ role: act.bailment === 0 ? "custodian" : "hauler", account: act.receiver, lots: [act.lot] }];
    case "split":
      return [{ role: "operator", account: act.operator, lots: [act.lot] }];
    case "transform":
      return [{ role: "operator", account: act.operator, lots: act.inputs }];
  }
}

/**
 * A lot counts once for an account in a role, however often it went back and forth.
 * @param weights of the lots, as {@link attribute} gives them; a lot without weight entitles nobody
 * @param acts upon these lots, in any order
 */
export function entitle(weights: ReadonlyMap<Hex, bigint>, acts: Iterable<EntitlingAct>): Entitlements {
  const entitlements = new Map(lineageRoles.map((role) => [role, new Map<Hex, Entitlement>()]));
  for (const act of acts) {
    for (const { role, account, lots } of claimsOf(act)) {
      const accounts = entitlements.get(role)!;
      for (const lot of lots) {
        const weight = weights.get(lot) ?? 0n;
        if (weight === 0n) continue;
        const known = accounts.get(account) ?? { weight: 0n, lots: new Set() };
        if (known.lots.has(lot)) continue;
        known.lots.add(lot);
        known.weight += weight;
        accounts.set(account, known);
      }
    }
  }
  return entitlements;
}
