/**
 * `npm run demo`: one storage point's year, two carbon sinks and the money of both, through HTTP only, each signed by its own key. Run again, it plays only
 * what is missing; a server or a player killed in the middle changes nothing of the outcome.
 */
import { parseArgs } from "node:util";
import { readConfig, type Config } from "../server/config.ts";
import { Refusal } from "../server/errors.ts";
import { createBook } from "./demo/book.ts";
import { createApi } from "./demo/client.ts";
import { emptyHome } from "./demo/fresh.ts";
import { createCast } from "./demo/keys.ts";
import { outcomeOf, type Outcome } from "./demo/outcome.ts";
import { playCredits } from "./demo/playCredits.ts";
import { playYear, register } from "./demo/playYear.ts";
import { readFindings, showFindings, showNext } from "./demo/report.ts";
import { REGULARS, names, occasionalsOf } from "./demo/scenario/people.ts";
import { totalOf, weighings } from "./demo/scenario/weighings.ts";
import { writeYear } from "./demo/scenario/year.ts";
import { count, createScreen, kilograms, yuan, type Screen, type Step } from "./demo/screen.ts";
import { createServer, type Server } from "./demo/server.ts";
import { of, type Stage } from "./demo/stage.ts";

const USAGE = `npm run demo [-- --exit] [-- --fresh] [-- --share N]

Plays one storage point's year on the server that holds the home, or on one it starts: collects, boats, sorting,
regranulation, delivery to a brand; then two carbon sinks from their methodology to a certificate, and pays the people
of both.

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

/** Registers, plays what is missing of the year, of the sinks and of the money, reads everything back. */
async function play(screen: Screen, config: Config, server: Server, share: number): Promise<Outcome> {
  const began = performance.now();
  const api = createApi(server);
  const ledger = await api.ledger();
  const cast = createCast(ledger, share);
  const stage: Stage = { screen, config, api, ledger, cast };
  await register(stage);
  const { hash: anchor } = await api.digest(0);
  const year = writeYear(createBook(ledger, anchor, cast), share);
  const carried = await playYear(stage, year);
  const credits = await playCredits(stage, year);
  const findings = await readFindings(stage, year, credits);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  showFindings(screen, server.url(), cast, year, findings);
  const { conservation } = findings;
  return outcomeOf({ book: year.book, parties: cast.parties.length, ...carried, credits, conservation, seconds });
}

function introduce(screen: Screen, share: number): void {
  const paid = weighings(share).reduce((sum, { pricePaidFen }) => sum + pricePaidFen, 0n);
  const { collects, grams } = totalOf(share);
  screen.print(
    `${names.point.zh} ${names.point.en}`,
    `${share === 1 ? "2024" : `1/${share} of 2024`}: ${count(collects)} collects by ${REGULARS} regular and ${occasionalsOf(share)} occasional collectors,`,
    `${kilograms(grams)}, ${yuan(paid)} paid; then boats, sorting, regranulation, a brand.`,
    "1.20 yuan/kg, each paid to the nearest fen; weights, hours and yields are generated",
    "from a fixed seed. Then Dachen's mussels (2,223 t of CO2e, sold for 100,500 yuan) and the",
    "Ziyang watershed (193,000 t), their certificates, and six farmers and the collectors paid.",
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
    screen.print("", JSON.stringify({ scenario: "storage-point, sinks", ...figures }));
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
