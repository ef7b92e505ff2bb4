/** What a range of events makes of blocks and batches: a pure fold. Who reads and writes rows is `rows.ts`. */
import type { CreditEvent } from "../chain/carbonEvents.ts";
import { idOf, placeOf } from "./blockId.ts";
import { dispositions, locks, type BatchState, type BlockEvent, type BlockState, type Changes } from "./changes.ts";

type Of<Name extends CreditEvent["name"]> = Extract<CreditEvent, { name: Name }>;

const DEDICATED = 1 << locks.indexOf("dedicated");

/** The blocks that a range's events name: those from before it must be given to {@link foldCredits}. */
export function touchedBlocks(events: readonly CreditEvent[]): Set<bigint> {
  const touched = new Set<bigint>();
  for (const { name, args } of events) {
    if (name === "Retired") for (const id of args.ids) touched.add(id);
    else if ("id" in args) touched.add(args.id);
  }
  return touched;
}

interface Book {
  changes: Changes;
  block(id: bigint): BlockState;
  make(state: BlockState): void;
  batch(id: bigint): BatchState;
}

/**
 * Folds the events of a range, in order.
 * @param blocks those among {@link touchedBlocks} that there were, by id; changed in place, as `batches` are
 * @param batches the batches of these blocks, by id
 * @throws where an event speaks of a block that is not there
 */
export function foldCredits(
  events: readonly CreditEvent[],
  blocks: Map<bigint, BlockState>,
  batches: Map<bigint, BatchState>,
): Changes {
  const changes: Changes = { blocks: [], batches: [], events: [], retirements: [], retired: [], notes: [] };
  const book: Book = {
    changes,
    block(id) {
      const found = blocks.get(id);
      if (!found) throw new Error(`An event speaks of block ${id}, which is not indexed.`);
      return found;
    },
    make: (state) => blocks.set(idOf(state), state),
    batch(id) {
      const found = batches.get(id);
      if (!found) throw new Error(`An event speaks of batch ${id}, which is not indexed.`);
      return found;
    },
  };
  for (const event of events) {
    if (event.name === "BatchOpened") batches.set(event.args.batch, opened(event));
    else play(book, event);
  }
  return { ...changes, blocks: [...blocks.values()], batches: [...batches.values()] };
}

function opened({ args }: Of<"BatchOpened">): BatchState {
  const { batch, project, report, vintage, scope, kg } = args;
  return { id: batch, project, report, vintage, scope, issuedKg: kg, retiredKg: 0n, cancelledKg: 0n, exportedKg: 0n };
}

function play(book: Book, event: CreditEvent): void {
  switch (event.name) {
    case "Issued":
      return issue(book, event);
    case "Split":
      return split(book, event);
    case "Moved":
      return move(book, event);
    case "LocksChanged":
      return changeLocks(book, event);
    case "Dedicated":
      book.block(event.args.id).purpose = event.args.purpose;
      return note(book, event, book.block(event.args.id), { kind: "dedicated" });
    case "Retired":
      return retire(book, event);
    case "Noted":
      return void book.changes.notes.push({ retirement: event.args.retirement, note: event.args.note });
    case "Cancelled":
      return end(book, event, "cancelled");
    case "Exported":
      return end(book, event, "exported");
    case "BatchOpened":
    case "PurposesSet":
  }
}

/** Writes down what happened to a block, as it stands afterwards. */
function note(
  { changes }: Book,
  { block, index, at, tx }: CreditEvent,
  { batch, first, kg, holder }: BlockState,
  more: Pick<BlockEvent, "kind"> & Partial<BlockEvent>,
): void {
  const nothing = { pos: 0, giver: undefined, set: 0, cleared: 0, basis: undefined };
  changes.events.push({ block, index, at, tx, batch, first, kg, holder, ...nothing, ...more });
}

const bare = { disposition: dispositions.live, locks: 0, retirement: 0n, purpose: 0, parentFirst: undefined };

function issue(book: Book, event: Of<"Issued">): void {
  const { id, kg, recipient, report } = event.args;
  const made: BlockState = { ...placeOf(id), kg, holder: recipient, ...bare };
  book.make(made);
  note(book, event, made, { kind: "issued", basis: report });
}

/** The tail leaves; what the head was locked for, it is locked for too. */
function split(book: Book, event: Of<"Split">): void {
  const { id, child, kg } = event.args;
  const head = book.block(id);
  head.kg -= kg;
  const tail: BlockState = { ...head, ...placeOf(child), kg, parentFirst: head.first };
  book.make(tail);
  note(book, event, tail, { kind: "split" });
}

function move(book: Book, event: Of<"Moved">): void {
  const { id, from, to, basis } = event.args;
  const moved = book.block(id);
  moved.holder = to;
  note(book, event, moved, { kind: "moved", giver: from, basis });
}

function changeLocks(book: Book, event: Of<"LocksChanged">): void {
  const { id, set, cleared, basis } = event.args;
  const changed = book.block(id);
  changed.locks = (changed.locks | set) & ~cleared;
  if ((changed.locks & DEDICATED) === 0) changed.purpose = 0;
  note(book, event, changed, { kind: "locks", set, cleared, basis });
}

function retire(book: Book, event: Of<"Retired">): void {
  const { retirement: id, ids, kg, ...claim } = event.args;
  const { at, block, tx } = event;
  book.changes.retirements.push({ id, ...claim, at, block, tx });
  for (const [pos, each] of ids.entries()) {
    const retired = book.block(each);
    retired.disposition = dispositions.retired;
    retired.retirement = id;
    book.batch(retired.batch).retiredKg += kg[pos]!;
    const { batch, first } = retired;
    book.changes.retired.push({ retirement: id, pos, batch, first, kg: kg[pos]! });
    note(book, event, retired, { kind: "retired", pos, basis: claim.record });
  }
}

function end(book: Book, event: Of<"Cancelled"> | Of<"Exported">, kind: "cancelled" | "exported"): void {
  const ended = book.block(event.args.id);
  ended.disposition = dispositions[kind];
  book.batch(ended.batch)[`${kind}Kg`] += ended.kg;
  note(book, event, ended, { kind, basis: event.args.basis });
}

/** The batches whose figures a range may change. */
export const touchedBatches = (blocks: Iterable<bigint>): Set<bigint> =>
  new Set([...blocks].map((id) => placeOf(id).batch));
