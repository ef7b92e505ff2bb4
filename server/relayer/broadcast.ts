/**
 * Hands stored bytes to the chain, in nonce order per sender, as often as it takes. Nothing is ever signed here.
 * Open transactions are those on no block yet (`block IS NULL`), of our own senders and of anybody whose raw
 * transaction was accepted.
 */
import { RpcError, type Chain, type Hex } from "../chain/port.ts";
import { isKnownTransaction, nextNonce, readReceipt, sendRaw } from "../chain/transactions.ts";
import type { Db } from "../db/port.ts";
import type { Log } from "../log.ts";
import { bySender, type OpenTransaction } from "./open.ts";
import type { Reached } from "./port.ts";

/** When to try a transaction again, by hash; forgotten with the process, so that a start tries everything once. */
export type Attempts = Map<Hex, { notBefore: number; refusals: number }>;

export interface BroadcastDeps {
  db: Db;
  chain: Chain;
  log: Log;
  reached: Reached;
  attempts: Attempts;
  /** aborted when the lock on the sender is lost: send nothing more */
  signal: AbortSignal;
}

/** ms until bytes that a node took, and that no block has, are sent again */
const RESEND_AFTER = 30_000;
/** ms until a transaction that waits for an earlier nonce, or that a node refused, is looked at again; doubled by each refusal */
const RETRY_AFTER = 1_000;
/** A node's refusal may pass (a full pool); this many of somebody's raw transaction are an answer: 31 s in all. */
const MOST_REFUSALS = 6;

/** JSON-RPC's code for the node's own trouble, whatever it was sent. */
const INTERNAL_ERROR = -32603;

interface Candidate extends OpenTransaction {
  state: "signed" | "sent";
  /** one of our own senders, which sign batches; everybody else's raw transactions stand on their own */
  ours: boolean;
}

/**
 * Sends what is due. @returns whether it got anything further
 * @throws where a node refuses a transaction of ours, after everything else was sent
 */
export async function broadcast(deps: BroadcastDeps): Promise<boolean> {
  const rows = await deps.db.sql<Omit<Candidate, "nonce"> & { nonce: bigint }>`
    SELECT t.hash, t.sender, t.nonce, t.state, s.address IS NOT NULL AS ours
    FROM tx t LEFT JOIN sender s ON s.address = t.sender
    WHERE t.state IN ('signed', 'sent') AND t.block IS NULL AND s.halted IS NULL
    ORDER BY t.sender, t.nonce`;
  const open = rows.map((row): Candidate => ({ ...row, nonce: Number(row.nonce) }));
  forgetClosed(deps.attempts, open);
  const refusals: string[] = [];
  let moved = false;
  for (const queue of bySender(open)) moved = (await sendQueue(deps, queue, refusals)) || moved;
  if (refusals.length > 0) throw new Error(refusals.join("; "));
  return moved;
}

function forgetClosed(attempts: Attempts, open: readonly Candidate[]): void {
  const hashes = new Set(open.map(({ hash }) => hash));
  for (const hash of attempts.keys()) if (!hashes.has(hash)) attempts.delete(hash);
}

/** Sends one sender's transactions until one cannot go: those behind it could not either. */
async function sendQueue(deps: BroadcastDeps, queue: readonly Candidate[], refusals: string[]): Promise<boolean> {
  let moved = false;
  // the nonce that the chain takes next, given what it was sent so far; unknown until it was asked
  let next: number | undefined;
  for (const tx of queue) {
    const attempt = deps.attempts.get(tx.hash);
    const itsTurn = tx.state === "signed" && tx.nonce === next && attempt?.refusals === 0;
    const due = !attempt || attempt.notBefore <= Date.now() || itsTurn;
    if (!due && tx.state === "signed") break;
    if (due) {
      deps.signal.throwIfAborted();
      if (tx.nonce !== next) next = await nextNonce(deps.chain, tx.sender);
      const held = tx.nonce > next ? waits(deps, tx) : await send(deps, tx, next, refusals);
      if (held) break;
      moved = true;
    }
    next = Math.max(next ?? 0, tx.nonce + 1);
  }
  return moved;
}

function waits({ attempts }: BroadcastDeps, tx: Candidate): true {
  attempts.set(tx.hash, { notBefore: Date.now() + RETRY_AFTER, refusals: 0 });
  return true;
}

/** Sends one transaction whose turn it is, or was. @returns whether it holds up those behind it */
async function send(deps: BroadcastDeps, tx: Candidate, next: number, refusals: string[]): Promise<boolean> {
  const { db, chain } = deps;
  try {
    const [stored] = await db.sql<{ raw: Uint8Array }>`SELECT raw FROM tx WHERE hash = ${tx.hash}`;
    if (!stored) return false;
    if (tx.nonce === next) await sendRaw(chain, stored.raw);
    else if (await lostItsNonce(chain, tx)) return await giveUp(deps, tx);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    // a node that mines at once may answer with the revert of what it has just mined: the count tells
    const taken = isKnownTransaction(error) || (await nextNonce(chain, tx.sender)) > tx.nonce;
    if (!taken && error.code === INTERNAL_ERROR) throw error;
    if (!taken) return refused(deps, tx, error, refusals);
    if (await lostItsNonce(chain, tx)) return giveUp(deps, tx);
  }
  await markSent(deps, tx);
  return false;
}

/** Whether another transaction stands at this one's nonce: the nonce is used, and no block has these bytes. */
async function lostItsNonce(chain: Chain, { hash, sender, nonce }: Candidate): Promise<boolean> {
  const isUsed = async (): Promise<boolean> => (await nextNonce(chain, sender)) > nonce;
  // The count before the receipt: in the other order the transaction could be mined in between. And the count again:
  // where several nodes answer, one that is behind lacks the receipt, and then it lacks the nonce too.
  return (await isUsed()) && !(await readReceipt(chain, hash)) && (await isUsed());
}

async function markSent({ db, attempts, reached }: BroadcastDeps, { hash, state }: Candidate): Promise<void> {
  attempts.set(hash, { notBefore: Date.now() + RESEND_AFTER, refusals: 0 });
  if (state === "sent") return;
  await db.sql`
    WITH sent AS (UPDATE tx SET state = 'sent' WHERE hash = ${hash} AND state = 'signed'),
    locked AS (SELECT digest FROM request WHERE tx_hash = ${hash} AND state = 'signed' ORDER BY digest FOR UPDATE)
    UPDATE request SET state = 'sent' FROM locked WHERE request.digest = locked.digest`;
  await reached("sent");
}

/** Its nonce is gone. A sender of ours halts, everything in place; somebody's raw transaction is rejected. */
async function giveUp(deps: BroadcastDeps, tx: Candidate): Promise<boolean> {
  const { db } = deps;
  if (!tx.ours) {
    await reject(
      db,
      tx.hash,
      `Nonce ${tx.nonce} of ${tx.sender} was used by another transaction; sign again with the next one.`,
    );
    return false;
  }
  const words =
    `Nonce ${tx.nonce} of ${tx.sender} was used by a transaction that this server did not sign (its own is ${tx.hash}): somebody else holds the ` +
    `relayer's key. Nothing is sent from it any more, and nothing accepted is lost. Find out who, then give the relayer a new key.`;
  await db.sql`UPDATE sender SET halted = ${words} WHERE address = ${tx.sender} AND halted IS NULL`;
  return true;
}

/** A node's no for another reason. Ours is tried again for ever, a raw transaction until the no is an answer. */
async function refused(deps: BroadcastDeps, tx: Candidate, error: RpcError, all: string[]): Promise<true> {
  const refusals = (deps.attempts.get(tx.hash)?.refusals ?? 0) + 1;
  const pause = RETRY_AFTER * 2 ** Math.min(refusals - 1, 5);
  deps.attempts.set(tx.hash, { notBefore: Date.now() + pause, refusals });
  const words = `the chain refuses transaction ${tx.hash} (nonce ${tx.nonce} of ${tx.sender}): ${error.message}`;
  if (tx.ours) all.push(words);
  else deps.log.warn({ refusals }, words);
  if (!tx.ours && refusals >= MOST_REFUSALS) await reject(deps.db, tx.hash, `The chain refuses it: ${error.message}`);
  return true;
}

/** Ends a raw transaction that will never be in a block. Its nonce becomes free for another one. */
async function reject(db: Db, hash: Hex, reason: string): Promise<void> {
  await db.transaction(async (sql) => {
    await sql`UPDATE request SET state = 'rejected', reason = ${reason}, tx_hash = NULL WHERE tx_hash = ${hash}`;
    await sql`DELETE FROM tx_item WHERE tx_hash = ${hash}`;
    await sql`DELETE FROM tx WHERE hash = ${hash}`;
  });
}
