/** What the chain's events say of requests, written in the indexer's own transaction. */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import type { Order, Outcome } from "./requests.ts";

/**
 * Settles requests by the outcomes of a range of final blocks. To be called inside the transaction that writes their
 * projections, after it has: `order` must know these blocks.
 *
 * Anybody can carry an act, and anybody can carry it spoiled. So a success, in whichever transaction, makes the request
 * `final` whatever its state was; a skip counts only in the transaction that was to carry it, and only while no success
 * is recorded. Requests that were never handed in here are left alone.
 */
export async function settle(sql: Sql, outcomes: readonly Outcome[], order: Order): Promise<void> {
  const successes = outcomes.filter(({ skipped }) => skipped === undefined);
  const skips = outcomes.filter(({ skipped }) => skipped !== undefined);
  if (successes.length > 0) await finish(sql, successes);
  if (skips.length > 0) await skip(sql, skips, order);
}

async function finish(sql: Sql, successes: readonly Outcome[]): Promise<void> {
  await sql`
    WITH done AS (
      SELECT * FROM unnest(
        ${successes.map(({ digest }) => digest)}::text[], ${successes.map(({ tx }) => tx)}::text[],
        ${successes.map(({ block }) => block)}::bigint[]
      ) AS d(digest, tx, block)
    ), locked AS (
      SELECT r.digest, done.tx, done.block FROM request r JOIN done ON r.digest = done.digest
      WHERE r.state <> 'final' ORDER BY r.digest FOR UPDATE OF r
    )
    UPDATE request r SET state = 'final', tx_hash = locked.tx, block = locked.block, reason = NULL
    FROM locked WHERE r.digest = locked.digest`;
}

async function skip(sql: Sql, skips: readonly Outcome[], order: Order): Promise<void> {
  const carried = await sql<{ digest: Hex; block: bigint; reason: Hex }>`
    WITH skipped AS (
      SELECT * FROM unnest(
        ${skips.map(({ digest }) => digest)}::text[], ${skips.map(({ tx }) => tx)}::text[],
        ${skips.map(({ block }) => block)}::bigint[], ${skips.map(({ skipped }) => skipped)}::text[]
      ) AS s(digest, tx, block, reason)
    )
    SELECT r.digest, skipped.block, skipped.reason
    FROM request r JOIN skipped ON r.digest = skipped.digest AND r.tx_hash = skipped.tx
    WHERE r.state IN ('signed', 'sent', 'mined') ORDER BY r.digest FOR UPDATE OF r`;
  if (carried.length === 0) return;
  const digests = carried.map(({ digest }) => digest);
  const known = await order.recorded(sql, digests);
  // recorded before it was handed in here, by a transaction that these outcomes do not name
  const final = digests.filter((digest) => known.has(digest));
  const rest = carried.filter(({ digest }) => !known.has(digest));
  await sql`
    UPDATE request SET state = 'final', tx_hash = NULL, block = NULL, reason = NULL WHERE digest = ANY(${final}::text[])`;
  await sql`
    UPDATE request r SET state = 'skipped', block = s.block, reason = s.reason
    FROM unnest(
      ${rest.map(({ digest }) => digest)}::text[], ${rest.map(({ block }) => block)}::bigint[],
      ${rest.map(({ reason }) => reason)}::text[]
    ) AS s(digest, block, reason)
    WHERE r.digest = s.digest`;
}
