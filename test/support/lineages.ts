/** Random lineages as a pool's allocation reads them, and what each lot is worth in exact fractions. */
import { toBeHex } from "ethers";
import fc from "fast-check";
import type { Hex } from "../../server/chain/port.ts";
import type { Subject, TracedLot } from "../../server/profit/attribution.ts";
import type { EntitlingAct } from "../../server/profit/entitlements.ts";
import { over, plus, sumOf, times, whole, type Fraction } from "./fraction.ts";

export const lotId = (n: number): Hex => toBeHex(n + 1, 32) as Hex;
export const person = (n: number): Hex => toBeHex(n + 1, 20) as Hex;

export interface History {
  lots: TracedLot[];
  subjects: Subject[];
  acts: EntitlingAct[];
}

const anyone = fc.nat(11).map(person);
const grams = fc.oneof(fc.bigInt(1n, 40n), fc.bigInt(1n, 2n ** 48n - 1n));
const anyLot = fc.record({
  /** how far back each parent stands; none for a lot that was collected */
  back: fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 5 }),
  grams: fc.array(grams, { minLength: 5, maxLength: 5 }),
  excluded: fc.integer({ min: 0, max: 11 }).map((n) => n === 0),
  people: fc.tuple(anyone, anyone, anyone, anyone),
  bailment: fc.nat(1),
});

/** Up to 40 lots, each from some of the nine before it; collects, handoffs, splits and transforms by twelve people. */
export const anyHistory: fc.Arbitrary<History> = fc
  .tuple(
    fc.array(anyLot, { minLength: 1, maxLength: 40 }),
    fc.array(fc.tuple(fc.nat(39), grams), { minLength: 1, maxLength: 4 }),
  )
  .map(([drawn, chosen]) => {
    const parentsOf = (n: number): number[] => drawn[n]!.back.map((back) => n - back).filter((parent) => parent >= 0);
    const lots = drawn.map(({ grams, excluded }, n) => {
      const parents = parentsOf(n).map((parent, i) => ({ id: lotId(parent), grams: grams[i]! }));
      return { id: lotId(n), excluded, parents };
    });
    const acts = drawn.flatMap(({ people: [giver, keeper, receiver, operator], bailment }, n): EntitlingAct[] => {
      const inputs = parentsOf(n).map(lotId);
      const handoff: EntitlingAct = { kind: "handoff", lot: lotId(n), receiver, bailment };
      if (inputs.length === 0) return [{ kind: "collect", lot: lotId(n), giver, receiver: keeper }, handoff];
      if (inputs.length === 1) return [{ kind: "split", lot: inputs[0]!, operator }, handoff];
      return [{ kind: "transform", inputs, operator }, handoff];
    });
    return { lots, acts, subjects: chosen.map(([n, grams]) => ({ lot: lotId(n % drawn.length), grams })) };
  });

/** Each lot's grams by recursion from every subject on its own, never rounded. */
export function exactWeights({ lots, subjects }: Pick<History, "lots" | "subjects">): Map<Hex, Fraction> {
  const byId = new Map(lots.map((lot) => [lot.id, lot]));
  const found = new Map<Hex, Fraction>();
  const paths = new Map<Hex, Map<Hex, Fraction>>();
  /** of one gram of a lot, how much stands in each earlier lot */
  const pathsOf = (id: Hex): Map<Hex, Fraction> => {
    const known = paths.get(id);
    if (known) return known;
    const { excluded, parents } = byId.get(id)!;
    const mine = new Map<Hex, Fraction>();
    if (!excluded) {
      mine.set(id, whole(1));
      const all = sumOf(parents.map(({ grams }) => whole(grams)));
      for (const parent of parents)
        for (const [above, part] of pathsOf(parent.id))
          mine.set(above, plus(mine.get(above) ?? whole(0), times(part, over(whole(parent.grams), all))));
    }
    paths.set(id, mine);
    return mine;
  };
  for (const { lot, grams } of subjects)
    for (const [id, part] of pathsOf(lot)) found.set(id, plus(found.get(id) ?? whole(0), times(part, whole(grams))));
  return found;
}
