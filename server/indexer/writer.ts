/** Writes a folded range: blocks, raw logs, projections, request outcomes and the cursor, in one transaction. */
import type { Db, Sql } from "../db/port.ts";
import { column } from "./columns.ts";
import { stateDigest } from "./digests.ts";
import { applyEvents, outcomesOf, type Folded, type FoldedBlock, type Tip } from "./fold.ts";
import { byWeight } from "./pieces.ts";
import type { Outcome, Projection } from "./port.ts";
import { readCursor } from "./queries.ts";
import { packLogs } from "./raw.ts";

/** Moves requests to their end by the outcomes of their acts; runs in the range's transaction. */
export type Settle = (sql: Sql, outcomes: readonly Outcome[]) => Promise<unknown>;

export interface Prepared extends Folded {
  /** how many logs there are */
  logs: number;
  outcomes: Outcome[];
  /** the packed logs of the blocks that have any, end to end */
  packed: { block: number; n: number; bytes: Buffer }[];
}

/** All that can be done for a range without the database. */
export function prepare(projections: readonly Projection[], folded: Folded): Prepared {
  const full = folded.blocks.filter(({ logs }) => logs.length > 0);
  const packed = full.map(({ number, logs }) => ({ block: number, n: logs.length, bytes: packLogs(logs) }));
  const logs = packed.reduce((sum, { n }) => sum + n, 0);
  return { ...folded, logs, outcomes: outcomesOf(projections, folded.events), packed };
}

/** Ranges, one at least, of which each follows the one before, as one. */
export const joined = (ranges: readonly Prepared[]): Prepared => ({
  blocks: ranges.flatMap(({ blocks }) => blocks),
  events: ranges[0]!.events.map((_, reader) => ranges.flatMap(({ events }) => events[reader]!)),
  tip: ranges.at(-1)!.tip,
  logs: ranges.reduce((sum, { logs }) => sum + logs, 0),
  outcomes: ranges.flatMap(({ outcomes }) => outcomes),
  packed: ranges.flatMap(({ packed }) => packed),
});

async function writeBlocks(sql: Sql, blocks: readonly FoldedBlock[]): Promise<void> {
  const numbers = column(blocks.map(({ number }) => number));
  const hashes = column(blocks.map(({ hash }) => hash));
  const parents = column(blocks.map(({ parentHash }) => parentHash));
  const times = column(blocks.map(({ timestamp }) => timestamp));
  const effects = column(blocks.map(({ effects }) => effects));
  await sql`
    INSERT INTO block (number, hash, parent, at, effects)
    SELECT * FROM unnest(${numbers}::bigint[], ${hashes}::text[], ${parents}::text[], ${times}::bigint[], ${effects}::text[])`;
}

/** Bytes that one statement takes: as with rows (columns.ts), a large message costs its square. */
const BYTES_AT_ONCE = 500_000;

/** The blobs go over as one binary parameter, cut apart in the database: as an array they would travel as hex. */
async function writeRaw(sql: Sql, packed: Prepared["packed"]): Promise<void> {
  let end = 1;
  const starts = packed.map(({ bytes }) => (end += bytes.length) - bytes.length);
  await sql`
    INSERT INTO raw (block, n, logs)
    SELECT block, n, substring(${Buffer.concat(packed.map(({ bytes }) => bytes))}::bytea FROM start FOR length)
    FROM unnest(
      ${column(packed.map(({ block }) => block))}::bigint[], ${column(packed.map(({ n }) => n))}::int[],
      ${column(starts)}::int[], ${column(packed.map(({ bytes }) => bytes.length))}::int[]
    ) AS piece (block, n, start, length)`;
}

/** Writes the range; when it returns, the range is durable. */
export async function writeRange(
  db: Db,
  projections: readonly Projection[],
  { blocks, events, tip, outcomes, packed }: Prepared,
  settle: Settle,
): Promise<void> {
  await db.transaction(async (sql) => {
    await applyEvents(sql, projections, events);
    await writeBlocks(sql, blocks);
    for (const some of byWeight(packed, ({ bytes }) => bytes.length, BYTES_AT_ONCE)) await writeRaw(sql, some);
    await settle(sql, outcomes);
    await sql`
      INSERT INTO cursor (name, block, hash) VALUES ('indexer', ${tip.block}, ${tip.hash})
      ON CONFLICT (name) DO UPDATE SET block = excluded.block, hash = excluded.hash`;
  });
}

/** The last indexed block with its effects; `undefined` before the first. */
export async function readTip(sql: Sql): Promise<Tip | undefined> {
  const cursor = await readCursor(sql);
  if (!cursor) return undefined;
  const [row] = await sql<{ effects: Tip["effects"] }>`SELECT effects FROM block WHERE number = ${cursor.block}`;
  if (!row) throw new Error(`The database has no row of block ${cursor.block}, at which its cursor stands.`);
  return { ...cursor, effects: row.effects };
}

/**
 * Keeps the state digest of the block at which the cursor stands. Only the indexer writes projections, and it waits
 * for this: so the pages are of one state without a transaction that would hold up every other reader.
 */
export async function keepStateDigest(db: Db, projections: readonly Projection[]): Promise<void> {
  const { block, version, root, buckets } = await stateDigest(db.sql, projections);
  await db.sql`
    INSERT INTO state_digest (block, version, root, buckets)
    SELECT block, ${version}, ${root}, ${JSON.stringify(buckets)}::jsonb FROM cursor WHERE name = 'indexer' AND block = ${block}
    ON CONFLICT (block) DO UPDATE SET version = excluded.version, root = excluded.root, buckets = excluded.buckets`;
}
