/** One history on both sets of parts: all embedded, and PostgreSQL, a network over JSON-RPC and Kubo. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { openKeyFile } from "../../../server/chain/keyFile.ts";
import { settings } from "../../../server/config.ts";
import { readHolder } from "../../../server/home.ts";
import { temporaryFolder } from "../../support/chains.ts";
import { startCommand } from "../../support/command.ts";
import { copyPglite } from "../../support/databases.ts";
import { apiAt } from "../../support/homes.ts";
import { startServer, type ServerProcess } from "../../support/server.ts";
import { skipBecause } from "../../support/skip.ts";

const STACK = fileURLToPath(new URL("../../../scripts/stack.ts", import.meta.url));
/** The script's own: PostgreSQL or Kubo is not here. */
const NOT_HERE = 3;

/** A stack that runs until it is let go. */
interface Stack {
  home: string;
  rpc: string;
  child: ChildProcess;
}

/** Starts the stack. @returns it, or what it said of what is missing */
async function startStack(env: Record<string, string>): Promise<Stack | string> {
  const wait = 'echo "STACK $TIDEMARK_HOME $TIDEMARK_RPC_URLS"; cat';
  const child = spawn(
    process.execPath,
    ["--import", import.meta.resolve("../../../scripts/loader.mjs"), STACK, "sh", "-c", wait],
    {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
    },
  );
  let said = "";
  child.stderr.on("data", (piece: Buffer) => (said += piece.toString()));
  const ended = once(child, "exit").then(([code]) => {
    if (code !== NOT_HERE) throw new Error(`the stack ended with ${String(code)}: ${said}`);
    return said;
  });
  const lines = createInterface({ input: child.stdout });
  const up = (async () => {
    for await (const line of lines) {
      const [word, home, rpc] = line.split(" ");
      if (word === "STACK") return { home: home!, rpc: rpc!, child };
    }
    return ended;
  })();
  return Promise.race([up, ended]);
}

interface RecordPage {
  records: { key: string }[];
  next: string | null;
}

/** Every record behind the state digest, as text: where two digests differ, they name what does. */
async function recordsOf(url: string): Promise<string[]> {
  const found: string[] = [];
  for (let after: string | null = ""; after !== null;) {
    const query: string = after === "" ? "" : `&after=${encodeURIComponent(after)}`;
    const page = (await (await fetch(`${url}/v1/audit/records?limit=1000${query}`)).json()) as RecordPage;
    found.push(...page.records.map((record) => JSON.stringify(record)));
    after = page.next;
  }
  return found;
}

/** What a history comes to: the demo's last line, the books, the state. */
async function played(url: string, rpc: string, env: Record<string, string>): Promise<Record<string, unknown>> {
  const demo = await startCommand("demo.ts", ["--exit", "--share", "20"], env).ended;
  expect(demo.code, `${demo.out}${demo.err}`).to.equal(0);
  const { seconds, ...figures } = JSON.parse(demo.out.trim().split("\n").at(-1)!) as Record<string, unknown>;
  expect(seconds).to.be.a("number");
  const audit = await startCommand("audit.ts", ["--api", url, "--rpc", rpc, "--json"], {}).ended;
  expect(audit.code, `${audit.out}${audit.err}`).to.equal(0);
  const api = apiAt(url);
  const { ok, checks } = await api.conservation();
  const { root } = (await api.digest()).state!;
  return { figures, ok, checks, records: await recordsOf(url), root };
}

describe("one history on two sets of parts", function () {
  this.timeout(300_000);
  let home: string;
  let embedded: ServerProcess | undefined;
  let stack: Stack | undefined;

  before(async function () {
    home = await temporaryFolder();
    await copyPglite(join(home, "db"));
    embedded = await startServer(home);
    // equal chain id, authority and block 0: acts name them
    const { admin } = await openKeyFile(home, settings.TIDEMARK_PASSPHRASE.embedded, false);
    const [, genesis] = /"initialDate":(\d+)/.exec((await readFile(join(home, "journal"))).toString("latin1"))!;
    const started = await startStack({ TIDEMARK_ADMIN_KEY: admin!, TIDEMARK_STACK_GENESIS: genesis! });
    if (typeof started !== "string") stack = started;
    else if (process.env["CI"] === "true") throw new Error(started);
    else skipBecause(this, started.trim().split("\n").at(-1)!);
  });
  after(async () => {
    await embedded?.stop();
    await rm(home, { recursive: true, force: true });
    if (!stack) return;
    const gone = once(stack.child, "exit");
    stack.child.stdin!.end();
    await gone;
    expect(await readHolder(stack.home)).to.equal(undefined);
  });

  it("given the demo on PGlite, an embedded chain and files, and on PostgreSQL, JSON-RPC and Kubo, when both are played, then figures, books, records and state digests are equal, and the audit agrees", async () => {
    const { url } = (await readHolder(stack!.home))!;
    const { admin } = await openKeyFile(home, settings.TIDEMARK_PASSPHRASE.embedded, false);
    const network = { TIDEMARK_HOME: stack!.home, TIDEMARK_RPC_URLS: stack!.rpc, TIDEMARK_ADMIN_KEY: admin! };
    const ledgers = await Promise.all([embedded!.url, url!].map((at) => apiAt(at).ledger()));
    expect([ledgers[1]!.chainId, ledgers[1]!.authority]).to.deep.equal([ledgers[0]!.chainId, ledgers[0]!.authority]);
    const [here, there] = await Promise.all([
      played(embedded!.url, `${embedded!.url}/rpc`, { TIDEMARK_HOME: home }),
      played(url!, stack!.rpc, network),
    ]);
    expect(here["ok"]).to.equal(true);
    expect(there).to.deep.equal(here);
  });
});
