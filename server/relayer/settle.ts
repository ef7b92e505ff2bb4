/** What the chain's events say of requests, written in the indexer's own transaction. */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import type { Need, Order, Outcome } from "./requests.ts";
import { anyWaits, lockWaiting, needsOf, promote, withLinks, type Place } from "./waiting.ts";

/** Times a request may be carried in vain, ahead of what it needs: then somebody should look at it. */
const MOST_ATTEMPTS = 20;

/**
 * Settles requests by the outcomes of a range of final blocks. To be called inside the transaction that writes their
 * projections, after it has: `order` must know these blocks.
 *
 * Anybody can carry an act, and anybody can carry it spoiled. So a success, in whichever transaction, makes the request
 * `final` whatever its state was; a skip counts only in the transaction that was to carry it, and only while no success
 * is recorded. A skip because the act travelled ahead of what it needs lets it wait for that. What waited for the acts
 * recorded is queued. Requests that were never handed in here are left alone.
 * @param now milliseconds since 1970
 */
export async function settle(sql: Sql, outcomes: readonly Outcome[], order: Order, now = Date.now()): Promise<void> {
  if (outcomes.length === 0) return;
  await lockWaiting(sql, "exclusive");
  const successes = outcomes.filter(({ skipped }) => skipped === undefined);
  const skips = outcomes.filter(({ skipped }) => skipped !== undefined);
  if (successes.length > 0) await finish(sql, successes);
  const early = skips.length > 0 ? await skip(sql, skips, order, now) : [];
  if (!(await anyWaits(sql))) return;
  const moved = await order.moved(
    sql,
    successes.map(({ digest }) => digest),
  );
  // what came too early looks for itself: what it needs may have come later in this very range, or be on its way
  await promote(sql, order, [...[...moved].map(([subject, seq]) => ({ subject, seq })), ...early]);
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
    UPDATE request r SET state = 'final', tx_hash = locked.tx, block = locked.block, reason = NULL, waits_since = NULL
    FROM locked WHERE r.digest = locked.digest`;
}

interface Carried extends Place {
  block: bigint;
  reason: Hex;
  attempt: number;
}

/** Ends what its own transaction skipped, or lets it wait. @returns what those that wait now need */
async function skip(sql: Sql, skips: readonly Outcome[], order: Order, now: number): Promise<Need[]> {
  const carried = await readCarried(sql, skips);
  if (carried.length === 0) return [];
  const known = await order.recorded(
    sql,
    carried.map(({ digest }) => digest),
  );
  // recorded before it was handed in here, by a transaction that these outcomes do not name
  const final = carried.filter(({ digest }) => known.has(digest));
  const rest = carried.filter(({ digest }) => !known.has(digest));
  const early = await earlyOf(sql, order, rest);
  const again = early.filter(({ attempt }) => attempt + 1 < MOST_ATTEMPTS);
  const hopeless = early.filter((request) => !again.includes(request));
  if (final.length > 0)
    await sql`
      UPDATE request SET state = 'final', tx_hash = NULL, block = NULL, reason = NULL
      WHERE digest = ANY(${digestsOf(final)}::text[])`;
  if (again.length > 0)
    await sql`
      UPDATE request SET state = 'waiting', waits_since = ${now}, tx_hash = NULL, attempt = attempt + 1,
        block = NULL, reason = NULL
      WHERE digest = ANY(${digestsOf(again)}::text[])`;
  if (hopeless.length > 0) {
    const words =
      `It travelled ${MOST_ATTEMPTS} times ahead of the acts that it rests on. ` +
      "See that those are recorded, then hand it in again.";
    await sql`
      UPDATE request SET state = 'rejected', reason = ${words}, attempt = attempt + 1
      WHERE digest = ANY(${digestsOf(hopeless)}::text[])`;
  }
  await end(
    sql,
    rest.filter((request) => !early.includes(request)),
  );
  return again.flatMap(needsOf);
}

const digestsOf = (requests: readonly Place[]): Hex[] => requests.map(({ digest }) => digest);

/** Those requests that were skipped in the transaction that was to carry them. Locked, in the order of digests. */
async function readCarried(sql: Sql, skips: readonly Outcome[]): Promise<Carried[]> {
  const rows = await sql<Carried>`
    WITH skipped AS (
      SELECT * FROM unnest(
        ${skips.map(({ digest }) => digest)}::text[], ${skips.map(({ tx }) => tx)}::text[],
        ${skips.map(({ block }) => block)}::bigint[], ${skips.map(({ skipped }) => skipped)}::text[]
      ) AS s(digest, tx, block, reason)
    )
    SELECT r.digest, r.subject, r.seq, r.attempt, skipped.block, skipped.reason
    FROM request r JOIN skipped ON r.digest = skipped.digest AND r.tx_hash = skipped.tx
    WHERE r.state IN ('signed', 'sent', 'mined') ORDER BY r.digest FOR UPDATE OF r`;
  return withLinks(sql, rows);
}

/**
 * Those that came too early. Where nothing they need has moved past them, either something has not come yet, or it has
 * come since: then the reason tells, which is the chain's at the time.
 */
async function earlyOf(sql: Sql, order: Order, skipped: readonly Carried[]): Promise<Carried[]> {
  const needs = skipped.flatMap(needsOf);
  if (needs.length === 0) return [];
  const seqs = await order.seqs(
    sql,
    needs.map(({ subject }) => subject),
  );
  return skipped.filter((request) => {
    const ahead = needsOf(request).map(({ subject, seq }) => seq - (seqs.get(subject) ?? -1));
    return (
      ahead.every((by) => by >= 0) &&
      (ahead.some((by) => by > 0) || (ahead.length > 0 && order.early.has(request.reason)))
    );
  });
}

async function end(sql: Sql, skipped: readonly Carried[]): Promise<void> {
  if (skipped.length === 0) return;
  await sql`
    UPDATE request r SET state = 'skipped', block = s.block, reason = s.reason
    FROM unnest(
      ${skipped.map(({ digest }) => digest)}::text[], ${skipped.map(({ block }) => block)}::bigint[],
      ${skipped.map(({ reason }) => reason)}::text[]
    ) AS s(digest, block, reason)
    WHERE r.digest = s.digest`;
}
