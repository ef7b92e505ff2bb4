/** `npm run audit`: checks a server against the chain. Needs no key and no login. */
import { parseArgs } from "node:util";
import { audit, type AuditOptions } from "./audit/audit.ts";
import { CouldNot } from "./audit/ask.ts";
import { differencesOf, lineOf, type Check, type Report } from "./audit/report.ts";
import { count, createScreen, type Screen, type Step } from "./demo/screen.ts";

const USAGE = `npm run audit -- --api URL [--rpc URL] [--json]

Rebuilds the ledger from the chain's events alone, and holds contract storage and all that the server says against it.

  --api   the server to audit, such as http://127.0.0.1:4780
  --rpc   a node of its network; without it the server's own /rpc, which is then taken at its word for the chain
  --json  one JSON document on standard output
  --help  this text

Exit code 0: all equal. 1: there are differences. 2: it could not be done; the last line says why.`;

/** Differences that are printed. */
const SHOWN = 20;

interface Options {
  api: string;
  rpc: string;
  json: boolean;
}

const isUrl = (text: string): boolean => /^https?:/.test(text) && URL.canParse(text);

/** @returns `undefined` where help is wanted */
function readOptions(args: string[]): Options | undefined {
  const [text, flag] = [{ type: "string" }, { type: "boolean", default: false }] as const;
  let values;
  try {
    ({ values } = parseArgs({ args, options: { api: text, rpc: text, json: flag, help: flag } }));
  } catch (error) {
    throw new CouldNot(`${(error as Error).message.split(". ")[0]}. See npm run audit -- --help.`);
  }
  const { api, rpc, json, help } = values;
  if (help) return undefined;
  if (api === undefined) throw new CouldNot("Name the server: npm run audit -- --api http://127.0.0.1:4780");
  for (const url of [api, rpc ?? api]) {
    if (!isUrl(url)) throw new CouldNot(`"${url}" is not a URL such as http://127.0.0.1:4780.`);
  }
  const plain = api.replace(/\/+$/, "");
  return { api: plain, rpc: rpc ?? `${plain}/rpc`, json };
}

const labels = {
  read: ["读链", "Read"],
  storage: ["批次存储", "Lots"],
  credits: ["碳信用存储", "Credits"],
  money: ["资金存储", "Money"],
  answers: ["查询", "Answers"],
} as const;

/** One bar a step, opened at its first word and closed at its last. */
function progressOn(screen: Screen): AuditOptions["progress"] {
  const open = new Map<string, Step>();
  return (name, done, total) => {
    // what is read after the first pass is little
    if (done > total) return;
    const [zh, en] = labels[name];
    const step = open.get(name) ?? screen.step(zh, en);
    open.set(name, step);
    if (done < total) return step.update(done, total, `${count(done)} / ${count(total)}`);
    step.done(count(total));
  };
}

function checkLine({ id, zh, en, compared, differences }: Check): string {
  const verdict = differences.length === 0 ? "一致 equal" : `不一致 ${count(differences.length)} different`;
  return `${id.padEnd(12)}  ${count(compared).padStart(9)}  ${verdict}  ${zh} · ${en}`;
}

function show(screen: Screen, report: Report): void {
  const differences = differencesOf(report);
  screen.heading("审计", `Audit at block ${report.block} (${report.hash})`);
  screen.print(...report.checks.map(checkLine));
  if (differences.length === 0) return screen.print("", "全部一致 All equal.");
  screen.heading("差异", "Differences");
  screen.print(...differences.slice(0, SHOWN).map(lineOf));
  const rest = differences.length - SHOWN;
  if (rest > 0) screen.print(`另有 ${count(rest)} 处 … and ${count(rest)} more.`);
}

/** @returns the exit code */
async function run(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    console.log(USAGE);
    return 0;
  }
  const { api, rpc, json } = options;
  const screen = createScreen(json ? process.stderr : process.stdout);
  try {
    const report = await audit({ api, rpc, progress: progressOn(screen) });
    const ok = differencesOf(report).length === 0;
    if (json) console.log(JSON.stringify({ ok, api, rpc, ...report }, null, 2));
    else show(screen, report);
    return ok ? 0 : 1;
  } finally {
    screen.close();
  }
}

run().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof CouldNot ? `tidemark: ${error.message}` : error);
    process.exitCode = 2;
  },
);
