/**
 * Real databases for tests: PGlite always, PostgreSQL where TIDEMARK_TEST_POSTGRES names a server on which databases may
 * be made (`scripts/postgres.sh run -- npm test`). A new PGlite takes seconds, so one is made and migrated for all
 * processes and its folder copied; each copy is opened by the same code as a server's own, durable as that one.
 */
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Client } from "pg";
import { migrate } from "../../server/db/migrate.ts";
import { openPglite } from "../../server/db/pglite.ts";
import type { Db } from "../../server/db/port.ts";
import { connectPostgres } from "../../server/db/postgres.ts";
import { skipBecause } from "./skip.ts";

type Close = () => Promise<void>;

/** What one test may take: several times what the longest took with eight processes to a core. */
const LIMIT_MS = 60_000;

/**
 * What the making of the template may take, once a process and before the first test: 4 s of computing, which took 47 s
 * with eight processes to a core. Nearly all of that was waiting for the processor; of its 1,204 fsyncs none took 0.3 s.
 */
const TEMPLATE_LIMIT_MS = 180_000;

/** What a server as a child process is given of a database. */
export interface ServerDatabase {
  /** The environment that makes a server use a new database: a prepared home's own, or one for it alone. */
  fresh(): Promise<Record<string, string>>;
  /** The same, and an empty database in place of the home's own. */
  freshFor(home: string): Promise<Record<string, string>>;
}

/**
 * A suite per database. `open` gives a new, migrated database; one opened in a test or a `beforeEach` is closed after
 * that test, one opened in a `before` after the suite.
 */
export function eachDatabase(title: string, tests: (open: () => Promise<Db>) => void): void {
  describe(title, function () {
    this.timeout(LIMIT_MS);
    const closeLater = closing();
    describe("on PGlite", () => {
      before(async function () {
        this.timeout(TEMPLATE_LIMIT_MS);
        await readyTemplate();
      });
      tests(async () => {
        const folder = newFolder();
        closeLater(async () => rmSync(folder, { recursive: true, force: true }));
        await copyPglite(folder);
        const db = await openPglite({ folder });
        closeLater(() => db.close());
        return db;
      });
    });
    onPostgres((postgres) =>
      tests(async () => {
        const url = await freshPostgres(postgres, closeLater);
        const db = await connectPostgres({ url, poolSize: 4 });
        closeLater(() => db.close());
        return db;
      }),
    );
  });
}

/** As {@link eachDatabase}, for tests whose server is a process of its own; PGlite is then the one in its home. */
export function eachServerDatabase(title: string, tests: (database: ServerDatabase) => void): void {
  describe(title, () => {
    const closeLater = closing();
    describe("on PGlite", () => {
      const fresh = async (): Promise<Record<string, string>> => ({ TIDEMARK_DATABASE_URL: "" });
      const freshFor = async (home: string): Promise<Record<string, string>> => {
        rmSync(join(home, "db"), { recursive: true });
        await copyPglite(join(home, "db"));
        return fresh();
      };
      tests({ fresh, freshFor });
    });
    onPostgres((postgres) => {
      const fresh = async (): Promise<Record<string, string>> => ({
        TIDEMARK_DATABASE_URL: await freshPostgres(postgres, closeLater),
      });
      tests({ fresh, freshFor: fresh });
    });
  });
}

/** A suite for what only a PostgreSQL server has; `fresh` gives the URL of a new, migrated database. */
export function onPostgresOnly(title: string, tests: (fresh: () => Promise<string>) => void): void {
  describe(title, function () {
    this.timeout(LIMIT_MS);
    const closeLater = closing();
    onPostgres((postgres) => tests(() => freshPostgres(postgres, closeLater)));
  });
}

/** Runs what it is given last to first: after the test in which it was given, or after the suite. */
function closing(): (close: Close) => void {
  const ofSuite: Close[] = [];
  const ofTest: Close[] = [];
  let inTest = false;
  const run = async (closes: Close[]): Promise<void> => {
    for (const close of closes.splice(0).reverse()) await close();
  };
  beforeEach(() => {
    inTest = true;
  });
  afterEach(() => {
    inTest = false;
    return run(ofTest);
  });
  after(() => run(ofSuite));
  return (close) => (inTest ? ofTest : ofSuite).push(close);
}

/** A suite on PostgreSQL; without a server a skipped test that says so, which under CI is a failure. */
function onPostgres(tests: (postgres: string) => void): void {
  const postgres = process.env["TIDEMARK_TEST_POSTGRES"];
  if (postgres) {
    describe("on PostgreSQL", () => tests(postgres));
    return;
  }
  it("on PostgreSQL", function () {
    const reason = "set TIDEMARK_TEST_POSTGRES to a server's URL, or run under scripts/postgres.sh run -- …";
    if (process.env["CI"] === "true") throw new Error(`PostgreSQL is needed here: ${reason}`);
    skipBecause(this, reason);
  });
}

const newFolder = (): string => mkdtempSync(join(tmpdir(), "tidemark-db-"));

/** PGlite's program: V8 compiles it once a process while somebody holds it, and each opening takes half the computing. */
const held: object[] = [];

let pgliteTemplate: Promise<string> | undefined;

async function makePgliteTemplate(): Promise<string> {
  const program = new URL("pglite.wasm", import.meta.resolve("@electric-sql/pglite"));
  // Node's types leave it out
  const { WebAssembly: wasm } = globalThis as unknown as Record<string, { compile(code: Buffer): Promise<object> }>;
  held.push(await wasm!.compile(readFileSync(program)));
  return copiedBy("pglite", ["server/db", "package-lock.json"], async (folder) => {
    const db = await openPglite({ folder });
    await migrate(db);
    await db.close();
  });
}

/**
 * A folder for tests to copy, one for each state of what makes it; it stays, for other processes too, until there is one
 * of another state.
 * @param makers files and folders of the project
 * @param make fills a new folder
 */
export async function copiedBy(
  name: string,
  makers: readonly string[],
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const project = resolve(import.meta.dirname, "../..");
  const cache = join(project, "node_modules", ".cache", "tidemark");
  const template = join(cache, `${name}-${hashOf(...makers.map((maker) => join(project, maker)))}`);
  if (existsSync(template)) return template;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "making-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  await make(folder);
  for (const earlier of readdirSync(cache).filter((entry) => entry.startsWith(`${name}-`))) {
    if (join(cache, earlier) !== template) rmSync(join(cache, earlier), { recursive: true, force: true });
  }
  try {
    renameSync(folder, template);
  } catch (error) {
    // another process was first
    if (!existsSync(template)) throw error;
  }
  return template;
}

const readyTemplate = (): Promise<string> => (pgliteTemplate ??= makePgliteTemplate());

/** Copies a migrated, cleanly closed PGlite into a folder, as `openPglite` expects it. */
export async function copyPglite(folder: string): Promise<void> {
  copyFolder(await readyTemplate(), folder);
}

/** Copies what is in a folder into another, which is made if it is not there. */
export function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  // a thousand files: eight times faster than Node's own
  if (process.platform === "win32") cpSync(from, to, { recursive: true });
  else execFileSync("cp", ["-R", `${from}/.`, to]);
}

/** Over the content of files, those of folders included: twelve hexadecimal digits. */
function hashOf(...places: string[]): string {
  const hash = createHash("sha256");
  const add = (place: string): void => {
    if (!statSync(place).isDirectory()) hash.update(readFileSync(place));
    else for (const name of readdirSync(place).sort()) add(join(place, name));
  };
  places.forEach(add);
  return hash.digest("hex").slice(0, 12);
}

const withPath = (url: string, database: string): string => {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
};

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** One template for each state of the migrations; it stays, for other processes to copy. */
async function makePostgresTemplate(admin: Client, postgres: string): Promise<string> {
  const name = `tidemark_template_${hashOf(resolve(import.meta.dirname, "../../server/db/migrations"))}`;
  const { rowCount } = await admin.query("SELECT FROM pg_database WHERE datname = $1", [name]);
  if (rowCount === 0) await admin.query(`CREATE DATABASE ${name}`);
  const db = await connectPostgres({ url: withPath(postgres, name), poolSize: 1 });
  await migrate(db);
  await db.close();
  return name;
}

let postgresTemplate: string | undefined;

/** A new, migrated database on the server; `closeLater` drops it. */
async function freshPostgres(postgres: string, closeLater: (close: Close) => void): Promise<string> {
  const name = `tidemark_test_${randomBytes(6).toString("hex")}`;
  await withClient(postgres, async (admin) => {
    // nobody may be connected to a template while it is copied
    await admin.query("SELECT pg_advisory_lock(20746964)");
    postgresTemplate ??= await makePostgresTemplate(admin, postgres);
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${postgresTemplate}`);
  });
  closeLater(() =>
    withClient(postgres, async (admin) => {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    }),
  );
  return withPath(postgres, name);
}
