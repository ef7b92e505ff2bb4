/**
 * `npm run bench:index [-- N]`: events indexed a second, on PGlite (durable) and on PostgreSQL where
 * TIDEMARK_TEST_POSTGRES names a server. The server's own indexer reads a chain of text in memory, so JSON is parsed,
 * events are decoded and folded, blocks, logs, rows, both ends of the digest chain and the cursor written; requests are
 * not settled, for there are none. Half of the events are collects, half handoffs of lots from some blocks before.
 */
import { hash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { interfaces } from "../../server/chain/contracts.ts";
import type { Chain, Hex } from "../../server/chain/port.ts";
import { migrate } from "../../server/db/migrate.ts";
import { openPglite } from "../../server/db/pglite.ts";
import type { Db } from "../../server/db/port.ts";
import { connectPostgres } from "../../server/db/postgres.ts";
import { createIndexer } from "../../server/indexer/indexer.ts";
import { createLog } from "../../server/log.ts";
import { traceabilityProjection } from "../../server/traceability/projections.ts";

const EVENTS = Number(process.argv[2] ?? 200_000);
const PER_BLOCK = 100;
const KEEPERS = 50;
/** blocks between a collect and its lot's handoff */
const LATER = 20;

const ledger: Hex = `0x${"1e".repeat(20)}`;
const digest = (text: string): Hex => `0x${hash("sha256", text, "hex")}`;
const account = (n: number): string => digest(`account ${n}`).slice(0, 42);
const padded = (address: string): string => `0x${address.slice(2).padStart(64, "0")}`;
const field = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
const topic = (event: "Collected" | "HandedOver"): string => interfaces.LotLedger.getEvent(event).topicHash;
const topics = { collected: topic("Collected"), handedOver: topic("HandedOver") };
const AT = 1_750_000_000;

interface TextLog {
  topics: string[];
  data: string;
}

const roots = (n: number): string => digest(`anchor ${n % 1_000}`).slice(2) + digest(`evidence ${n}`).slice(2);
const gramsOf = (n: number): number => 1_000 + (n % 9_000);

function collected(n: number): TextLog {
  const terms = (field(gramsOf(n), 12) + field(AT + n, 10)).padEnd(64, "0");
  const parties = [account(KEEPERS + (n % 5_000)), account(n % KEEPERS)].map(padded);
  return { topics: [topics.collected, digest(`lot ${n}`), ...parties], data: `0x${field(1, 64)}${terms}${roots(n)}` };
}

function handedOver(n: number): TextLog {
  const grams = field(gramsOf(n), 12);
  const terms = (grams + grams + field(0, 6) + field(AT + n, 10)).padEnd(64, "0");
  const parties = [account(n % KEEPERS), account((n + 1) % KEEPERS)].map(padded);
  const act = digest(`handoff ${n}`).slice(2);
  return { topics: [topics.handedOver, digest(`lot ${n}`), ...parties], data: `0x${act}${terms}${roots(n)}` };
}

/** The logs of one block as a node's answer has them, without the brackets. */
function blockText(number: number): string {
  const half = PER_BLOCK / 2;
  const first = (number - 1) * half;
  const logs = Array.from({ length: half }, (_, i) => collected(first + i));
  const before = first - LATER * half;
  for (let i = 0; i < half; i++) logs.push(before < 0 ? collected(EVENTS + first + i) : handedOver(before + i));
  const place = { blockNumber: `0x${number.toString(16)}`, transactionHash: digest(`tx ${number}`), address: ledger };
  return logs.map((log, i) => JSON.stringify({ ...place, logIndex: `0x${i.toString(16)}`, ...log })).join(",");
}

/** A chain that has so many blocks, and answers from text. */
function textChain(blocks: number): Chain {
  const texts = Array.from({ length: blocks }, (_, i) => blockText(i + 1));
  const hashOf = (number: number): Hex => digest(`block ${number}`);
  const answer = (method: string, params: readonly unknown[]): unknown => {
    if (method === "eth_getLogs") {
      const [{ fromBlock, toBlock }] = params as [{ fromBlock: Hex; toBlock: Hex }];
      return JSON.parse(`[${texts.slice(Math.max(0, Number(fromBlock) - 1), Number(toBlock)).join(",")}]`);
    }
    const number = params[0] === "latest" ? blocks : Number(params[0]);
    return {
      number: `0x${number.toString(16)}`,
      hash: hashOf(number),
      parentHash: hashOf(number - 1),
      timestamp: `0x${(AT + number).toString(16)}`,
    };
  };
  return {
    request: <T>(method: string, params: readonly unknown[] = []) => Promise.resolve(answer(method, params) as T),
    onHead: () => () => undefined,
    ready: Promise.resolve(),
    status: () => ({ ready: true, phase: "ready", done: 0, total: 0 }),
    close: () => Promise.resolve(),
  };
}

async function measure(title: string, db: Db, chain: Chain, blocks: number): Promise<void> {
  await migrate(db);
  const indexer = createIndexer({
    db,
    chain,
    finality: "instant",
    projections: [traceabilityProjection(ledger)],
    settle: () => Promise.resolve(),
    reached: () => Promise.resolve(),
    log: createLog("warn"),
    // a state digest goes over all rows: it is not what is measured here
    digestEvery: blocks + 1,
  });
  const busy = performance.eventLoopUtilization();
  const began = performance.now();
  await indexer.start();
  await indexer.indexed(blocks);
  const seconds = (performance.now() - began) / 1_000;
  const { utilization } = performance.eventLoopUtilization(busy);
  await indexer.stop();
  const [counts] = await db.sql<{ acts: bigint }>`SELECT count(*) AS acts FROM act`;
  if (Number(counts!.acts) !== blocks * PER_BLOCK) throw new Error(`${counts!.acts} acts are indexed`);
  const rate = Math.round((blocks * PER_BLOCK) / seconds);
  console.log(
    `  ${title.padEnd(20)} ${String(rate).padStart(7)}   main thread ${Math.round(100 * utilization)} % busy`,
  );
}

async function onPglite(chain: Chain, blocks: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-bench-"));
  const db = await openPglite({ folder });
  await measure("PGlite, durable", db, chain, blocks);
  await db.close();
  rmSync(folder, { recursive: true });
}

/** On a database of its own, removed afterwards. Its name is not input. */
async function onPostgres(server: string, chain: Chain, blocks: number): Promise<void> {
  const name = `tidemark_bench_${process.pid}`;
  const admin = await connectPostgres({ url: server, poolSize: 1 });
  const run = (text: string): Promise<unknown> => admin.sql(Object.assign([text], { raw: [text] }));
  await run(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const db = await connectPostgres({ url: url.href, poolSize: 4 });
  await measure("PostgreSQL", db, chain, blocks);
  await db.close();
  await run(`DROP DATABASE ${name}`);
  await admin.close();
}

const blocks = Math.ceil(EVENTS / PER_BLOCK);
const chain = textChain(blocks);
console.log(`events indexed a second, ${blocks * PER_BLOCK} events in blocks of ${PER_BLOCK}`);
await onPglite(chain, blocks);
const postgres = process.env["TIDEMARK_TEST_POSTGRES"];
if (postgres) await onPostgres(postgres, chain, blocks);
else console.log("  PostgreSQL           not measured: set TIDEMARK_TEST_POSTGRES (scripts/postgres.sh run -- …)");
