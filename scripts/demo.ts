/**
 * `npm run demo`: the whole scenario (a storage point's and six harbours' year, three carbon sinks, who retires, who is paid)
 * through HTTP only, each signed by its own key. Run again, it plays only what is missing; a server or a player killed in
 * the middle changes nothing of the outcome.
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
import { callsOf } from "./demo/scenario/calls.ts";
import { everybody } from "./demo/scenario/everybody.ts";
import { MOST_SHARE, expectedOf } from "./demo/scenario/expected.ts";
import { vesselsOf } from "./demo/scenario/harbours.ts";
import { bodiesOf } from "./demo/scenario/offices.ts";
import { REGULARS, occasionalsOf } from "./demo/scenario/people.ts";
import { totalOf } from "./demo/scenario/weighings.ts";
import { writeYear } from "./demo/scenario/year.ts";
import { count, createScreen, kilograms, table, type Screen, type Step } from "./demo/screen.ts";
import { createServer, type Server } from "./demo/server.ts";
import { of, type Stage } from "./demo/stage.ts";

const USAGE = `npm run demo [-- --exit] [-- --fresh] [-- --share N]

Plays the scenario on the server that holds the home, or on one it starts: a storage point's year from collects to a
brand, 4,328 calls of fishing boats and where their waste ends, three carbon sinks from their methodology to issuance, a
case's deposit, retirements with certificates; and pays the people and the works behind it.

  --exit     stop the server that it started when all is played; exit code 0 if everything holds
  --fresh    empty the home first, and start over
  --share N  play one N-th of the collects, calls and public bodies; 1 to 20, each in a home of its own
  --help     this text

Settings are environment variables, among them TIDEMARK_HOME (.tidemark) and TIDEMARK_PORT (4780); npm start -- --help lists them.`;

interface Options {
  exit: boolean;
  fresh: boolean;
  help: boolean;
  /** one n-th of the year's collects is played */
  share: number;
}

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
  const cast = createCast(ledger, everybody(share));
  const stage: Stage = { screen, config, api, ledger, cast };
  await register(stage);
  const { hash: anchor } = await api.digest(0);
  const year = writeYear(createBook(ledger, anchor, cast), share);
  const carried = await playYear(stage, year);
  const credits = await playCredits(stage, year, share);
  const findings = await readFindings(stage, year, credits);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  showFindings(screen, server.url(), cast, year, findings);
  const { conservation } = findings;
  const { book } = year;
  const expected = expectedOf(share);
  return outcomeOf({ book, parties: cast.parties.length, ...carried, credits, conservation, expected, seconds });
}

/** What the last line calls it. */
const nameOf = (share: number): string => (share === 1 ? "whole" : `1/${share}`);

function introduce(screen: Screen, share: number): void {
  const { collects, grams } = totalOf(share);
  const calls = callsOf(share);
  const waste = calls.reduce((sum, call) => sum + call.grams, 0);
  const part = share === 1 ? "" : `, 1/${share} of it`;
  screen.heading("潮印 Tidemark", `— a year on the coast of Zhejiang${part}`);
  screen.print(
    ...table([
      [
        "蓝色循环 Blue Cycle",
        `${count(collects)} collects`,
        `${REGULARS + occasionalsOf(share)} collectors`,
        kilograms(grams),
      ],
      [
        "海洋云仓 Ocean Cloud Warehouse",
        `${count(calls.length)} calls`,
        `${count(vesselsOf(share))} boats`,
        kilograms(waste),
      ],
      ["大陈 Dachen", "2,223 t CO2e", "6 farmers", "100,500 yuan"],
      ["梓阳 Ziyang", "193,000 t CO2e", "70,000 t sold", "2,100,000 yuan"],
      ["象山 Xiangshan", "422.5 t CO2e", "1 case", "held by a court"],
      ["注销 Retirements", "a company, an event", `${bodiesOf(share)} public bodies`, ""],
    ]),
    "",
    "公开的总数为真；单次重量、时间、产出率、法定人数和未公布的价格按固定种子生成。",
    "Totals are published ones; single weights, hours, yields, quorums and unpublished",
    "prices are generated from a fixed seed.",
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
    const { faults, figures } = await play(screen, config, server, options.share);
    for (const fault of faults.slice(0, 5)) console.error(`tidemark: ${fault}`);
    if (faults.length > 5) console.error(`tidemark: and ${faults.length - 5} more.`);
    const stays = server.ours() && !options.exit;
    showNext(screen, server.url(), server.ours() ? undefined : server.pid(), stays);
    screen.print("", JSON.stringify({ scenario: nameOf(options.share), ...figures }));
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
