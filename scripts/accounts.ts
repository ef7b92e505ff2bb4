/** `npm run accounts`: registers accounts, binds keys and closes them, thousands a command, through the server's API. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Hex } from "../server/chain/port.ts";
import { createSigner, type Signer } from "../server/chain/transactions.ts";
import { readConfig, type Config } from "../server/config.ts";
import { Refusal } from "../server/errors.ts";
import { readHolder } from "../server/home.ts";
import { createApi, type Api, type Ledger, type Link } from "./demo/client.ts";
import { count, createScreen, type Screen, type Step } from "./demo/screen.ts";
import { keyIdOf, secondsOf } from "./registry/ids.ts";
import {
  bindingCalls,
  closingCalls,
  compareBindings,
  compareClosings,
  isKey,
  readBindings,
  type Closing,
} from "./registry/keys.ts";
import { compareRegistrations, readRegistrations, registrationCalls } from "./registry/registrations.ts";
import { carryOut, type Outcome, type WorkDeps } from "./registry/work.ts";

const USAGE = `npm run accounts -- register FILE.csv
npm run accounts -- bind FILE.csv
npm run accounts -- close KEY… [--from TIME]

Does what the register does not say yet, and leaves alone what it says already: run it again after it was broken off.
If anything in the file is wrong, each such line is named, and nothing is done.

  register  columns account,kinds,identityHash[,organiser,region,successor]
            account: its id (a secp256k1 address); empty for a facility, whose id then follows from identityHash
            kinds: of person organisation facility vessel verifier bank system, joined by +
  bind      columns account,key,from[,until]
            key: an address, or the id of a P-256 key; from, until: TIME, until empty for no end
  close     from TIME on the keys sign for nobody (now); what they signed before stays good
  TIME      seconds since 1970, or such as 2026-08-01T09:00:00+08:00

  --api URL  the server; without it the one that holds TIDEMARK_HOME
  --json     one JSON document on standard output
  --help     this text

TIDEMARK_REGISTRY_KEY is the private key of a holder of the role REGISTRY: it signs here and is sent nowhere.
Exit code 0: all is as the file says. 1: it is not; the last lines say why.`;

/** Faults that are printed. */
const SHOWN = 50;

const commands = ["register", "bind", "close"] as const;
type Command = (typeof commands)[number];

interface Options {
  command: Command;
  rest: string[];
  api: string | undefined;
  from: string | undefined;
  json: boolean;
}

/** @returns `undefined` where help is wanted */
function readOptions(args: string[]): Options | undefined {
  const [text, flag] = [{ type: "string" }, { type: "boolean", default: false }] as const;
  let given;
  try {
    given = parseArgs({ args, allowPositionals: true, options: { api: text, from: text, json: flag, help: flag } });
  } catch (error) {
    throw new Refusal(`${(error as Error).message.split(". ")[0]}. See npm run accounts -- --help.`);
  }
  const { help, api, from, json } = given.values;
  const [name, ...rest] = given.positionals;
  if (help) return undefined;
  const command = commands.find((each) => each === name);
  if (command === undefined || rest.length === 0) {
    throw new Refusal(
      "Say what to do: register FILE.csv, bind FILE.csv or close KEY…; see npm run accounts -- --help.",
    );
  }
  if (command !== "close" && (rest.length > 1 || from !== undefined)) {
    throw new Refusal(`${command} takes one file, and --from belongs to close.`);
  }
  return { command, rest, api, from, json };
}

function signerOf({ registryKey }: Config): Signer {
  if (registryKey === undefined) {
    throw new Refusal(
      "TIDEMARK_REGISTRY_KEY is not set: the private key of a holder of the role REGISTRY, 0x and 64 hex digits. It is read from the environment only.",
    );
  }
  // checked here, since a library would repeat the key in its error
  if (!/^0x[0-9a-f]{64}$/i.test(registryKey)) {
    throw new Refusal("TIDEMARK_REGISTRY_KEY is not a private key: it must be 0x and 64 hex digits.");
  }
  return createSigner(registryKey.toLowerCase() as Hex);
}

/** The server that was named, or the one that holds the home, also after it was started again elsewhere. */
async function linkTo(named: string | undefined, home: string): Promise<Link> {
  let url = named?.replace(/\/+$/, "");
  if (url !== undefined && !(/^https?:/.test(url) && URL.canParse(url))) {
    throw new Refusal(`"${url}" is not a URL such as http://127.0.0.1:4780.`);
  }
  const attach = async (): Promise<void> => {
    if (named === undefined) url = (await readHolder(home))?.url ?? url;
  };
  await attach();
  if (url === undefined) {
    throw new Refusal(
      `No server holds ${home}. Start it with npm start, set TIDEMARK_HOME, or name one with --api URL.`,
    );
  }
  return { url: () => url ?? "", attach };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Refusal(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** The keys named as arguments. @throws Refusal naming one that is none */
function closingsOf({ rest, from }: Options): Closing[] {
  const until = from === undefined ? Math.floor(Date.now() / 1_000) : secondsOf(from);
  if (until === undefined) {
    throw new Refusal(`--from ${from} is neither seconds since 1970 nor a time such as 2026-08-01T09:00:00+08:00.`);
  }
  const wrong = rest.find((key) => !isKey(key));
  if (wrong !== undefined) throw new Refusal(`"${wrong}" is neither a key's id (0x and 64 hex digits) nor an address.`);
  return [...new Set(rest.map((key) => keyIdOf(key as Hex)))].map((key, i) => ({ line: i + 1, key, until }));
}

/** The command with its rows, as one thing to do. */
function workOf(options: Options, ledger: Ledger): (deps: WorkDeps) => Promise<Outcome> {
  const [path = ""] = options.rest;
  switch (options.command) {
    case "register": {
      const file = readRegistrations(textOf(path), ledger);
      return (deps) => carryOut(deps, { ...file, compare: compareRegistrations, calls: registrationCalls });
    }
    case "bind": {
      const file = readBindings(textOf(path));
      return (deps) => carryOut(deps, { ...file, compare: compareBindings, calls: bindingCalls });
    }
    case "close": {
      const rows = closingsOf(options);
      return (deps) => carryOut(deps, { rows, faults: [], compare: compareClosings, calls: closingCalls });
    }
  }
}

/** The key must be one that the register obeys: asked before anything is read or sent. */
async function refuseStrangers(api: Api, { address }: Signer): Promise<void> {
  const { roles } = await api.sender(address);
  if (roles.includes("REGISTRY")) return;
  throw new Refusal(
    `The key in TIDEMARK_REGISTRY_KEY (${address}) does not hold the role REGISTRY here. Use the registry's key, or have the admin grant it the role.`,
  );
}

/** One bar a step; nothing where the answer is to be one JSON document. */
function progressOn(screen: Screen | undefined): WorkDeps["progress"] {
  const labels = { compare: ["比对", "Compare"], record: ["登记", "Record"] } as const;
  const open = new Map<string, Step>();
  return (name, done, total) => {
    if (!screen) return;
    const [zh, en] = labels[name];
    const step = open.get(name) ?? screen.step(zh, en);
    open.set(name, step);
    if (done < total) step.update(done, total, `${count(done)} / ${count(total)}`);
    else step.done(count(total));
  };
}

function show(screen: Screen, { command }: Options, { rows, already, done, faults }: Outcome): void {
  const named = command === "close" ? "key" : "line";
  screen.print(...faults.slice(0, SHOWN).map(({ line, what }) => `${named} ${line}: ${what}`));
  if (faults.length > SHOWN)
    screen.print(`另有 ${count(faults.length - SHOWN)} 处 … and ${count(faults.length - SHOWN)} more.`);
  screen.print(
    faults.length > 0
      ? `有 ${count(faults.length)} 处错误，已登记 ${count(done)} 条 ${count(faults.length)} wrong, ${count(done)} recorded.`
      : `共 ${count(rows)} 条，新登记 ${count(done)}，原有 ${count(already)} ${count(rows)} in all, ${count(done)} recorded, ${count(already)} there before.`,
  );
}

async function run(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    console.log(USAGE);
    return 0;
  }
  const config = readConfig();
  const signer = signerOf(config);
  const api = createApi(await linkTo(options.api, config.home));
  await refuseStrangers(api, signer);
  const ledger = await api.ledger();
  const screen = createScreen(process.stdout);
  const work = workOf(options, ledger);
  try {
    const outcome = await work({ api, ledger, signer, progress: progressOn(options.json ? undefined : screen) });
    if (options.json) console.log(JSON.stringify({ command: options.command, ...outcome }));
    else show(screen, options, outcome);
    return outcome.faults.length > 0 ? 1 : 0;
  } finally {
    screen.close();
  }
}

run()
  .then((code) => {
    process.exitCode = code;
  })
  .catch((error: unknown) => {
    console.error(error instanceof Refusal ? `tidemark: ${error.message}` : error);
    process.exitCode = 1;
  });
