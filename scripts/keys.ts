/** `npm run keys`: the keys of accounts that this server holds and signs with, in its encrypted key file. */
import { parseArgs } from "node:util";
import { drawSecp256k1, openKeyFile, saveKeyFile, type Keys } from "../server/chain/keyFile.ts";
import type { Hex } from "../server/chain/port.ts";
import { createSigner } from "../server/chain/transactions.ts";
import { readConfig, type Config } from "../server/config.ts";
import { Refusal } from "../server/errors.ts";
import { openHome } from "../server/home.ts";

const USAGE = `npm run keys -- list
npm run keys -- add [--new]
npm run keys -- remove ADDRESS

Keys of accounts that this server holds: what its API prepares for one of them it signs, for callers of that account
(API keys and logins) who send an Idempotency-Key. The server is stopped meanwhile: it reads the file when it starts.

  list    the addresses of the keys
  add     the key in TIDEMARK_HELD_KEY, or with --new one that is drawn here and never leaves the file
  remove  what it signed already goes on its way

Bind a new key to its account with npm run tidemark before it is used. No private key is ever an argument, or printed.
TIDEMARK_HOME and TIDEMARK_PASSPHRASE say which file, and open it.
Exit code 0: it is as asked, also where it was before. 1: it is not; the last line says why.`;

type Command = "list" | "add" | "remove";

interface Options {
  command: Command;
  address: Hex | undefined;
  draw: boolean;
}

const isCommand = (name: string | undefined): name is Command => name === "list" || name === "add" || name === "remove";

/** @returns `undefined` where help is wanted */
function readOptions(args: string[]): Options | undefined {
  const flag = { type: "boolean", default: false } as const;
  let given;
  try {
    given = parseArgs({ args, allowPositionals: true, options: { new: flag, help: flag } });
  } catch (error) {
    // not the words themselves: somebody may have typed a key
    throw new Refusal(`That is no option (${(error as NodeJS.ErrnoException).code}). See npm run keys -- --help.`);
  }
  const [command, address, ...rest] = given.positionals;
  if (given.values.help) return undefined;
  const takes = command === "remove" ? 1 : 0;
  if (!isCommand(command) || rest.length > 0 || (address === undefined ? 0 : 1) !== takes)
    throw new Refusal("Say what to do: list, add or remove ADDRESS; see npm run keys -- --help.");
  if (address !== undefined && !/^0x[0-9a-f]{40}$/i.test(address))
    throw new Refusal("remove takes the address of a key: 0x and 40 hex digits.");
  return { command, address: address?.toLowerCase() as Hex | undefined, draw: given.values.new };
}

const addressOf = (key: Hex): Hex => createSigner(key).address;

/** The key that is to be held. @throws Refusal for none, or for one that is the server's own */
function wantedKey({ heldKey }: Config, { draw }: Options, keys: Keys): Hex {
  if (draw) return drawSecp256k1();
  if (heldKey === undefined)
    throw new Refusal("TIDEMARK_HELD_KEY is not set: the private key to hold, 0x and 64 hex digits; or say --new.");
  // checked here, since a library would repeat the key in its error
  if (!/^0x[0-9a-f]{64}$/i.test(heldKey))
    throw new Refusal("TIDEMARK_HELD_KEY is not a private key: it must be 0x and 64 hex digits.");
  const key = heldKey.toLowerCase() as Hex;
  if (key === keys.relayer || key === keys.admin)
    throw new Refusal("TIDEMARK_HELD_KEY is the server's own relayer or admin key: those hold no account's.");
  return key;
}

/** Does what is asked. @returns the lines to print */
async function carryOut(options: Options, config: Config): Promise<string[]> {
  const { home, passphrase, rpcUrls } = config;
  const keys = await openKeyFile(home, passphrase, rpcUrls.length === 0);
  const held = keys.held.map(addressOf);
  if (options.command === "list") return held.length > 0 ? held : ["no key is held"];
  if (options.command === "remove") {
    const { address } = options;
    if (!held.includes(address!)) return [`${address} is not held`];
    await saveKeyFile(home, passphrase, { ...keys, held: keys.held.filter((key) => addressOf(key) !== address) });
    return [`${address} is held no more`];
  }
  const key = wantedKey(config, options, keys);
  if (keys.held.includes(key)) return [`${addressOf(key)} is held already`];
  await saveKeyFile(home, passphrase, { ...keys, held: [...keys.held, key] });
  return [`${addressOf(key)} is held now`];
}

async function run(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options) return console.log(USAGE);
  const config = readConfig();
  // a server reads the file once, and would write over what is changed meanwhile
  const home = await openHome(config.home);
  try {
    for (const line of await carryOut(options, config)) console.log(line);
  } finally {
    await home.release();
  }
}

run().catch((error: unknown) => {
  console.error(error instanceof Refusal ? `tidemark: ${error.message}` : error);
  process.exitCode = 1;
});
