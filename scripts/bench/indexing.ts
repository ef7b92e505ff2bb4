/**
 * `npm run bench:index [-- --events N --rounds N --no-ponder]`: events indexed a second, on PGlite (durable) and on
 * PostgreSQL where TIDEMARK_TEST_POSTGRES names a server, beside Ponder with the same handlers on the same databases in
 * the same run; medians. Our indexer reads a chain of text in memory, so JSON is parsed, events are decoded and folded,
 * blocks, logs, rows, both ends of the digest chain and the cursor written; requests are not settled, for there are
 * none. Ponder finds what it asks its chain for in its own cache, and its PGlite does not wait for the disk.
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

async function measure(db: Db, chain: Chain): Promise<Measured> {
  await migrate(db);
  const indexer = createIndexer({
    db,
    chain,
    finality: "instant",
    projections: [traceabilityProjection(ledger)],
    settle: () => Promise.resolve(),
    reached: () => Promise.resolve(),
    log: createLog("warn"),
    from: 1,
    // a state digest goes over all rows: it is not what is measured here
    digestEvery: blocks + TAIL + 1,
  });
  const used = process.cpuUsage();
  const began = performance.now();
  await indexer.start();
  await indexer.caughtUp;
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(used);
  await indexer.stop();
  return { seconds, processor: (user + system) / 1e6, totals: await totalsOf(db) };
}

async function onPglite(chain: Chain): Promise<Measured> {
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

const onPostgres = (server: string, chain: Chain): Promise<Measured> =>
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
  ours: () => Promise<Measured>,
  theirs: ((schema: string) => Promise<Measured>) | undefined,
  least: number,
): Promise<void> {
  const runs: Measured[] = [];
  const others: Measured[] = [];
  if (theirs) await theirs("fetched");
  for (let round = 1; round <= rounds; round++) {
    const mine = await ours();
    if (Number(mine.totals.acts) !== EVENTS) throw new Error(`${mine.totals.acts} acts are indexed`);
    runs.push(mine);
    const other = await theirs?.(`round${round}`);
    if (other) mustAgree(mine.totals, other.totals);
    if (other) others.push(other);
    console.log(
      `  ${title}, round ${round} of ${rounds}: ${shown(rateOf([mine]))}${other ? shown(rateOf([other])) : ""}`,
    );
  }
  report(title, runs, others, least);
}

/** @param least how many times Ponder's rate ours should be (DESIGN.md §7) */
function report(title: string, runs: readonly Measured[], others: readonly Measured[], least: number): void {
  const rate = rateOf(runs);
  const figure = { what: `index, ${title}`, value: Math.round(rate), unit: "events/s" };
  const processor = { what: `index, ${title}, processor of the process`, value: costOf(runs), unit: "µs/event" };
  const line = `  ${title.padEnd(20)} ${shown(rate)}`;
  const cost = `processor ${costOf(runs).toFixed(0)} µs an event`;
  if (others.length === 0) {
    console.log(`${line}   ${cost}`);
    tell(figure);
    tell(processor);
    return;
  }
  const ratio = rate / rateOf(others);
  console.log(`${line}   Ponder ${shown(rateOf(others))}   × ${ratio.toFixed(1)} (≥ ${least})`);
  console.log(`  ${"".padEnd(20)} ${cost}, Ponder's ${costOf(others).toFixed(0)}; the database's where it is a thread`);
  tell({ ...figure, ratio, beside: `Ponder 0.16.10: ${Math.round(rateOf(others))}`, least });
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
