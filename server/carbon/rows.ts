/** Rows of batches, blocks and retirements: read for a fold and written from it, set-based. */
import type { Sql } from "../db/port.ts";
import { column, orNull } from "../indexer/columns.ts";
import { idOf, placeOf } from "./blockId.ts";
import type { BatchState, BlockEvent, BlockState, Changes, RetirementState } from "./changes.ts";

/** Those of the blocks that there are, by id. */
export async function readBlockStates(sql: Sql, ids: Iterable<bigint>): Promise<Map<bigint, BlockState>> {
  const places = [...ids].map(placeOf);
  if (places.length === 0) return new Map();
  const rows = await sql<Omit<BlockState, "parentFirst"> & { parentFirst: bigint | null }>`
    SELECT b.batch, b.first, kg, holder, disposition, locks, retirement, purpose, parent_first AS "parentFirst"
    FROM credit_block b JOIN unnest(
      ${column(places.map(({ batch }) => batch))}::bigint[], ${column(places.map(({ first }) => first))}::bigint[]
    ) AS asked (batch, first) ON asked.batch = b.batch AND asked.first = b.first`;
  return new Map(rows.map((row) => [idOf(row), { ...row, parentFirst: row.parentFirst ?? undefined }]));
}

/** Writes what a range came to. */
export async function writeChanges(sql: Sql, changes: Changes): Promise<void> {
  if (changes.batches.length > 0) await putBatches(sql, changes.batches);
  if (changes.blocks.length > 0) await putBlocks(sql, changes.blocks);
  if (changes.events.length > 0) await addEvents(sql, changes.events);
  if (changes.retirements.length > 0) await addRetirements(sql, changes.retirements, changes.retired);
  for (const { retirement, note } of changes.notes) {
    await sql`UPDATE retirement SET note = ${note} WHERE id = ${retirement}`;
  }
}

async function putBatches(sql: Sql, rows: readonly BatchState[]): Promise<void> {
  await sql`
    INSERT INTO batch (id, project, report, vintage, scope, issued_kg, retired_kg, cancelled_kg, exported_kg)
    SELECT * FROM unnest(
      ${column(rows.map(({ id }) => id))}::bigint[], ${column(rows.map(({ project }) => project))}::bigint[],
      ${column(rows.map(({ report }) => report))}::text[], ${column(rows.map(({ vintage }) => vintage))}::int[],
      ${column(rows.map(({ scope }) => scope))}::int[], ${column(rows.map(({ issuedKg }) => issuedKg))}::bigint[],
      ${column(rows.map(({ retiredKg }) => retiredKg))}::bigint[],
      ${column(rows.map(({ cancelledKg }) => cancelledKg))}::bigint[],
      ${column(rows.map(({ exportedKg }) => exportedKg))}::bigint[]
    )
    ON CONFLICT (id) DO UPDATE SET retired_kg = excluded.retired_kg, cancelled_kg = excluded.cancelled_kg,
      exported_kg = excluded.exported_kg`;
}

/** Where a block came from never changes. */
async function putBlocks(sql: Sql, rows: readonly BlockState[]): Promise<void> {
  await sql`
    INSERT INTO credit_block (batch, first, kg, holder, disposition, locks, retirement, purpose, parent_first)
    SELECT * FROM unnest(
      ${column(rows.map(({ batch }) => batch))}::bigint[], ${column(rows.map(({ first }) => first))}::bigint[],
      ${column(rows.map(({ kg }) => kg))}::bigint[], ${column(rows.map(({ holder }) => holder))}::text[],
      ${column(rows.map(({ disposition }) => disposition))}::smallint[],
      ${column(rows.map(({ locks }) => locks))}::smallint[],
      ${column(rows.map(({ retirement }) => retirement))}::bigint[], ${column(rows.map(({ purpose }) => purpose))}::int[],
      ${column(rows.map(({ parentFirst }) => orNull(parentFirst)))}::bigint[]
    )
    ON CONFLICT (batch, first) DO UPDATE SET kg = excluded.kg, holder = excluded.holder,
      disposition = excluded.disposition, locks = excluded.locks, retirement = excluded.retirement,
      purpose = excluded.purpose`;
}

async function addEvents(sql: Sql, rows: readonly BlockEvent[]): Promise<void> {
  await sql`
    INSERT INTO block_event
      (block, idx, pos, kind, batch, first, kg, giver, holder, set_locks, cleared_locks, basis, at, tx)
    SELECT * FROM unnest(
      ${column(rows.map(({ block }) => block))}::bigint[], ${column(rows.map(({ index }) => index))}::int[],
      ${column(rows.map(({ pos }) => pos))}::int[], ${column(rows.map(({ kind }) => kind))}::text[],
      ${column(rows.map(({ batch }) => batch))}::bigint[], ${column(rows.map(({ first }) => first))}::bigint[],
      ${column(rows.map(({ kg }) => kg))}::bigint[], ${column(rows.map(({ giver }) => orNull(giver)))}::text[],
      ${column(rows.map(({ holder }) => holder))}::text[], ${column(rows.map(({ set }) => set))}::smallint[],
      ${column(rows.map(({ cleared }) => cleared))}::smallint[],
      ${column(rows.map(({ basis }) => orNull(basis)))}::text[], ${column(rows.map(({ at }) => at))}::bigint[],
      ${column(rows.map(({ tx }) => tx))}::text[]
    )`;
}

async function addRetirements(sql: Sql, rows: readonly RetirementState[], retired: Changes["retired"]): Promise<void> {
  const texts = <K extends keyof RetirementState>(key: K): RetirementState[K][] => rows.map((row) => row[key]);
  await sql`
    INSERT INTO retirement
      (id, holder, beneficiary, purpose, from_month, to_month, country, document, record, at, block, tx)
    SELECT * FROM unnest(
      ${column(texts("id"))}::bigint[], ${column(texts("holder"))}::text[], ${column(texts("beneficiary"))}::text[],
      ${column(texts("purpose"))}::int[], ${column(texts("fromMonth"))}::int[], ${column(texts("toMonth"))}::int[],
      ${column(texts("country"))}::int[], ${column(texts("document"))}::text[], ${column(texts("record"))}::text[],
      ${column(texts("at"))}::bigint[], ${column(texts("block"))}::bigint[], ${column(texts("tx"))}::text[]
    )`;
  await sql`
    INSERT INTO retirement_block (retirement, pos, batch, first, kg)
    SELECT * FROM unnest(
      ${column(retired.map(({ retirement }) => retirement))}::bigint[], ${column(retired.map(({ pos }) => pos))}::int[],
      ${column(retired.map(({ batch }) => batch))}::bigint[], ${column(retired.map(({ first }) => first))}::bigint[],
      ${column(retired.map(({ kg }) => kg))}::bigint[]
    )`;
}
