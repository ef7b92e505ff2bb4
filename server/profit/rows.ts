/** Rows of money and pools, written from a fold, set-based. */
import type { Sql } from "../db/port.ts";
import { column, orNull } from "../indexer/columns.ts";
import type { BankReference, Changes, HeldChange, NewPool, PaidChunk, Payout, Root } from "./changes.ts";

/** Writes what a range came to. */
export async function writeChanges(sql: Sql, changes: Changes): Promise<void> {
  const { references, balances, pools, roots, chunks, payouts, held, closed } = changes;
  if (references.length > 0) await addReferences(sql, references);
  if (balances.size > 0) await changeBalances(sql, balances);
  if (pools.length > 0) await addPools(sql, pools);
  if (roots.length > 0) await addRoots(sql, roots);
  if (chunks.length > 0) await addChunks(sql, chunks);
  if (payouts.length > 0) await addPayouts(sql, payouts);
  if (held.length > 0) await changeHeld(sql, held);
  if (closed.length > 0) await sql`UPDATE pool SET closed = true WHERE id = ANY (${column(closed)}::bigint[])`;
}

async function addReferences(sql: Sql, rows: readonly BankReference[]): Promise<void> {
  await sql`
    INSERT INTO bank_reference (bank, reference, kind, account, amount_fen, block, tx)
    SELECT * FROM unnest(
      ${column(rows.map(({ bank }) => bank))}::text[], ${column(rows.map(({ reference }) => reference))}::text[],
      ${column(rows.map(({ kind }) => kind))}::text[], ${column(rows.map(({ account }) => account))}::text[],
      ${column(rows.map(({ amountFen }) => amountFen))}::bigint[], ${column(rows.map(({ block }) => block))}::bigint[],
      ${column(rows.map(({ tx }) => tx))}::text[]
    )`;
}

/** An account with nothing has no row, so that rows do not depend on how ranges were cut. */
async function changeBalances(sql: Sql, balances: ReadonlyMap<string, bigint>): Promise<void> {
  const accounts = column([...balances.keys()]);
  await sql`
    INSERT INTO fen (account, amount_fen)
    SELECT * FROM unnest(${accounts}::text[], ${column([...balances.values()])}::bigint[]) AS new (account, by_fen)
    ORDER BY account
    ON CONFLICT (account) DO UPDATE SET amount_fen = fen.amount_fen + excluded.amount_fen`;
  await sql`DELETE FROM fen WHERE amount_fen = 0 AND account = ANY (${accounts}::text[])`;
}

async function addPools(sql: Sql, rows: readonly NewPool[]): Promise<void> {
  await sql`
    INSERT INTO pool (id, subject, kind, source, payer, amount_fen, ruleset, funded_at, tx)
    SELECT * FROM unnest(
      ${column(rows.map(({ id }) => id))}::bigint[], ${column(rows.map(({ subject }) => subject))}::text[],
      ${column(rows.map(({ kind }) => kind))}::smallint[], ${column(rows.map(({ source }) => source))}::int[],
      ${column(rows.map(({ payer }) => payer))}::text[], ${column(rows.map(({ amountFen }) => amountFen))}::bigint[],
      ${column(rows.map(({ ruleset }) => ruleset))}::text[], ${column(rows.map(({ fundedAt }) => fundedAt))}::bigint[],
      ${column(rows.map(({ tx }) => tx))}::text[]
    )`;
  const subjects = rows.flatMap(({ id, subjects }) => subjects.map((subject) => ({ id, subject })));
  await sql`
    INSERT INTO pool_subject (pool, subject)
    SELECT * FROM unnest(
      ${column(subjects.map(({ id }) => id))}::bigint[], ${column(subjects.map(({ subject }) => subject))}::text[]
    )`;
}

/** The last version of a pool is the one that holds. */
async function addRoots(sql: Sql, rows: readonly Root[]): Promise<void> {
  await sql`
    INSERT INTO pool_root (pool, version, root, leaf_count, inputs, opens_at, published_at, tx)
    SELECT * FROM unnest(
      ${column(rows.map(({ pool }) => pool))}::bigint[], ${column(rows.map(({ version }) => version))}::int[],
      ${column(rows.map(({ root }) => root))}::text[], ${column(rows.map(({ leafCount }) => leafCount))}::bigint[],
      ${column(rows.map(({ inputs }) => inputs))}::text[], ${column(rows.map(({ opensAt }) => opensAt))}::bigint[],
      ${column(rows.map(({ publishedAt }) => publishedAt))}::bigint[], ${column(rows.map(({ tx }) => tx))}::text[]
    )`;
  await sql`
    UPDATE pool SET version = last.version FROM (
      SELECT pool, max(version) AS version FROM pool_root WHERE pool = ANY (${column(rows.map(({ pool }) => pool))}::bigint[])
      GROUP BY pool
    ) AS last WHERE pool.id = last.pool`;
}

async function addChunks(sql: Sql, rows: readonly PaidChunk[]): Promise<void> {
  const pools = column(rows.map(({ pool }) => pool));
  const sums = column(rows.map(({ sumFen }) => sumFen));
  await sql`
    INSERT INTO pool_chunk (pool, chunk, sum_fen, block, tx)
    SELECT * FROM unnest(
      ${pools}::bigint[], ${column(rows.map(({ chunk }) => chunk))}::bigint[], ${sums}::bigint[],
      ${column(rows.map(({ block }) => block))}::bigint[], ${column(rows.map(({ tx }) => tx))}::text[]
    )`;
  await sql`
    UPDATE pool SET paid_fen = paid_fen + new.sum_fen FROM (
      SELECT pool, sum(sum_fen) AS sum_fen FROM unnest(${pools}::bigint[], ${sums}::bigint[]) AS paid (pool, sum_fen) GROUP BY pool
    ) AS new WHERE pool.id = new.pool`;
}

async function addPayouts(sql: Sql, rows: readonly Payout[]): Promise<void> {
  await sql`
    INSERT INTO payout (block, idx, pool, account, amount_fen, chunk, entitled, basis, tx)
    SELECT * FROM unnest(
      ${column(rows.map(({ block }) => block))}::bigint[], ${column(rows.map(({ index }) => index))}::int[],
      ${column(rows.map(({ pool }) => pool))}::bigint[], ${column(rows.map(({ account }) => account))}::text[],
      ${column(rows.map(({ amountFen }) => amountFen))}::bigint[],
      ${column(rows.map(({ chunk }) => orNull(chunk)))}::bigint[], ${column(rows.map(({ entitled }) => entitled))}::text[],
      ${column(rows.map(({ basis }) => orNull(basis)))}::text[], ${column(rows.map(({ tx }) => tx))}::text[]
    )`;
}

async function changeHeld(sql: Sql, rows: readonly HeldChange[]): Promise<void> {
  const pools = column(rows.map(({ pool }) => pool));
  const accounts = column(rows.map(({ account }) => account));
  await sql`
    INSERT INTO held_aside (pool, account, amount_fen)
    SELECT * FROM unnest(${pools}::bigint[], ${accounts}::text[], ${column(rows.map(({ byFen }) => byFen))}::bigint[])
    ON CONFLICT (pool, account) DO UPDATE SET amount_fen = held_aside.amount_fen + excluded.amount_fen`;
  await sql`
    DELETE FROM held_aside USING unnest(${pools}::bigint[], ${accounts}::text[]) AS changed (pool, account)
    WHERE held_aside.pool = changed.pool AND held_aside.account = changed.account AND amount_fen = 0`;
}
