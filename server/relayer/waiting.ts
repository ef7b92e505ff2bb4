/**
 * Requests that need others (an act upon a lot needs the lot to stand at its `seq`): which are ready to travel, and
 * which become ready when something moves. A need is met when the projections have reached it, or when another request
 * that is on its way brings it about.
 */
import type { Hex } from "../chain/port.ts";
import { advisoryKey } from "../db/sessionLocks.ts";
import type { Sql } from "../db/port.ts";
import type { Need, NewRequest, Order } from "./requests.ts";

/** A request's place in the order. */
export type Place = Pick<NewRequest, "digest" | "subject" | "seq" | "inputs" | "outputs">;

/** All that it needs, its own subject first. */
export const needsOf = ({ subject, seq, inputs = [] }: Place): Need[] =>
  seq < 0 ? [...inputs] : [{ subject, seq }, ...inputs];

/** All that it brings about. */
export const broughtBy = ({ subject, seq, outputs = [] }: Place): Need[] => [
  { subject, seq: seq + 1 },
  ...outputs.map((output) => ({ subject: output, seq: 0 })),
];

const keyOf = ({ subject, seq }: Need): string => `${subject}/${seq}`;

const lockKey = advisoryKey("waiting requests");

/**
 * Keeps, until the transaction ends, a request from beginning to wait while what it needs is brought about unseen.
 * `exclusive`: the transaction may leave a request waiting. `shared`: it may only bring about what others wait for.
 * Taken before any row of `request` is locked, and never both by one transaction: so nobody waits in a circle.
 */
export async function lockWaiting(sql: Sql, mode: "shared" | "exclusive"): Promise<void> {
  if (mode === "exclusive") await sql`SELECT pg_advisory_xact_lock(${lockKey})`;
  else await sql`SELECT pg_advisory_xact_lock_shared(${lockKey})`;
}

/** Those of the requests that are ready, or become so by others among them: each behind what it needs, else as given. */
export async function readyOf<P extends Place>(sql: Sql, order: Order, requests: readonly P[]): Promise<P[]> {
  const met = await metOf(sql, order, requests.flatMap(needsOf));
  const ready: P[] = [];
  const missing = new Map<P, number>();
  const needers = new Map<string, P[]>();
  for (const request of requests) {
    const lacks = new Set(
      needsOf(request)
        .map(keyOf)
        .filter((key) => !met.has(key)),
    );
    if (lacks.size === 0) ready.push(request);
    else missing.set(request, lacks.size);
    for (const key of lacks) {
      const others = needers.get(key);
      if (others) others.push(request);
      else needers.set(key, [request]);
    }
  }
  // the list grows while it is walked
  for (const request of ready) {
    for (const key of broughtBy(request).map(keyOf)) {
      for (const needer of needers.get(key) ?? []) {
        const left = missing.get(needer)! - 1;
        missing.set(needer, left);
        if (left === 0) ready.push(needer);
      }
      needers.delete(key);
    }
  }
  return ready;
}

/** Keys of those needs that the projections have reached, or that a request on its way brings about. */
async function metOf(sql: Sql, order: Order, needs: readonly Need[]): Promise<Set<string>> {
  if (needs.length === 0) return new Set();
  const seqs = await order.seqs(sql, [...new Set(needs.map(({ subject }) => subject))]);
  const isReached = ({ subject, seq }: Need): boolean => (seqs.get(subject) ?? -1) >= seq;
  const met = new Set(needs.filter(isReached).map(keyOf));
  const open = needs.filter((need) => !isReached(need));
  if (open.length === 0) return met;
  // a limit in each look-up: without statistics the whole table would be read instead
  const brought = await sql<Need>`
    SELECT need.subject, need.seq
    FROM unnest(${open.map(({ subject }) => subject)}::text[], ${open.map(({ seq }) => seq)}::int[]) AS need(subject, seq)
    CROSS JOIN LATERAL (
      SELECT FROM request_brings b WHERE b.subject = need.subject AND b.seq = need.seq
        AND b.state IN ('queued', 'signed', 'sent', 'mined', 'final') LIMIT 1
    ) AS on_its_way`;
  for (const need of brought) met.add(keyOf(need));
  return met;
}

/** Whether any request waits. */
export async function anyWaits(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ any: boolean }>`
    SELECT EXISTS (SELECT FROM request WHERE waits_since IS NOT NULL) AS any`;
  return row!.any;
}

/**
 * Queues what waits and has become ready, and what rests on that, each behind what it needs.
 * @param moved subjects that moved, or will, with the `seq` they come to; what waits for nothing of it is not looked at
 * @returns the digests queued
 */
export async function promote(sql: Sql, order: Order, moved: readonly Need[]): Promise<Set<Hex>> {
  if (moved.length === 0) return new Set();
  const ready = await readyOf(sql, order, await readNeeders(sql, moved));
  const digests = ready.map(({ digest }) => digest);
  if (digests.length > 0) {
    await sql`
      WITH place AS MATERIALIZED (
        SELECT digest, nextval(pg_get_serial_sequence('request', 'ordinal')) AS ordinal
        FROM unnest(${digests}::text[]) AS ready(digest)
      )
      UPDATE request r SET state = 'queued', waits_since = NULL, ordinal = place.ordinal
      FROM place WHERE r.digest = place.digest`;
  }
  return new Set(digests);
}

/** What waits for anything of this, and what waits for that in turn. Locked, in the order of digests. */
async function readNeeders(sql: Sql, moved: readonly Need[]): Promise<Place[]> {
  const rows = await sql<Place>`
    WITH RECURSIVE needer (digest, subject, seq) AS (
      SELECT NULL::hex, subject::hex, seq
      FROM unnest(${moved.map(({ subject }) => subject)}::text[], ${moved.map(({ seq }) => seq)}::int[]) AS moved(subject, seq)
      UNION
      SELECT waits.digest, b.subject, b.seq
      FROM needer CROSS JOIN LATERAL (
        SELECT n.digest FROM request_need n
        WHERE n.subject = needer.subject AND n.seq <= needer.seq AND n.state = 'waiting' OFFSET 0
      ) AS waits CROSS JOIN LATERAL (SELECT * FROM request_brings b WHERE b.digest = waits.digest OFFSET 0) AS b
    )
    SELECT r.digest, r.subject, r.seq FROM request r
    WHERE r.digest = ANY (ARRAY(SELECT DISTINCT digest FROM needer)) AND r.waits_since IS NOT NULL
    ORDER BY r.digest FOR UPDATE OF r`;
  return withLinks(sql, rows);
}

/** The rows with their inputs and outputs. */
export async function withLinks<P extends Place>(sql: Sql, rows: readonly P[]): Promise<P[]> {
  if (rows.length === 0) return [];
  const digests = rows.map(({ digest }) => digest);
  const links = await sql<Need & { digest: Hex; made: boolean }>`
    SELECT digest, subject, seq, false AS made FROM request_input WHERE digest = ANY (${digests}::text[])
    UNION ALL SELECT digest, subject, 0, true FROM request_output WHERE digest = ANY (${digests}::text[])`;
  const linked = new Map(rows.map((row) => [row.digest, { ...row, inputs: [] as Need[], outputs: [] as Hex[] }]));
  for (const { digest, subject, seq, made } of links) {
    if (made) linked.get(digest)!.outputs.push(subject);
    else linked.get(digest)!.inputs.push({ subject, seq });
  }
  return [...linked.values()];
}

const DAY = 86_400_000;

/** Ends what has waited for longer than `days`. @returns how many */
export async function expire(sql: Sql, days: number, now: number): Promise<number> {
  const words =
    `It waited ${days} days for an act that it rests on, and that act never came. ` +
    "Hand in what is missing, then hand this in again.";
  const ended = await sql`
    WITH old AS (
      SELECT digest FROM request WHERE waits_since < ${now - days * DAY} ORDER BY digest FOR UPDATE SKIP LOCKED
    )
    UPDATE request r SET state = 'expired', waits_since = NULL, reason = ${words}
    FROM old WHERE r.digest = old.digest RETURNING r.digest`;
  return ended.length;
}
