/**
 * `npm run bench:index [-- --events N --rounds N --no-ponder]`: events indexed a second, on PGlite (durable) and on
 * PostgreSQL where TIDEMARK_TEST_POSTGRES names a server, beside Ponder with the same handlers on the same databases in
 * the same run; medians. Two things are measured of our indexer, and both stand beside Ponder with the same budget. "From
 * kept logs": the projections are rebuilt from the logs in the database, all or nothing, each block's digest checked;
 * Ponder's rows are made of what its cache in the database has, so these two do the same. "From the chain": an empty
 * database is filled from a chain of text in memory; JSON is parsed, blocks, logs, rows, effects and the cursor are
 * written; requests are not settled, for there are none. Ponder's own first fill is told too, and not compared: it asks a
 * node 20 times a second at first, by its own choice. Its PGlite does not wait for the disk.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import type { Chain } from "../../server/chain/port.ts";
import { migrate } from "../../server/db/migrate.ts";
import { openPglite } from "../../server/db/pglite.ts";
import type { Db } from "../../server/db/port.ts";
import { connectPostgres } from "../../server/db/postgres.ts";
import { createIndexer } from "../../server/indexer/indexer.ts";
import { replayProjections } from "../../server/indexer/replay.ts";
import { createLog } from "../../server/log.ts";
import { traceabilityProjection } from "../../server/traceability/projections.ts";
import { median, tell } from "./figures.ts";
import { ledger, PER_BLOCK } from "./lotHistory.ts";
import type { Measured } from "./measured.ts";
import { installPonder, runPonder, type PonderPlace } from "./ponder.ts";
import { inProcess, overHttp, textChain } from "./textChain.ts";
import { mustAgree, totalsOf } from "./totals.ts";

const { values } = parseArgs({
  options: { events: { type: "string" }, rounds: { type: "string" }, "no-ponder": { type: "boolean" } },
});
const blocks = Math.ceil(Number(values.events ?? 200_000) / PER_BLOCK);
const rounds = Number(values.rounds ?? 3);
/** more than the 30 blocks that Ponder keeps away from the head of a chain it does not know */
const TAIL = 64;

/** What is measured of ours: both end with the same rows. */
interface Ours {
  chain: Measured;
  logs: Measured;
}

async function timed(db: Db, work: () => Promise<void>): Promise<Measured> {
  const used = process.cpuUsage();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(used);
  return { seconds, processor: (user + system) / 1e6, totals: await totalsOf(db) };
}

async function measure(db: Db, chain: Chain): Promise<Ours> {
  await migrate(db);
  const projections = [traceabilityProjection(ledger)];
  const indexer = createIndexer({
    db,
    chain,
    finality: "instant",
    projections,
    settle: () => Promise.resolve(),
    reached: () => Promise.resolve(),
    log: createLog("warn"),
    from: 1,
    // a state digest goes over all rows: it is not what is measured here
    digestEvery: blocks + TAIL + 1,
  });
  const filled = await timed(db, async () => {
    await indexer.start();
    await indexer.caughtUp;
  });
  await indexer.stop();
  return { chain: filled, logs: await timed(db, () => replayProjections(db, projections)) };
}

async function onPglite(chain: Chain): Promise<Ours> {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-bench-"));
  const db = await openPglite({ folder });
  try {
    return await measure(db, chain);
  } finally {
    await db.close();
    rmSync(folder, { recursive: true });
  }
}

/** A database of its own on the server, removed afterwards. Its name is not input. */
async function withDatabase<T>(server: string, name: string, work: (url: string) => Promise<T>): Promise<T> {
  const admin = await connectPostgres({ url: server, poolSize: 1 });
  const run = (text: string): Promise<unknown> => admin.sql(Object.assign([text], { raw: [text] }));
  const own = `tidemark_${name}_${process.pid}`;
  await run(`CREATE DATABASE ${own}`);
  const url = new URL(server);
  url.pathname = `/${own}`;
  try {
    return await work(url.href);
  } finally {
    await run(`DROP DATABASE ${own} WITH (FORCE)`);
    await admin.close();
  }
}

const onPostgres = (server: string, chain: Chain): Promise<Ours> =>
  withDatabase(server, "bench", async (url) => {
    const db = await connectPostgres({ url, poolSize: 4 });
    try {
      return await measure(db, chain);
    } finally {
      await db.close();
    }
  });

const shown = (rate: number): string => Math.round(rate).toLocaleString("en").padStart(8);
const EVENTS = blocks * PER_BLOCK;
const rateOf = (runs: readonly Measured[]): number => median(runs.map(({ seconds }) => EVENTS / seconds));
/** in microseconds an event: on a busy machine the clock tells little */
const costOf = (runs: readonly Measured[]): number => median(runs.map(({ processor }) => (processor * 1e6) / EVENTS));

/** Both indexers by turns, so that what disturbs the machine disturbs both. */
async function compare(
  title: string,
  ours: () => Promise<Ours>,
  theirs: ((schema: string) => Promise<Measured>) | undefined,
  least: number,
): Promise<void> {
  const runs: Ours[] = [];
  const others: Measured[] = [];
  const first = await theirs?.("fetched");
  if (first) console.log(`  ${title}, Ponder's first fill: ${shown(rateOf([first]))}`);
  for (let round = 1; round <= rounds; round++) {
    const mine = await ours();
    for (const { totals } of [mine.chain, mine.logs]) {
      if (Number(totals.acts) !== EVENTS) throw new Error(`${totals.acts} acts are indexed`);
    }
    runs.push(mine);
    const other = await theirs?.(`round${round}`);
    if (other) for (const { totals } of [mine.chain, mine.logs]) mustAgree(totals, other.totals);
    if (other) others.push(other);
    const rates = [mine.logs, mine.chain, ...(other ? [other] : [])].map((run) => shown(rateOf([run])));
    console.log(`  ${title}, round ${round} of ${rounds}: ${rates.join("")}`);
  }
  report(`${title}, from kept logs`, of(runs, "logs"), others, least);
  report(`${title}, from the chain`, of(runs, "chain"), others, least);
}

const of = (runs: readonly Ours[], what: keyof Ours): Measured[] => runs.map((run) => run[what]);

/** @param least how many times Ponder's rate ours should be (DESIGN.md §7), whichever of ours it is read as */
function report(title: string, runs: readonly Measured[], others: readonly Measured[], least: number): void {
  const rate = rateOf(runs);
  const figure = { what: `index, ${title}`, value: Math.round(rate), unit: "events/s" };
  const processor = { what: `index, ${title}, processor of the process`, value: costOf(runs), unit: "µs/event" };
  const line = `  ${title.padEnd(34)} ${shown(rate)}`;
  const cost = `processor ${costOf(runs).toFixed(0)} µs an event`;
  if (others.length === 0) {
    console.log(`${line}   ${cost}`);
    tell(figure);
    tell(processor);
    return;
  }
  const ratio = rate / rateOf(others);
  const beside = `Ponder 0.16.10 from its cache: ${Math.round(rateOf(others))}`;
  console.log(`${line}   ${beside}   × ${ratio.toFixed(1)} (≥ ${least})`);
  console.log(`  ${"".padEnd(34)} ${cost}, Ponder's ${costOf(others).toFixed(0)}; the database's where it is a thread`);
  tell({ ...figure, ratio, beside, least });
  tell({ ...processor, ratio: costOf(others) / costOf(runs), beside: `Ponder 0.16.10: ${costOf(others).toFixed(0)}` });
}

const text = textChain(blocks, values["no-ponder"] ? 0 : TAIL);
const chain = inProcess(text);
const http = values["no-ponder"] ? undefined : await overHttp(text);
if (http) await installPonder();
const ponderOn = (database: PonderPlace["database"]): ((schema: string) => Promise<Measured>) | undefined =>
  http && ((schema) => runPonder({ rpc: http.url, ledger, blocks, database }, schema));

console.log(`events indexed a second, ${EVENTS.toLocaleString("en")} events in blocks of ${PER_BLOCK}`);
const folder = mkdtempSync(join(tmpdir(), "tidemark-ponder-"));
try {
  await compare("PGlite, durable", () => onPglite(chain), ponderOn({ folder }), 3);
} finally {
  rmSync(folder, { recursive: true });
}
const postgres = process.env["TIDEMARK_TEST_POSTGRES"];
if (postgres) {
  await withDatabase(postgres, "ponder", (url) =>
    compare("PostgreSQL", () => onPostgres(postgres, chain), ponderOn({ postgres: url }), 5),
  );
} else console.log("  PostgreSQL           not measured: set TIDEMARK_TEST_POSTGRES (scripts/postgres.sh run -- …)");
http?.close();
