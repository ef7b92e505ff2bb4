/** Writes generated histories straight into the projections' tables, as the indexer would have. */
import type { Db, Sql } from "../../server/db/port.ts";
import { column } from "../../server/indexer/columns.ts";
import type { Generated } from "./graphs.ts";

const ACTS_PER_BLOCK = 100;
const ROWS = 20_000;

async function inPieces<Row>(
  rows: readonly Row[],
  write: (piece: Row[], from: number) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS) await write(rows.slice(from, from + ROWS), from);
}

async function fillLots(sql: Sql, { lots }: Generated): Promise<void> {
  await inPieces(
    lots,
    (rows) => sql`
      INSERT INTO lot (no, id, custodian, owner, grams, seq, class, disposition, flags, made_by, ended_by)
      SELECT no, id, custodian, custodian, grams, seq, class, (ended_by IS NOT NULL)::int, 0, made_by, ended_by FROM unnest(
        ${column(rows.map(({ no }) => no))}::int[], ${column(rows.map(({ id }) => id))}::text[],
        ${column(rows.map(({ custodian }) => custodian))}::text[], ${column(rows.map(({ left }) => left))}::bigint[],
        ${column(rows.map(({ seq }) => seq))}::int[], ${column(rows.map((row) => row.class))}::int[],
        ${column(rows.map(({ madeBy }) => madeBy))}::text[], ${column(rows.map(({ endedBy }) => endedBy ?? "0x"))}::text[]
      ) AS new (no, id, custodian, grams, seq, class, made_by, ended), nullif(ended, '0x') AS ended_by`,
  );
}

async function fillActs(sql: Sql, { acts }: Generated): Promise<void> {
  await inPieces(
    acts,
    (rows, from) => sql`
      INSERT INTO act (block, idx, digest, kind, lot, seq, giver, receiver, grams, declared_grams, accepted_grams,
        loss_grams, code, captured_at, flags, anchor, evidence, tx)
      SELECT (${from}::bigint + n - 1) / ${ACTS_PER_BLOCK}::bigint + 1, (${from}::bigint + n - 1) % ${ACTS_PER_BLOCK}::bigint, digest, kind, lot, seq,
        giver, receiver, grams, nullif(declared, -1), CASE WHEN declared < 0 THEN NULL ELSE grams END, loss, code, at, 0,
        digest, digest, digest
      FROM unnest(
        ${column(rows.map(({ digest }) => digest))}::text[], ${column(rows.map(({ kind }) => kind))}::text[],
        ${column(rows.map(({ lot }) => lot))}::text[], ${column(rows.map(({ seq }) => seq))}::int[],
        ${column(rows.map(({ giver }) => giver))}::text[], ${column(rows.map(({ receiver }) => receiver))}::text[],
        ${column(rows.map(({ grams }) => grams))}::bigint[], ${column(rows.map(({ declared }) => declared ?? -1))}::bigint[],
        ${column(rows.map(({ loss }) => loss))}::bigint[], ${column(rows.map(({ code }) => code))}::int[],
        ${column(rows.map(({ at }) => at))}::bigint[]
      ) WITH ORDINALITY AS new (digest, kind, lot, seq, giver, receiver, grams, declared, loss, code, at, n)`,
  );
}

async function fillEdges(sql: Sql, { edges }: Generated): Promise<void> {
  await inPieces(
    edges,
    (rows) => sql`
      INSERT INTO edge (child, parent, grams) SELECT * FROM unnest(
        ${column(rows.map(({ child }) => child))}::int[], ${column(rows.map(({ parent }) => parent))}::int[],
        ${column(rows.map(({ grams }) => grams))}::bigint[])`,
  );
}

/** Blocks of 100 acts, and the cursor at the last. */
async function fillBlocks(sql: Sql, blocks: number): Promise<void> {
  await sql`
    INSERT INTO block (number, hash, parent, at, effects)
    SELECT n, '0x' || lpad(to_hex(n), 64, '0'), '0x' || lpad(to_hex(n - 1), 64, '0'), 1735689600 + n, '0x'
    FROM generate_series(1, ${blocks}::int) AS n`;
  await sql`INSERT INTO cursor (name, block, hash) VALUES ('indexer', ${blocks}, '0x' || lpad(to_hex(${blocks}::int), 64, '0'))`;
}

async function fillAccounts(sql: Sql, { accounts }: Generated): Promise<void> {
  await sql`
    INSERT INTO account (id, status, kinds, licensed_from, licensed_until, licences)
    SELECT id, 1, kinds, 0, 0, 0 FROM unnest(
      ${column(accounts.map(({ id }) => id))}::text[], ${column(accounts.map(({ kinds }) => kinds))}::int[]) AS new (id, kinds)`;
}

/** Runs SQL that has no parameters, whose names come from the catalogue. */
const run = (sql: Sql, text: string): Promise<unknown> => sql(Object.assign([text], { raw: [text] }));

/** Indexes made anew over all rows take a fraction of what they take row by row. */
async function withoutIndexes(sql: Sql, work: () => Promise<void>): Promise<void> {
  const indexes = await sql<{ name: string; definition: string }>`
    SELECT indexname AS name, indexdef AS definition FROM pg_indexes
    WHERE tablename IN ('act', 'edge') AND indexname NOT LIKE '%pkey'`;
  for (const { name } of indexes) await run(sql, `DROP INDEX ${name}`);
  await work();
  for (const { definition } of indexes) await run(sql, definition);
}

/** Fills a database whose index is empty. @returns the number of the last block */
export async function fillProjections(db: Db, generated: Generated): Promise<number> {
  const blocks = Math.ceil(generated.acts.length / ACTS_PER_BLOCK);
  await db.transaction(async (sql) => {
    await fillAccounts(sql, generated);
    await fillLots(sql, generated);
    await withoutIndexes(sql, async () => {
      await fillActs(sql, generated);
      await fillEdges(sql, generated);
    });
    await fillBlocks(sql, blocks);
  });
  await db.sql`ANALYZE`;
  return blocks;
}
