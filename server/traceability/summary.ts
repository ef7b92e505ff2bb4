/**
 * A whole graph in figures: its totals, and the same collapsed by facility, for those who may not see who a person is.
 *
 * Named are organisations, facilities and vessels that are not also persons; everybody else is one of the `collectors`
 * (who gave in a collect) or of the other `persons`, and appears as a count. Lots and acts count whole: of a lot that
 * was split, all of it was received, though only a part went on into the lot asked for. Not counted is what consumed the
 * lot asked for itself when the walk goes upstream: that is no part of where it comes from.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Hex } from "../chain/port.ts";
import { actKinds, actsUpon, edgesUp, kindNumber, walk, type Direction, type Lineage } from "./lineage.ts";

/** Lots looked at before others have their turn: about 10 ms. */
const SLICE = 10_000;
const DAY = 86_400;
const LARGEST_LOW = 2 ** 52;

/** A sum of masses, exact: of 48 bits each, the low part stays below 2^53. */
export interface Sum {
  low: number;
  high: bigint;
}

const zero = (): Sum => ({ low: 0, high: 0n });

function add(sum: Sum, grams: number): void {
  sum.low += grams;
  if (sum.low < LARGEST_LOW) return;
  sum.high += BigInt(sum.low);
  sum.low = 0;
}

/** The whole of a sum. */
export const exactly = ({ low, high }: Sum): bigint => high + BigInt(low);

/** What became of material at a place, by class of lot. `used`: put into processes; `ended`: left the ledger. */
export const flowKinds = ["received", "made", "used", "given", "ended"] as const;
export type FlowKind = (typeof flowKinds)[number];

export interface Place {
  id: Hex;
  classes: Map<number, Record<FlowKind, Sum>>;
}

export type End = Hex | "collectors" | "persons";

export interface Flow {
  from: End;
  to: End;
  grams: Sum;
  acts: number;
  /** seconds since 1970, at the beginning of the UTC day: an hour could give away who it was */
  firstDay: number;
  lastDay: number;
}

export interface Loss {
  by: "handoff" | "transform" | "conclude" | "void";
  /** process of a transform, loss kind of a conclusion; 0 for others */
  code: number;
  grams: Sum;
}

export interface Summary {
  lots: number;
  acts: number;
  collects: number;
  collected: Sum;
  losses: Loss[];
  /** persons who gave in a collect, and persons who took part otherwise */
  collectors: number;
  persons: number;
  /** seconds since 1970; `undefined` where there are no acts */
  firstCapturedAt: number | undefined;
  lastCapturedAt: number | undefined;
  places: Place[];
  flows: Flow[];
}

const { collect, handoff, transform, conclude, void: ruledVoid } = kindNumber;
/** Ends of flows as numbers: parties as they are, groups below them. */
const [PERSONS, COLLECTORS] = [-1, -2];
const PARTIES = 2 ** 26;

interface Work {
  lineage: Lineage;
  /** 1 for parties that may be named, by their number */
  named: Uint8Array;
  summary: Omit<Summary, "losses" | "places" | "flows">;
  places: Map<number, Place>;
  flows: Map<number, Flow>;
  losses: Map<number, Loss>;
  collectors: Set<number>;
  persons: Set<number>;
}

/**
 * Walks a whole graph and sums it up, giving way to others in between.
 * @param named ids of the accounts that may be named
 */
export async function summarise(
  lineage: Lineage,
  start: number,
  direction: Direction,
  named: readonly Hex[],
): Promise<Summary> {
  const work = begin(lineage, named);
  // a transform stands with its first input, which need not be a lot of this graph, and consumed others besides
  const transforms = new Set<number>();
  for (const lot of walk(lineage, start, direction)) {
    work.summary.lots++;
    if (work.summary.lots % SLICE === 0) await nextTurn();
    const end = lineage.endedBy[lot]! - 1;
    let grams = birth(work, lot);
    for (const act of actsUpon(lineage, lot)) {
      if (act === end) break;
      countAct(work, lot, act);
      grams -= lineage.loss[act]!;
    }
    if (end < 0 || (direction === "upstream" && lot === start)) continue;
    if (lineage.kind[end] !== transform) countAct(work, lot, end);
    else {
      transforms.add(end);
      addAt(work, lineage.giver[end]!, lot, "used", grams);
    }
  }
  for (const act of transforms) countAct(work, lineage.actLot[act]!, act);
  return finished(work);
}

function begin(lineage: Lineage, ids: readonly Hex[]): Work {
  const named = new Uint8Array(lineage.parties.length);
  for (const id of ids) {
    const party = lineage.partyNumbers.get(id);
    if (party !== undefined) named[party] = 1;
  }
  const nothing = { lots: 0, acts: 0, collects: 0, collected: zero(), collectors: 0, persons: 0 };
  return {
    lineage,
    named,
    summary: { ...nothing, firstCapturedAt: undefined, lastCapturedAt: undefined },
    places: new Map(),
    flows: new Map(),
    losses: new Map(),
    collectors: new Set(),
    persons: new Set(),
  };
}

/** Grams a lot began with. What a transform made is noted where it was made; what was collected comes with its act. */
function birth(work: Work, lot: number): number {
  const { lineage } = work;
  let grams = 0;
  let maker = -1;
  for (const edge of edgesUp(lineage, lot)) {
    grams += lineage.edgeGrams[edge]!;
    maker = lineage.endedBy[lineage.parent[edge]!]! - 1;
  }
  if (maker < 0) return lineage.grams[lineage.firstAct[lot]! - 1] ?? 0;
  if (lineage.kind[maker] === transform) addAt(work, lineage.giver[maker]!, lot, "made", grams);
  return grams;
}

function countAct(work: Work, lot: number, act: number): void {
  const { lineage, summary, losses } = work;
  const kind = lineage.kind[act]!;
  const [giver, receiver, grams] = [lineage.giver[act]!, lineage.receiver[act]!, lineage.grams[act]!];
  const loss = lineage.loss[act]!;
  if (loss > 0) addLoss(losses, kind, lineage.code[act]!, loss);
  if (kind === ruledVoid) return;
  summary.acts++;
  const at = lineage.at[act]!;
  if (!(at >= summary.firstCapturedAt!)) summary.firstCapturedAt = at;
  if (!(at <= summary.lastCapturedAt!)) summary.lastCapturedAt = at;
  if (kind === collect) {
    summary.collects++;
    add(summary.collected, grams);
  }
  if (kind === collect || kind === handoff) {
    addFlow(work, act);
    if (kind === handoff) addAt(work, giver, lot, "given", grams);
    addAt(work, receiver, lot, "received", grams);
  }
  if ((kind === handoff || kind === conclude) && loss > 0) addAt(work, giver, lot, "ended", loss);
  if (work.named[giver] !== 1) (kind === collect ? work.collectors : work.persons).add(giver);
  if (work.named[receiver] !== 1) work.persons.add(receiver);
}

function addLoss(losses: Map<number, Loss>, kind: number, ofAct: number, grams: number): void {
  const code = kind === transform || kind === conclude ? ofAct : 0;
  const key = kind * 65_536 + code;
  let loss = losses.get(key);
  if (!loss) losses.set(key, (loss = { by: actKinds[kind] as Loss["by"], code, grams: zero() }));
  add(loss.grams, grams);
}

function addAt(work: Work, party: number, lot: number, kind: FlowKind, grams: number): void {
  if (work.named[party] !== 1) return;
  let place = work.places.get(party);
  if (!place) work.places.set(party, (place = { id: work.lineage.parties[party]!, classes: new Map() }));
  const lotClass = work.lineage.class[lot]!;
  let amounts = place.classes.get(lotClass);
  if (!amounts) {
    amounts = { received: zero(), made: zero(), used: zero(), given: zero(), ended: zero() };
    place.classes.set(lotClass, amounts);
  }
  add(amounts[kind], grams);
}

function addFlow({ lineage, named, flows }: Work, act: number): void {
  const [giver, receiver] = [lineage.giver[act]!, lineage.receiver[act]!];
  const from = named[giver] === 1 ? giver : lineage.kind[act] === collect ? COLLECTORS : PERSONS;
  const to = named[receiver] === 1 ? receiver : PERSONS;
  const day = lineage.at[act]! - (lineage.at[act]! % DAY);
  const key = (from - COLLECTORS) * PARTIES + (to - COLLECTORS);
  let flow = flows.get(key);
  if (!flow) {
    const end = (party: number): End =>
      party === COLLECTORS ? "collectors" : party === PERSONS ? "persons" : lineage.parties[party]!;
    flow = { from: end(from), to: end(to), grams: zero(), acts: 0, firstDay: day, lastDay: day };
    flows.set(key, flow);
  }
  add(flow.grams, lineage.grams[act]!);
  flow.acts++;
  flow.firstDay = Math.min(flow.firstDay, day);
  flow.lastDay = Math.max(flow.lastDay, day);
}

function finished({ summary, places, flows, losses, collectors, persons }: Work): Summary {
  return {
    ...summary,
    collectors: collectors.size,
    persons: persons.size,
    losses: [...losses.values()],
    places: [...places.values()],
    flows: [...flows.values()],
  };
}
