/** Lots as the checks of acts at intake need them, and what overtook an act. */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { column } from "../indexer/columns.ts";

/** How a lot stands. */
export interface Stand {
  id: Hex;
  custodian: Hex;
  /** the custodian, unless the lot is bailed */
  owner: Hex;
  grams: number;
  seq: number;
  /** 0 open, 1 consumed, 2 void */
  disposition: number;
  /** bits: 1 contested, 2 quarantined, 4 bailed, 8 review */
  flags: number;
}

/** Those of the lots that are indexed. */
export async function readStands(sql: Sql, ids: readonly Hex[]): Promise<Map<Hex, Stand>> {
  if (ids.length === 0) return new Map();
  const rows = await sql<Omit<Stand, "grams"> & { grams: bigint }>`
    SELECT id, custodian, owner, grams, seq, disposition, flags FROM lot WHERE id = ANY (${column(ids)}::text[])`;
  return new Map(rows.map((row) => [row.id, { ...row, grams: Number(row.grams) }]));
}

/**
 * Digest of the act that was recorded on one of these lots at that `seq`; `undefined` while there is none. A transform is
 * recorded with its first input: as what ended the lot it is found by the others.
 */
export async function actAt(sql: Sql, places: readonly { subject: Hex; seq: number }[]): Promise<Hex | undefined> {
  const [found] = await sql<{ digest: Hex }>`
    WITH place AS (
      SELECT * FROM unnest(
        ${places.map(({ subject }) => subject)}::text[], ${places.map(({ seq }) => seq)}::int[]
      ) AS place (lot, seq)
    )
    SELECT digest FROM place JOIN act ON act.lot = place.lot AND act.seq = place.seq WHERE kind <> 'collect'
    UNION
    SELECT ended_by FROM place JOIN lot ON lot.id = place.lot AND lot.seq = place.seq + 1 WHERE ended_by IS NOT NULL
    LIMIT 1`;
  return found?.digest;
}
