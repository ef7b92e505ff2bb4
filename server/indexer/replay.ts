/** Rebuilding the projections from the stored logs, after their code changed or to mend rows. The chain is not asked. */
import { verbatim, type Db, type Sql } from "../db/port.ts";
import { Refusal } from "../errors.ts";
import { column } from "./columns.ts";
import { dispensable, LONG, makeIndexes, putOffIndexes } from "./fills.ts";
import { applyEvents, asOne, fold, type Folded, type Tip } from "./fold.ts";
import { byWeight } from "./pieces.ts";
import type { Projection } from "./port.ts";
import { nextBlocks, remedy, storedLogs, type Most, type StoredBlock } from "./stored.ts";

export interface ReplayLimits extends Most {
  /** Logs folded in one go: while they are, no answer of the database is heard, and it gets no statement to work on. */
  inOneGo: number;
}

/** `logs` are those of one round of writing, in which a lot is read and changed once. */
const usualLimits: ReplayLimits = { blocks: 1_000, logs: 40_000, inOneGo: 1_000 };

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
  { longFill = LONG, limits = usualLimits }: { longFill?: number; limits?: ReplayLimits } = {},
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
      await rebuild(inTurn(sql), projections, limits);
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

/** While the database writes one range, the next is read and folded. */
async function rebuild(sql: Sql, projections: readonly Projection[], limits: ReplayLimits): Promise<void> {
  const readAfter = (before: Tip | undefined): Promise<Folded | undefined> =>
    readRange(sql, projections, before, limits);
  let ahead = readAfter(undefined);
  for (;;) {
    const range = await ahead;
    if (!range) return;
    ahead = readAfter(range.tip);
    // it is looked at in the next round; until then a failure must not count as unhandled
    ahead.catch(() => undefined);
    await applyEvents(sql, projections, range.events);
  }
}

/**
 * A transaction's statements, one after another, for those who do not wait for each other: it has one connection. One
 * that waited goes out before what came back is looked at, so that the database has work meanwhile.
 */
function inTurn(sql: Sql): Sql {
  const waiting: (() => void)[] = [];
  let busy = false;
  return async (text, ...values) => {
    if (busy) await new Promise<void>((go) => waiting.push(go));
    busy = true;
    try {
      return await sql(text, ...values);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else busy = false;
    }
  };
}

/** The blocks that follow, folded; `undefined` where there are no more. */
async function readRange(
  sql: Sql,
  projections: readonly Projection[],
  before: Tip | undefined,
  limits: ReplayLimits,
): Promise<Folded | undefined> {
  const blocks = await nextBlocks(sql, before?.block ?? -1, limits);
  const pieces: Folded[] = [];
  for (const piece of byWeight(blocks, ({ logs }) => logs, limits.inOneGo)) {
    const logs = await storedLogs(sql, piece[0]!.number, piece.at(-1)!.number);
    const folded = fold(projections, pieces.at(-1)?.tip ?? before, piece, logs);
    checkEffects(piece, folded);
    pieces.push(folded);
  }
  return pieces.length > 0 ? asOne(pieces) : undefined;
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
