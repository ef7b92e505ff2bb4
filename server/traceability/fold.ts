/** What a range of events makes of the lots: a pure fold, in contract vocabulary. Who reads and writes rows is `rows.ts`. */
import type { LotEvent } from "../chain/lotEvents.ts";
import type { Hex } from "../chain/port.ts";
import type { ActRecord, Changes, LotState } from "./changes.ts";
import { childId } from "./children.ts";
import { spread } from "./spread.ts";

type Of<Name extends LotEvent["name"]> = Extract<LotEvent, { name: Name }>;

export const dispositions = { open: 0, consumed: 1, void: 2 } as const;

/** The lower half of an event's flags are the lot's own; the upper half are the reasons for its review. */
const LOT_FLAGS = 0x0f;
const BAILED = 4;

/** The lots from before a range that its events touch: all must be given to {@link foldLots}. */
export function touchedLots(events: readonly LotEvent[]): Set<Hex> {
  const touched = new Set<Hex>();
  for (const { name, args } of events) {
    if (name === "Transformed") for (const { lot } of args.inputs) touched.add(lot);
    else if (name !== "Collected" && name !== "Skipped") touched.add(args.lot);
  }
  return touched;
}

/** Events are folded in order, as many at a time as one likes: acts are known at once, lots as they stand in the end. */
export interface LotFold {
  /** @returns the acts that these events record. @throws where an event speaks of a lot that is not there */
  fold(events: readonly LotEvent[]): ActRecord[];
  /** What all events so far come to. */
  changes(): Changes;
}

/**
 * Begins to fold the events of a range.
 * @param before the lots among {@link touchedLots} that there were; they are changed in place
 * @param lastNo the highest number of a lot, 0 when there is none
 */
export function startFold(before: ReadonlyMap<Hex, LotState>, lastNo: number): LotFold {
  const made = new Map<Hex, LotState>();
  const changed = new Set<LotState>();
  const changes = { made: [] as LotState[], edges: [], rulings: [] };
  const book: Book = {
    acts: [],
    changes,
    lot(id) {
      const fresh = made.get(id);
      if (fresh) return fresh;
      const lot = before.get(id);
      if (!lot) throw new Error(`An event speaks of lot ${id}, which is not indexed.`);
      changed.add(lot);
      return lot;
    },
    make(state) {
      const { id, custodian, owner, grams, class: kind, flags, madeBy } = state;
      const [seq, disposition, endedBy] = [0, dispositions.open, undefined];
      const lot = { no: ++lastNo, id, custodian, owner, grams, seq, class: kind, disposition, flags, madeBy, endedBy };
      made.set(lot.id, lot);
      changes.made.push(lot);
      return lot;
    },
  };
  return {
    fold(events) {
      book.acts = [];
      for (const event of events) play(book, event);
      return book.acts;
    },
    changes: () => ({ ...changes, changed: [...changed] }),
  };
}

type NewLot = Omit<LotState, "no" | "seq" | "disposition" | "endedBy">;

interface Book {
  acts: ActRecord[];
  changes: Omit<Changes, "changed">;
  lot(id: Hex): LotState;
  make(state: NewLot): LotState;
}

function play(book: Book, event: LotEvent): void {
  switch (event.name) {
    case "Collected":
      return collect(book, event);
    case "HandedOver":
      return handOver(book, event);
    case "LotSplit":
      return split(book, event);
    case "Transformed":
      return transform(book, event);
    case "Concluded":
      return conclude(book, event);
    case "TitlePassed":
      return passTitle(book, event);
    case "FlagsChanged":
      return ruleOnFlags(book, event);
    case "LotVoided":
      return declareVoid(book, event);
    case "Skipped":
  }
}

type Told = "capturedAt" | "flags" | "anchor" | "evidence" | "block" | "index" | "tx";

/** What is alike in all acts. */
function act(
  { acts }: Book,
  event: {
    args: Pick<ActRecord, "capturedAt" | "flags" | "anchor" | "evidence">;
    block: number;
    index: number;
    tx: Hex;
  },
  rest: Omit<ActRecord, Told>,
): void {
  const { args, block, index, tx } = event;
  const { capturedAt, flags, anchor, evidence } = args;
  const { digest, kind, lot, seq, giver, receiver, grams, declaredGrams, acceptedGrams, lossGrams, code } = rest;
  // field by field, as above: spreading took a fifth of a fold
  acts.push({
    block,
    index,
    tx,
    digest,
    kind,
    lot,
    seq,
    giver,
    receiver,
    grams,
    declaredGrams,
    acceptedGrams,
    lossGrams,
    code,
    capturedAt,
    flags,
    anchor,
    evidence,
  });
}

/** What every act does to a lot that it leaves with so many grams and these flags. */
function afterAct(lot: LotState, digest: Hex, grams: number, flags: number): void {
  lot.grams = grams;
  lot.flags = flags & LOT_FLAGS;
  lot.seq++;
  if (grams > 0) return;
  lot.disposition = dispositions.consumed;
  lot.endedBy = digest;
}

function collect(book: Book, event: Of<"Collected">): void {
  const { lot: id, collector, keeper, class: kind, grams, flags } = event.args;
  const owned = { custodian: keeper, owner: keeper, madeBy: id };
  book.make({ id, class: kind, grams, flags: flags & LOT_FLAGS, ...owned });
  const parties = { giver: collector, receiver: keeper };
  act(book, event, { digest: id, kind: "collect", lot: id, seq: 0, ...parties, grams, lossGrams: 0, code: 0 });
}

/** Under bailment title stays where it was; otherwise it goes with the lot. */
function handOver(book: Book, event: Of<"HandedOver">): void {
  const { lot: id, from, to, digest, declaredGrams, acceptedGrams, seq, flags, bailment } = event.args;
  const lot = book.lot(id);
  // a heavier scale adds nothing
  const grams = Math.min(declaredGrams, acceptedGrams);
  if ((flags & BAILED) === 0) lot.owner = to;
  lot.custodian = to;
  afterAct(lot, digest, grams, flags);
  const parties = { giver: from, receiver: to };
  const masses = { grams, declaredGrams, acceptedGrams, lossGrams: declaredGrams - grams };
  act(book, event, { digest, kind: "handoff", lot: id, seq, ...parties, ...masses, code: bailment });
}

/** Children stay in the custody, under the title and the flags of the lot. */
function split(book: Book, event: Of<"LotSplit">): void {
  const { lot: id, operator, digest, grams: parts, seq, flags } = event.args;
  const parent = book.lot(id);
  const { custodian, owner, class: kind, grams } = parent;
  for (const [i, part] of parts.entries()) {
    const lot = { id: childId(digest, i), class: kind, grams: part, flags: flags & LOT_FLAGS };
    const child = book.make({ ...lot, custodian, owner, madeBy: digest });
    book.changes.edges.push({ child: child.no, parent: parent.no, grams: part });
  }
  afterAct(parent, digest, 0, flags);
  const parties = { giver: operator, receiver: operator };
  act(book, event, { digest, kind: "split", lot: id, seq, ...parties, grams, lossGrams: 0, code: 0 });
}

/** Consumed lots keep their flags; the outputs have those that the event tells. */
function transform(book: Book, event: Of<"Transformed">): void {
  const { digest, operator, process, inputs, outputs, lossGrams, flags } = event.args;
  const parents = inputs.map(({ lot }) => book.lot(lot));
  const masses = parents.map(({ grams }) => grams);
  for (const [i, { class: kind, grams }] of outputs.entries()) {
    const lot = { id: childId(digest, i), class: kind, grams, flags: flags & LOT_FLAGS };
    const child = book.make({ ...lot, custodian: operator, owner: operator, madeBy: digest });
    for (const [n, share] of spread(grams, masses).entries()) {
      book.changes.edges.push({ child: child.no, parent: parents[n]!.no, grams: share });
    }
  }
  for (const parent of parents) afterAct(parent, digest, 0, parent.flags);
  const { lot, seq } = inputs[0]!;
  const parties = { giver: operator, receiver: operator };
  const grams = masses.reduce((sum, mass) => sum + BigInt(mass), 0n);
  act(book, event, { digest, kind: "transform", lot, seq, ...parties, grams, lossGrams, code: process });
}

function conclude(book: Book, event: Of<"Concluded">): void {
  const { lot: id, operator, kind, digest, grams, seq, flags } = event.args;
  const lot = book.lot(id);
  afterAct(lot, digest, lot.grams - grams, flags);
  const parties = { giver: operator, receiver: operator };
  act(book, event, { digest, kind: "conclude", lot: id, seq, ...parties, grams, lossGrams: grams, code: kind });
}

function passTitle(book: Book, event: Of<"TitlePassed">): void {
  const { lot: id, owner, to, digest, seq, flags } = event.args;
  const lot = book.lot(id);
  const { grams } = lot;
  lot.owner = to;
  afterAct(lot, digest, grams, flags);
  const parties = { giver: owner, receiver: to };
  act(book, event, { digest, kind: "pass-title", lot: id, seq, ...parties, grams, lossGrams: 0, code: 0 });
}

function ruleOnFlags(book: Book, { args, block, index, tx }: Of<"FlagsChanged">): void {
  const { lot: id, set, cleared, basis } = args;
  const lot = book.lot(id);
  lot.flags = (lot.flags | set) & ~cleared;
  const ruling = { kind: "flags", set, cleared, grams: 0, auditor: undefined } as const;
  book.changes.rulings.push({ block, index, tx, lot: id, basis, ...ruling });
}

function declareVoid(book: Book, { args, block, index, tx }: Of<"LotVoided">): void {
  const { lot: id, auditor, grams, basis } = args;
  const lot = book.lot(id);
  lot.grams = 0;
  lot.disposition = dispositions.void;
  const ruling = { kind: "void", set: 0, cleared: 0, grams, auditor } as const;
  book.changes.rulings.push({ block, index, tx, lot: id, basis, ...ruling });
}
