/** Taking requests in: stored durably before this returns, each key once for ever. */
import type { Hex } from "../chain/port.ts";
import type { Db, Sql } from "../db/port.ts";
import type { NewRequest, Order, RequestState } from "./requests.ts";
import { anyWaits, broughtBy, lockWaiting, needsOf, promote, readyOf } from "./waiting.ts";

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
 * Stores acts, all or none, and answers for each in the order given; an act twice in one call is accepted once. One
 * whose needs are met, or are by others that are on their way or in this call, is `queued`; otherwise it is `waiting`,
 * and what waited for these is queued with them. One that the chain has recorded already, in whoever's transaction, is
 * `final` and never sent. One that was handed in before, and came to nothing, travels again with its new body unless
 * it was overtaken; its receipt stays the first.
 */
export function accept(db: Db, requests: readonly NewRequest[], order: Order): Promise<Accepted[]> {
  return db.transaction(async (sql) => {
    let plan = await makePlan(sql, requests, order);
    await lockWaiting(sql, plan.waits ? "exclusive" : "shared");
    // what it would wait for may have come before the lock did
    if (plan.waits) plan = await makePlan(sql, requests, order);
    const stored = await insert(sql, plan.fresh);
    if (plan.again.length > 0) await sendAgain(sql, plan.again);
    const rows = [...plan.fresh, ...plan.again];
    const moved = rows.filter(({ state }) => state === "queued").flatMap(broughtBy);
    const promoted = (await anyWaits(sql)) ? await promote(sql, order, moved) : new Set<Hex>();
    const states = new Map(rows.map(({ digest, state }) => [digest, promoted.has(digest) ? "queued" : state]));
    const answerable = requests.map(({ digest, receipt }) => ({ digest, receipt, state: states.get(digest)! }));
    return answer(sql, answerable, stored);
  });
}

/** What is to be done with the requests that are handed in. */
interface Plan {
  /** never handed in before, each once, in the order in which they are queued */
  fresh: Row[];
  /** handed in before, and came to nothing */
  again: Row[];
  /** whether any of these will wait */
  waits: boolean;
}

async function makePlan(sql: Sql, requests: readonly NewRequest[], order: Order): Promise<Plan> {
  const once = [...new Map(requests.toReversed().map((request) => [request.digest, request])).values()].reverse();
  const digests = once.map(({ digest }) => digest);
  const recorded = await order.recorded(sql, digests);
  const ends = await readEnds(sql, digests);
  const unrecorded = once.filter(({ digest }) => !recorded.has(digest));
  const failed = unrecorded.filter(({ digest }) => ends.get(digest));
  const open = [
    ...unrecorded.filter(({ digest }) => !ends.has(digest)),
    ...(failed.length > 0 ? await hopefulOf(sql, order, failed) : []),
  ];
  const ready = new Set(await readyOf(sql, order, open));
  const inState = (some: Iterable<NewRequest>, state: RequestState): Row[] =>
    [...some].map((request) => ({ ...request, state, tx: null }));
  const rows = [
    ...inState(ready, "queued"),
    ...inState(
      open.filter((request) => !ready.has(request)),
      "waiting",
    ),
    ...inState(
      once.filter(({ digest }) => recorded.has(digest)),
      "final",
    ),
  ];
  const fresh = rows.filter(({ digest }) => !ends.has(digest));
  const again = rows.filter(({ digest }) => ends.get(digest));
  return { fresh, again, waits: ready.size < open.length };
}

/** Of those that were handed in before: whether each came to nothing. */
async function readEnds(sql: Sql, digests: readonly Hex[]): Promise<Map<Hex, boolean>> {
  const rows = await sql<{ digest: Hex; ended: boolean }>`
    SELECT digest, state IN ('skipped', 'rejected', 'expired') AS ended
    FROM request WHERE digest = ANY(${digests}::text[])`;
  return new Map(rows.map(({ digest, ended }) => [digest, ended]));
}

/**
 * Those that may yet succeed: nothing that they need has moved past them. Also with the body that was skipped, for a
 * bar may be lifted and a wallet may change its mind; what is barred still, the room refuses before it comes here.
 */
async function hopefulOf(sql: Sql, order: Order, failed: readonly NewRequest[]): Promise<NewRequest[]> {
  const seqs = await order.seqs(
    sql,
    failed.flatMap(needsOf).map(({ subject }) => subject),
  );
  return failed.filter((request) => !needsOf(request).some(({ subject, seq }) => (seqs.get(subject) ?? -1) > seq));
}

/** A signed transaction, decoded. */
export interface SignedTransaction {
  hash: Hex;
  sender: Hex;
  nonce: number;
  raw: Uint8Array;
  receipt: string;
  /** milliseconds since 1970 */
  acceptedAt: number;
}

/** A raw transaction that somebody hands in. */
export interface NewTransaction extends SignedTransaction {
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
  const { hash, nonce, chainNonce } = transaction;
  const row = rowOf(transaction);
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

/**
 * Stores a transaction that this server signed, inside the caller's own database transaction; false where its nonce is
 * taken, and then the caller's is to be rolled back.
 */
export async function insertTransaction(sql: Sql, transaction: SignedTransaction): Promise<boolean> {
  const stored = await insert(sql, [rowOf(transaction)]);
  return stored.size > 0 && takeNonce(sql, transaction);
}

function rowOf({ hash, sender, raw, receipt, acceptedAt }: SignedTransaction): Row {
  const common = { digest: hash, party: sender, kind: "transaction", body: raw, subject: hash, seq: -1 };
  return { ...common, receipt, acceptedAt, state: "signed", tx: hash };
}

/** Stores the transaction at its nonce; false where another one has it. */
async function takeNonce(sql: Sql, { hash, sender, nonce, raw }: SignedTransaction): Promise<boolean> {
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
      (ordinal, digest, party, kind, body, subject, seq, state, tx_hash, receipt, accepted_at, waits_since, batch_cap)
    SELECT ordinal, digest, party, kind, body, subject, seq, state, tx_hash, receipt, accepted_at,
      CASE WHEN state = 'waiting' THEN accepted_at END, ${FIRST_BATCH_CAP}::int
    FROM given ORDER BY digest COLLATE "C", ordinal
    ON CONFLICT DO NOTHING RETURNING digest`;
  const digests = new Set(stored.map(({ digest }) => digest));
  const linked = rows.filter(({ digest, inputs, outputs }) => (inputs ?? outputs) && digests.has(digest));
  if (linked.length > 0) await insertLinks(sql, linked);
  return digests;
}

async function insertLinks(sql: Sql, rows: readonly Row[]): Promise<void> {
  const inputs = rows.flatMap(({ digest, inputs = [] }) => inputs.map((input) => ({ digest, ...input })));
  const outputs = rows.flatMap(({ digest, outputs = [] }) => outputs.map((subject) => ({ digest, subject })));
  await sql`
    INSERT INTO request_input (digest, subject, seq)
    SELECT * FROM unnest(
      ${inputs.map(({ digest }) => digest)}::text[], ${inputs.map(({ subject }) => subject)}::text[],
      ${inputs.map(({ seq }) => seq)}::int[]
    )`;
  await sql`
    INSERT INTO request_output (digest, subject)
    SELECT * FROM unnest(${outputs.map(({ digest }) => digest)}::text[], ${outputs.map(({ subject }) => subject)}::text[])`;
}

/** Puts what came to nothing on its way again: the new body, the first receipt, and behind whatever is queued now. */
async function sendAgain(sql: Sql, rows: readonly Row[]): Promise<void> {
  const column = <Key extends keyof Row>(key: Key): Row[Key][] => rows.map((row) => row[key]);
  await sql`
    WITH given AS MATERIALIZED (
      SELECT nextval(pg_get_serial_sequence('request', 'ordinal')) AS ordinal, g.*
      FROM unnest(
        ${column("digest")}::text[], ${column("body")}::bytea[], ${column("state")}::text[], ${column("acceptedAt")}::bigint[]
      ) AS g(digest, body, state, at)
    ), locked AS (
      SELECT given.* FROM request r JOIN given ON given.digest = r.digest
      WHERE r.state IN ('skipped', 'rejected', 'expired') ORDER BY r.digest FOR UPDATE OF r
    )
    UPDATE request r SET ordinal = locked.ordinal, body = locked.body, state = locked.state,
      waits_since = CASE WHEN locked.state = 'waiting' THEN at END, tx_hash = NULL, block = NULL, reason = NULL, attempt = 0
    FROM locked WHERE r.digest = locked.digest`;
}

/** For each request, in order, whether it was the one stored, and the receipt that counts. */
async function answer(
  sql: Sql,
  rows: readonly Pick<Row, "digest" | "receipt" | "state">[],
  stored: Set<Hex>,
): Promise<Accepted[]> {
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
