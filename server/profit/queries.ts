/** Reads of pools, of what was paid, and of balances. Amounts in fen. */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { column } from "../indexer/columns.ts";

/** 1 lots, 2 a batch, 3 a project. */
export const poolKinds = ["lots", "batch", "project"] as const;

/** The division of a pool that holds. */
export interface RootRow {
  version: number;
  root: Hex;
  leafCount: number;
  inputs: Hex;
  /** seconds since 1970 */
  opensAt: number;
}

export interface PoolRow {
  id: bigint;
  /** the one subject, or the hash of several */
  subject: Hex;
  kind: number;
  source: number;
  payer: Hex;
  amountFen: bigint;
  ruleset: Hex;
  /** with what is held aside */
  paidFen: bigint;
  closed: boolean;
  /** seconds since 1970 */
  fundedAt: number;
  /** none before one is published */
  division: RootRow | undefined;
}

type Columns = Omit<PoolRow, "fundedAt" | "division"> & { fundedAt: bigint; version: number } & (
    { root: Hex; leafCount: bigint; inputs: Hex; opensAt: bigint } | { root: null }
  );

function poolOf({ id, subject, kind, source, payer, amountFen, ruleset, paidFen, closed, ...rest }: Columns): PoolRow {
  const pool = { id, subject, kind, source, payer, amountFen, ruleset, paidFen, closed };
  const fundedAt = Number(rest.fundedAt);
  if (rest.root === null) return { ...pool, fundedAt, division: undefined };
  const { version, root, inputs } = rest;
  const [leafCount, opensAt] = [Number(rest.leafCount), Number(rest.opensAt)];
  return { ...pool, fundedAt, division: { version, root, leafCount, inputs, opensAt } };
}

/** Pools by number, from after one on. */
export async function readPools(sql: Sql, after: bigint, limit: number): Promise<PoolRow[]> {
  const rows = await sql<Columns>`
    SELECT id, subject, kind, source, payer, amount_fen AS "amountFen", ruleset, paid_fen AS "paidFen", closed,
      funded_at AS "fundedAt", pool.version, root, leaf_count AS "leafCount", inputs, opens_at AS "opensAt"
    FROM pool LEFT JOIN pool_root r ON r.pool = id AND r.version = pool.version
    WHERE id > ${after} ORDER BY id LIMIT ${limit}`;
  return rows.map(poolOf);
}

/** One pool; `undefined` where none is indexed. */
export async function readPool(sql: Sql, id: bigint): Promise<PoolRow | undefined> {
  const [found] = await readPools(sql, id - 1n, 1);
  return found?.id === id ? found : undefined;
}

/** What a pool is for, ascending: at most 4,096. */
export async function readSubjects(sql: Sql, pool: bigint): Promise<Hex[]> {
  const rows = await sql<{ subject: Hex }>`SELECT subject FROM pool_subject WHERE pool = ${pool} ORDER BY subject`;
  return rows.map(({ subject }) => subject);
}

/** How many of a pool's chunks are paid. */
export async function countPaidChunks(sql: Sql, pool: bigint): Promise<number> {
  const [found] = await sql<{ n: bigint }>`SELECT count(*) AS n FROM pool_chunk WHERE pool = ${pool}`;
  return Number(found!.n);
}

/** The paid ones among a pool's chunks, of those from one number to another. */
export async function readPaidChunks(sql: Sql, pool: bigint, from: number, to: number): Promise<Set<number>> {
  const rows = await sql<{ chunk: bigint }>`
    SELECT chunk FROM pool_chunk WHERE pool = ${pool} AND chunk >= ${from} AND chunk <= ${to}`;
  return new Set(rows.map(({ chunk }) => Number(chunk)));
}

/** The first of a pool's chunks that are not paid, ascending. */
export async function readUnpaidChunks(sql: Sql, pool: bigint, chunks: number, limit: number): Promise<number[]> {
  const rows = await sql<{ chunk: number }>`
    SELECT n AS chunk FROM generate_series(0, ${chunks - 1}::int) AS n
    WHERE NOT EXISTS (SELECT FROM pool_chunk WHERE pool = ${pool} AND chunk = n) ORDER BY n LIMIT ${limit}`;
  return rows.map(({ chunk }) => chunk);
}

/** What is held aside in a pool, for all accounts together. */
export async function readHeldOf(sql: Sql, pool: bigint): Promise<bigint> {
  const [found] = await sql<{ fen: bigint }>`
    SELECT coalesce(sum(amount_fen), 0)::bigint AS fen FROM held_aside WHERE pool = ${pool}`;
  return found!.fen;
}

/** What an account has, and got from all pools. */
export interface Payee {
  balanceFen: bigint;
  /** that reached it from pools */
  paidFen: bigint;
  /** that waits for it */
  heldFen: bigint;
  /** from how many pools */
  pools: number;
}

export async function readPayee(sql: Sql, account: Hex): Promise<Payee> {
  const [found] = await sql<Record<"balance" | "paid" | "held", bigint> & { pools: bigint }>`
    SELECT coalesce((SELECT amount_fen FROM fen WHERE account = ${account}), 0)::bigint AS balance,
      coalesce((SELECT sum(amount_fen) FROM payout WHERE account = ${account}), 0)::bigint AS paid,
      coalesce((SELECT sum(amount_fen) FROM held_aside WHERE account = ${account}), 0)::bigint AS held,
      (SELECT count(*) FROM (
        SELECT pool FROM payout WHERE account = ${account} UNION SELECT pool FROM held_aside WHERE account = ${account}
      ) AS pools) AS pools`;
  const { balance, paid, held, pools } = found!;
  return { balanceFen: balance, paidFen: paid, heldFen: held, pools: Number(pools) };
}

/** The pools from which an account got something, or in which something waits for it, from after one on. */
export async function readPoolsOfPayee(sql: Sql, account: Hex, after: bigint, limit: number): Promise<bigint[]> {
  const rows = await sql<{ pool: bigint }>`
    SELECT pool FROM payout WHERE (account = ${account} OR entitled = ${account}) AND pool > ${after}
    UNION SELECT pool FROM held_aside WHERE account = ${account} AND pool > ${after} ORDER BY pool LIMIT ${limit}`;
  return rows.map(({ pool }) => pool);
}

/** Fen that reached an account, or were meant for it. */
export interface PayoutRow {
  pool: bigint;
  account: Hex;
  amountFen: bigint;
  /** null where it had been held aside */
  chunk: bigint | null;
  /** for whom it was meant */
  entitled: Hex;
  /** of a release */
  basis: Hex | null;
  /** seconds since 1970 */
  at: number;
  tx: Hex;
}

/** What an account got from these pools, and what others got of its part, in order. */
export async function readPayouts(sql: Sql, account: Hex, pools: readonly bigint[]): Promise<PayoutRow[]> {
  const rows = await sql<Omit<PayoutRow, "at"> & { at: bigint }>`
    SELECT pool, account, amount_fen AS "amountFen", chunk, entitled, basis, block.at, payout.tx
    FROM payout JOIN block ON block.number = payout.block
    WHERE pool = ANY (${column(pools)}::bigint[]) AND (account = ${account} OR entitled = ${account}) ORDER BY payout.block, idx`;
  return rows.map((row) => ({ ...row, at: Number(row.at) }));
}

/** What is held aside for an account in these pools. */
export async function readHeld(sql: Sql, account: Hex, pools: readonly bigint[]): Promise<Map<bigint, bigint>> {
  const rows = await sql<{ pool: bigint; fen: bigint }>`
    SELECT pool, amount_fen AS fen FROM held_aside WHERE account = ${account} AND pool = ANY (${column(pools)}::bigint[])`;
  return new Map(rows.map(({ pool, fen }) => [pool, fen]));
}
