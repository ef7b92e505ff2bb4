/**
 * `npm run demo`: one storage point's year, through HTTP only, each signed by its own key. Run again, it plays only
 * what is missing; a server or a player killed in the middle changes nothing of the outcome.
 */
import { parseArgs } from "node:util";
import { domainSeparator } from "../server/chain/eip712.ts";
import { openKeyFile } from "../server/chain/keyFile.ts";
import type { Hex } from "../server/chain/port.ts";
import { createSigner, type Signer } from "../server/chain/transactions.ts";
import { readConfig, type Config } from "../server/config.ts";
import { Refusal, type ProblemView } from "../server/errors.ts";
import { allSettled, handIn, missingActs, type Handed } from "./demo/acts.ts";
import { grounds, release, type Case } from "./demo/auditor.ts";
import { createBook, signAct, type Act } from "./demo/book.ts";
import { createApi, type Api, type Ledger } from "./demo/client.ts";
import { createPapers } from "./demo/papers.ts";
import { deliver } from "./demo/deliveries.ts";
import { emptyHome } from "./demo/fresh.ts";
import { createCast, registrySigner, type Cast } from "./demo/keys.ts";
import { lotFaultsOf, openLots, outcomeOf, type Outcome } from "./demo/outcome.ts";
import { establish } from "./demo/registry.ts";
import { readFindings, showFindings, showNext } from "./demo/report.ts";
import { REGULARS, names, occasionalsOf } from "./demo/scenario/people.ts";
import { sinks } from "./demo/scenario/sinks.ts";
import { totalOf, weighings } from "./demo/scenario/weighings.ts";
import { writeYear, type Year } from "./demo/scenario/year.ts";
import { count, createScreen, kilograms, yuan, type Screen, type Step } from "./demo/screen.ts";
import { createServer, type Server } from "./demo/server.ts";
import { playSink, STEPS, type Played } from "./demo/sinks.ts";

const USAGE = `npm run demo [-- --exit] [-- --fresh] [-- --share N]

Plays one storage point's year on the server that holds the home, or on one it starts: collects, boats, sorting,
regranulation, delivery to a brand.

  --exit     stop the server that it started when all is played; exit code 0 if everything holds
  --fresh    empty the home first, and start over
  --share N  play one N-th of the collects, on all days of the year; 1 to 20, each in a home of its own
  --help     this text

Settings are environment variables, among them TIDEMARK_HOME (.tidemark) and TIDEMARK_PORT (4780); npm start -- --help lists them.`;

interface Options {
  exit: boolean;
  fresh: boolean;
  help: boolean;
  /** one n-th of the year's collects is played */
  share: number;
}

const MOST_SHARE = 20;

function readOptions(args: string[]): Options {
  const flag = { type: "boolean", default: false } as const;
  const share = { type: "string", default: "1" } as const;
  const given = parse(() => parseArgs({ args, options: { exit: flag, fresh: flag, help: flag, share } }).values);
  const n = Number(given.share);
  if (!/^\d+$/.test(given.share) || n < 1 || n > MOST_SHARE) {
    throw new Refusal(`--share is ${given.share}; it must be a whole number from 1 to ${MOST_SHARE}.`);
  }
  return { ...given, share: n };
}

function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const why = error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error);
    throw new Refusal(`${why}. The demo takes --exit, --fresh, --share and --help.`);
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

/** What the acts are played with. */
interface Stage {
  screen: Screen;
  api: Api;
  ledger: Ledger;
  cast: Cast;
  year: Year;
}

/** Registers, writes the year down, hands in what is missing, waits, reads everything back. */
async function play(screen: Screen, config: Config, server: Server, share: number): Promise<Outcome> {
  const began = performance.now();
  const api = createApi(server);
  const ledger = await api.ledger();
  const cast = createCast(ledger, share);
  await register(screen, config, api, ledger, cast);
  const { hash: anchor } = await api.digest(0);
  const year = writeYear(createBook(ledger, anchor, cast), share);
  const stage: Stage = { screen, api, ledger, cast, year };
  const { acts } = year.book;
  const missing = await stepOver(
    screen,
    ["比对", "Compare"],
    acts.length,
    (progress) => missingActs(api, acts, progress),
    (found) =>
      found.size === acts.length ? "nothing played yet" : `${found.size > 0 ? count(found.size) : "nothing"} missing`,
  );
  const [first, rest] = [acts.filter(({ held }) => !held), acts.filter(({ held }) => held)];
  const before = await carry(stage, first, missing);
  await rule(stage);
  const after = await carry(stage, rest, missing);
  const played = await playSinks(stage, config);
  const lotFaults = await stepOver(
    screen,
    ["核对", "Check"],
    openLots(year.book).length,
    (progress) => lotFaultsOf(api, year.book, progress),
    (faults) => `${openLots(year.book).length} open lots, ${faults.length > 0 ? faults.length : "none"} amiss`,
  );
  const findings = await readFindings(api, year);
  screen.note(JSON.stringify(played.map(({ retirement }) => retirement.id)));
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  showFindings(screen, server.url(), cast, year, findings);
  return outcomeOf({
    book: year.book,
    parties: cast.parties.length,
    ended: new Map([...before.ended, ...after.ended]),
    rejected: [...before.rejected, ...after.rejected],
    conservation: findings.conservation,
    lotFaults,
    seconds,
  });
}

/** Two sinks, from their methodology to a certificate. */
function playSinks({ screen, api, ledger, cast }: Stage, config: Config): Promise<Played[]> {
  return stepOver(
    screen,
    ["碳汇", "Sinks"],
    sinks.length * STEPS,
    async (progress) => {
      let done = 0;
      const common = { api, ledger, cast, papers: createPapers(api), registry: registrySigner() };
      const stage = { ...common, admin: () => adminSigner(config), progress: () => progress(++done) };
      const played: Played[] = [];
      for (const sink of sinks) played.push(await playSink(stage, sink));
      return played;
    },
    (played) => {
      const issued = played.reduce((sum, { report }) => sum + BigInt(report.issuedKg), 0n);
      const retired = played.reduce((sum, { retirement }) => sum + BigInt(retirement.kg), 0n);
      return `${count(issued)} kg issued, ${count(retired)} kg retired`;
    },
  );
}

function register(screen: Screen, config: Config, api: Api, ledger: Ledger, cast: Cast): Promise<void> {
  const { parties } = cast;
  const keys = parties.reduce((sum, party) => sum + party.keys.length, 0);
  const permits = parties.reduce((sum, party) => sum + party.permits.length, 0);
  return stepOver(
    screen,
    ["登记", "Register"],
    parties.length,
    (progress) =>
      establish({ api, ledger, cast, registry: registrySigner(), admin: () => adminSigner(config), progress }),
    () => `${parties.length} accounts, ${keys} keys bound, ${permits} licences`,
  );
}

interface Carried {
  ended: Awaited<ReturnType<typeof allSettled>>;
  rejected: ProblemView[];
}

/** Hands in what the server does not have of these acts, and waits for all of them. */
async function carry(stage: Stage, acts: readonly Act[], missing: ReadonlySet<Hex>): Promise<Carried> {
  const { screen, api } = stage;
  const rejected = acts.some(({ id }) => missing.has(id)) ? await sendMissing(stage, acts, missing) : new Map();
  const sent = acts.filter(({ id }) => !rejected.has(id));
  const ended = await stepOver(
    screen,
    ["上链", "Record"],
    sent.length,
    (progress) => allSettled(api, sent, progress),
    (states) => `${count([...states.values()].filter((state) => state === "final").length)} final`,
  );
  return { ended, rejected: [...rejected.values()] as ProblemView[] };
}

async function sendMissing(
  { screen, api, cast, ledger }: Stage,
  acts: readonly Act[],
  missing: ReadonlySet<Hex>,
): Promise<Handed["rejected"]> {
  const bundles = deliver(acts)
    .map((bundle) => bundle.filter(({ id }) => missing.has(id)))
    .filter((bundle) => bundle.length > 0);
  const separator = domainSeparator(ledger);
  const { rejected } = await stepOver(
    screen,
    ["上报", "Hand in"],
    bundles.flat().length,
    (progress) => handIn(api, (act) => signAct(separator, cast, act), bundles, progress),
    ({ counts }) =>
      [
        `${count(counts.accepted)} accepted`,
        ...(counts.waiting > 0 ? [`${count(counts.waiting)} waiting for others`] : []),
        ...(counts.duplicate > 0 ? [`${count(counts.duplicate)} seen before`] : []),
        ...(counts.rejected > 0 ? [`${count(counts.rejected)} REJECTED`] : []),
      ].join(", "),
  );
  return rejected;
}

/** The auditor rules on the batch that was quarantined for its yield, and on what a lost phone had signed. */
async function rule({ screen, api, ledger, year }: Stage): Promise<void> {
  const reviewed = openLots(year.book).filter(({ review }) => review);
  const cases: Case[] = [
    { lot: year.quarantined.id, flag: "quarantined" },
    ...reviewed.map(({ id }): Case => ({ lot: id, flag: "review" })),
  ];
  const lifted = await stepOver(
    screen,
    ["裁定", "Rule"],
    cases.length,
    () => release(api, ledger, cases),
    (found) => (found > 0 ? `the auditor lifted ${found} flags, with reasons` : "nothing to rule on"),
  );
  if (lifted > 0) screen.print(...Object.values(grounds).flatMap(({ zh, en }) => [`     ${zh}`, `     ${en}`]));
}

function introduce(screen: Screen, share: number): void {
  const paid = weighings(share).reduce((sum, { pricePaidFen }) => sum + pricePaidFen, 0n);
  const { collects, grams } = totalOf(share);
  screen.print(
    `${names.point.zh} ${names.point.en}`,
    `${share === 1 ? "2024" : `1/${share} of 2024`}: ${count(collects)} collects by ${REGULARS} regular and ${occasionalsOf(share)} occasional collectors,`,
    `${kilograms(grams)}, ${yuan(paid)} paid; then boats, sorting, regranulation, a brand.`,
    "1.20 yuan/kg, each paid to the nearest fen; weights, hours and yields are generated",
    "from a fixed seed.",
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
  introduce(screen, options.share);
  const server = await start(screen, config);
  try {
    const { faults, ...figures } = await play(screen, config, server, options.share);
    for (const fault of faults.slice(0, 5)) console.error(`tidemark: ${fault}`);
    if (faults.length > 5) console.error(`tidemark: and ${faults.length - 5} more.`);
    const stays = server.ours() && !options.exit;
    showNext(screen, server.url(), server.ours() ? undefined : server.pid(), stays);
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
