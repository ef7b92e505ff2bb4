/**
 * Asks the chain what became of transactions that were sent. A transaction stays open until the indexer, which reads
 * final blocks only, has passed its block: a block that is not final may yet be replaced by another. What cannot be
 * taken back (a revert, the end of a raw transaction) waits for that; `mined` does not.
 */
import type { Chain, Hex } from "../chain/port.ts";
import { whyReverted } from "../chain/calls.ts";
import { readReceipt, type Receipt } from "../chain/transactions.ts";
import type { Db, Sql } from "../db/port.ts";
import type { Log } from "../log.ts";
import { bySender, type OpenTransaction } from "./open.ts";
import type { Reached } from "./port.ts";

export interface ConfirmDeps {
  db: Db;
  chain: Chain;
  log: Log;
  reached: Reached;
}

/** Receipts asked for at a time. */
const CHUNK = 8;

interface Sent extends OpenTransaction {
  /** of the receipt seen before; null before there was one */
  block: number | null;
}

interface Found extends Sent {
  receipt: Receipt;
  /** whether the indexer has passed the receipt's block */
  final: boolean;
}

/** Looks at every sent transaction that may have moved. @returns whether any had */
export async function confirm(deps: ConfirmDeps): Promise<boolean> {
  const { db, log, reached } = deps;
  const { found, gone } = await readSent(deps, await readIndexed(db.sql));
  const reverted = found.filter(({ receipt, final }) => final && receipt.status === "reverted");
  const seen = found.filter((tx) => !reverted.includes(tx));
  if (gone.length > 0) await reopen(db.sql, gone);
  const ended = seen.length > 0 && (await markSeen(db.sql, seen));
  for (const tx of reverted) {
    log.warn({ tx: tx.hash, block: tx.receipt.block, gasUsed: String(tx.receipt.gasUsed) }, "a transaction reverted");
    await takeBack(db.sql, tx, await toldOf(deps, tx));
  }
  if (seen.some(({ block, receipt }) => block === null && receipt.status === "ok")) await reached("mined");
  if (ended) await reached("final");
  return gone.length + found.length > 0;
}

/** The last block that the indexer has read; below all blocks before it has read any. */
async function readIndexed(sql: Sql): Promise<number> {
  const [cursor] = await sql<{ block: bigint }>`SELECT block FROM cursor WHERE name = 'indexer'`;
  return cursor ? Number(cursor.block) : -1;
}

/**
 * Receipts of the transactions without one, and again of those whose block the indexer has passed. `gone` are those
 * that stood in a block before and now stand in none.
 */
async function readSent({ db, chain }: ConfirmDeps, indexed: number): Promise<{ found: Found[]; gone: Sent[] }> {
  const rows = await db.sql<{ hash: Hex; sender: Hex; nonce: bigint; block: bigint | null }>`
    SELECT hash, sender, nonce, block FROM tx
    WHERE state = 'sent' AND (block IS NULL OR block <= ${indexed}) ORDER BY sender, nonce`;
  const sent = rows.map(({ nonce, block, ...row }): Sent => {
    return { ...row, nonce: Number(nonce), block: block === null ? null : Number(block) };
  });
  const found: Found[] = [];
  const gone: Sent[] = [];
  for (const queue of bySender(sent)) {
    for (let from = 0; from < queue.length; from += CHUNK) {
      const chunk = queue.slice(from, from + CHUNK);
      const receipts = await Promise.all(chunk.map(({ hash }) => readReceipt(chain, hash)));
      chunk.forEach((tx, i) => {
        const receipt = receipts[i];
        if (receipt) found.push({ ...tx, receipt, final: receipt.block <= indexed });
        else if (tx.block !== null) gone.push(tx);
      });
      // blocks take one sender's nonces in order: behind the first that is in none, none is
      if (receipts.includes(undefined)) break;
    }
  }
  return { found, gone };
}

/** Their block was replaced: they are sent again as if they never had been. */
async function reopen(sql: Sql, gone: readonly Sent[]): Promise<void> {
  const hashes = gone.map(({ hash }) => hash);
  await sql`
    WITH moved AS (UPDATE tx SET state = 'signed', block = NULL WHERE hash = ANY(${hashes}::text[])),
    locked AS (
      SELECT digest FROM request WHERE tx_hash = ANY(${hashes}::text[]) AND state IN ('sent', 'mined')
      ORDER BY digest FOR UPDATE
    )
    UPDATE request SET state = 'signed', block = NULL FROM locked WHERE request.digest = locked.digest`;
}

/**
 * Notes the blocks, and for those that changed anything marks the requests they carry `mined`: the indexer says what
 * became of each act. A raw transaction is `final` with its block. @returns whether one became final
 */
async function markSeen(sql: Sql, seen: readonly Found[]): Promise<boolean> {
  const marked = await sql<{ state: string }>`
    WITH seen AS (
      SELECT * FROM unnest(
        ${seen.map(({ hash }) => hash)}::text[], ${seen.map(({ receipt }) => receipt.block)}::bigint[],
        ${seen.map(({ final }) => final)}::boolean[], ${seen.map(({ receipt }) => receipt.status === "ok")}::boolean[]
      ) AS s(hash, block, final, ok)
    ), moved AS (
      UPDATE tx SET block = seen.block, state = CASE WHEN seen.final THEN 'mined' ELSE 'sent' END
      FROM seen WHERE tx.hash = seen.hash
    ), locked AS (
      SELECT r.digest, seen.block, CASE WHEN seen.final AND r.kind = 'transaction' THEN 'final' ELSE 'mined' END AS state
      FROM request r JOIN seen ON r.tx_hash = seen.hash
      WHERE seen.ok AND (r.state IN ('signed', 'sent') OR r.state = 'mined' AND (r.kind = 'transaction' OR r.block <> seen.block))
      ORDER BY r.digest FOR UPDATE OF r
    )
    UPDATE request r SET state = locked.state, block = locked.block FROM locked WHERE r.digest = locked.digest
    RETURNING r.state`;
  return marked.some(({ state }) => state === "final");
}

/** The contract's reason for the revert of somebody's raw transaction, as a selector; of a batch it is the gas. */
async function toldOf({ db, chain }: ConfirmDeps, { hash, receipt }: Found): Promise<Hex | undefined> {
  const [own] = await db.sql<{ raw: Uint8Array }>`
    SELECT raw FROM tx JOIN request r ON r.tx_hash = tx.hash WHERE tx.hash = ${hash} AND r.kind = 'transaction'`;
  return own && whyReverted(chain, own.raw, receipt.block);
}

/**
 * A reverted transaction spent its nonce and changed nothing. What it still carries goes back to the queue, to travel in
 * batches of half the size at most; what travelled alone is rejected.
 */
async function takeBack(sql: Sql, { hash, receipt }: Found, told: Hex | undefined): Promise<void> {
  const words =
    told ??
    `Its transaction, which carried nothing else, reverted in block ${receipt.block} after ${receipt.gasUsed} gas.`;
  await sql`
    WITH spent AS (UPDATE tx SET state = 'reverted', block = ${receipt.block} WHERE hash = ${hash}),
    carried AS (SELECT count(*)::int AS n FROM tx_item WHERE tx_hash = ${hash}),
    locked AS (SELECT digest FROM request WHERE tx_hash = ${hash} ORDER BY digest FOR UPDATE)
    UPDATE request r SET
      state = CASE WHEN n > 1 THEN 'queued' ELSE 'rejected' END,
      reason = CASE WHEN n > 1 THEN NULL ELSE ${words} END,
      tx_hash = CASE WHEN n > 1 THEN NULL ELSE r.tx_hash END,
      block = CASE WHEN n > 1 THEN NULL ELSE ${receipt.block}::bigint END,
      batch_cap = (n + 1) / 2,
      attempt = attempt + 1
    FROM locked, carried WHERE r.digest = locked.digest`;
}
