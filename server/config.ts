/** The only reader of the environment: one table of settings, their defaults and what each is for. */
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { Refusal } from "./errors.ts";

interface Setting {
  /** used when the variable is unset; `undefined`: there is none */
  embedded: string | undefined;
  production: string | undefined;
  what: string;
}

const same = (value: string): { embedded: string; production: string } => ({ embedded: value, production: value });
/** On one's own machine there is no crowd; the figure only keeps a client that runs wild from taking all of it. */
const perMinute = (production: string): { embedded: string; production: string } => ({
  embedded: "600000",
  production,
});
const none = { embedded: undefined, production: undefined };

export const settings = {
  TIDEMARK_MODE: {
    ...same("embedded"),
    what: "embedded (everything in this process) or production (no secret has a default)",
  },
  TIDEMARK_HOME: {
    ...same(".tidemark"),
    what: "folder for keys, journal and embedded database; one process at a time",
  },
  TIDEMARK_HOST: { ...same("127.0.0.1"), what: "address to listen on" },
  TIDEMARK_PORT: { ...same("4780"), what: "port to listen on; 0 takes any free one" },
  TIDEMARK_ORIGIN: { ...none, what: "public address that logins are bound to; unset: the one it listens on" },
  TIDEMARK_DATABASE_URL: { ...none, what: "PostgreSQL to use (needed in production); unset: PGlite in the home" },
  TIDEMARK_RPC_URLS: {
    ...none,
    what: "JSON-RPC URLs of the network, comma-separated (needed in production); unset: the embedded chain",
  },
  TIDEMARK_FINALITY: { ...same("instant"), what: "which blocks are final: instant, finalized, or a depth such as 12" },
  TIDEMARK_PASSPHRASE: { embedded: "tidemark-embedded", production: undefined, what: "opens the encrypted key file" },
  TIDEMARK_ADMIN_KEY: {
    ...none,
    what: "deploy and tidemark: the admin's private key on a network; unset on the embedded chain: the home's own",
  },
  TIDEMARK_REGISTRY_KEY: {
    ...none,
    what: "tidemark only: the private key of a holder of the role REGISTRY; it never leaves the command",
  },
  TIDEMARK_ISSUER_KEY: { ...none, what: "tidemark only: the private key of a holder of the role ISSUER, likewise" },
  TIDEMARK_ALLOCATOR_KEY: {
    ...none,
    what: "tidemark only: the private key of a holder of the role ALLOCATOR; pays chunks of pools too",
  },
  TIDEMARK_HELD_KEY: { ...none, what: "keys only: the private key of an account that the server is to hold" },
  TIDEMARK_ADMIN_DELAY: { ...same("0"), what: "deploy only: seconds an admin's action waits; set last" },
  TIDEMARK_POOL_DELAY: {
    embedded: "2",
    production: "259200",
    what: "seconds that a published division of a pool may be disputed before it is paid; on a network set by deploy",
  },
  TIDEMARK_WORKERS: {
    ...same(String(Math.max(1, Math.min(4, availableParallelism() - 1)))),
    what: "threads that check signatures",
  },
  TIDEMARK_BODY_LIMIT: { ...same("4194304"), what: "largest request body in bytes" },
  TIDEMARK_PROXIES: {
    ...same("0"),
    what: "reverse proxies in front of the server: so many addresses of X-Forwarded-For are believed",
  },
  TIDEMARK_LIMIT_READS: { ...perMinute("6000"), what: "reads a minute of one network address; 0: any number" },
  TIDEMARK_LIMIT_WRITES: { ...perMinute("1200"), what: "writes a minute, a bundle of acts being one" },
  TIDEMARK_LIMIT_LOGINS: { ...perMinute("60"), what: "login requests a minute; each login takes two" },
  TIDEMARK_LIMIT_RPC: { ...perMinute("1200"), what: "requests to /rpc a minute, of up to 50 calls each" },
  TIDEMARK_METRICS: {
    ...same("loopback"),
    what: "who may read /metrics: off, loopback (this machine, not through a proxy) or on (whoever reaches the port)",
  },
  TIDEMARK_CORS_ORIGINS: {
    ...none,
    what: "other sites whose pages may read answers, comma-separated, such as https://app.example; unset: none",
  },
  TIDEMARK_KUBO_URL: { ...none, what: "RPC of the IPFS node (Kubo) that keeps documents; unset: files in the home" },
  TIDEMARK_DOCUMENT_LIMIT: { ...same("16777216"), what: "largest document in bytes" },
  TIDEMARK_DISK_RESERVE: {
    ...same("67108864"),
    what: "bytes of the home's disk kept free: with less, nothing new is accepted",
  },
  TIDEMARK_ORPHAN_DAYS: {
    ...same("30"),
    what: "days that an act waits for those it rests on, before it expires",
  },
  TIDEMARK_LOG_LEVEL: { ...same("info"), what: "trace, debug, info, warn, error or silent" },
  TIDEMARK_HOLD_AT: { ...none, what: "crash tests only: the step of the write path to stop at for good" },
} as const satisfies Record<string, Setting>;

/** What tests and scripts read themselves; no server does. */
export const trials = {
  TIDEMARK_TEST_POSTGRES: "URL of a PostgreSQL on which tests may make databases: scripts/postgres.sh run -- npm test",
  TIDEMARK_TEST_KILLS: "how often the crash tests kill a server (5)",
  TIDEMARK_TEST_REQUESTS: "how many requests the load test makes (2500)",
  TIDEMARK_TEST_INVARIANT_RUNS: "runs of each invariant of the contracts (10)",
  TIDEMARK_TEST_EXAMPLES: "file that the tests of the API write the document's examples into",
  TIDEMARK_FUZZ_SEED: "seed of the random cases, to repeat a run",
  TIDEMARK_POSTGRES_BINARIES: "folder of the PostgreSQL programs that scripts/postgres.sh uses",
  TIDEMARK_KUBO_BINARY: "the ipfs that scripts/kubo.sh uses",
  TIDEMARK_STACK_GENESIS: "npm run stack: seconds since 1970, the time of its network's block 0",
} as const satisfies Record<string, string>;

export type Name = keyof typeof settings;

export interface Config {
  mode: "embedded" | "production";
  home: string;
  host: string;
  port: number;
  /** without a path: scheme, host and port */
  origin: string | undefined;
  databaseUrl: string | undefined;
  rpcUrls: string[];
  finality: "instant" | "finalized" | { depth: number };
  passphrase: string;
  adminKey: string | undefined;
  registryKey: string | undefined;
  issuerKey: string | undefined;
  allocatorKey: string | undefined;
  heldKey: string | undefined;
  adminDelaySeconds: number;
  poolDelaySeconds: number;
  workers: number;
  bodyLimitBytes: number;
  proxies: number;
  /** requests a minute of one caller; 0: any number */
  limits: { reads: number; writes: number; logins: number; rpc: number };
  metrics: "off" | "loopback" | "on";
  corsOrigins: string[];
  kuboUrl: string | undefined;
  documentLimitBytes: number;
  diskReserveBytes: number;
  orphanDays: number;
  logLevel: string;
  holdAt: string | undefined;
}

/** A whole number setting; refuses anything else, so that a typing error never becomes a default. */
function whole(name: Name, text: string, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > most)
    throw new Refusal(`${name} is "${text}"; it must be a whole number from 0 to ${most}.`);
  return value;
}

function finality(text: string): Config["finality"] {
  if (text === "instant" || text === "finalized") return text;
  return { depth: whole("TIDEMARK_FINALITY", text, 10_000) };
}

function origin(name: Name, text: string): string {
  if (/^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text) return text;
  throw new Refusal(`${name} is "${text}"; it must be an origin such as https://tidemark.example, no more.`);
}

function metricsFor(text: string): Config["metrics"] {
  if (text === "off" || text === "loopback" || text === "on") return text;
  throw new Refusal(`TIDEMARK_METRICS is "${text}"; it must be off, loopback or on.`);
}

function kuboUrl(text: string | undefined): string | undefined {
  if (text === undefined || (/^https?:\/\//.test(text) && URL.canParse(text))) return text;
  throw new Refusal(`TIDEMARK_KUBO_URL is "${text}"; it must be a URL such as http://127.0.0.1:5001.`);
}

/** How many letters differ, one typed for another, left out or put in between (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + Number(a[i] !== b[j])));
    }
    row = next;
  }
  return row.at(-1)!;
}

/** A name that nobody reads is a typing error, and the setting that was meant would silently have its default. */
function refuseUnknown(env: Record<string, string | undefined>): void {
  const known = [...Object.keys(settings), ...Object.keys(trials)];
  for (const name of Object.keys(env)) {
    if (!name.startsWith("TIDEMARK_") || known.includes(name) || env[name] === undefined) continue;
    const [nearest] = known.toSorted((a, b) => distance(a, name) - distance(b, name));
    throw new Refusal(
      `${name} is set, and there is no such setting; is ${nearest} meant? npm start -- --help lists them all.`,
    );
  }
}

/**
 * Reads and checks every setting at once.
 * @throws Refusal naming the variable that is wrong or missing, and what it is for
 */
export function readConfig(env: Record<string, string | undefined> = process.env): Config {
  refuseUnknown(env);
  const mode = env["TIDEMARK_MODE"] || "embedded";
  if (mode !== "embedded" && mode !== "production")
    throw new Refusal(`TIDEMARK_MODE is "${mode}"; it must be embedded or production.`);
  const optional = (name: Name): string | undefined => env[name] || settings[name][mode];
  const needed = (name: Name): string => {
    const value = optional(name);
    if (value === undefined)
      throw new Refusal(`${name} is not set, and ${mode} mode has no default for it: ${settings[name].what}.`);
    return value;
  };
  if (mode === "production") {
    needed("TIDEMARK_DATABASE_URL");
    needed("TIDEMARK_RPC_URLS");
    if (env["TIDEMARK_HOLD_AT"])
      throw new Refusal("TIDEMARK_HOLD_AT is for crash tests; production refuses it. Unset it.");
    if (needed("TIDEMARK_PASSPHRASE") === settings.TIDEMARK_PASSPHRASE.embedded)
      throw new Refusal(
        "TIDEMARK_PASSPHRASE is the default that everybody knows; production refuses it. Draw another.",
      );
  }
  const given = optional("TIDEMARK_ORIGIN");
  const limit = (name: Name): number => whole(name, needed(name), 2 ** 31 - 1);
  const list = (name: Name): string[] => (optional(name) ?? "").split(",").filter((part) => part !== "");
  return {
    mode,
    home: resolve(needed("TIDEMARK_HOME")),
    host: needed("TIDEMARK_HOST"),
    port: whole("TIDEMARK_PORT", needed("TIDEMARK_PORT"), 65_535),
    origin: given === undefined ? undefined : origin("TIDEMARK_ORIGIN", given),
    databaseUrl: optional("TIDEMARK_DATABASE_URL"),
    rpcUrls: list("TIDEMARK_RPC_URLS"),
    finality: finality(needed("TIDEMARK_FINALITY")),
    passphrase: needed("TIDEMARK_PASSPHRASE"),
    adminKey: optional("TIDEMARK_ADMIN_KEY"),
    registryKey: optional("TIDEMARK_REGISTRY_KEY"),
    issuerKey: optional("TIDEMARK_ISSUER_KEY"),
    allocatorKey: optional("TIDEMARK_ALLOCATOR_KEY"),
    heldKey: optional("TIDEMARK_HELD_KEY"),
    adminDelaySeconds: whole("TIDEMARK_ADMIN_DELAY", needed("TIDEMARK_ADMIN_DELAY"), 2 ** 32 - 1),
    // the contract takes at most 60 days
    poolDelaySeconds: whole("TIDEMARK_POOL_DELAY", needed("TIDEMARK_POOL_DELAY"), 60 * 86_400),
    workers: Math.max(1, whole("TIDEMARK_WORKERS", needed("TIDEMARK_WORKERS"), 64)),
    bodyLimitBytes: whole("TIDEMARK_BODY_LIMIT", needed("TIDEMARK_BODY_LIMIT"), 2 ** 30),
    proxies: whole("TIDEMARK_PROXIES", needed("TIDEMARK_PROXIES"), 16),
    limits: {
      reads: limit("TIDEMARK_LIMIT_READS"),
      writes: limit("TIDEMARK_LIMIT_WRITES"),
      logins: limit("TIDEMARK_LIMIT_LOGINS"),
      rpc: limit("TIDEMARK_LIMIT_RPC"),
    },
    metrics: metricsFor(needed("TIDEMARK_METRICS")),
    corsOrigins: list("TIDEMARK_CORS_ORIGINS").map((each) => origin("TIDEMARK_CORS_ORIGINS", each)),
    kuboUrl: kuboUrl(optional("TIDEMARK_KUBO_URL")),
    documentLimitBytes: whole("TIDEMARK_DOCUMENT_LIMIT", needed("TIDEMARK_DOCUMENT_LIMIT"), 2 ** 30),
    diskReserveBytes: whole("TIDEMARK_DISK_RESERVE", needed("TIDEMARK_DISK_RESERVE"), 2 ** 40),
    orphanDays: Math.max(1, whole("TIDEMARK_ORPHAN_DAYS", needed("TIDEMARK_ORPHAN_DAYS"), 36_500)),
    logLevel: needed("TIDEMARK_LOG_LEVEL"),
    holdAt: optional("TIDEMARK_HOLD_AT"),
  };
}
