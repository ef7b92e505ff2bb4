/** Indexing a test's chain, and all that the index then holds. */
import type { Db, Row } from "../../server/db/port.ts";
import { readHeader } from "../../server/chain/blocks.ts";
import { createIndexer, type Indexer, type IndexerDeps } from "../../server/indexer/indexer.ts";
import { createLog } from "../../server/log.ts";
import type { Ledger } from "./ledger.ts";

/** An indexer of this ledger's contracts that settles nothing, unless said otherwise. */
export function indexerOf(db: Db, ledger: Ledger, deps: Partial<IndexerDeps> = {}): Indexer {
  return createIndexer({
    db,
    chain: ledger.chain,
    finality: "instant",
    projections: ledger.projections,
    settle: () => Promise.resolve(),
    reached: () => Promise.resolve(),
    log: createLog("silent"),
    ...deps,
  });
}

export async function headOf(ledger: Ledger): Promise<number> {
  return (await readHeader(ledger.chain, "latest"))!.number;
}

/** Indexes to the chain's head, or to a block before it, and stops. */
export async function indexAll(db: Db, ledger: Ledger, deps: Partial<IndexerDeps> = {}, to?: number): Promise<void> {
  const head = await headOf(ledger);
  const finality = to === undefined ? "instant" : { depth: head - to };
  const indexer = indexerOf(db, ledger, { finality, ...deps });
  await indexer.start();
  await indexer.indexed(to ?? head);
  await indexer.stop();
}

/** Empties whatever the read path has written: cheaper than another database. */
export async function clearIndex({ sql }: Db): Promise<void> {
  await sql`
    TRUNCATE block, raw, cursor, projection, state_digest, account, account_key, vocabulary, licence, lot, act, edge, ruling`;
}

/** Every row that the read path has written, by table, in the order of keys. */
export async function indexRows({ sql }: Db): Promise<Record<string, Row[]>> {
  return {
    block: await sql`SELECT * FROM block ORDER BY number`,
    raw: await sql`SELECT block, n, encode(logs, 'hex') AS logs FROM raw ORDER BY block`,
    cursor: await sql`SELECT * FROM cursor ORDER BY name`,
    ...(await projectionRows({ sql })),
  };
}

/** The rows of all projections. */
export async function projectionRows({ sql }: Pick<Db, "sql">): Promise<Record<string, Row[]>> {
  return {
    account: await sql`SELECT * FROM account ORDER BY id`,
    account_key: await sql`SELECT * FROM account_key ORDER BY id`,
    vocabulary: await sql`SELECT * FROM vocabulary ORDER BY list, code`,
    licence: await sql`SELECT * FROM licence ORDER BY account, kind`,
    lot: await sql`SELECT * FROM lot ORDER BY no`,
    act: await sql`SELECT * FROM act ORDER BY block, idx`,
    edge: await sql`SELECT * FROM edge ORDER BY child, parent`,
    ruling: await sql`SELECT * FROM ruling ORDER BY block, idx`,
  };
}
