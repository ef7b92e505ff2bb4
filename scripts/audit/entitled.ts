/** Who had which part in lots, from an audit's own books alone, as of a block. Weights in 10^-18 g. */
import type { Hex } from "../../server/chain/port.ts";
import type { Books, Row } from "./books.ts";

const UNITS_PER_GRAM = 10n ** 18n;

/** An account's weight in a role, and the lots that it is the sum of. */
export interface Part {
  weight: bigint;
  lots: Set<Hex>;
}

/** By role and account. */
export type Parts = Map<string, Map<Hex, Part>>;

export interface Lineage {
  /** Grams that the lot was made with; `undefined` where there is no such lot. */
  madeGrams(lot: Hex): bigint | undefined;
  /** What accounts did, up to the block, with the subjects and all that these came from. */
  partsIn(subjects: readonly Hex[], block: number): Parts;
  /** Blocks below one, the last first, at which these parts may have been others: as of the next one they are others. */
  statesBefore(subjects: readonly Hex[], block: number): number[];
}

interface Index {
  /** by the order in which lots were made: parents stand before their children */
  order: Map<Hex, number>;
  parents: Map<Hex, [parent: Hex, grams: bigint][]>;
  handoffs: Map<Hex, Row[]>;
}

function indexOf({ rows, lots }: Books): Index {
  const index: Index = { order: new Map(lots.map((lot, i) => [lot, i])), parents: new Map(), handoffs: new Map() };
  const add = <T>(lists: Map<Hex, T[]>, lot: Hex, value: T): void => {
    const list = lists.get(lot);
    if (list) list.push(value);
    else lists.set(lot, [value]);
  };
  for (const [key, row] of rows) {
    if (key.startsWith("edge/")) {
      const [, child, parent] = key.split("/") as [string, Hex, Hex];
      add(index.parents, child, [parent, row.fields["grams"] as bigint]);
    } else if (key.startsWith("act/") && row.fields["kind"] === "handoff") {
      add(index.handoffs, row.fields["lot"] as Hex, row);
    }
  }
  return index;
}

/** Contested, quarantined or void as of the block. */
const isExcluded = ({ exclusions }: Books, lot: Hex, block: number): boolean =>
  exclusions.get(lot)?.findLast((change) => change.block <= block)?.excluded ?? false;

/** The lots, and all that they came from. */
function upstreamOf({ parents }: Index, lots: Iterable<Hex>): Set<Hex> {
  const upstream = new Set(lots);
  for (const lot of upstream) for (const [parent] of parents.get(lot) ?? []) upstream.add(parent);
  return upstream;
}

/** Goes from the youngest lots to the oldest: a lot has all of its weight before it passes any on. */
function weigh(books: Books, index: Index, start: ReadonlyMap<Hex, bigint>, block: number): Map<Hex, bigint> {
  const { order, parents } = index;
  const weights = new Map(start);
  for (const lot of [...upstreamOf(index, start.keys())].sort((a, b) => order.get(b)! - order.get(a)!)) {
    if (isExcluded(books, lot, block)) weights.delete(lot);
    const weight = weights.get(lot) ?? 0n;
    const from = parents.get(lot) ?? [];
    const whole = from.reduce((sum, [, grams]) => sum + grams, 0n);
    if (weight === 0n || whole === 0n) continue;
    for (const [parent, grams] of from) {
      weights.set(parent, (weights.get(parent) ?? 0n) + (weight * grams) / whole);
    }
  }
  return weights;
}

/** Who had a part in a lot, in which role. */
function rolesIn({ rows }: Books, { handoffs }: Index, lot: Hex, block: number): [role: string, account: Hex][] {
  const found: [string, Hex][] = [];
  const done = (row: Row | undefined): row is Row => row !== undefined && row.places["kind"]!.block <= block;
  const collect = rows.get(`act/${lot}`);
  if (done(collect)) {
    found.push(["collector", collect.fields["giver"] as Hex], ["keeper", collect.fields["receiver"] as Hex]);
  }
  for (const row of (handoffs.get(lot) ?? []).filter(done)) {
    found.push([row.fields["code"] === 0n ? "custodian" : "hauler", row.fields["receiver"] as Hex]);
  }
  const end = rows.get(`act/${String(rows.get(`lot/${lot}`)!.fields["endedBy"])}`);
  const isWork = end?.fields["kind"] === "split" || end?.fields["kind"] === "transform";
  if (isWork && done(end)) found.push(["operator", end.fields["giver"] as Hex]);
  return found;
}

/** Blocks in which something was done to a lot, or ruled on it, of which {@link weigh} and {@link rolesIn} know. */
function changesOf({ rows, exclusions }: Books, { handoffs }: Index, lot: Hex): number[] {
  const acts = [rows.get(`act/${lot}`), ...(handoffs.get(lot) ?? [])];
  acts.push(rows.get(`act/${String(rows.get(`lot/${lot}`)?.fields["endedBy"])}`));
  const ruled = (exclusions.get(lot) ?? []).map(({ block }) => block);
  return [...acts.flatMap((row) => row?.places["kind"]?.block ?? []), ...ruled];
}

/** The lineage of all lots in the books. */
export function lineageOf(books: Books): Lineage {
  const index = indexOf(books);
  const madeGrams: Lineage["madeGrams"] = (lot) => {
    if (!index.order.has(lot)) return undefined;
    const parts = (index.parents.get(lot) ?? []).map(([, grams]) => grams);
    return [...parts, (books.rows.get(`act/${lot}`)?.fields["grams"] ?? 0n) as bigint].reduce((a, b) => a + b);
  };
  return {
    madeGrams,
    statesBefore(subjects, block) {
      const changes = [...upstreamOf(index, subjects)].flatMap((lot) => changesOf(books, index, lot));
      const blocks = [block, ...changes.filter((change) => change < block)];
      return [...new Set(blocks)].sort((a, b) => b - a).map((change) => change - 1);
    },
    partsIn(subjects, block) {
      const start = subjects.map((lot): [Hex, bigint] => [lot, (madeGrams(lot) ?? 0n) * UNITS_PER_GRAM]);
      const parts: Parts = new Map();
      for (const [lot, weight] of weigh(books, index, new Map(start), block)) {
        if (weight === 0n) continue;
        for (const [role, account] of rolesIn(books, index, lot, block)) {
          const accounts = parts.get(role) ?? new Map<Hex, Part>();
          const part = accounts.get(account) ?? { weight: 0n, lots: new Set() };
          // a lot counts once for an account in a role
          if (!part.lots.has(lot)) part.weight += weight;
          part.lots.add(lot);
          parts.set(role, accounts.set(account, part));
        }
      }
      return parts;
    },
  };
}
