/** Taking requests in: stored durably before this returns, each key once for ever. */
import type { Hex } from "../chain/port.ts";
import type { Db, Sql } from "../db/port.ts";
import type { NewRequest, Order, RequestState } from "./requests.ts";

/** What is answered for one request handed in. */
export interface Accepted {
  digest: Hex;
  /** duplicate: it was handed in before; `receipt` is the first one given */
  status: "accepted" | "duplicate";
  receipt: string;
  state: RequestState;
}

/** Acts in one batch at most; a batch that reverts halves it for those it carried. */
const FIRST_BATCH_CAP = 200;

interface Row extends NewRequest {
  state: RequestState;
  tx: Hex | null;
}

/**
 * Stores acts, all or none, and answers for each in the order given; an act twice in one call is accepted once.
 * One that the chain has recorded already, in whoever's transaction, is stored as `final` and never sent.
 */
export function accept(db: Db, requests: readonly NewRequest[], order: Order): Promise<Accepted[]> {
  return db.transaction(async (sql) => {
    const recorded = await order.recorded(
      sql,
      requests.map(({ digest }) => digest),
    );
    const rows = requests.map((request): Row => {
      return { ...request, state: recorded.has(request.digest) ? "final" : "queued", tx: null };
    });
    const stored = await insert(sql, rows);
    return answer(sql, rows, stored);
  });
}

/** A raw transaction of anybody, decoded. */
export interface NewTransaction {
  hash: Hex;
  sender: Hex;
  nonce: number;
  raw: Uint8Array;
  receipt: string;
  /** milliseconds since 1970 */
  acceptedAt: number;
  /** the sender's transaction count on chain: every nonce below it is used */
  chainNonce: number;
}

/**
 * Stores a raw transaction under its hash. It is sent as it is, once every nonce before it is on the chain.
 * `nonce-taken`, and nothing stored: another transaction has that nonce, on the chain or here.
 */
export function acceptTransaction(
  db: Db,
  transaction: NewTransaction,
): Promise<Accepted | { digest: Hex; status: "nonce-taken" }> {
  const { hash, sender, nonce, raw, receipt, acceptedAt, chainNonce } = transaction;
  const common = { digest: hash, party: sender, kind: "transaction", body: raw, subject: hash, seq: -1 };
  const row: Row = { ...common, receipt, acceptedAt, state: "signed", tx: hash };
  return db.transaction(async (sql) => {
    const stored = await insert(sql, [row]);
    if (stored.size > 0 && (nonce < chainNonce || !(await takeNonce(sql, transaction)))) {
      await sql`DELETE FROM request WHERE digest = ${hash}`;
      return { digest: hash, status: "nonce-taken" };
    }
    const [accepted] = await answer(sql, [row], stored);
    return accepted!;
  });
}

/** Stores the transaction at its nonce; false where another one has it. */
async function takeNonce(sql: Sql, { hash, sender, nonce, raw }: NewTransaction): Promise<boolean> {
  // an address that batches are sent from takes its nonces from one row only
  const [own] = await sql<{ next: boolean }>`
    SELECT next_nonce = ${nonce} AS next FROM sender WHERE address = ${sender} FOR UPDATE`;
  if (own?.next === false) return false;
  if (own) await sql`UPDATE sender SET next_nonce = next_nonce + 1 WHERE address = ${sender}`;
  const taken = await sql`
    INSERT INTO tx (hash, sender, nonce, raw, state) VALUES (${hash}, ${sender}, ${nonce}, ${raw}, 'signed')
    ON CONFLICT DO NOTHING RETURNING hash`;
  if (taken.length === 0) return false;
  await sql`INSERT INTO tx_item (tx_hash, pos, digest) VALUES (${hash}, 0, ${hash})`;
  return true;
}

/**
 * Inserts what is new and says which digests that was. Rows are numbered in the order given, since a later act may rest
 * on an earlier one, and inserted in the order of their digests, so that two bundles that overlap never deadlock.
 */
async function insert(sql: Sql, rows: readonly Row[]): Promise<Set<Hex>> {
  const column = <Key extends keyof Row>(key: Key): Row[Key][] => rows.map((row) => row[key]);
  const stored = await sql<{ digest: Hex }>`
    WITH given AS MATERIALIZED (
      SELECT nextval(pg_get_serial_sequence('request', 'ordinal')) AS ordinal, g.*
      FROM unnest(
        ${column("digest")}::text[], ${column("party")}::text[], ${column("kind")}::text[], ${column("body")}::bytea[],
        ${column("subject")}::text[], ${column("seq")}::int[], ${column("state")}::text[], ${column("tx")}::text[],
        ${column("receipt")}::text[], ${column("acceptedAt")}::bigint[]
      ) AS g(digest, party, kind, body, subject, seq, state, tx_hash, receipt, accepted_at)
    )
    INSERT INTO request
      (ordinal, digest, party, kind, body, subject, seq, state, tx_hash, receipt, accepted_at, batch_cap)
    OVERRIDING SYSTEM VALUE
    SELECT ordinal, digest, party, kind, body, subject, seq, state, tx_hash, receipt, accepted_at, ${FIRST_BATCH_CAP}::int
    FROM given ORDER BY digest COLLATE "C", ordinal
    ON CONFLICT DO NOTHING RETURNING digest`;
  return new Set(stored.map(({ digest }) => digest));
}

/** For each row, in order, whether it was the one stored, and the receipt that counts. */
async function answer(sql: Sql, rows: readonly Row[], stored: Set<Hex>): Promise<Accepted[]> {
  const first = new Map<Hex, { receipt: string; state: RequestState }>();
  if (stored.size < rows.length) {
    const digests = rows.map(({ digest }) => digest);
    const known = await sql<{ digest: Hex; receipt: string; state: RequestState }>`
      SELECT digest, receipt, state FROM request WHERE digest = ANY(${digests}::text[])`;
    for (const { digest, receipt, state } of known) first.set(digest, { receipt, state });
  }
  return rows.map(({ digest, receipt, state }) => {
    const status = stored.delete(digest) ? "accepted" : "duplicate";
    return { digest, status, ...(first.get(digest) ?? { receipt, state }) };
  });
}
