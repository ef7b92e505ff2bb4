/**
 * Transactions that this server signs with a key it holds for somebody: signed and stored in one database transaction,
 * under the name that whoever asked gave the request, so that it is never signed twice.
 *
 * A held key is not a sender of batches: its owner may use it elsewhere, too. So its nonces have no row of their own: the
 * next one is the lowest that neither the chain nor a stored transaction of that key has taken, and a transaction whose
 * nonce was used elsewhere in the meantime is rejected, in words, like anybody's raw transaction (broadcast.ts).
 */
import { toBytes } from "../chain/eip712.ts";
import type { Chain, Hex } from "../chain/port.ts";
import { nextNonce, type Call, type SignedTransaction, type Signer } from "../chain/transactions.ts";
import type { Db, Sql } from "../db/port.ts";
import { advisoryKey } from "../db/sessionLocks.ts";
import { Problem } from "../errors.ts";
import { insertTransaction } from "./accept.ts";
import type { Receipts } from "./receipts.ts";

/** What names a request for good: whoever signs, the name, and the hash of all that was asked for. */
export interface RequestName {
  party: Hex;
  key: string;
  bodyHash: Hex;
}

/** One transaction that was signed and stored. */
export interface Taken {
  digest: Hex;
  status: "accepted";
  receipt: string;
}

export interface HeldDeps {
  db: Db;
  chain: Chain;
  receipts: Receipts;
}

/** Transactions of one key on no block yet, at most. */
const MOST_IN_FLIGHT = 64;

/**
 * The answer that was given to a request of this name; `undefined` where there was none.
 * @throws Problem `idempotency-key-reused` where the name stands for another request
 */
export async function readAnswer<T>(sql: Sql, { party, key, bodyHash }: RequestName): Promise<T | undefined> {
  const [found] = await sql<{ bodyHash: Hex; answer: string }>`
    SELECT body_hash AS "bodyHash", answer FROM idempotency WHERE party = ${party} AND key = ${key}`;
  if (!found) return undefined;
  if (found.bodyHash === bodyHash) return JSON.parse(found.answer) as T;
  throw new Problem("idempotency-key-reused", `${key} was sent with another request of ${party}`);
}

/**
 * Signs calls at the next nonces, in their order, and stores them with the answer: all of it or nothing. A request of
 * this name that was stored before, or at the same time, wins: then nothing is signed, and its answer is given.
 * @param answerOf the whole answer, which is given again for good
 * @throws Problem `idempotency-key-reused`, `busy` where too many of the key's transactions are on their way
 */
export async function signAndStore<T>(
  { db, chain, receipts }: HeldDeps,
  signer: Signer,
  name: RequestName,
  calls: readonly Omit<Call, "nonce">[],
  answerOf: (taken: readonly Taken[]) => T,
): Promise<T> {
  const count = await nextNonce(chain, signer.address);
  return db.transaction(async (sql) => {
    await sql`SELECT pg_advisory_xact_lock(${advisoryKey(`held/${signer.address}`)})`;
    const known = await readAnswer<T>(sql, name);
    if (known !== undefined) return known;
    const nonces = await freeNonces(sql, signer.address, count, calls.length);
    const taken: Taken[] = [];
    for (const [i, call] of calls.entries()) {
      taken.push(await store(sql, receipts, signer, nonces[i]!, signer.sign({ ...call, nonce: nonces[i]! })));
    }
    const answer = answerOf(taken);
    await sql`
      INSERT INTO idempotency (party, key, body_hash, digest, answer)
      VALUES (${name.party}, ${name.key}, ${name.bodyHash}, ${taken[0]!.digest}, ${JSON.stringify(answer)})`;
    return answer;
  });
}

/** The lowest nonces that are free, ascending. @param count how many transactions of the key stand in blocks */
async function freeNonces(sql: Sql, sender: Hex, count: number, wanted: number): Promise<number[]> {
  const rows = await sql<{ nonce: bigint }>`SELECT nonce FROM tx WHERE sender = ${sender} AND nonce >= ${count}`;
  if (rows.length + wanted > MOST_IN_FLIGHT)
    throw new Problem("busy", `${rows.length} transactions of ${sender} are on their way`);
  const taken = new Set(rows.map(({ nonce }) => Number(nonce)));
  const free: number[] = [];
  for (let nonce = count; free.length < wanted; nonce++) if (!taken.has(nonce)) free.push(nonce);
  return free;
}

async function store(
  sql: Sql,
  receipts: Receipts,
  { address: sender }: Signer,
  nonce: number,
  { raw, hash }: SignedTransaction,
): Promise<Taken> {
  const acceptedAt = Date.now();
  const receipt = await receipts.sign(hash, acceptedAt);
  const stored = await insertTransaction(sql, { hash, sender, nonce, raw: toBytes(raw), receipt, acceptedAt });
  // somebody handed in a raw transaction of the same key at this very moment
  if (!stored) throw new Problem("nonce-taken", `nonce ${nonce} of ${sender}`, { sender, nonce });
  return { digest: hash, status: "accepted", receipt };
}
