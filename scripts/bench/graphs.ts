/**
 * Generated histories of lots, as the projections would hold them: collects by persons at storage points, handoffs by
 * vessels to sorters and recyclers, splits, transforms with loss and residue, conclusions. Each graph ends in one lot to
 * which every other but residue leads. The same seed gives the same rows.
 */
import { createHash } from "node:crypto";
import { lossKinds, lotClass, processCodes } from "../../server/access/vocabulary.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { ActKind } from "../../server/traceability/lineage.ts";

export interface GeneratedLot {
  no: number;
  id: Hex;
  class: number;
  /** at birth; `left` is what it has now */
  grams: number;
  left: number;
  custodian: Hex;
  madeBy: Hex;
  endedBy: Hex | null;
  seq: number;
}

export interface GeneratedAct {
  digest: Hex;
  kind: Exclude<ActKind, "void">;
  lot: Hex;
  seq: number;
  giver: Hex;
  receiver: Hex;
  grams: number;
  declared: number | null;
  loss: number;
  code: number;
  at: number;
}

export interface Generated {
  lots: GeneratedLot[];
  acts: GeneratedAct[];
  edges: { child: number; parent: number; grams: number }[];
  /** the last lot of each graph, in the order asked */
  ends: GeneratedLot[];
  accounts: { id: Hex; kinds: number }[];
}

const [PERSON, ORGANISATION, FACILITY, VESSEL] = [1, 2, 4, 8];
/** a transform takes no more lots than a transaction has gas for */
const MOST_INPUTS = 60;
const BEGIN = Date.UTC(2025, 0, 1) / 1_000;

const hashOf = (text: string): Hex => `0x${createHash("sha256").update(text).digest("hex")}`;
export const accountOf = (name: string): Hex => hashOf(name).slice(0, 42) as Hex;

/** Mulberry32: a whole number below `most`. */
function createRandom(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % most;
  };
}

/** Shares a mass among weights by largest remainder; ties go to the lower place. */
export function shares(grams: number, weights: readonly number[]): number[] {
  const whole = weights.reduce((sum, weight) => sum + BigInt(weight), 0n);
  const parts = weights.map((weight, i) => {
    const product = BigInt(grams) * BigInt(weight);
    return { i, part: product / whole, rest: product % whole };
  });
  let missing = BigInt(grams) - parts.reduce((sum, { part }) => sum + part, 0n);
  for (const share of [...parts].sort((a, b) => (a.rest === b.rest ? a.i - b.i : a.rest > b.rest ? -1 : 1))) {
    if (missing-- <= 0n) break;
    share.part++;
  }
  return parts.map(({ part }) => Number(part));
}

/** @param sizes lots of each graph, at least; @param people collectors of each graph */
export function generate({ seed, sizes, people = 300 }: { seed: number; sizes: number[]; people?: number }): Generated {
  const random = createRandom(seed);
  const made: Generated = { lots: [], acts: [], edges: [], ends: [], accounts: [] };
  const known = new Set<Hex>();
  const account = (name: string, kinds: number): Hex => {
    const id = accountOf(name);
    if (!known.has(id)) made.accounts.push({ id, kinds });
    known.add(id);
    return id;
  };
  const oneOf = (name: string, kinds: number, most: number): Hex => account(`${name} ${random(most)}`, kinds);

  function act(lot: GeneratedLot, kind: GeneratedAct["kind"], giver: Hex, receiver: Hex, more: object): GeneratedAct {
    const digest = kind === "collect" ? lot.id : hashOf(`act ${seed} ${made.acts.length}`);
    const at = BEGIN + made.acts.length * 30;
    const seq = lot.seq;
    const plain = { code: 0, declared: null, loss: 0, grams: lot.left };
    const row = { digest, kind, lot: lot.id, seq, giver, receiver, at, ...plain, ...more };
    if (kind !== "collect") lot.seq++;
    made.acts.push(row);
    return row;
  }

  function lot(kind: number, grams: number, custodian: Hex, madeBy?: Hex): GeneratedLot {
    const no = made.lots.length + 1;
    const id = hashOf(`lot ${seed} ${no}`);
    const row = { no, id, class: kind, grams, left: grams, custodian, madeBy: madeBy ?? id, endedBy: null, seq: 0 };
    made.lots.push(row);
    return row;
  }

  function collect(): GeneratedLot {
    const point = oneOf("point", FACILITY, 15);
    const row = lot(lotClass(0, 1 + random(3)), 200 + random(20_000), point);
    act(row, "collect", oneOf("collector", PERSON, people), point, {});
    return row;
  }

  function handOver(row: GeneratedLot, to: Hex): void {
    const loss = random(8) === 0 ? Math.min(random(30), row.left - 1) : 0;
    act(row, "handoff", row.custodian, to, { declared: row.left, grams: row.left - loss, loss });
    row.left -= loss;
    row.custodian = to;
  }

  /** Outputs are their share of what went in; the rest is loss. */
  function transform(from: GeneratedLot[], process: number, outputs: { class: number; bps: number }[]): GeneratedLot[] {
    const inputs = from.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const operator = inputs[0]!.custodian;
    const grams = inputs.reduce((sum, input) => sum + input.left, 0);
    const masses = outputs.map(({ bps }) => Math.max(1, Math.floor((grams * bps) / 10_000)));
    const loss = grams - masses.reduce((sum, mass) => sum + mass, 0);
    const { digest } = act(inputs[0]!, "transform", operator, operator, { code: process, grams, loss });
    for (const input of inputs.slice(1)) input.seq++;
    const children = outputs.map((output, i) => lot(output.class, masses[i]!, operator, digest));
    const weights = inputs.map(({ left }) => left);
    for (const child of children) link(child, inputs, shares(child.grams, weights));
    for (const input of inputs) Object.assign(input, { left: 0, endedBy: digest });
    return children;
  }

  function link(child: GeneratedLot, parents: readonly GeneratedLot[], grams: readonly number[]): void {
    for (const [i, parent] of parents.entries())
      made.edges.push({ child: child.no, parent: parent.no, grams: grams[i]! });
  }

  function split(parent: GeneratedLot): GeneratedLot[] {
    const first = 1 + random(parent.left - 1);
    const { digest } = act(parent, "split", parent.custodian, parent.custodian, {});
    const children = [first, parent.left - first].map((grams) => lot(parent.class, grams, parent.custodian, digest));
    for (const child of children) link(child, [parent], [child.grams]);
    Object.assign(parent, { left: 0, endedBy: digest });
    return children;
  }

  function dispose(residue: GeneratedLot): void {
    const row = act(residue, "conclude", residue.custodian, residue.custodian, {
      code: lossKinds.disposed,
      loss: residue.left,
    });
    Object.assign(residue, { left: 0, endedBy: row.digest });
  }

  /** Collected lots of one sorter, sorted; residue is disposed of. */
  function sortOut(inputs: GeneratedLot[]): GeneratedLot {
    const [good, residue] = transform(inputs, processCodes.sorting, [
      { class: lotClass(0, 8), bps: 8_500 },
      { class: lotClass(0, 9), bps: 1_200 },
    ]);
    if (random(2) === 0) dispose(residue!);
    return good!;
  }

  for (const [graph, size] of sizes.entries()) {
    const from = made.lots.length;
    let sorted: GeneratedLot[] = [];
    while (made.lots.length - from < size - 3) {
      const sorter = oneOf("sorter", FACILITY, 6);
      const arrived: GeneratedLot[] = [];
      const wanted = Math.min(MOST_INPUTS, 2 + random(50), Math.max(1, size - (made.lots.length - from) - 4));
      while (arrived.length < wanted) {
        const row = collect();
        if (random(3) === 0) handOver(row, oneOf("vessel", VESSEL, 10));
        handOver(row, sorter);
        if (random(20) === 0) arrived.push(...split(row));
        else arrived.push(row);
      }
      sorted.push(sortOut(arrived.slice(0, MOST_INPUTS)));
    }
    const recycler = account(`recycler ${graph % 3}`, FACILITY | ORGANISATION);
    for (const row of sorted) handOver(row, recycler);
    while (sorted.length > 1) {
      const next: GeneratedLot[] = [];
      for (let i = 0; i < sorted.length; i += MOST_INPUTS) {
        const washed = { class: lotClass(0, 10), bps: 9_000 };
        next.push(transform(sorted.slice(i, i + MOST_INPUTS), processCodes.washing, [washed])[0]!);
      }
      sorted = next;
    }
    const [end] = transform(sorted, processCodes.regranulation, [{ class: lotClass(0, 11), bps: 9_500 }]);
    handOver(end!, account("brand 0", ORGANISATION));
    made.ends.push(end!);
  }
  return made;
}
