/** `npm run bench:health`: how long `/health` takes while the database is busy with one query of about two seconds. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../server/config.ts";
import { createLog } from "../../server/log.ts";
import { start, type Running } from "../../server/main.ts";
import { tell } from "./figures.ts";

interface Load {
  requests: { total: number };
  latency: { p50: number; p99: number; max: number };
  errors: number;
}

/** Ten connections asking for `/health` from another process, so that the measuring does not slow what is measured. */
function load(url: string, seconds: number): Promise<Load> {
  const autocannon = createRequire(import.meta.url).resolve("autocannon");
  const child = spawn(process.execPath, [autocannon, "-j", "-n", "-c", "10", "-d", String(seconds), `${url}/health`]);
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", () => resolve(JSON.parse(out) as Load));
  });
}

/** A query that keeps the database busy for at least the given time, and how long it took. */
async function slowQuery(running: Running, seconds: number): Promise<number> {
  const began = performance.now();
  const rowsTaking = async (rows: number): Promise<number> => {
    const from = performance.now();
    await running.db.sql`SELECT count(*) FROM generate_series(1, ${rows}::int) AS n WHERE sqrt(n) < 0`;
    return performance.now() - from;
  };
  const probe = await rowsTaking(500_000);
  await rowsTaking(Math.round((500_000 * seconds * 1000) / probe));
  return performance.now() - began;
}

const home = await mkdtemp(join(tmpdir(), "tidemark-bench-"));
const config = readConfig({ ...process.env, TIDEMARK_HOME: home, TIDEMARK_PORT: "0", TIDEMARK_LOG_LEVEL: "error" });
const running = await start(config, createLog("error"));
await running.ready;
const idle = await load(running.url, 2);
const [busy, queryMs] = await Promise.all([load(running.url, 2), slowQuery(running, 2)]);
console.log(`/health on ${running.db.kind}, 10 connections, milliseconds`);
for (const [name, { latency, requests, errors }] of [
  ["idle", idle],
  ["during the query", busy],
] as const) {
  console.log(
    `  ${name.padEnd(18)} p50 ${latency.p50}   p99 ${latency.p99}   max ${latency.max}   ${requests.total} answers, ${errors} errors`,
  );
  const beside = name === "idle" ? {} : { ratio: idle.latency.p99 / latency.p99, beside: `idle: ${idle.latency.p99}` };
  tell({ what: `/health, p99, ${name}`, value: latency.p99, unit: "ms", ...beside });
}
console.log(`  the query took ${(queryMs / 1000).toFixed(1)} s`);
await running.stop();
await rm(home, { recursive: true });
