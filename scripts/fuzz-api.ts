/**
 * `npm run fuzz:api`: Schemathesis reads /openapi.json of a server with a little history and sends it what fits the
 * document, and what does not: as nobody, as an administrator, as a buyer who holds credits, with an API key of theirs.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openKeyFile, saveKeyFile } from "../server/chain/keyFile.ts";
import { settings } from "../server/config.ts";
import { Refusal } from "../server/errors.ts";
import { createServer, type Server } from "./demo/server.ts";
import { actKey, seeded } from "./demo/keys.ts";
import { createApi } from "./demo/client.ts";
import { readKnown } from "./fuzz/known.ts";
import { run, whyNot, type Visitor } from "./fuzz/schemathesis.ts";
import { openDesk } from "./tidemark/desk.ts";

const USAGE = `npm run fuzz:api [-- --seconds N] [-- --seed N]

Plays a twentieth of the demo in a folder of its own, then has Schemathesis (pip install schemathesis) ask its server for
so many seconds (600): no 5xx but 503, no answer that the document does not have, no form that only one of them takes.
Events (/v1/events) are left out: they do not end.

Exit code: 0 nothing found; 1 something found, with the curl command that shows it; 3 no Schemathesis 4 here.`;

const MISSING = 3;
const stops: (() => Promise<void>)[] = [];
let stopping: Promise<void> | undefined;
const stopAll = (): Promise<void> =>
  (stopping ??= (async () => {
    for (const stop of stops.reverse()) await stop().catch((error: unknown) => console.error(error));
  })());

/** A home with a little of everything in it, and a key that its server signs with. @returns its server */
async function open(home: string): Promise<Server> {
  const limits = Object.keys(settings).filter((name) => name.startsWith("TIDEMARK_LIMIT_"));
  const env = { TIDEMARK_HOME: home, TIDEMARK_PORT: "0", ...Object.fromEntries(limits.map((name) => [name, "0"])) };
  Object.assign(process.env, env);
  const demo = join(import.meta.dirname, "demo.ts");
  const args = ["--import", import.meta.resolve("./loader.mjs"), demo, "--exit", "--share", "20"];
  const played = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (played.status !== 0) throw new Refusal(`The demo did not play: ${played.stdout}${played.stderr}`);
  const passphrase = settings.TIDEMARK_PASSPHRASE.embedded;
  await saveKeyFile(home, passphrase, { ...(await openKeyFile(home, passphrase, false)), held: [seeded("buyer/1")] });
  const server = createServer({ home, say: (line) => console.log(line), progress: () => undefined });
  stops.push(() => server.stop());
  await server.attach();
  return server;
}

/** Who asks. A login lasts a quarter of an hour, so each logs in when its turn comes. */
function visitorsOf(server: Server): Visitor[] {
  const admin = async (): Promise<string> => {
    const desk = await openDesk(process.env, server.url(), undefined);
    return desk.api.login((await desk.officer("ADMIN")).key);
  };
  const buyer = actKey("buyer", 1);
  const apiKey = async (): Promise<string> => {
    const headers = { authorization: `Bearer ${await admin()}`, "content-type": "application/json" };
    const body = JSON.stringify({ account: buyer.address, label: "fuzz" });
    const answer = await fetch(`${server.url()}/v1/api-keys`, { method: "POST", headers, body });
    const issued = (await answer.json()) as { key?: string };
    if (issued.key === undefined) throw new Refusal(`No API key was issued: ${JSON.stringify(issued)}`);
    return issued.key;
  };
  return [
    { name: "nobody in particular", token: () => Promise.resolve(undefined) },
    { name: "an administrator", token: admin },
    {
      name: "a buyer of credits, whose key the server holds",
      token: () => createApi({ url: server.url, attach: () => server.attach() }).login(buyer),
    },
    { name: "a machine with an API key", token: apiKey },
  ];
}

/** What the server's own log calls its fault. */
async function faultsIn(home: string): Promise<string[]> {
  const lines = (await readFile(join(home, "server.log"), "utf8")).split("\n");
  return lines.filter((line) => line.includes('"level":50') || line.includes('"level":60'));
}

/** @returns the exit code */
async function fuzz(seconds: number, seed: number): Promise<number> {
  const home = await mkdtemp(join(tmpdir(), "tidemark-fuzz-"));
  stops.push(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  console.log("正在播放二十分之一的演示 Playing a twentieth of the demo …");
  const server = await open(home);
  const known = await readKnown(server.url());
  let found = 0;
  const visitors = visitorsOf(server);
  for (const visitor of visitors) {
    const share = Math.max(1, Math.floor(seconds / visitors.length));
    console.log(`\n== ${visitor.name}, ${share} s, seed ${seed}`);
    if (!(await run({ url: server.url(), folder: home, known, visitor, seconds: share, seed }))) found++;
  }
  await server.attach();
  const faults = await faultsIn(home);
  for (const fault of faults.slice(0, 20)) console.error(fault);
  const ok = found === 0 && faults.length === 0;
  console.log(
    ok
      ? "\nNothing found."
      : `\n${found} of ${visitors.length} passes and ${faults.length} lines of the server's log say what is wrong.`,
  );
  return ok ? 0 : 1;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => void stopAll().then(() => process.exit(130)));
}

async function main(): Promise<number> {
  const option = { type: "string" } as const;
  const { values } = parseArgs({ options: { seconds: option, seed: option, help: { type: "boolean" } } });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const why = whyNot();
  if (why !== undefined) {
    console.error(why);
    return MISSING;
  }
  const [seconds, seed] = [values.seconds ?? "600", values.seed ?? String(Date.now() % 1_000_000)];
  for (const text of [seconds, seed]) if (!/^\d{1,9}$/.test(text)) throw new Refusal(`"${text}" is no whole number.`);
  return fuzz(Number(seconds), Number(seed));
}

const code = await main().catch((error: unknown) => {
  if (!stopping) console.error(error instanceof Refusal ? `tidemark: ${error.message}` : error);
  return 1;
});
await stopAll();
process.exit(code);
