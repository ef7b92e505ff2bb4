/** An audit's own books: every entity as the chain's events make it, with the place of the event that last changed each field. */
import type { Hex } from "../../server/chain/port.ts";
import type { Event, Place } from "./events.ts";

export type Field = string | bigint | boolean | null;

/** An entity; its fields stand in the order of its record. */
export interface Row {
  fields: Record<string, Field>;
  places: Record<string, Place>;
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
  collected: 0n,
  concluded: 0n,
  events: 0,
  faults: [],
});

const placeOf = ({ block, index, tx }: Event): Place => ({ block, index, tx });

/** A new row, or other values for some fields of one. */
export function put(books: Books, key: string, event: Event, fields: Record<string, Field>): void {
  const place = placeOf(event);
  const row = books.rows.get(key) ?? { fields: {}, places: {} };
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

/** Notes where an event tells something other than what follows from those before it. */
export function insist(books: Books, event: Event, field: string, told: Field, held: Field): void {
  if (told === held) return;
  books.faults.push({ key: event.name, field, said: String(told), expected: String(held), place: placeOf(event) });
}

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
