/**
 * Traces grams up their lineage: how much of each earlier lot stands in some lots, in whole 10^-18 g. A lot gives each
 * parent its part by the edge's grams, rounded down, so that no order of input or of work changes a result, and all parts
 * of a lot are short of it by less than one unit a parent. What a process lost goes up with what it kept: the grams that
 * came out stand for those that went in.
 */
import type { Hex } from "../chain/port.ts";

/** 10^18: units of weight in a gram. */
export const UNITS_PER_GRAM = 10n ** 18n;

export interface TracedLot {
  id: Hex;
  /** contested or quarantined: it gets nothing and passes nothing up, and no other lot gets its part */
  excluded: boolean;
  /** of the lot's grams, those that came from each parent */
  parents: readonly { id: Hex; grams: bigint }[];
}

export interface Subject {
  lot: Hex;
  grams: bigint;
}

type Lots = ReadonlyMap<Hex, TracedLot>;

function lotsById(lots: Iterable<TracedLot>): Lots {
  const byId = new Map<Hex, TracedLot>();
  for (const lot of lots) {
    if (byId.has(lot.id)) throw new Error(`lot ${lot.id} stands twice in the lineage`);
    byId.set(lot.id, lot);
  }
  return byId;
}

function lotOf(lots: Lots, id: Hex): TracedLot {
  const lot = lots.get(id);
  if (!lot) throw new Error(`lot ${id} is missing in the lineage`);
  return lot;
}

const parentsOf = ({ excluded, parents }: TracedLot): TracedLot["parents"] => (excluded ? [] : parents);

/** How many edges lead down from each lot to lots through which the subjects are reached. */
function countChildren(lots: Lots, subjects: readonly Subject[]): Map<Hex, number> {
  const counts = new Map<Hex, number>();
  const open: Hex[] = [];
  const meet = (id: Hex, edges: number): void => {
    const count = counts.get(id);
    if (count === undefined) open.push(id);
    counts.set(id, (count ?? 0) + edges);
  };
  for (const { lot } of subjects) meet(lot, 0);
  for (let id = open.pop(); id !== undefined; id = open.pop())
    for (const parent of parentsOf(lotOf(lots, id))) meet(parent.id, 1);
  return counts;
}

/** Adds a lot's weight to its parents', by their grams. */
function passUp(lot: TracedLot, weights: Map<Hex, bigint>): void {
  const weight = weights.get(lot.id) ?? 0n;
  const parents = parentsOf(lot);
  if (weight === 0n || parents.length === 0) return;
  const whole = parents.reduce((sum, { grams }) => sum + grams, 0n);
  if (parents.some(({ grams }) => grams < 0n)) throw new Error(`lot ${lot.id} has fewer than no grams from a parent`);
  if (whole === 0n) throw new Error(`lot ${lot.id} has parents, but no grams from them`);
  for (const { id, grams } of parents) weights.set(id, (weights.get(id) ?? 0n) + (weight * grams) / whole);
}

/**
 * @param lots the subjects and all that they came from, in any order
 * @param subjects what is traced; of a lot named twice both grams count
 * @returns the weight of each lot that has some, in 10^-18 g; none is excluded
 * @throws on a lot that is missing, stands twice, or comes from itself, and on negative grams
 */
export function attribute(lots: Iterable<TracedLot>, subjects: readonly Subject[]): Map<Hex, bigint> {
  const byId = lotsById(lots);
  const waiting = countChildren(byId, subjects);
  const weights = new Map<Hex, bigint>();
  for (const { lot, grams } of subjects) {
    if (grams < 0n) throw new Error(`${grams} g of lot ${lot}`);
    weights.set(lot, (weights.get(lot) ?? 0n) + grams * UNITS_PER_GRAM);
  }
  const ready = [...waiting].filter(([, children]) => children === 0).map(([id]) => id);
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    waiting.delete(id);
    const lot = lotOf(byId, id);
    passUp(lot, weights);
    for (const parent of parentsOf(lot)) {
      const children = waiting.get(parent.id)! - 1;
      waiting.set(parent.id, children);
      if (children === 0) ready.push(parent.id);
    }
  }
  for (const id of waiting.keys()) throw new Error(`lot ${id} comes from itself, or from a lot that does`);
  for (const [id, weight] of weights) if (weight === 0n || lotOf(byId, id).excluded) weights.delete(id);
  return weights;
}
