/** `npm run verify`: checks a retirement's certificate from its file alone. Needs no network, no server, no key. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { beneficiaryHash } from "../server/carbon/beneficiary.ts";
import type { Hex } from "../server/chain/port.ts";
import { linesOf } from "./verify/show.ts";
import { verify, type Trust, type Verdict } from "./verify/verify.ts";

const USAGE = `npm run verify -- FILE --trust BLOCKHASH [--contract ADDRESS] [--beneficiary NAME --salt HEX] [--json]

Checks the certificate of a retirement (GET /v1/retirements/ID/certificate.json) without any network: that every field
of it follows from the hash of one block. Names the field that does not.

  --trust        hash of the block the certificate is proved at, from somebody you trust: a node, an auditor
  --untrusted    exit code 0 without --trust too: the file agrees with itself, which is all it can show alone
  --contract     address of the register that you know
  --beneficiary  who it should be claimed for, with the --salt that the holder gave you
  --json         one JSON document on standard output
  --help         this text

Exit code 0: it holds. 1: it does not. 2: it could not be checked; the last line says why. 3: it agrees with itself, but
was held against no hash that you trust.`;

class CouldNot extends Error {}

interface Options {
  file: string;
  trust: Trust;
  untrusted: boolean;
  beneficiary: { name: string; salt: Hex } | undefined;
  json: boolean;
}

const isHex = (text: string, bytes: number): text is Hex => new RegExp(`^0x[0-9a-f]{${bytes * 2}}$`).test(text);

/** Hex of an option, in lower case. */
function readHex(name: string, value: string, bytes: number): Hex {
  const hex = value.toLowerCase();
  if (isHex(hex, bytes)) return hex;
  throw new CouldNot(`--${name} takes ${bytes} bytes of hex after 0x, not "${value}".`);
}

function parse(args: string[]) {
  const [text, flag] = [{ type: "string" }, { type: "boolean", default: false }] as const;
  const hexes = { trust: text, contract: text, salt: text };
  const options = { ...hexes, beneficiary: text, untrusted: flag, json: flag, help: flag };
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new CouldNot(`${(error as Error).message.split(". ")[0]}. See npm run verify -- --help.`);
  }
}

/** @returns `undefined` where help is wanted */
function readOptions(args: string[]): Options | undefined {
  const { values, positionals } = parse(args);
  const { trust, contract, beneficiary, salt, untrusted, json, help } = values;
  if (help) return undefined;
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0)
    throw new CouldNot("Name one file: npm run verify -- FILE --trust BLOCKHASH");
  if ((beneficiary === undefined) !== (salt === undefined)) throw new CouldNot("--beneficiary and --salt go together.");
  return {
    file,
    trust: {
      ...(trust === undefined ? {} : { block: readHex("trust", trust, 32) }),
      ...(contract === undefined ? {} : { contract: readHex("contract", contract, 20) }),
    },
    untrusted,
    beneficiary: beneficiary === undefined ? undefined : { name: beneficiary, salt: readHex("salt", salt!, 32) },
    json,
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CouldNot(`${file} could not be read (${(error as Error).message}).`);
  }
}

/** Whether the certificate is claimed for this name; undefined where none was given. */
function isFor({ certificate }: Verdict, beneficiary: Options["beneficiary"]): boolean | undefined {
  if (!beneficiary || !certificate) return undefined;
  return beneficiaryHash(beneficiary.name, beneficiary.salt) === certificate.proved.retirement.beneficiary;
}

const beneficiaryLine = (name: string, holds: boolean): string =>
  holds
    ? `✓ 受益方是 It is claimed for ${name}`
    : `✗ 受益方不是 proved.retirement.beneficiary is not the hash of ${name} with this salt`;

/** @returns the exit code */
async function run(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    console.log(USAGE);
    return 0;
  }
  const { trust, beneficiary, untrusted } = options;
  const verdict = await verify(readText(options.file), trust);
  const named = isFor(verdict, beneficiary);
  const ok = !verdict.failed && named !== false;
  const trusted = trust.block !== undefined;
  if (options.json) {
    const { passed, failed = null, certificate } = verdict;
    const block = certificate?.proved.block;
    const at = block && { number: block.number, hash: block.hash };
    console.log(
      JSON.stringify({ ok, trusted, beneficiary: named ?? null, passed, failed, block: at ?? null }, null, 2),
    );
  } else {
    console.log(linesOf(verdict, trust).join("\n"));
    if (named !== undefined && !verdict.failed) console.log(beneficiaryLine(beneficiary!.name, named));
  }
  if (!ok) return 1;
  return trusted || untrusted ? 0 : 3;
}

run().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof CouldNot ? `tidemark: ${error.message}` : error);
    process.exitCode = 2;
  },
);
