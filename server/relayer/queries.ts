/** What became of what was handed in. */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import type { Need, RequestState } from "./requests.ts";

export interface RequestView {
  digest: Hex;
  kind: string;
  state: RequestState;
  /** why it was skipped (an error selector), rejected or expired (words) */
  reason: string | null;
  /** the transaction that carries it now, or that recorded it where that is known */
  tx: Hex | null;
  block: number | null;
  /** how many transactions carried it in vain: they reverted, or came before what it needs */
  attempt: number;
  /** milliseconds since 1970 */
  acceptedAt: number;
  receipt: string;
}

/** One request by its key; `undefined` where it was never handed in here. */
export async function readRequest(sql: Sql, digest: Hex): Promise<RequestView | undefined> {
  const [found] = await sql<Omit<RequestView, "block" | "acceptedAt"> & { block: bigint | null; acceptedAt: bigint }>`
    SELECT digest, kind, state, reason, tx_hash AS tx, block, attempt, accepted_at AS "acceptedAt", receipt
    FROM request WHERE digest = ${digest}`;
  if (!found) return undefined;
  const { block, acceptedAt, ...rest } = found;
  return { ...rest, block: block === null ? null : Number(block), acceptedAt: Number(acceptedAt) };
}

/** States of those of the digests that were handed in here, in no order. */
export async function readStates(sql: Sql, digests: readonly Hex[]): Promise<{ digest: Hex; state: RequestState }[]> {
  return sql<{ digest: Hex; state: RequestState }>`
    SELECT digest, state FROM request WHERE digest = ANY (${digests}::text[])`;
}

/** Requests that wait for what they need, and those that waited too long. */
export async function orphanCount(sql: Sql): Promise<{ waiting: number; expired: number }> {
  const [count] = await sql<{ waiting: bigint; expired: bigint }>`
    SELECT
      (SELECT count(*) FROM request WHERE waits_since IS NOT NULL) AS waiting,
      (SELECT count(*) FROM request WHERE expired) AS expired`;
  return { waiting: Number(count!.waiting), expired: Number(count!.expired) };
}

/** Those of the digests that were handed in here before. */
export async function knownRequests(sql: Sql, digests: readonly Hex[]): Promise<Set<Hex>> {
  const rows = await sql<{ digest: Hex }>`SELECT digest FROM request WHERE digest = ANY (${digests}::text[])`;
  return new Set(rows.map(({ digest }) => digest));
}

/** Everything that a request needs, each lot at its `seq`: its own subject, then a transform's further inputs. */
export async function needsOfRequest(sql: Sql, digest: Hex): Promise<Need[]> {
  return sql<Need>`SELECT subject, seq FROM request_need WHERE digest = ${digest}`;
}

/** Requests whose outcome the chain still owes: those in the queue, and those in transactions that are not final. */
export async function pendingCount(sql: Sql): Promise<{ queued: number; carried: number }> {
  const [count] = await sql<{ queued: bigint; carried: bigint }>`
    SELECT
      (SELECT count(*) FROM request WHERE state = 'queued') AS queued,
      (SELECT count(*) FROM request r JOIN tx ON r.tx_hash = tx.hash
        WHERE tx.state IN ('signed', 'sent') AND r.state IN ('signed', 'sent', 'mined')) AS carried`;
  return { queued: Number(count!.queued), carried: Number(count!.carried) };
}

/** How many requests wait for a transaction that carries them. */
export async function countQueued(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: bigint }>`SELECT count(*) FROM request WHERE queued`;
  return Number(row!.count);
}
