/** Rebuilding the projections from the stored logs, after their code changed or to mend rows. The chain is not asked. */
import type { Header, Log } from "../chain/blocks.ts";
import type { Hex } from "../chain/port.ts";
import type { Db, Sql } from "../db/port.ts";
import { Refusal } from "../errors.ts";
import { column } from "./columns.ts";
import { applyEvents, fold, type Tip } from "./fold.ts";
import type { Projection } from "./port.ts";
import { unpackLogs } from "./raw.ts";

/** Blocks looked at, and logs folded, at once. */
const BLOCKS = 1_000;
const LOGS = 10_000;

const remedy = "Restore the database from a copy, or start with an empty one and index the chain again.";

interface StoredBlock extends Header {
  effects: Hex;
  /** how many logs are stored for it */
  logs: number;
}

/** The projections whose tables were filled by other code than this build's, or never, by name. */
export async function staleProjections(db: Db, projections: readonly Projection[]): Promise<string[]> {
  const rows = await db.sql<{ name: string; version: number }>`SELECT name, version FROM projection`;
  const stored = new Map(rows.map(({ name, version }) => [name, version]));
  return projections.filter(({ name, version }) => stored.get(name) !== version).map(({ name }) => name);
}

/**
 * Empties the tables of all projections and fills them again from the stored logs, in one transaction.
 * @throws Refusal naming the block when the stored logs do not give the stored effects digest
 */
export async function replayProjections(db: Db, projections: readonly Projection[]): Promise<void> {
  const lock = await db.lock("indexer");
  if (!lock)
    throw new Refusal("Another process indexes into this database. Stop it before the projections are rebuilt.");
  try {
    const stale = await staleProjections(db, projections);
    await db.transaction(async (sql) => {
      // digests of rows as other code wrote them agree with nobody's any more
      if (stale.length > 0) await sql`DELETE FROM state_digest`;
      await empty(
        sql,
        projections.flatMap(({ tables }) => tables),
      );
      let tip: Tip | undefined;
      for (;;) {
        const blocks = await nextBlocks(sql, tip?.block ?? -1);
        if (blocks.length === 0) break;
        tip = await rebuild(sql, projections, tip, blocks);
      }
      await setVersions(sql, projections);
    });
  } finally {
    await lock.release();
  }
}

/** Tables are names that projections give in code, never input: a name cannot be a bound parameter. */
async function empty(sql: Sql, tables: readonly string[]): Promise<void> {
  const text = [`TRUNCATE ${tables.join(", ")}`];
  await sql(Object.assign(text, { raw: text }));
}

/** The next blocks, as many as hold no more logs than are to be folded at once, one at least. */
async function nextBlocks(sql: Sql, after: number): Promise<StoredBlock[]> {
  const rows = await sql<{ number: bigint; hash: Hex; parent: Hex; at: bigint; effects: Hex; logs: number }>`
    SELECT b.number, b.hash, b.parent, b.at, b.effects, coalesce(r.n, 0) AS logs
    FROM block b LEFT JOIN raw r ON r.block = b.number
    WHERE b.number > ${after} ORDER BY b.number LIMIT ${BLOCKS}`;
  let sum = 0;
  const end = rows.findIndex(({ logs }, i) => (sum += logs) > LOGS && i > 0);
  return (end < 0 ? rows : rows.slice(0, end)).map(({ number, parent, at, ...rest }) => ({
    ...rest,
    number: Number(number),
    parentHash: parent,
    timestamp: Number(at),
  }));
}

async function rebuild(
  sql: Sql,
  projections: readonly Projection[],
  before: Tip | undefined,
  blocks: readonly StoredBlock[],
): Promise<Tip> {
  const [first, last] = [blocks[0]!.number, blocks.at(-1)!.number];
  const rows = await sql<{ block: bigint; logs: Buffer }>`
    SELECT block, logs FROM raw WHERE block BETWEEN ${first} AND ${last} ORDER BY block`;
  const logs = (await Promise.all(rows.map(({ block, logs }) => unpack(Number(block), logs)))).flat();
  const folded = fold(projections, before, blocks, logs);
  for (const [i, { number, effects }] of folded.blocks.entries()) {
    if (effects === blocks[i]!.effects) continue;
    throw new Refusal(
      `The stored logs of block ${number} give the effects digest ${effects}, but ${blocks[i]!.effects} is stored: the database was changed by another hand, or this build reads events otherwise. ${remedy}`,
    );
  }
  await applyEvents(sql, projections, folded.events);
  return folded.tip;
}

async function unpack(block: number, packed: Buffer): Promise<Log[]> {
  try {
    return await unpackLogs(block, packed);
  } catch (cause) {
    const sentence = `The stored logs of block ${block} cannot be read: the database was damaged. ${remedy}`;
    throw new Refusal(sentence, { cause });
  }
}

async function setVersions(sql: Sql, projections: readonly Projection[]): Promise<void> {
  const names = column(projections.map(({ name }) => name));
  const versions = column(projections.map(({ version }) => version));
  await sql`
    INSERT INTO projection (name, version) SELECT * FROM unnest(${names}::text[], ${versions}::int[])
    ON CONFLICT (name) DO UPDATE SET version = excluded.version`;
}
