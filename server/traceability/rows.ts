/** Rows of lots, acts, edges and rulings: read for a fold and written from it, set-based. */
import type { LotEvent } from "../chain/lotEvents.ts";
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import {
  bigints,
  bySlices,
  column,
  ints,
  orNull,
  sendAll,
  slices,
  smallints,
  statement,
  texts,
  type Statement,
} from "../indexer/columns.ts";
import type { ActRecord, Edge, LotState, Ruling } from "./changes.ts";
import type { LotFold } from "./fold.ts";

/** Those of the lots that are there. */
export async function readLotStates(sql: Sql, ids: ReadonlySet<Hex>): Promise<Map<Hex, LotState>> {
  if (ids.size === 0) return new Map();
  const rows = await sql<Omit<LotState, "grams" | "endedBy"> & { grams: bigint; endedBy: Hex | null }>`
    SELECT no, id, custodian, owner, grams, seq, class, disposition, flags, made_by AS "madeBy", ended_by AS "endedBy"
    FROM lot WHERE id = ANY (${texts([...ids], (id) => id)}::text[])`;
  // a mass has 48 bits
  return new Map(rows.map((row) => [row.id, { ...row, grams: Number(row.grams), endedBy: row.endedBy ?? undefined }]));
}

/** The highest number of a lot; 0 when there is none. */
export async function readLastNo(sql: Sql): Promise<number> {
  const [last] = await sql<{ no: number }>`SELECT coalesce(max(no), 0) AS no FROM lot`;
  return last!.no;
}

/** Folds events and writes what they come to: the next of them are folded while the database writes the acts of these. */
export const writeFolded = (sql: Sql, lots: LotFold, events: readonly LotEvent[]): Promise<void> =>
  sendAll(sql, statements(lots, events));

function* statements(lots: LotFold, events: readonly LotEvent[]): Generator<Statement> {
  for (const some of slices(events)) yield* bySlices(lots.fold(some), addActs);
  const { made, changed, edges, rulings } = lots.changes();
  yield* bySlices(made, addLots);
  yield* bySlices(changed, changeLots);
  yield* bySlices(edges, addEdges);
  yield* bySlices(rulings, addRulings);
}

// Several unnest() in a select list walk in step, and unlike those of a FROM keep no copy of their column.

const addLots = (lots: readonly LotState[]): Statement => statement`
    INSERT INTO lot (no, id, custodian, owner, grams, seq, class, disposition, flags, made_by, ended_by)
    SELECT
      unnest(${ints(lots, ({ no }) => no)}::int[]), unnest(${texts(lots, ({ id }) => id)}::text[]),
      unnest(${texts(lots, ({ custodian }) => custodian)}::text[]), unnest(${texts(lots, ({ owner }) => owner)}::text[]),
      unnest(${bigints(lots, ({ grams }) => grams)}::bigint[]), unnest(${ints(lots, ({ seq }) => seq)}::int[]),
      unnest(${ints(lots, (lot) => lot.class)}::int[]),
      unnest(${smallints(lots, ({ disposition }) => disposition)}::smallint[]),
      unnest(${smallints(lots, ({ flags }) => flags)}::smallint[]),
      unnest(${texts(lots, ({ madeBy }) => madeBy)}::text[]), unnest(${texts(lots, ({ endedBy }) => endedBy)}::text[])`;

/** Class, maker and number of a lot never change. */
const changeLots = (lots: readonly LotState[]): Statement => statement`
    UPDATE lot SET custodian = new.custodian, owner = new.owner, grams = new.grams, seq = new.seq,
      disposition = new.disposition, flags = new.flags, ended_by = new.ended_by
    FROM (SELECT
      unnest(${ints(lots, ({ no }) => no)}::int[]), unnest(${texts(lots, ({ custodian }) => custodian)}::text[]),
      unnest(${texts(lots, ({ owner }) => owner)}::text[]), unnest(${bigints(lots, ({ grams }) => grams)}::bigint[]),
      unnest(${ints(lots, ({ seq }) => seq)}::int[]),
      unnest(${smallints(lots, ({ disposition }) => disposition)}::smallint[]),
      unnest(${smallints(lots, ({ flags }) => flags)}::smallint[]),
      unnest(${texts(lots, ({ endedBy }) => endedBy)}::text[])
    ) AS new (no, custodian, owner, grams, seq, disposition, flags, ended_by)
    WHERE lot.no = new.no`;

const addActs = (acts: readonly ActRecord[]): Statement => statement`
    INSERT INTO act (block, idx, digest, kind, lot, seq, giver, receiver, grams, declared_grams, accepted_grams, loss_grams,
      code, captured_at, flags, anchor, evidence, tx)
    SELECT
      unnest(${bigints(acts, ({ block }) => block)}::bigint[]), unnest(${ints(acts, ({ index }) => index)}::int[]),
      unnest(${texts(acts, ({ digest }) => digest)}::text[]), unnest(${texts(acts, ({ kind }) => kind)}::text[]),
      unnest(${texts(acts, ({ lot }) => lot)}::text[]), unnest(${ints(acts, ({ seq }) => seq)}::int[]),
      unnest(${texts(acts, ({ giver }) => giver)}::text[]), unnest(${texts(acts, ({ receiver }) => receiver)}::text[]),
      unnest(${bigints(acts, ({ grams }) => grams)}::bigint[]),
      unnest(${bigints(acts, ({ declaredGrams }) => declaredGrams)}::bigint[]),
      unnest(${bigints(acts, ({ acceptedGrams }) => acceptedGrams)}::bigint[]),
      unnest(${bigints(acts, ({ lossGrams }) => lossGrams)}::bigint[]), unnest(${ints(acts, ({ code }) => code)}::int[]),
      unnest(${bigints(acts, ({ capturedAt }) => capturedAt)}::bigint[]),
      unnest(${smallints(acts, ({ flags }) => flags)}::smallint[]),
      unnest(${texts(acts, ({ anchor }) => anchor)}::text[]), unnest(${texts(acts, ({ evidence }) => evidence)}::text[]),
      unnest(${texts(acts, ({ tx }) => tx)}::text[])`;

const addEdges = (edges: readonly Edge[]): Statement => statement`
    INSERT INTO edge (child, parent, grams)
    SELECT unnest(${ints(edges, ({ child }) => child)}::int[]), unnest(${ints(edges, ({ parent }) => parent)}::int[]),
      unnest(${bigints(edges, ({ grams }) => grams)}::bigint[])`;

const addRulings = (rulings: readonly Ruling[]): Statement => statement`
    INSERT INTO ruling (block, idx, lot, kind, set_flags, cleared_flags, grams, auditor, basis, tx)
    SELECT * FROM unnest(
      ${column(rulings.map(({ block }) => block))}::bigint[], ${column(rulings.map(({ index }) => index))}::int[],
      ${column(rulings.map(({ lot }) => lot))}::text[], ${column(rulings.map(({ kind }) => kind))}::text[],
      ${column(rulings.map(({ set }) => set))}::smallint[], ${column(rulings.map(({ cleared }) => cleared))}::smallint[],
      ${column(rulings.map(({ grams }) => grams))}::bigint[],
      ${column(rulings.map(({ auditor }) => orNull(auditor)))}::text[],
      ${column(rulings.map(({ basis }) => basis))}::text[], ${column(rulings.map(({ tx }) => tx))}::text[]
    )`;
