/** Rebuilding the projections from the stored logs, after their code changed or to mend rows. The chain is not asked. */
import { verbatim, type Db, type Sql } from "../db/port.ts";
import { Refusal } from "../errors.ts";
import { column } from "./columns.ts";
import { LONG, makeIndexes, putOffIndexes } from "./fills.ts";
import { applyEvents, fold, type Tip } from "./fold.ts";
import type { Projection } from "./port.ts";
import { nextBlocks, remedy, storedLogs, type StoredBlock } from "./stored.ts";

/** Blocks looked at, and logs folded, at once. */
const most = { blocks: 1_000, logs: 10_000 };

/** The projections whose tables were filled by other code than this build's, or never, by name. */
export async function staleProjections(db: Db, projections: readonly Projection[]): Promise<string[]> {
  const rows = await db.sql<{ name: string; version: number }>`SELECT name, version FROM projection`;
  const stored = new Map(rows.map(({ name, version }) => [name, version]));
  return projections.filter(({ name, version }) => stored.get(name) !== version).map(({ name }) => name);
}

/**
 * Empties the tables of all projections and fills them again from the stored logs, in one transaction.
 * @param longFill how many blocks make it a long fill (fills.ts)
 * @throws Refusal naming the block when the stored logs do not give the stored effects digest
 */
export async function replayProjections(db: Db, projections: readonly Projection[], longFill = LONG): Promise<void> {
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
      if (await holdsBlocks(sql, longFill)) await putOffIndexes(sql, projections);
      for (;;) {
        const blocks = await nextBlocks(sql, tip?.block ?? -1, most);
        if (blocks.length === 0) break;
        tip = await rebuild(sql, projections, tip, blocks);
      }
      await makeIndexes(sql);
      await setVersions(sql, projections);
    });
  } finally {
    await lock.release();
  }
}

const holdsBlocks = async (sql: Sql, least: number): Promise<boolean> =>
  (await sql`SELECT FROM block ORDER BY number OFFSET ${least - 1} LIMIT 1`).length > 0;

/** Tables are names that projections give in code, never input: a name cannot be a bound parameter. */
async function empty(sql: Sql, tables: readonly string[]): Promise<void> {
  await sql(verbatim(`TRUNCATE ${tables.join(", ")}`));
}

async function rebuild(
  sql: Sql,
  projections: readonly Projection[],
  before: Tip | undefined,
  blocks: readonly StoredBlock[],
): Promise<Tip> {
  const [first, last] = [blocks[0]!.number, blocks.at(-1)!.number];
  const logs = await storedLogs(sql, first, last);
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

async function setVersions(sql: Sql, projections: readonly Projection[]): Promise<void> {
  const names = column(projections.map(({ name }) => name));
  const versions = column(projections.map(({ version }) => version));
  await sql`
    INSERT INTO projection (name, version) SELECT * FROM unnest(${names}::text[], ${versions}::int[])
    ON CONFLICT (name) DO UPDATE SET version = excluded.version`;
}
