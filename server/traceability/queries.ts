/** Reads of lots and acts. */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { column } from "../indexer/columns.ts";

/** A lot as it stands. */
export interface LotRow {
  id: Hex;
  custodian: Hex;
  grams: bigint;
  seq: number;
  /** licence kind (6 bits) and material (10 bits) */
  class: number;
  /** 0 open, 1 consumed, 2 void */
  disposition: number;
  /** bits: 1 contested, 2 quarantined, 4 bailed, 8 review */
  flags: number;
}

/** A lot as it stands; `undefined` where none is indexed. */
export async function readLot(sql: Sql, id: Hex): Promise<LotRow | undefined> {
  const [lot] = await sql<LotRow>`
    SELECT id, custodian, grams, seq, class, disposition, flags FROM lot WHERE id = ${id}`;
  return lot;
}

/** Those of the digests whose acts are recorded. */
export async function recordedDigests(sql: Sql, digests: readonly Hex[]): Promise<Set<Hex>> {
  const rows = await sql<{ digest: Hex }>`SELECT digest FROM act WHERE digest = ANY (${column(digests)}::text[])`;
  return new Set(rows.map(({ digest }) => digest));
}
