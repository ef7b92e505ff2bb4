/** Rows of lots, acts, edges and rulings: read for a fold and written from it, set-based. */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { column, orNull } from "../indexer/columns.ts";
import type { ActRecord, Changes, Edge, LotState, Ruling } from "./changes.ts";

/** Those of the lots that are there. */
export async function readLotStates(sql: Sql, ids: ReadonlySet<Hex>): Promise<Map<Hex, LotState>> {
  if (ids.size === 0) return new Map();
  const rows = await sql<Omit<LotState, "grams" | "endedBy"> & { grams: bigint; endedBy: Hex | null }>`
    SELECT no, id, custodian, owner, grams, seq, class, disposition, flags, made_by AS "madeBy", ended_by AS "endedBy"
    FROM lot WHERE id = ANY (${column([...ids])}::text[])`;
  // a mass has 48 bits
  return new Map(rows.map((row) => [row.id, { ...row, grams: Number(row.grams), endedBy: row.endedBy ?? undefined }]));
}

/** The highest number of a lot; 0 when there is none. */
export async function readLastNo(sql: Sql): Promise<number> {
  const [last] = await sql<{ no: number }>`SELECT coalesce(max(no), 0) AS no FROM lot`;
  return last!.no;
}

/** Writes what a range came to. */
export async function writeChanges(sql: Sql, { made, changed, acts, edges, rulings }: Changes): Promise<void> {
  if (made.length > 0) await addLots(sql, made);
  if (changed.length > 0) await changeLots(sql, changed);
  if (acts.length > 0) await addActs(sql, acts);
  if (edges.length > 0) await addEdges(sql, edges);
  if (rulings.length > 0) await addRulings(sql, rulings);
}

// Rows go in by the order of their hashes: a sixth less work for the indexes, whose keys are random.

async function addLots(sql: Sql, lots: readonly LotState[]): Promise<void> {
  await sql`
    INSERT INTO lot (no, id, custodian, owner, grams, seq, class, disposition, flags, made_by, ended_by)
    SELECT * FROM unnest(
      ${column(lots.map(({ no }) => no))}::int[], ${column(lots.map(({ id }) => id))}::text[],
      ${column(lots.map(({ custodian }) => custodian))}::text[], ${column(lots.map(({ owner }) => owner))}::text[],
      ${column(lots.map(({ grams }) => grams))}::bigint[], ${column(lots.map(({ seq }) => seq))}::int[],
      ${column(lots.map((lot) => lot.class))}::int[], ${column(lots.map(({ disposition }) => disposition))}::smallint[],
      ${column(lots.map(({ flags }) => flags))}::smallint[], ${column(lots.map(({ madeBy }) => madeBy))}::text[],
      ${column(lots.map(({ endedBy }) => orNull(endedBy)))}::text[]
    ) AS new (no, id, custodian, owner, grams, seq, class, disposition, flags, made_by, ended_by)
    ORDER BY id`;
}

/** Class, maker and number of a lot never change. */
async function changeLots(sql: Sql, lots: readonly LotState[]): Promise<void> {
  await sql`
    UPDATE lot SET custodian = new.custodian, owner = new.owner, grams = new.grams, seq = new.seq,
      disposition = new.disposition, flags = new.flags, ended_by = new.ended_by
    FROM unnest(
      ${column(lots.map(({ no }) => no))}::int[], ${column(lots.map(({ custodian }) => custodian))}::text[],
      ${column(lots.map(({ owner }) => owner))}::text[], ${column(lots.map(({ grams }) => grams))}::bigint[],
      ${column(lots.map(({ seq }) => seq))}::int[], ${column(lots.map(({ disposition }) => disposition))}::smallint[],
      ${column(lots.map(({ flags }) => flags))}::smallint[], ${column(lots.map(({ endedBy }) => orNull(endedBy)))}::text[]
    ) AS new (no, custodian, owner, grams, seq, disposition, flags, ended_by)
    WHERE lot.no = new.no`;
}

async function addActs(sql: Sql, acts: readonly ActRecord[]): Promise<void> {
  await sql`
    INSERT INTO act (block, idx, digest, kind, lot, seq, giver, receiver, grams, declared_grams, accepted_grams, loss_grams,
      code, captured_at, flags, anchor, evidence, tx)
    SELECT * FROM unnest(
      ${column(acts.map(({ block }) => block))}::bigint[], ${column(acts.map(({ index }) => index))}::int[],
      ${column(acts.map(({ digest }) => digest))}::text[], ${column(acts.map(({ kind }) => kind))}::text[],
      ${column(acts.map(({ lot }) => lot))}::text[], ${column(acts.map(({ seq }) => seq))}::int[],
      ${column(acts.map(({ giver }) => giver))}::text[], ${column(acts.map(({ receiver }) => receiver))}::text[],
      ${column(acts.map(({ grams }) => grams))}::bigint[],
      ${column(acts.map(({ declaredGrams }) => orNull(declaredGrams)))}::bigint[],
      ${column(acts.map(({ acceptedGrams }) => orNull(acceptedGrams)))}::bigint[],
      ${column(acts.map(({ lossGrams }) => lossGrams))}::bigint[], ${column(acts.map(({ code }) => code))}::int[],
      ${column(acts.map(({ capturedAt }) => capturedAt))}::bigint[], ${column(acts.map(({ flags }) => flags))}::smallint[],
      ${column(acts.map(({ anchor }) => anchor))}::text[], ${column(acts.map(({ evidence }) => evidence))}::text[],
      ${column(acts.map(({ tx }) => tx))}::text[]
    ) AS new (block, idx, digest, kind, lot, seq, giver, receiver, grams, declared_grams, accepted_grams, loss_grams,
      code, captured_at, flags, anchor, evidence, tx)
    ORDER BY digest`;
}

async function addEdges(sql: Sql, edges: readonly Edge[]): Promise<void> {
  await sql`
    INSERT INTO edge (child, parent, grams)
    SELECT * FROM unnest(
      ${column(edges.map(({ child }) => child))}::int[], ${column(edges.map(({ parent }) => parent))}::int[],
      ${column(edges.map(({ grams }) => grams))}::bigint[]
    )`;
}

async function addRulings(sql: Sql, rulings: readonly Ruling[]): Promise<void> {
  await sql`
    INSERT INTO ruling (block, idx, lot, kind, set_flags, cleared_flags, grams, auditor, basis, tx)
    SELECT * FROM unnest(
      ${column(rulings.map(({ block }) => block))}::bigint[], ${column(rulings.map(({ index }) => index))}::int[],
      ${column(rulings.map(({ lot }) => lot))}::text[], ${column(rulings.map(({ kind }) => kind))}::text[],
      ${column(rulings.map(({ set }) => set))}::smallint[], ${column(rulings.map(({ cleared }) => cleared))}::smallint[],
      ${column(rulings.map(({ grams }) => grams))}::bigint[],
      ${column(rulings.map(({ auditor }) => orNull(auditor)))}::text[],
      ${column(rulings.map(({ basis }) => basis))}::text[], ${column(rulings.map(({ tx }) => tx))}::text[]
    )`;
}
