/**
 * `npm run bench [-- --full --only index,intake --out FILE]`: every benchmark, one after the other, then one table, which
 * is written as JSON too (bench.json unless said otherwise). Without `--full` sizes end in some minutes. PostgreSQL is
 * measured where TIDEMARK_TEST_POSTGRES names a server, else on one started for it where that can be.
 */
import { fork, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Figure } from "./bench/figures.ts";

interface Part {
  name: string;
  file: string;
  /** arguments that end in some minutes, and those of the figures in DESIGN.md */
  usual: string[];
  full: string[];
}

const parts: readonly Part[] = [
  { name: "recovery", file: "recovery.ts", usual: [], full: [] },
  { name: "health", file: "health.ts", usual: [], full: [] },
  { name: "intake", file: "intake.ts", usual: ["4000"], full: ["10000"] },
  { name: "index", file: "indexing.ts", usual: ["--events", "50000"], full: ["--events", "200000"] },
  {
    name: "lineage",
    file: "lineage.ts",
    usual: ["--acts", "200000", "--lots", "20000"],
    full: ["--acts", "1000000", "--lots", "100000"],
  },
  { name: "allocation", file: "allocation.ts", usual: ["--accounts", "20000"], full: ["--accounts", "500000"] },
];

const { values } = parseArgs({
  options: { full: { type: "boolean" }, only: { type: "string" }, out: { type: "string", default: "bench.json" } },
});

interface Told extends Figure {
  part: string;
}

/** One benchmark in a process of its own, whose lines pass through. @throws when it fails */
async function run({ name, file, usual, full }: Part): Promise<Told[]> {
  const told: Told[] = [];
  const child = fork(join(import.meta.dirname, "bench", file), values.full ? full : usual);
  child.on("message", (figure) => told.push({ part: name, ...(figure as Figure) }));
  const status = await new Promise((resolve, reject) => child.on("error", reject).on("exit", resolve));
  if (status !== 0) throw new Error(`it ended with ${String(status)}`);
  return told;
}

/** Whether the figure keeps what DESIGN.md §7 asks for; `undefined` where that asks for nothing. */
function held({ value, ratio, least, most }: Figure): boolean | undefined {
  if (least !== undefined) return ratio !== undefined && ratio >= least;
  return most === undefined ? undefined : value <= most;
}

function row(figure: Told): string[] {
  const { part, what, value, unit, ratio, beside, least, most } = figure;
  const asked = least !== undefined ? `≥ ${least} ×` : most !== undefined ? `≤ ${most.toLocaleString("en")}` : "";
  const kept = held(figure);
  const mark = kept === undefined ? "" : kept ? "held" : "MISSED";
  const digits = { maximumFractionDigits: value < 100 ? 1 : 0 };
  const ratioText = ratio === undefined ? "" : `× ${ratio.toFixed(ratio < 10 ? 2 : 0)}`;
  return [part, what, `${value.toLocaleString("en", digits)} ${unit}`, ratioText, beside ?? "", asked, mark];
}

function table(figures: readonly Told[]): string {
  const rows = [["part", "what", "measured", "ratio", "beside", "budget", ""], ...figures.map(row)];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((cells) => cells[i]!.length)));
  return rows
    .map((cells) =>
      cells
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Starts this again beside a PostgreSQL of its own. @returns its exit code; 3 where this machine has none */
function besidePostgres(): Promise<number> {
  const again = [process.execPath, ...process.execArgv, import.meta.filename, ...process.argv.slice(2)];
  const child = spawn(join(import.meta.dirname, "postgres.sh"), ["run", "--", ...again], { stdio: "inherit" });
  return new Promise((resolve) => child.on("error", () => resolve(3)).on("exit", (status) => resolve(status ?? 1)));
}

async function runAll(): Promise<void> {
  const wanted = values.only?.split(",");
  const unknown = wanted?.find((name) => !parts.some((part) => part.name === name));
  if (unknown !== undefined)
    throw new Error(`there is no benchmark ${unknown}: ${parts.map(({ name }) => name).join()}`);
  const chosen = parts.filter(({ name }) => wanted?.includes(name) ?? true);
  const began = Date.now();
  const figures: Told[] = [];
  const failed: string[] = [];
  for (const [i, part] of chosen.entries()) {
    console.log(`\n[${i + 1}/${chosen.length}, ${Math.round((Date.now() - began) / 1_000)} s] ${part.name}`);
    try {
      figures.push(...(await run(part)));
    } catch (error) {
      failed.push(part.name);
      console.error(`${part.name} failed: ${(error as Error).message}`);
    }
  }
  const seconds = Math.round((Date.now() - began) / 1_000);
  console.log(`\n${table(figures)}\n`);
  const machine = { node: process.version, processors: cpus().length, model: cpus()[0]?.model, load: loadavg()[0] };
  const whole = { at: new Date(began).toISOString(), full: values.full ?? false, seconds, machine, failed, figures };
  writeFileSync(values.out, `${JSON.stringify(whole, undefined, 2)}\n`);
  console.log(`written to ${values.out}, ${seconds} s${failed.length > 0 ? `; failed: ${failed.join(", ")}` : ""}`);
  if (failed.length > 0) process.exitCode = 1;
}

// exit code 3: no PostgreSQL here, or none of the parts needs one
const status = process.env["TIDEMARK_TEST_POSTGRES"] ? 3 : await besidePostgres();
if (status === 3) await runAll();
else process.exitCode = status;
