/**
 * How long provenance takes at 1,000,000 acts, for a lot with 100,000 ancestors: `npm run bench:lineage`, on PGlite, and
 * on PostgreSQL too where TIDEMARK_TEST_POSTGRES names a server on which databases may be made. Rows are generated
 * straight into the projections. `-- --acts N --lots N` for another size.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Client } from "pg";
import { readNamedAccounts } from "../../server/access/queries.ts";
import type { Hex } from "../../server/chain/port.ts";
import { migrate } from "../../server/db/migrate.ts";
import { openPglite } from "../../server/db/pglite.ts";
import type { Db } from "../../server/db/port.ts";
import { connectPostgres } from "../../server/db/postgres.ts";
import { walk, type Lineage } from "../../server/traceability/lineage.ts";
import { createLineageFeed, type LineageFeed } from "../../server/traceability/lineageFeed.ts";
import { findLot, readPage } from "../../server/traceability/provenance.ts";
import { summarise } from "../../server/traceability/summary.ts";
import { tell } from "./figures.ts";
import { fillProjections } from "./fill.ts";
import { generate, type Generated } from "./graphs.ts";

const PAGE = 1_000;
const ROUNDS = 25;

const { values } = parseArgs({ options: { acts: { type: "string" }, lots: { type: "string" } } });
const wantedActs = Number(values.acts ?? 1_000_000);
const wantedLots = Number(values.lots ?? 100_000);

/** One graph of the lots wanted, and graphs of 1,000 until there are acts enough; a lot has about 2.1 acts. */
function history(): Generated {
  const others = Math.max(0, Math.ceil((wantedActs / 2.1 - wantedLots) / 1_000));
  return generate({
    seed: 1,
    sizes: [Math.ceil(wantedLots * 1.04), ...Array<number>(others).fill(1_000)],
    people: 5_000,
  });
}

const percentile = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))]!;

const shown = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;

function percentiles(what: string, times: readonly number[]): void {
  const [p50, p95] = [0.5, 0.95].map((share) => shown(percentile(times, share)).padStart(8));
  console.log(`  ${what.padEnd(44)} p50 ${p50!}   p95 ${p95!}   n ${times.length}`);
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const began = performance.now();
  return [await work(), performance.now() - began];
}

/** All pages of a lot's past, each as a request reads it; the first brings the figures of the whole. */
async function pages(db: Db, feed: LineageFeed, id: Hex): Promise<{ first: number; later: number[]; whole: number }> {
  const later: number[] = [];
  let first = 0;
  const began = performance.now();
  for (let after: Hex | undefined; ;) {
    const [page, took] = await timed(async () => {
      const read = await db.snapshot(async (sql) => {
        const found = (await findLot(sql, feed, id))!;
        return {
          found,
          page: (await readPage(sql, found, "upstream", after, PAGE))!,
          named: await readNamedAccounts(sql),
        };
      });
      const { lineage, no } = read.found;
      if (after === undefined) await summarise(lineage, no, "upstream", [...read.named.keys()]);
      return read.page;
    });
    if (after === undefined) first = took;
    else later.push(took);
    after = page.next;
    if (after === undefined) return { first, later, whole: performance.now() - began };
  }
}

function walks(lineage: Lineage, no: number): void {
  const times: number[] = [];
  let lots = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    lots = [...walk(lineage, no, "upstream")].length;
    times.push(performance.now() - began);
  }
  percentiles(`walk of ${lots.toLocaleString("en")} lots, in memory`, times);
}

async function measure(title: string, db: Db, made: Generated): Promise<void> {
  const [, filled] = await timed(() => fillProjections(db, made));
  console.log(
    `${title}: ${made.acts.length} acts, ${made.lots.length} lots, ${made.edges.length} edges (filled in ${shown(filled)})`,
  );
  const before = process.memoryUsage();
  const feed = createLineageFeed();
  const [lineage, loaded] = await timed(() => db.snapshot((sql) => feed.catchUp(sql)));
  const held = process.memoryUsage().arrayBuffers - before.arrayBuffers;
  console.log(`  loaded in ${shown(loaded)}; its columns take ${Math.round(held / 2 ** 20)} MiB`);
  const end = made.ends[0]!;
  walks(lineage, end.no);
  const named = [...(await readNamedAccounts(db.sql)).keys()];
  const sums: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    sums.push((await timed(() => summarise(lineage, end.no, "upstream", named)))[1]);
  }
  percentiles("totals and facilities of the whole graph", sums);
  const firsts: number[] = [];
  await pages(db, feed, end.id);
  for (let round = 0; round < ROUNDS; round++) firsts.push(await firstPage(db, feed, end.id));
  percentiles(`first page of ${PAGE} with totals`, firsts);
  tell({ what: `first page of ${PAGE}, p95, ${title}`, value: percentile(firsts, 0.95), unit: "ms", most: 300 });
  const { later, whole } = await pages(db, feed, end.id);
  percentiles(`each further page of ${PAGE}`, later);
  tell({ what: `each further page of ${PAGE}, p95, ${title}`, value: percentile(later, 0.95), unit: "ms", most: 300 });
  console.log(`  all ${later.length + 1} pages in ${shown(whole)}`);
}

async function firstPage(db: Db, feed: LineageFeed, id: Hex): Promise<number> {
  const [, took] = await timed(async () => {
    const found = await db.snapshot(async (sql) => {
      const found = (await findLot(sql, feed, id))!;
      await readPage(sql, found, "upstream", undefined, PAGE);
      return { ...found, named: await readNamedAccounts(sql) };
    });
    await summarise(found.lineage, found.no, "upstream", [...found.named.keys()]);
  });
  return took;
}

async function onPglite(made: Generated): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-lineage-"));
  const db = await openPglite({ folder });
  try {
    await migrate(db);
    await measure("PGlite", db, made);
  } finally {
    await db.close();
    rmSync(folder, { recursive: true });
  }
}

async function onPostgres(made: Generated, server: string): Promise<void> {
  const name = `tidemark_lineage_${process.pid}`;
  const admin = new Client({ connectionString: server });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const db = await connectPostgres({ url: url.href, poolSize: 4 });
  try {
    await migrate(db);
    await measure("PostgreSQL", db, made);
  } finally {
    await db.close();
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  }
}

const made = history();
await onPglite(made);
const postgres = process.env["TIDEMARK_TEST_POSTGRES"];
if (postgres) await onPostgres(made, postgres);
else console.log("PostgreSQL: not measured; run under scripts/postgres.sh run -- npm run bench:lineage");
console.log(`Whole process: ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB, generated rows included.`);
