/** From queued requests to one signed transaction, in one database transaction (SERVER.md "Write path" 3). */
import type { Chain, Hex } from "../chain/port.ts";
import { nextNonce, type Signer } from "../chain/transactions.ts";
import { toBytes } from "../chain/eip712.ts";
import type { Db, Sql } from "../db/port.ts";
import type { Carrier, Reached } from "./port.ts";

export interface AssignDeps {
  db: Db;
  carriers: readonly Carrier[];
  signer: Signer;
  chainId: number;
  reached: Reached;
}

/** Transactions of one sender that are on no block yet, at most. */
const MOST_IN_FLIGHT = 64;

/** Gas limit of a batch at most: a transaction may take 16,777,216, and a block should hold others too. */
const MOST_GAS = 12_000_000n;

/**
 * Gives the sender its row on first use, with the chain's transaction count as its next nonce. From then on the row
 * alone knows the nonce; whatever the chain says later is compared, never adopted.
 */
export async function openSender(db: Db, chain: Chain, address: Hex): Promise<void> {
  const [known] = await db.sql`SELECT address FROM sender WHERE address = ${address}`;
  if (known) return;
  const count = await nextNonce(chain, address);
  await db.sql`
    INSERT INTO sender (address, next_nonce)
    SELECT ${address}, greatest(${count}, max(nonce) + 1) FROM tx WHERE sender = ${address}
    ON CONFLICT DO NOTHING`;
}

/**
 * Signs one batch of queued requests and stores it. The requests left are no reason to wait for more: whatever arrives
 * while this batch travels makes the next one.
 * @returns whether there was anything to sign, and room in flight for it
 */
export async function assign(deps: AssignDeps): Promise<boolean> {
  const { db, carriers, signer, reached } = deps;
  const signed = await db.transaction(async (sql) => {
    const nonce = await lockNonce(sql, signer.address);
    const head = nonce !== undefined && (await readHead(sql, carriers));
    if (!head) return false;
    const carrier = carriers.find(({ kind }) => kind === head.kind)!;
    const batch = fitting(carrier, await takeBatch(sql, carrier, head.cap));
    if (batch.length > 0) await storeSigned(sql, deps, carrier, nonce, batch);
    return batch.length > 0;
  });
  if (signed) await reached("signed");
  return signed;
}

/** Locks the sender and gives its next nonce; `undefined` where it may not sign another transaction now. */
async function lockNonce(sql: Sql, address: Hex): Promise<number | undefined> {
  // the queue is read along its index: while a new database has no statistics, every batch would sort the whole queue
  const [sender] = await sql<{ nonce: bigint; halted: string | null }>`
    SELECT next_nonce AS nonce, halted, set_config('enable_sort', 'off', true)
    FROM sender WHERE address = ${address} FOR UPDATE`;
  if (!sender || sender.halted !== null) return undefined;
  const [flight] = await sql<{ n: bigint }>`
    SELECT count(*) AS n FROM tx WHERE sender = ${address} AND state IN ('signed', 'sent') AND block IS NULL`;
  return Number(flight!.n) < MOST_IN_FLIGHT ? Number(sender.nonce) : undefined;
}

/**
 * Kind and batch cap of the next batch. Those whose batch reverted come first (their cap is the smaller one): they have
 * waited longest. Of one subject only the lowest queued `seq` may go, so that two of its acts never change places; the
 * list of those is made once a query, and only for requests that need their subject.
 */
async function readHead(sql: Sql, carriers: readonly Carrier[]): Promise<{ kind: string; cap: number } | undefined> {
  const kinds = carriers.map(({ kind }) => kind);
  const [head] = await sql<{ kind: string; cap: number }>`
    SELECT kind, batch_cap AS cap FROM request
    WHERE queued AND kind = ANY(${kinds}::text[])
      AND (seq = -1 OR (subject, seq) IN (SELECT subject, min(seq) FROM request WHERE queued GROUP BY subject))
    ORDER BY batch_cap, ordinal LIMIT 1`;
  return head;
}

interface Item {
  digest: Hex;
  body: Uint8Array;
}

function takeBatch(sql: Sql, carrier: Carrier, cap: number): Promise<Item[]> {
  return sql<Item>`
    SELECT digest, body FROM request
    WHERE queued AND kind = ${carrier.kind} AND batch_cap = ${cap}
      AND (seq = -1 OR (subject, seq) IN (SELECT subject, min(seq) FROM request WHERE queued GROUP BY subject))
    ORDER BY ordinal LIMIT ${cap} FOR UPDATE SKIP LOCKED`;
}

const gasOf = (carrier: Carrier, items: readonly Item[]): bigint =>
  items.reduce((gas, { body }) => gas + carrier.gasOf(body), carrier.gasBase);

/** As many of the items, from the first, as a batch's gas has room for; the first always. */
function fitting(carrier: Carrier, items: readonly Item[]): readonly Item[] {
  let gas = carrier.gasBase;
  const over = items.findIndex(({ body }) => (gas += carrier.gasOf(body)) > MOST_GAS);
  return over < 0 ? items : items.slice(0, Math.max(1, over));
}

async function storeSigned(
  sql: Sql,
  { signer, chainId }: AssignDeps,
  carrier: Carrier,
  nonce: number,
  batch: readonly Item[],
): Promise<void> {
  const data = carrier.calldata(batch.map(({ body }) => body));
  const gasLimit = gasOf(carrier, batch);
  const { raw, hash } = signer.sign({ to: carrier.to, data, nonce, gasLimit, chainId });
  const digests = batch.map(({ digest }) => digest);
  await sql`
    WITH stored AS (
      INSERT INTO tx (hash, sender, nonce, raw, state)
      VALUES (${hash}, ${signer.address}, ${nonce}, ${toBytes(raw)}, 'signed')
    ), items AS (
      INSERT INTO tx_item (tx_hash, pos, digest)
      SELECT ${hash}, pos - 1, digest FROM unnest(${digests}::text[]) WITH ORDINALITY AS item(digest, pos)
    ), taken AS (
      UPDATE request SET state = 'signed', tx_hash = ${hash} WHERE digest = ANY(${digests}::text[])
    )
    UPDATE sender SET next_nonce = next_nonce + 1 WHERE address = ${signer.address}`;
}
