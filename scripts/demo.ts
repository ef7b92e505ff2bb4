/**
 * `npm run demo`: one storage point's collects, through HTTP only, each signed by its own key. Run again, it plays only
 * what is missing; a server or a player killed in the middle changes nothing of the outcome.
 */
import { parseArgs } from "node:util";
import type { Domain } from "../server/chain/eip712.ts";
import { openKeyFile } from "../server/chain/keyFile.ts";
import type { Hex } from "../server/chain/port.ts";
import { createSigner, type Signer } from "../server/chain/transactions.ts";
import { readConfig, type Config } from "../server/config.ts";
import { Refusal, type ProblemView } from "../server/errors.ts";
import { allSettled, createActs, handIn, lotsOf, missingActs, signAct, type Act } from "./demo/acts.ts";
import { createApi, type Api, type Bundle } from "./demo/client.ts";
import { emptyHome } from "./demo/fresh.ts";
import { createCast, registrySigner, type Cast } from "./demo/keys.ts";
import { outcomeOf, type Outcome } from "./demo/outcome.ts";
import { establish } from "./demo/registry.ts";
import { conserves, readFindings, showFindings, showNext } from "./demo/report.ts";
import { COLLECTS, OCCASIONALS, REGULARS, TOTAL_GRAMS, storagePoint, weighings } from "./demo/scenario.ts";
import { createScreen, kilograms, yuan, type Screen, type Step } from "./demo/screen.ts";
import { createServer, type Server } from "./demo/server.ts";

const USAGE = `npm run demo [-- --exit] [-- --fresh]

Plays the collects of one storage point on the server that holds the home, or on one it starts.

  --exit   stop the server that it started when all is played; exit code 0 if everything holds
  --fresh  empty the home first, and start over
  --help   this text

Settings are environment variables, among them TIDEMARK_HOME (.tidemark) and TIDEMARK_PORT (4780); npm start -- --help lists them.`;

interface Options {
  exit: boolean;
  fresh: boolean;
  help: boolean;
}

function readOptions(args: string[]): Options {
  const flag = { type: "boolean", default: false } as const;
  try {
    return parseArgs({ args, options: { exit: flag, fresh: flag, help: flag } }).values;
  } catch (error) {
    const why = error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error);
    throw new Refusal(`${why}. The demo takes --exit, --fresh and --help.`);
  }
}

const of = (done: number, total: number): string => `${done} / ${total}`;

/** A step over items: shows each one done; ends with the words that `after` makes of its result. */
async function stepOver<T>(
  screen: Screen,
  [zh, en]: readonly [string, string],
  total: number,
  work: (progress: (done: number) => void) => Promise<T>,
  after: (result: T) => string,
): Promise<T> {
  const step = screen.step(zh, en);
  const result = await work((done) => step.update(done, total, of(done, total)));
  step.done(after(result));
  return result;
}

/** The key that may grant roles: the home's own on the embedded chain, the one in the settings on a network. */
async function adminSigner(config: Config): Promise<Signer> {
  const embedded = config.rpcUrls.length === 0;
  const key = embedded ? (await openKeyFile(config.home, config.passphrase, false)).admin : config.adminKey;
  if (!key) {
    throw new Refusal(
      "The demo's registry key has no role yet, and there is no admin key to grant it. On a network set TIDEMARK_ADMIN_KEY.",
    );
  }
  return createSigner(key as Hex);
}

async function start(screen: Screen, config: Config): Promise<Server> {
  const step = screen.step("启动", "Start");
  const server = createServer({
    home: config.home,
    say: screen.note,
    progress: ({ phase, done, total }) => showStart(step, phase, done, total),
  });
  onSignals(screen, server);
  const began = performance.now();
  await server.attach();
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  step.done(server.ours() ? `ready after ${seconds} s: ${server.url()}` : `using the server at ${server.url()}`);
  return server;
}

const showStart = (step: Step, phase: string, done: number, total: number): void =>
  step.update(done, total, total > 0 ? `${phase}: block ${of(done, total)}` : phase);

/** Registers, signs, hands in, waits, reads everything back. */
async function play(screen: Screen, config: Config, server: Server): Promise<Outcome> {
  const began = performance.now();
  const api = createApi(server);
  const ledger = await api.ledger();
  const cast = createCast(ledger);
  const things = cast.parties.length + 1;
  const registering = (progress: (done: number) => void): Promise<void> =>
    establish({ api, ledger, cast, registry: registrySigner(), admin: () => adminSigner(config), progress });
  await stepOver(screen, ["登记", "Register"], things, registering, () => `${cast.parties.length} accounts, 1 key`);

  const { hash: anchor } = await api.digest(0);
  const acts = createActs(ledger, anchor, cast, weighings());
  const rejected = await sendMissing(screen, api, cast, ledger, acts);
  const sent = acts.filter(({ id }) => !rejected.has(id));
  const settled = await stepOver(
    screen,
    ["上链", "Record"],
    sent.length,
    (progress) => allSettled(api, sent, progress),
    (views) => `${views.filter(({ state }) => state === "final").length} final`,
  );
  const lots = await stepOver(
    screen,
    ["核对", "Check"],
    acts.length,
    (progress) => lotsOf(api, acts, progress),
    (found) => `${found.length} lots`,
  );
  const findings = await readFindings(api, lots, cast.keeper);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  showFindings(screen, server.url(), acts, findings);
  return outcomeOf(settled, [...rejected.values()], lots, conserves(findings), seconds);
}

/** Signs and hands in what the server does not have. @returns the problems of those that it rejected */
async function sendMissing(
  screen: Screen,
  api: Api,
  cast: Cast,
  domain: Domain,
  acts: readonly Act[],
): Promise<Map<Hex, ProblemView>> {
  const missing = await stepOver(
    screen,
    ["比对", "Compare"],
    acts.length,
    (progress) => missingActs(api, acts, progress),
    (found) => (found.length === acts.length ? "nothing played yet" : `${found.length || "nothing"} missing`),
  );
  if (missing.length === 0) return new Map();
  const sign = (act: Act): Bundle[number] => signAct(domain, cast, act);
  return stepOver(
    screen,
    ["上报", "Hand in"],
    missing.length,
    (progress) => handIn(api, sign, missing, progress),
    (rejected) => `${missing.length - rejected.size} accepted`,
  );
}

function introduce(screen: Screen): void {
  const paid = weighings().reduce((sum, { pricePaidFen }) => sum + pricePaidFen, 0n);
  screen.print(
    `${storagePoint.zh} ${storagePoint.en}`,
    `${COLLECTS} collects of 2024 by ${REGULARS + OCCASIONALS} people: ${kilograms(TOTAL_GRAMS)}, ${yuan(paid)} paid.`,
    "A sample at 1.20 yuan/kg, each paid to the nearest fen; weights and hours are",
    "generated from a fixed seed.",
    "",
  );
}

/** Ctrl-C and its like: stop our own server, then go. */
function onSignals(screen: Screen, server: Server): void {
  let leaving = false;
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    process.on(signal, () => {
      if (leaving) return;
      leaving = true;
      screen.close();
      void server.stop().then(() => process.exit(typeof process.exitCode === "number" ? process.exitCode : code));
    });
  }
}

/** One sentence where it is known what to do; an unexpected error whole. */
function sentenceOf(error: unknown): unknown {
  if (error instanceof Refusal) return `tidemark: ${error.message}`;
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === undefined || path === undefined) return error;
  return `tidemark: ${path} cannot be used (${code}). Make it readable and writable for this user, or set TIDEMARK_HOME to another folder.`;
}

async function run(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    return;
  }
  const config = readConfig();
  if (options.fresh) await emptyHome(config.home);
  const screen = createScreen(process.stdout);
  introduce(screen);
  const server = await start(screen, config);
  try {
    const { faults, ...figures } = await play(screen, config, server);
    for (const fault of faults.slice(0, 5)) console.error(`tidemark: ${fault}`);
    if (faults.length > 5) console.error(`tidemark: and ${faults.length - 5} more.`);
    const stays = server.ours() && !options.exit;
    showNext(screen, server.ours() ? undefined : server.pid(), stays);
    screen.print("", JSON.stringify({ scenario: "storage-point", ...figures }));
    process.exitCode = faults.length > 0 ? 1 : 0;
    if (stays) throw new Refusal(await server.ended());
  } finally {
    screen.close();
    await server.stop();
  }
}

run()
  .then(() => process.exit())
  .catch((error: unknown) => {
    console.error(sentenceOf(error));
    process.exit(1);
  });
