/** The right-hand side of M1 to M4: what the rows say of all fen, and rows that cannot be right. Amounts in fen. */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";

export interface Balance {
  depositedFen: bigint;
  withdrawnFen: bigint;
  /** in all accounts together, the pools' own among them */
  accountsFen: bigint;
  /** in pools, not paid by any chunk */
  unpaidFen: bigint;
  /** paid by chunks, but held aside */
  heldFen: bigint;
  /** balances below zero, of accounts or held aside */
  negative: bigint;
}

/** Sums are `numeric`, which come as text: what banks take in over the years may exceed 63 bits. */
export async function readBalance(sql: Sql): Promise<Balance> {
  const [sums] = await sql<Record<"deposited" | "withdrawn" | "accounts" | "unpaid" | "held" | "negative", string>>`
    SELECT * FROM (
      SELECT coalesce(sum(amount_fen) FILTER (WHERE kind = 'deposit'), 0) AS deposited,
        coalesce(sum(amount_fen) FILTER (WHERE kind = 'withdrawal'), 0) AS withdrawn FROM bank_reference
    ) AS banks,
    (SELECT coalesce(sum(amount_fen), 0) AS accounts FROM fen) AS accounts,
    (SELECT coalesce(sum(amount_fen - paid_fen), 0) AS unpaid FROM pool) AS pools,
    (SELECT coalesce(sum(amount_fen), 0) AS held FROM held_aside) AS held,
    (SELECT (SELECT count(*) FROM fen WHERE amount_fen < 0) + (SELECT count(*) FROM held_aside WHERE amount_fen < 0) AS negative) AS wrong`;
  const { deposited, withdrawn, accounts, unpaid, held, negative } = sums!;
  return {
    depositedFen: BigInt(deposited),
    withdrawnFen: BigInt(withdrawn),
    accountsFen: BigInt(accounts),
    unpaidFen: BigInt(unpaid),
    heldFen: BigInt(held),
    negative: BigInt(negative),
  };
}

export interface WrongPools {
  /** what reached accounts, with what is held aside, is not what was paid */
  unbalanced: bigint;
  /** closed before all was paid, or not closed after; or more was paid than there is */
  unclosed: bigint;
  /** the sums of the paid chunks are not what was paid */
  unsummed: bigint;
  /** published without a division, or with another version than the last one's */
  rootless: bigint;
}

/** How many pools cannot be right, each way. */
export async function countWrongPools(sql: Sql): Promise<WrongPools> {
  const [found] = await sql<WrongPools>`
    WITH paid AS (SELECT pool, sum(amount_fen) AS fen FROM payout GROUP BY pool),
      held AS (SELECT pool, sum(amount_fen) AS fen FROM held_aside GROUP BY pool),
      chunks AS (SELECT pool, sum(sum_fen) AS fen FROM pool_chunk GROUP BY pool),
      roots AS (SELECT pool, max(version) AS version, count(*) AS n FROM pool_root GROUP BY pool)
    SELECT count(*) FILTER (WHERE coalesce(paid.fen, 0) + coalesce(held.fen, 0) <> pool.paid_fen) AS unbalanced,
      count(*) FILTER (WHERE closed <> (pool.paid_fen = pool.amount_fen) OR pool.paid_fen > pool.amount_fen) AS unclosed,
      count(*) FILTER (WHERE coalesce(chunks.fen, 0) <> pool.paid_fen) AS unsummed,
      count(*) FILTER (WHERE coalesce(roots.version, 0) <> pool.version OR coalesce(roots.n, 0) <> pool.version) AS rootless
    FROM pool LEFT JOIN paid ON paid.pool = id LEFT JOIN held ON held.pool = id LEFT JOIN chunks ON chunks.pool = id
      LEFT JOIN roots ON roots.pool = id`;
  return found!;
}

/** Leaves that were paid more than once: one account, one chunk of one pool. */
export async function countPaidTwice(sql: Sql): Promise<bigint> {
  const [found] = await sql<{ n: bigint }>`
    SELECT count(*) AS n FROM (
      SELECT FROM payout WHERE chunk IS NOT NULL GROUP BY pool, account, chunk HAVING count(*) > 1
    ) AS twice`;
  return found!.n;
}

/** A pool as both sides have it. */
export interface PoolSample {
  id: bigint;
  totalFen: bigint;
  /** Σ payouts and what is held aside */
  paidFen: bigint;
  leafCount: bigint;
  version: number;
  opensAt: bigint;
  root: Hex;
  /** 1 funded, 2 published, 3 closed */
  state: number;
}

/** Some pools; which ones, `seed` draws. */
export async function samplePools(sql: Sql, seed: Hex, count: number): Promise<PoolSample[]> {
  return sql<PoolSample>`
    SELECT id, amount_fen AS "totalFen", coalesce(leaf_count, 0) AS "leafCount", drawn.version,
      coalesce(opens_at, 0) AS "opensAt", coalesce(root, '0x' || repeat('0', 64)) AS root,
      CASE WHEN closed THEN 3 WHEN drawn.version > 0 THEN 2 ELSE 1 END AS state,
      (coalesce((SELECT sum(amount_fen) FROM payout WHERE pool = id), 0)
        + coalesce((SELECT sum(amount_fen) FROM held_aside WHERE pool = id), 0))::bigint AS "paidFen"
    FROM (SELECT * FROM pool ORDER BY md5(${seed} || id) LIMIT ${count}) AS drawn
      LEFT JOIN pool_root r ON r.pool = id AND r.version = drawn.version ORDER BY id`;
}

/** Some balances; which ones, `seed` draws. */
export async function sampleBalances(sql: Sql, seed: Hex, count: number): Promise<{ account: Hex; fen: bigint }[]> {
  return sql<{ account: Hex; fen: bigint }>`
    SELECT account, amount_fen AS fen FROM (
      (SELECT 0 AS part, * FROM fen WHERE account >= ${seed} ORDER BY account LIMIT ${count})
      UNION ALL (SELECT 1, * FROM fen WHERE account < ${seed} ORDER BY account LIMIT ${count})
    ) AS around ORDER BY part, account LIMIT ${count}`;
}
