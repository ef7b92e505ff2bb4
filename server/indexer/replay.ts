/** Rebuilding the projections from the stored logs, after their code changed or to mend rows. The chain is not asked. */
import { verbatim, type Db, type Sql } from "../db/port.ts";
import { Refusal } from "../errors.ts";
import { column } from "./columns.ts";
import { dispensable, LONG, makeIndexes, putOffIndexes } from "./fills.ts";
import { applyEvents, fold, type Folded, type Tip } from "./fold.ts";
import type { Projection } from "./port.ts";
import { nextBlocks, remedy, storedLogs, type Most, type StoredBlock } from "./stored.ts";

/** What one round holds, in which a lot is read and changed once. */
const usualRound: Most = { blocks: 1_000, logs: 40_000 };

/** The projections whose tables were filled by other code than this build's, or never, by name. */
export async function staleProjections(db: Db, projections: readonly Projection[]): Promise<string[]> {
  const rows = await db.sql<{ name: string; version: number }>`SELECT name, version FROM projection`;
  const stored = new Map(rows.map(({ name, version }) => [name, version]));
  return projections.filter(({ name, version }) => stored.get(name) !== version).map(({ name }) => name);
}

/**
 * Empties the tables of all projections and fills them again from the stored logs, in one transaction.
 * @param options.longFill how many blocks make it a long fill (fills.ts)
 * @throws Refusal naming the block when the stored logs do not give the stored effects digest
 */
export async function replayProjections(
  db: Db,
  projections: readonly Projection[],
  { longFill = LONG, round = usualRound }: { longFill?: number; round?: Most } = {},
): Promise<void> {
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
      if (await holdsBlocks(sql, longFill)) await putOffIndexes(sql, dispensable(projections, { digests: false }));
      await rebuild(sql, projections, round);
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

/** Folds and writes the blocks that follow, a round at a time. */
async function rebuild(sql: Sql, projections: readonly Projection[], most: Most): Promise<void> {
  let tip: Tip | undefined;
  for (;;) {
    const blocks = await nextBlocks(sql, tip?.block ?? -1, most);
    if (blocks.length === 0) return;
    const logs = await storedLogs(sql, blocks[0]!.number, blocks.at(-1)!.number);
    const folded = fold(projections, tip, blocks, logs);
    checkEffects(blocks, folded);
    await applyEvents(sql, projections, folded.events);
    tip = folded.tip;
  }
}

function checkEffects(blocks: readonly StoredBlock[], folded: Folded): void {
  for (const [i, { number, effects }] of folded.blocks.entries()) {
    if (effects === blocks[i]!.effects) continue;
    throw new Refusal(
      `The stored logs of block ${number} give the effects digest ${effects}, but ${blocks[i]!.effects} is stored: the database was changed by another hand, or this build reads events otherwise. ${remedy}`,
    );
  }
}

async function setVersions(sql: Sql, projections: readonly Projection[]): Promise<void> {
  const names = column(projections.map(({ name }) => name));
  const versions = column(projections.map(({ version }) => version));
  await sql`
    INSERT INTO projection (name, version) SELECT * FROM unnest(${names}::text[], ${versions}::int[])
    ON CONFLICT (name) DO UPDATE SET version = excluded.version`;
}
