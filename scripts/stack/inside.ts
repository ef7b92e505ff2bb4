/** What `npm run stack` runs once PostgreSQL and Kubo are up: the network, the contracts, the server, and a command or a wait. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Refusal } from "../../server/errors.ts";
import { createServer } from "../demo/server.ts";
import { startHardhatNode } from "./hardhatNode.ts";

const root = resolve(import.meta.dirname, "../..");
const drawn = (): string => randomBytes(32).toString("hex");

type Environment = Record<string, string>;

/** The settings of a server on these parts, and the admin's key, which deploys and grants roles. */
function settingsOf(home: string, rpcUrl: string): Environment {
  const { TIDEMARK_TEST_POSTGRES: database, TIDEMARK_KUBO_URL: kubo } = process.env;
  if (!database || !kubo) throw new Refusal("PostgreSQL and Kubo are not up: start this by npm run stack.");
  return {
    TIDEMARK_MODE: "production",
    TIDEMARK_HOME: home,
    TIDEMARK_PORT: process.env["TIDEMARK_PORT"] ?? "0",
    TIDEMARK_DATABASE_URL: database,
    TIDEMARK_RPC_URLS: rpcUrl,
    TIDEMARK_KUBO_URL: kubo,
    TIDEMARK_PASSPHRASE: drawn(),
    TIDEMARK_ADMIN_KEY: process.env["TIDEMARK_ADMIN_KEY"] ?? `0x${drawn()}`,
    // one person's trial is no crowd
    TIDEMARK_LIMIT_READS: "0",
    TIDEMARK_LIMIT_WRITES: "0",
    TIDEMARK_LIMIT_LOGINS: "0",
    TIDEMARK_LIMIT_RPC: "0",
    // a trial does not wait three days for its payouts
    TIDEMARK_POOL_DELAY: process.env["TIDEMARK_POOL_DELAY"] ?? "2",
  };
}

/** Runs a program to its end. @returns its exit code; 130 where a signal ended it */
function run(program: string, args: readonly string[], quiet = false): Promise<number> {
  const child = spawn(program, args, { stdio: ["inherit", quiet ? "ignore" : "inherit", "inherit"] });
  return new Promise((done, failed) => {
    child.once("error", (error) => failed(new Refusal(`${program} cannot be run: ${error.message}`)));
    child.once("exit", (code) => done(code ?? 130));
  });
}

async function deploy(): Promise<void> {
  const args = ["--import", import.meta.resolve("../loader.mjs"), join(root, "scripts", "deploy.ts")];
  if ((await run(process.execPath, args, true)) !== 0) throw new Refusal("The contracts were not deployed; see above.");
}

/** What a person needs who has the stack before them. */
async function explain(settings: Environment, url: string): Promise<void> {
  const file = join(settings["TIDEMARK_HOME"]!, "stack.env");
  const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'\n`);
  await writeFile(file, lines.join(""), { mode: 0o600 });
  const database = new URL(settings["TIDEMARK_DATABASE_URL"]!);
  database.password = "";
  console.log(`
服务器 Server         ${url}（说明 API: ${url}/openapi.json，状态 state: ${url}/ready）
数据库 Database       ${database.href}
链 Network            ${settings["TIDEMARK_RPC_URLS"]}
文件 Documents        ${settings["TIDEMARK_KUBO_URL"]}
日志 Log              ${join(settings["TIDEMARK_HOME"]!, "server.log")}

在另一终端播放演示 In another terminal, play the demo on it:
  (set -a; . ${file}; npm run demo -- --exit --share 20)
核对 Check it:
  npm run audit -- --api ${url} --rpc ${settings["TIDEMARK_RPC_URLS"]}

按 Ctrl-C 停止并丢弃一切 Ctrl-C stops everything and throws it away.`);
}

const stops: (() => Promise<void>)[] = [];
let stopping: Promise<void> | undefined;
const stopAll = (): Promise<void> =>
  (stopping ??= (async () => {
    for (const stop of stops.reverse()) await stop().catch((error: unknown) => console.error(error));
  })());

/** @returns the exit code */
async function play(command: readonly string[]): Promise<number> {
  console.log("正在启动 Starting: PostgreSQL, Kubo, hardhat node, Tidemark …");
  const home = await mkdtemp(join(tmpdir(), "tidemark-stack-"));
  stops.push(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  const node = await startHardhatNode();
  stops.push(() => node.stop());
  const settings = settingsOf(home, node.url);
  // for the children: this process reads none of it again
  Object.assign(process.env, settings);
  await deploy();
  const server = createServer({ home, say: (line) => console.log(line), progress: () => undefined });
  stops.push(() => server.stop());
  await server.attach();
  if (command[0] !== undefined) return run(command[0], command.slice(1));
  await explain(settings, server.url());
  throw new Refusal(await server.ended());
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => void stopAll().then(() => process.exit(130)));
}
const code = await play(process.argv.slice(2)).catch((error: unknown) => {
  if (!stopping) console.error(error instanceof Refusal ? `tidemark: ${error.message}` : error);
  return 1;
});
await stopAll();
process.exit(code);
