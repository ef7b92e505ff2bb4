/**
 * Ponder 0.16.10 beside our indexer: the app in `test/bench/ponder` has the same tables, indexes and handlers. It is
 * installed from its own lock when a benchmark first wants it. What counts is the time from cached RPC data to indexed
 * rows: a first run fetches everything into Ponder's cache, the measured ones find it there.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import type { Measured } from "./measured.ts";
import type { Totals } from "./totals.ts";

const folder = join(import.meta.dirname, "../../test/bench/ponder");

/** Installs the app's packages unless they are there. @throws when npm cannot */
export async function installPonder(): Promise<void> {
  if (existsSync(join(folder, "node_modules/.package-lock.json"))) return;
  console.log("installing Ponder for comparison (once, 200 MB) …");
  const own = process.env["npm_execpath"];
  const [command, first] = own && basename(own) === "npm-cli.js" ? [process.execPath, [own]] : ["npm", []];
  // not ci: that refuses a lock without the native files of every other platform, which some registries do not have
  const args = [...first, "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const child = spawn(command, args, { cwd: folder, stdio: ["ignore", 2, 2] });
  const status = await new Promise((resolve, reject) => child.on("error", reject).on("exit", resolve));
  if (status !== 0) throw new Error(`npm install in ${folder} ended with ${String(status)}`);
}

export interface PonderPlace {
  /** URL of the chain */
  rpc: string;
  ledger: string;
  blocks: number;
  /** where the database is: a server's URL, or a folder for PGlite */
  database: { postgres: string } | { folder: string };
}

interface Line {
  /** pino's: 40 is a warning, after which it tries again, 50 an error */
  level: number;
  msg: string;
  endpoint?: string;
  duration?: number;
  port?: number;
  error?: { message: string };
}

const variables = ({ rpc, ledger, blocks, database }: PonderPlace): NodeJS.ProcessEnv => ({
  BENCH_RPC: rpc,
  BENCH_LEDGER: ledger,
  BENCH_BLOCKS: String(blocks),
  ...("postgres" in database ? { BENCH_POSTGRES: database.postgres } : { BENCH_FOLDER: database.folder }),
  PONDER_TELEMETRY_DISABLED: "1",
});

/** Processor seconds that a process has used, by all its threads; NaN where there is no /proc. */
function processorSeconds(pid: number): number {
  try {
    // after the name, which may hold blanks, user and system time are the 12th and 13th field, in hundredths
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}

/**
 * One run of the app, from an empty schema to `/ready`.
 * @param schema of its own for each run; what was fetched is shared by all runs on one database
 * @returns the seconds of its backfill and of making its indexes, by its own log, and what its tables hold
 */
export async function runPonder(place: PonderPlace, schema: string): Promise<Measured> {
  const bin = join(folder, "node_modules/ponder/dist/esm/bin/ponder.js");
  // the port it begins to look for a free one at
  const port = String(42_000 + (process.pid % 1_000));
  const args = [bin, "start", "--root", folder, "--schema", schema, "--log-format", "json", "--port", port];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...variables(place) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  try {
    let milliseconds = 0;
    let before = 0;
    let url = "";
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as Line;
      if (line.level >= 50) throw new Error(`Ponder: ${line.msg}: ${line.error?.message ?? ""}`);
      if (line.msg === "Created HTTP server") url = `http://127.0.0.1:${line.port}`;
      if (line.msg === "Started backfill indexing") before = processorSeconds(child.pid!);
      if (/^(Completed backfill indexing across|Created database indexes)/.test(line.msg))
        milliseconds += line.duration!;
      if (line.endpoint === "/ready") {
        const processor = processorSeconds(child.pid!) - before;
        const answer = await fetch(`${url}/totals`);
        return { seconds: milliseconds / 1_000, processor, totals: (await answer.json()) as Totals };
      }
    }
    throw new Error("Ponder ended before it was ready");
  } finally {
    child.kill();
    await ended;
  }
}
