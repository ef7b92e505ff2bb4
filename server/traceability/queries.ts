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

/** Lots after an id, by id: the open ones in an account's custody, or all there ever were. */
export async function readLots(sql: Sql, after: Hex, limit: number, custodian?: Hex): Promise<LotRow[]> {
  if (custodian === undefined) {
    return sql<LotRow>`
      SELECT id, custodian, grams, seq, class, disposition, flags FROM lot WHERE id > ${after} ORDER BY id LIMIT ${limit}`;
  }
  return sql<LotRow>`
    SELECT id, custodian, grams, seq, class, disposition, flags FROM lot
    WHERE custodian = ${custodian} AND disposition = 0 AND id > ${after} ORDER BY id LIMIT ${limit}`;
}

/** Those of the lots that are indexed. */
export async function indexedLots(sql: Sql, ids: readonly Hex[]): Promise<Set<Hex>> {
  const rows = await sql<{ id: Hex }>`SELECT id FROM lot WHERE id = ANY (${column(ids)}::text[])`;
  return new Set(rows.map(({ id }) => id));
}

/** Those of the digests whose acts are recorded. */
export async function recordedDigests(sql: Sql, digests: readonly Hex[]): Promise<Set<Hex>> {
  const rows = await sql<{ digest: Hex }>`SELECT digest FROM act WHERE digest = ANY (${column(digests)}::text[])`;
  return new Set(rows.map(({ digest }) => digest));
}

/** A lot among those that others came from. */
export interface UpstreamLot {
  id: Hex;
  flags: number;
  disposition: number;
  /** that it was made with */
  madeGrams: bigint;
  /** of these grams, those that came from each parent */
  parents: { id: Hex; grams: bigint }[];
}

/** An act upon such a lot; a transform stands once for each lot that it took in. */
export interface UpstreamAct {
  kind: "collect" | "handoff" | "split" | "transform";
  lot: Hex;
  giver: Hex;
  receiver: Hex;
  /** bailment byte of a handoff */
  code: number;
}

interface NumberedLot extends Omit<UpstreamLot, "madeGrams" | "parents"> {
  no: number;
  collected: bigint | null;
}

/**
 * Some lots and all that they came from, with the acts upon them by which somebody had a part in them.
 * @param ids those that are not indexed are left out
 * @param sql of a snapshot
 */
export async function readUpstream(
  sql: Sql,
  ids: readonly Hex[],
): Promise<{ lots: UpstreamLot[]; acts: UpstreamAct[] }> {
  const rows = await sql<NumberedLot>`
    WITH RECURSIVE up (no) AS (
      SELECT no FROM lot WHERE id = ANY (${column(ids)}::text[])
      UNION SELECT edge.parent FROM up JOIN edge ON edge.child = up.no
    )
    SELECT lot.no, lot.id, lot.flags, disposition, act.grams AS collected
    FROM up JOIN lot USING (no) LEFT JOIN act ON act.digest = lot.id ORDER BY lot.no`;
  const numbers = column(rows.map(({ no }) => no));
  const edges = await sql<{ child: number; parent: number; grams: bigint }>`
    SELECT child, parent, grams FROM edge WHERE child = ANY (${numbers}::int[]) ORDER BY child, parent`;
  const acts = await sql<UpstreamAct>`
    SELECT kind, lot, giver, receiver, code FROM act JOIN lot ON lot.id = act.lot
    WHERE no = ANY (${numbers}::int[]) AND kind IN ('collect', 'handoff', 'split')
    UNION ALL SELECT kind, lot.id, giver, receiver, code FROM lot JOIN act ON act.digest = ended_by AND kind = 'transform'
    WHERE no = ANY (${numbers}::int[])`;
  const lots = new Map<number, UpstreamLot>(
    rows.map(({ no, collected, ...row }) => [no, { ...row, madeGrams: collected ?? 0n, parents: [] }]),
  );
  for (const { child, parent, grams } of edges) {
    const lot = lots.get(child)!;
    lot.parents.push({ id: lots.get(parent)!.id, grams });
    lot.madeGrams += grams;
  }
  return { lots: [...lots.values()], acts };
}
