/**
 * All lots and acts as integers in memory: who came from whom, and what happened to each. Walks of whole graphs, which
 * take seconds in SQL, take milliseconds here. Lots are known by their number (`lot.no`), acts by their place in the
 * order of events, accounts by the order in which they were met; none of these numbers leaves the process.
 */
import type { Hex } from "../chain/port.ts";

/** What can happen to a lot, by the number it has here; `void` is an auditor's ruling, the others are acts. */
export const actKinds = ["collect", "handoff", "split", "transform", "conclude", "pass-title", "void"] as const;
export type ActKind = (typeof actKinds)[number];
export const kindNumber = Object.fromEntries(actKinds.map((kind, i) => [kind, i])) as Record<ActKind, number>;

export interface NewLot {
  no: number;
  class: number;
}

export interface NewEdge {
  child: number;
  parent: number;
  grams: number;
}

export interface NewAct {
  kind: ActKind;
  /** number of the lot acted upon; a transform's first input */
  lot: number;
  giver: Hex;
  receiver: Hex;
  grams: number;
  /** grams that left the ledger by it */
  loss: number;
  /** process of a transform, loss kind of a conclusion */
  code: number;
  /** seconds since 1970 */
  at: number;
}

/**
 * Columns. An index into another column is stored plus one, so that 0 is none. A mass has 48 bits, so that it stands
 * exactly in a double's 53.
 */
export interface Lineage {
  /** the highest number of a lot */
  lots: number;
  class: Uint16Array;
  firstAct: Int32Array;
  lastAct: Int32Array;
  /** the split or transform that consumed it */
  endedBy: Int32Array;
  /** a lot's parents stand together, from here on */
  firstParent: Int32Array;
  /** and its children in a list, the youngest first */
  firstChild: Int32Array;

  edges: number;
  child: Int32Array;
  parent: Int32Array;
  edgeGrams: Float64Array;
  nextChild: Int32Array;

  acts: number;
  kind: Uint8Array;
  actLot: Int32Array;
  giver: Int32Array;
  receiver: Int32Array;
  grams: Float64Array;
  loss: Float64Array;
  code: Uint16Array;
  at: Float64Array;
  /** the next act upon the same lot */
  nextAct: Int32Array;

  parties: Hex[];
  partyNumbers: Map<Hex, number>;
}

const lotColumns = ["class", "firstAct", "lastAct", "endedBy", "firstParent", "firstChild"] as const;
const edgeColumns = ["child", "parent", "edgeGrams", "nextChild"] as const;
const actColumns = ["kind", "actLot", "giver", "receiver", "grams", "loss", "code", "at", "nextAct"] as const;

/** A lineage without lots, with room for the first thousand. */
export function emptyLineage(): Lineage {
  const none = (): Int32Array => new Int32Array(1_024);
  return {
    lots: 0,
    class: new Uint16Array(1_024),
    firstAct: none(),
    lastAct: none(),
    endedBy: none(),
    firstParent: none(),
    firstChild: none(),
    edges: 0,
    child: none(),
    parent: none(),
    edgeGrams: new Float64Array(1_024),
    nextChild: none(),
    acts: 0,
    kind: new Uint8Array(1_024),
    actLot: none(),
    giver: none(),
    receiver: none(),
    grams: new Float64Array(1_024),
    loss: new Float64Array(1_024),
    code: new Uint16Array(1_024),
    at: new Float64Array(1_024),
    nextAct: none(),
    parties: [],
    partyNumbers: new Map(),
  };
}

type Column = Int32Array | Uint16Array | Uint8Array | Float64Array;

/** Doubles the columns until they have room for so many entries. */
function makeRoom(lineage: Lineage, columns: readonly (keyof Lineage)[], entries: number): void {
  const all = lineage as unknown as Record<string, Column>;
  for (const name of columns) {
    const old = all[name]!;
    if (old.length >= entries) continue;
    let size = old.length;
    while (size < entries) size *= 2;
    const grown = new (old.constructor as new (size: number) => Column)(size);
    grown.set(old);
    all[name] = grown;
  }
}

/** @param rows in ascending order of their numbers, all above those known */
export function appendLots(lineage: Lineage, rows: readonly NewLot[]): void {
  const last = rows.at(-1);
  if (!last) return;
  makeRoom(lineage, lotColumns, last.no + 1);
  for (const row of rows) lineage.class[row.no] = row.class;
  lineage.lots = last.no;
}

/** @param rows all edges of some lots that are known, in ascending order of child and parent, children above those that have edges */
export function appendEdges(lineage: Lineage, rows: readonly NewEdge[]): void {
  makeRoom(lineage, edgeColumns, lineage.edges + rows.length);
  for (const { child, parent, grams } of rows) {
    const edge = lineage.edges++;
    lineage.child[edge] = child;
    lineage.parent[edge] = parent;
    lineage.edgeGrams[edge] = grams;
    if (lineage.firstParent[child] === 0) lineage.firstParent[child] = edge + 1;
    lineage.nextChild[edge] = lineage.firstChild[parent]!;
    lineage.firstChild[parent] = edge + 1;
  }
}

/** @param rows in the order of events, after those known; their lots and the edges of those are known */
export function appendActs(lineage: Lineage, rows: readonly NewAct[]): void {
  makeRoom(lineage, actColumns, lineage.acts + rows.length);
  for (const row of rows) {
    const act = lineage.acts++;
    lineage.kind[act] = kindNumber[row.kind];
    lineage.actLot[act] = row.lot;
    lineage.giver[act] = partyNumber(lineage, row.giver);
    lineage.receiver[act] = partyNumber(lineage, row.receiver);
    lineage.grams[act] = row.grams;
    lineage.loss[act] = row.loss;
    lineage.code[act] = row.code;
    lineage.at[act] = row.at;
    const before = lineage.lastAct[row.lot]!;
    if (before === 0) lineage.firstAct[row.lot] = act + 1;
    else lineage.nextAct[before - 1] = act + 1;
    lineage.lastAct[row.lot] = act + 1;
    if (row.kind === "split" || row.kind === "transform") endInputs(lineage, row.lot, act);
  }
}

/** What was consumed together has its children in common: the parents of any child of the first. */
function endInputs(lineage: Lineage, first: number, act: number): void {
  lineage.endedBy[first] = act + 1;
  const edge = lineage.firstChild[first]!;
  if (edge === 0) return;
  for (const parent of parentsOf(lineage, lineage.child[edge - 1]!)) lineage.endedBy[parent] = act + 1;
}

function partyNumber(lineage: Lineage, id: Hex): number {
  const known = lineage.partyNumbers.get(id);
  if (known !== undefined) return known;
  lineage.partyNumbers.set(id, lineage.parties.length);
  return lineage.parties.push(id) - 1;
}

/** The edges that lead from a lot to its parents, by their index. */
export function* edgesUp(lineage: Lineage, lot: number): Generator<number> {
  const first = lineage.firstParent[lot]!;
  if (first === 0) return;
  for (let edge = first - 1; edge < lineage.edges && lineage.child[edge] === lot; edge++) yield edge;
}

/** The edges that lead from a lot to its children, by their index, the youngest child first. */
export function* edgesDown(lineage: Lineage, lot: number): Generator<number> {
  for (let edge = lineage.firstChild[lot]!; edge !== 0; edge = lineage.nextChild[edge - 1]!) yield edge - 1;
}

function* parentsOf(lineage: Lineage, lot: number): Generator<number> {
  for (const edge of edgesUp(lineage, lot)) yield lineage.parent[edge]!;
}

/** The acts upon a lot in their order, by their index; a transform stands with its first input only. */
export function* actsUpon(lineage: Lineage, lot: number): Generator<number> {
  for (let act = lineage.firstAct[lot]!; act !== 0; act = lineage.nextAct[act - 1]!) yield act - 1;
}

export type Direction = "upstream" | "downstream";

/**
 * A lot and all that it came from (upstream: by descending numbers), or all that became of it (downstream: by ascending
 * numbers), each once. A child's number is above its parents', so one sweep over the numbers meets every lot after all
 * through which it is reached: no stack, no sorting, and a page may stop where it is full.
 */
export function* walk(lineage: Lineage, start: number, direction: Direction): Generator<number> {
  const up = direction === "upstream";
  const last = up ? start : lineage.lots;
  const met = new Uint8Array((last >> 3) + 1);
  met[start >> 3]! |= 1 << (start & 7);
  let open = 1;
  for (let lot = start; open > 0 && lot > 0 && lot <= last; lot += up ? -1 : 1) {
    const eight = met[lot >> 3]!;
    if (eight === 0) lot = up ? lot & ~7 : lot | 7;
    if ((eight & (1 << (lot & 7))) === 0) continue;
    open--;
    for (const edge of up ? edgesUp(lineage, lot) : edgesDown(lineage, lot)) {
      const other = up ? lineage.parent[edge]! : lineage.child[edge]!;
      const bit = 1 << (other & 7);
      // what was appended while this walk paused is not of its time
      if (other > last || (met[other >> 3]! & bit) !== 0) continue;
      met[other >> 3]! |= bit;
      open++;
    }
    yield lot;
  }
}
