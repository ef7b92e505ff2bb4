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

/** Gas limit of a batch at most, so that a block holds others too. */
const MOST_GAS = 12_000_000n;

/** Gas limit of any transaction at most (EIP-7825). */
const MOST_GAS_EVER = 16_777_216n;

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
 * @returns whether there was anything to sign or to refuse, and room in flight for it
 */
export async function assign(deps: AssignDeps): Promise<boolean> {
  const { db, carriers, signer, reached } = deps;
  const done = await db.transaction(async (sql): Promise<"signed" | "refused" | undefined> => {
    const nonce = await lockNonce(sql, signer.address);
    const head = nonce !== undefined && (await readHead(sql, carriers));
    if (!head) return undefined;
    const carrier = carriers.find(({ kind }) => kind === head.kind)!;
    const batch = fitting(carrier, await takeBatch(sql, head));
    if (gasOf(carrier, batch) > MOST_GAS_EVER) {
      await refuse(sql, batch, gasOf(carrier, batch));
      return "refused";
    }
    // whoever else has these rows ends them
    if (batch.length === 0) return undefined;
    await storeSigned(sql, deps, carrier, nonce, batch);
    return "signed";
  });
  if (done === "signed") await reached("signed");
  return done !== undefined;
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

interface Head {
  kind: string;
  cap: number;
  ordinal: bigint;
}

/**
 * The request that the next batch begins with. Those whose batch reverted come first (their cap is the smaller one):
 * they have waited longest. What needs another that is still queued does not lead.
 */
async function readHead(sql: Sql, carriers: readonly Carrier[]): Promise<Head | undefined> {
  const kinds = carriers.map(({ kind }) => kind);
  const [head] = await sql<Head>`
    SELECT kind, batch_cap AS cap, ordinal FROM request r
    WHERE queued AND kind = ANY(${kinds}::text[]) AND (seq = -1 OR (
      SELECT b.digest FROM request_need n CROSS JOIN LATERAL (
        SELECT * FROM request_brings b WHERE b.subject = n.subject AND b.seq = n.seq AND b.state = 'queued' OFFSET 0
      ) AS b WHERE n.digest = r.digest LIMIT 1
    ) IS NULL)
    ORDER BY batch_cap, ordinal LIMIT 1`;
  return head;
}

interface Item {
  digest: Hex;
  body: Uint8Array;
}

/** From the head on, what may travel together: behind everything else in the queue that it needs. */
async function takeBatch(sql: Sql, { kind, cap, ordinal }: Head): Promise<Item[]> {
  const rows = await sql<Item & { behind: Hex[] }>`
    SELECT digest, body, CASE WHEN seq = -1 THEN '{}'::text[] ELSE ARRAY(
      SELECT b.digest::text FROM request_need n CROSS JOIN LATERAL (
        SELECT * FROM request_brings b WHERE b.subject = n.subject AND b.seq = n.seq AND b.state = 'queued' OFFSET 0
      ) AS b WHERE n.digest = r.digest
    ) END AS behind
    FROM request r WHERE queued AND kind = ${kind} AND batch_cap = ${cap} AND ordinal >= ${ordinal}
    ORDER BY ordinal LIMIT ${cap} FOR UPDATE SKIP LOCKED`;
  const taken = new Set<Hex>();
  return rows.filter(({ digest, behind }) => behind.every((other) => taken.has(other)) && taken.add(digest));
}

const gasOf = (carrier: Carrier, items: readonly Item[]): bigint =>
  items.reduce((gas, { body }) => gas + carrier.gasOf(body), carrier.gasBase);

/** As many of the items, from the first, as a batch's gas has room for; the first always. */
function fitting(carrier: Carrier, items: readonly Item[]): readonly Item[] {
  let gas = carrier.gasBase;
  const over = items.findIndex(({ body }) => (gas += carrier.gasOf(body)) > MOST_GAS);
  return over < 0 ? items : items.slice(0, Math.max(1, over));
}

/** One that no transaction can carry would stop its sender for good. */
async function refuse(sql: Sql, [item]: readonly Item[], gas: bigint): Promise<void> {
  const words = `It may take ${gas} gas, and a transaction at most ${MOST_GAS_EVER}: it has too many parts.`;
  await sql`UPDATE request SET state = 'rejected', reason = ${words} WHERE digest = ${item!.digest}`;
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
