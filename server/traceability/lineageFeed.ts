/** Keeps the lineage in memory up with the projections: all of it at boot, what is new after each commit. */
import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import type { Hex } from "../chain/port.ts";
import type { Db, Sql } from "../db/port.ts";
import { readCursor } from "../indexer/queries.ts";
import {
  appendActs,
  appendEdges,
  appendLots,
  emptyLineage,
  type ActKind,
  type Lineage,
  type NewAct,
  type NewEdge,
  type NewLot,
} from "./lineage.ts";

/** Rows asked for at once: a part of the work of each reading is the same for few and for many. */
const ROWS = 100_000;
/** Rows parsed before others have their turn. */
const SLICE = 5_000;

export interface LineageFeed {
  /**
   * Reads what the transaction of `sql` sees and the memory does not know yet.
   * @returns the lineage as of that transaction's block or a later one; rebuilt from nothing where the rows were
   */
  catchUp(sql: Sql): Promise<Lineage>;
  /** How many times the rows were found to be others than those in memory. */
  rebuilds(): number;
}

/** How far the memory is; the last event's digest, once known, tells whether the rows are still those that were read. */
interface Mark {
  block: number;
  index: number;
  digest?: Hex | undefined;
}

const nothing: Mark = { block: -1, index: -1 };

/** A feed that knows nothing yet: the first to ask has it read all rows. */
export function createLineageFeed(): LineageFeed {
  let lineage = emptyLineage();
  let mark = nothing;
  let rebuilds = 0;

  /** A reader whose snapshot is older than the memory does not see the last event either, and has nothing to add. */
  async function dropIfRebuilt(sql: Sql, indexed: number): Promise<void> {
    const known = mark;
    if (known.digest === undefined || indexed < known.block) return;
    if ((await readDigest(sql, known)) === known.digest || mark !== known) return;
    lineage = emptyLineage();
    mark = nothing;
    rebuilds++;
  }

  // Several requests may read the same rows at once; the first to come back appends them, the others ask again. No lock:
  // whoever waited for one inside a transaction could wait for the database's only connection.

  async function addLots(sql: Sql): Promise<boolean> {
    const into = lineage;
    const from = into.lots;
    const lots = await readLots(sql, from);
    const edges = await readEdges(sql, from, lots.at(-1)?.no ?? from);
    if (lineage !== into || into.lots !== from) return true;
    appendLots(into, lots);
    appendEdges(into, edges);
    return lots.length === ROWS;
  }

  async function addEvents(sql: Sql): Promise<boolean> {
    const [into, from] = [lineage, mark];
    const events = await readEvents(sql, from);
    const last = events.at(-1);
    const digest = last && (await readDigest(sql, last));
    if (lineage !== into || mark !== from) return true;
    appendActs(into, events);
    if (last) mark = { block: last.block, index: last.index, digest };
    return events.length === ROWS;
  }

  return {
    async catchUp(sql) {
      const cursor = await readCursor(sql);
      if (!cursor) return lineage;
      await dropIfRebuilt(sql, cursor.block);
      // a lot and its edges come before the acts upon it
      while (await addLots(sql));
      while (await addEvents(sql));
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

// All rows of a reading come as one text, a line each: several times faster through the driver than as rows.

/** The lines of a text, parsed, giving way to others in between. */
async function parsed<Row>(text: string | null, parse: (fields: string[]) => Row): Promise<Row[]> {
  const rows: Row[] = [];
  if (text === null) return rows;
  const lines = text.split("\n");
  for (const [i, line] of lines.entries()) {
    rows.push(parse(line.split(" ")));
    if (i % SLICE === SLICE - 1) await nextTurn();
  }
  return rows;
}

interface Lines {
  lines: string | null;
}

async function readLots(sql: Sql, after: number): Promise<NewLot[]> {
  const [text] = await sql<Lines>`
    SELECT string_agg(no || ' ' || class, E'\n' ORDER BY no) AS lines
    FROM (SELECT no, class FROM lot WHERE no > ${after} ORDER BY no LIMIT ${ROWS}) AS new`;
  return parsed(text!.lines, ([no, lotClass]) => ({ no: Number(no), class: Number(lotClass) }));
}

async function readEdges(sql: Sql, after: number, last: number): Promise<NewEdge[]> {
  const [text] = await sql<Lines>`
    SELECT string_agg(child || ' ' || parent || ' ' || grams, E'\n' ORDER BY child, parent) AS lines
    FROM edge WHERE child > ${after} AND child <= ${last}`;
  return parsed(text!.lines, ([child, parent, grams]) => ({
    child: Number(child),
    parent: Number(parent),
    grams: Number(grams),
  }));
}

/** Acts, and the lots that auditors declared void, in the order of events. */
async function readEvents(sql: Sql, { block, index }: Mark): Promise<(NewAct & { block: number; index: number })[]> {
  const [text] = await sql<Lines>`
    SELECT string_agg(concat_ws(' ', block, idx, kind, no, giver, receiver, grams, loss, code, at), E'\n'
      ORDER BY block, idx) AS lines
    FROM (
      SELECT event.*, lot.no FROM (
        (SELECT block, idx, kind, lot, giver, receiver, grams, loss_grams AS loss, code, captured_at AS at
          FROM act WHERE (block, idx) > (${block}::bigint, ${index}::int) ORDER BY block, idx LIMIT ${ROWS})
        UNION ALL
        (SELECT ruling.block, idx, 'void', lot, coalesce(auditor, tx), coalesce(auditor, tx), grams, grams, 0, block.at
          FROM ruling JOIN block ON block.number = ruling.block
          WHERE kind = 'void' AND (ruling.block, idx) > (${block}::bigint, ${index}::int)
          ORDER BY ruling.block, idx LIMIT ${ROWS})
      ) AS event JOIN lot ON lot.id = event.lot ORDER BY event.block, event.idx LIMIT ${ROWS}
    ) AS new`;
  return parsed(text!.lines, ([block, index, kind, lot, giver, receiver, grams, loss, code, at]) => ({
    block: Number(block),
    index: Number(index),
    kind: kind as ActKind,
    lot: Number(lot),
    giver: giver as Hex,
    receiver: receiver as Hex,
    grams: Number(grams),
    loss: Number(loss),
    code: Number(code),
    at: Number(at),
  }));
}

async function readDigest(sql: Sql, { block, index }: Mark): Promise<Hex | undefined> {
  const [row] = await sql<{ digest: Hex }>`
    SELECT digest FROM act WHERE block = ${block} AND idx = ${index}
    UNION ALL SELECT tx FROM ruling WHERE block = ${block} AND idx = ${index}`;
  return row?.digest;
}
