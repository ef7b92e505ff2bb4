/** Keeps the lineage in memory up with the projections: all of it at boot, what is new after each commit. */
import { setTimeout as delay } from "node:timers/promises";
import type { Hex } from "../chain/port.ts";
import type { Db, Sql } from "../db/port.ts";
import { readCursor } from "../indexer/queries.ts";
import { appendActs, appendEdges, appendLots, emptyLineage, type ActKind, type Lineage } from "./lineage.ts";

/** Rows asked for at once: some tens of milliseconds of work on the main thread. */
const ROWS = 20_000;

export interface LineageFeed {
  /**
   * Reads what the transaction of `sql` sees and the memory does not know yet.
   * @returns the lineage as of that transaction's block or a later one; rebuilt from nothing where the rows were
   */
  catchUp(sql: Sql): Promise<Lineage>;
  /** How many times the rows were found to be others than those in memory. */
  rebuilds(): number;
}

/** How far the memory is; the last event tells whether the rows are still those that were read. */
interface Mark {
  block: number;
  index: number;
  digest: Hex;
}

interface EventRow {
  block: bigint;
  idx: number;
  digest: Hex;
  kind: ActKind;
  no: number;
  giver: Hex;
  receiver: Hex;
  grams: bigint;
  loss: bigint;
  code: number;
  at: bigint;
}

const nothing: Mark = { block: -1, index: -1, digest: "0x" };

export function createLineageFeed(): LineageFeed {
  let lineage = emptyLineage();
  let mark = nothing;
  let rebuilds = 0;

  /** A reader whose snapshot is older than the memory does not see the last event either, and has nothing to add. */
  async function dropIfRebuilt(sql: Sql, indexed: number): Promise<void> {
    const { block, index, digest } = mark;
    if (mark === nothing || indexed < block) return;
    const [row] = await sql<{ digest: Hex }>`
      SELECT digest FROM act WHERE block = ${block} AND idx = ${index}
      UNION ALL SELECT tx FROM ruling WHERE block = ${block} AND idx = ${index}`;
    if (row?.digest === digest || mark.digest !== digest) return;
    lineage = emptyLineage();
    mark = nothing;
    rebuilds++;
  }

  // Several requests may read the same rows at once; the first to come back appends them, the others ask again. No lock:
  // whoever waited for one inside a transaction could wait for the database's only connection.

  async function addLots(sql: Sql): Promise<boolean> {
    const into = lineage;
    const from = into.lots;
    const lots = await sql<{ no: number; class: number }>`
      SELECT no, class FROM lot WHERE no > ${from} ORDER BY no LIMIT ${ROWS}`;
    const last = lots.at(-1)?.no ?? from;
    const edges = await sql<{ child: number; parent: number; grams: bigint }>`
      SELECT child, parent, grams FROM edge WHERE child > ${from} AND child <= ${last} ORDER BY child, parent`;
    if (lineage !== into || into.lots !== from) return true;
    appendLots(into, lots);
    appendEdges(
      into,
      edges.map(({ child, parent, grams }) => ({ child, parent, grams: Number(grams) })),
    );
    return lots.length === ROWS;
  }

  async function addActs(sql: Sql): Promise<boolean> {
    const [into, from] = [lineage, mark];
    const rows = await readEvents(sql, from);
    if (lineage !== into || mark !== from) return true;
    appendActs(
      into,
      rows.map((row) => ({
        ...row,
        lot: row.no,
        grams: Number(row.grams),
        loss: Number(row.loss),
        at: Number(row.at),
      })),
    );
    const last = rows.at(-1);
    if (last) mark = { block: Number(last.block), index: last.idx, digest: last.digest };
    return rows.length === ROWS;
  }

  return {
    async catchUp(sql) {
      const cursor = await readCursor(sql);
      if (!cursor) return lineage;
      await dropIfRebuilt(sql, cursor.block);
      // a lot and its edges come before the acts upon it
      while (await addLots(sql));
      while (await addActs(sql));
      return lineage;
    },
    rebuilds: () => rebuilds,
  };
}

/** Commits that follow one another so soon are caught up with together. */
const PAUSE_MS = 250;

export interface Upkeep {
  /** Tells that there may be more to read. */
  wake(): void;
  /** Resolves when no reading is under way any more. */
  stop(): Promise<void>;
}

/**
 * Catches up in the background, so that a request finds little to read.
 * @param failed called with what went wrong; the next request or commit tries again
 */
export function keepUp(db: Db, feed: LineageFeed, failed: (error: unknown) => void): Upkeep {
  const stopping = new AbortController();
  let asked = false;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (asked && !stopping.signal.aborted) {
      asked = false;
      await db.snapshot((sql) => feed.catchUp(sql)).catch(failed);
      await delay(PAUSE_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
    }
    running = undefined;
  }

  return {
    wake() {
      asked = true;
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Acts, and the lots that auditors declared void, in the order of events. */
function readEvents(sql: Sql, { block, index }: Mark): Promise<EventRow[]> {
  return sql<EventRow>`
    SELECT event.*, lot.no FROM (
      (SELECT block, idx, digest, kind, lot, giver, receiver, grams, loss_grams AS loss, code, captured_at AS at
        FROM act WHERE (block, idx) > (${block}::bigint, ${index}::int) ORDER BY block, idx LIMIT ${ROWS})
      UNION ALL
      (SELECT ruling.block, idx, tx, 'void', lot, coalesce(auditor, tx), coalesce(auditor, tx), grams, grams, 0, block.at
        FROM ruling JOIN block ON block.number = ruling.block
        WHERE kind = 'void' AND (ruling.block, idx) > (${block}::bigint, ${index}::int) ORDER BY ruling.block, idx LIMIT ${ROWS})
    ) AS event JOIN lot ON lot.id = event.lot ORDER BY event.block, event.idx LIMIT ${ROWS}`;
}
