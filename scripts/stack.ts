/**
 * `npm run stack`: the production parts together, for trying: PostgreSQL, a network over JSON-RPC (Hardhat's node), an
 * IPFS node (Kubo), the contracts deployed, a server in production mode on them. All of it is thrown away at the end.
 */
import { spawn, spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { signalGroup } from "./tooling/children.ts";

const USAGE = `npm run stack [-- COMMAND ARGUMENT…]

Starts PostgreSQL, Hardhat's node, Kubo and a server in production mode on them, in temporary folders, and stops them
at Ctrl-C. With a command it runs that beside them, with the environment of a server's operator (TIDEMARK_HOME,
TIDEMARK_RPC_URLS, TIDEMARK_ADMIN_KEY …), then stops everything: npm run stack -- npm run demo -- --exit

Exit code: that of the command; 3 where PostgreSQL or Kubo is not found here.`;

const MISSING = 3;
const root = resolve(import.meta.dirname, "..");
const script = (name: string): string => join(root, "scripts", name);

const parts = [
  {
    name: "PostgreSQL",
    script: script("postgres.sh"),
    zh: "请安装 PostgreSQL 15 或更高版本（Debian、Ubuntu：apt-get install postgresql；macOS：brew install postgresql），或用 TIDEMARK_POSTGRES_BINARIES 指定其程序所在文件夹。",
    en: "Install PostgreSQL 15 or newer (Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql), or name the folder of its programs with TIDEMARK_POSTGRES_BINARIES.",
  },
  {
    name: "Kubo",
    script: script("kubo.sh"),
    zh: "请运行 scripts/kubo.sh build（需要 Go，3 至 9 分钟），或用 TIDEMARK_KUBO_BINARY 指定 ipfs 程序。",
    en: "Run scripts/kubo.sh build (needs Go, 3 to 9 minutes), or name an ipfs with TIDEMARK_KUBO_BINARY.",
  },
];

/** Whether both are here; says which is not, and how to get it. */
function haveParts(): boolean {
  const missing = parts.filter((part) => spawnSync(part.script, ["find"]).status !== 0);
  for (const { name, zh, en } of missing) console.error(`缺少 ${name}：${zh}\n${name} is not here. ${en}`);
  return missing.length === 0;
}

/** Each script starts its part, runs what follows it, and stops its part; the last in the row is the rest of the stack. */
function run(command: readonly string[]): void {
  const inner = ["--import", import.meta.resolve("./loader.mjs"), script("stack/inside.ts"), ...command];
  const row = [...parts.flatMap((part) => [part.script, "run", "--"]), process.execPath, ...inner];
  // a group of its own: a signal ends all of them, from the inside out, and Ctrl-C none before its turn
  const child = spawn(row[0]!, row.slice(1), { stdio: "inherit", detached: true, cwd: process.cwd() });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => signalGroup(child, "SIGTERM"));
  }
  child.once("exit", (code, signal) => (process.exitCode = code ?? (signal ? 130 : 1)));
}

const args = process.argv.slice(2);
if (args[0] === "--help") console.log(USAGE);
else if (haveParts()) run(args);
else process.exitCode = MISSING;
