/** An audit's own books: every entity as the chain's events make it, with the place of the event that last changed each field. */
import type { Hex } from "../../server/chain/port.ts";
import { CouldNot } from "./ask.ts";
import type { Event, Place } from "./events.ts";

export type Field = string | bigint | boolean | null;

/** An entity; its fields stand in the order of its record. */
export interface Row {
  fields: Record<string, Field>;
  places: Record<string, Place>;
  /** what else is known of it: storage has it, or a check needs it, and no record tells it */
  kept?: Record<string, Field>;
}

/** An event that does not follow from those before it: the contracts should never tell such. */
export interface Fault {
  /** the event's name */
  key: string;
  field: string;
  said: string;
  expected: string;
  place: Place;
}

export interface Books {
  /** the last block in them; -1 when they are empty */
  block: number;
  /** of each block, from 0 */
  hashes: Hex[];
  effects: Hex[];
  /** by key: `lot/0x…`, `act/0x…` … */
  rows: Map<string, Row>;
  /** what ended the rows that are no more */
  gone: Map<string, Place>;
  lots: Hex[];
  /** of lots that were contested, quarantined or void for a time: from which block on they were, or no more */
  exclusions: Map<Hex, { block: number; excluded: boolean }[]>;
  /** keys of retirements, by their number less one */
  retirements: string[];
  /** in seconds: how long divisions wait */
  delay: bigint;
  /** the chunk under payment, until its transaction ends */
  paying: { pool: bigint; chunk: bigint; tx: Hex } | undefined;
  /** what chunks held aside, in fen, by the key that the payout would have had */
  asides: Map<string, bigint>;
  /** in grams, ledger-wide */
  collected: bigint;
  concluded: bigint;
  events: number;
  faults: Fault[];
}

export const emptyBooks = (): Books => ({
  block: -1,
  hashes: [],
  effects: [],
  rows: new Map(),
  gone: new Map(),
  lots: [],
  exclusions: new Map(),
  retirements: [],
  delay: 0n,
  paying: undefined,
  asides: new Map(),
  collected: 0n,
  concluded: 0n,
  events: 0,
  faults: [],
});

const placeOf = ({ block, index, tx }: Event): Place => ({ block, index, tx });

/**
 * A new row, or other values for some fields of one.
 * @param kept what else is known of it
 */
export function put(
  books: Books,
  key: string,
  event: Event,
  fields: Record<string, Field>,
  kept?: Record<string, Field>,
): void {
  const place = placeOf(event);
  const row: Row = books.rows.get(key) ?? { fields: {}, places: {} };
  if (kept) row.kept = { ...row.kept, ...kept };
  for (const [name, value] of Object.entries(fields)) {
    if (row.fields[name] === value) continue;
    row.fields[name] = value;
    row.places[name] = place;
  }
  books.rows.set(key, row);
  books.gone.delete(key);
}

export function remove(books: Books, key: string, event: Event): void {
  books.rows.delete(key);
  books.gone.set(key, placeOf(event));
}

/** The row that an event speaks of. @throws CouldNot where no log before it made one */
export function rowOf({ rows }: Books, key: string, { block, index }: Event): Row {
  const row = rows.get(key);
  if (row) return row;
  throw new CouldNot(
    `Log ${index} of block ${block} speaks of ${key}, which no log before it made. The node leaves logs out, or /v1/ledger names another ledger: name a node that has all of them.`,
  );
}

/** Rows of a kind, such as `lot`, by ascending key. */
export const rowsOf = ({ rows }: Books, kind: string): [key: string, row: Row][] =>
  [...rows].filter(([key]) => key.startsWith(`${kind}/`)).sort(([a], [b]) => (a < b ? -1 : 1));

/** The n-th row of a kind in which several are about the same, from 000001. */
export function nextKey({ rows }: Books, kind: string): string {
  let n = 1;
  const key = (): string => `${kind}/${String(n).padStart(6, "0")}`;
  while (rows.has(key())) n++;
  return key();
}

/** A number as keys have it: with leading zeros, so that they sort as text. */
export const padded = (n: bigint, digits = 20): string => String(n).padStart(digits, "0");

/** Notes where an event tells something other than what follows from those before it. */
export function insist(books: Books, event: Event, field: string, told: Field, held: Field): void {
  if (told === held) return;
  books.faults.push({ key: event.name, field, said: String(told), expected: String(held), place: placeOf(event) });
}

/** Notes where an event tells of more than there is. */
export const insistAtMost = (books: Books, event: Event, field: string, told: bigint, most: bigint): void =>
  insist(books, event, field, told, told > most ? most : told);

/** Grams in open lots. */
export function liveGrams({ lots, rows }: Books): bigint {
  return lots.reduce((sum, lot) => {
    const { grams, disposition } = rows.get(`lot/${lot}`)!.fields;
    return disposition === 0n ? sum + (grams as bigint) : sum;
  }, 0n);
}

/** The last of an entity's changes. */
export const lastChange = ({ places }: Row): Place =>
  Object.values(places).reduce((last, place) =>
    place.block > last.block || (place.block === last.block && place.index > last.index) ? place : last,
  );
