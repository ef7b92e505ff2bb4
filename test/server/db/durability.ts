import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { openDurable } from "../../../server/db/durableFs.ts";
import { openPglite } from "../../../server/db/pglite.ts";
import type { Db } from "../../../server/db/port.ts";
import { copyPglite } from "../../support/databases.ts";
import { skipBecause } from "../../support/skip.ts";

const loader = import.meta.resolve("../../../scripts/loader.mjs");
const pgliteModule = pathToFileURL(resolve(import.meta.dirname, "../../../server/db/pglite.ts")).href;

/** Commits rows one after another and names each once its commit was confirmed, until it is killed. */
const writer = `
  import { openPglite } from ${JSON.stringify(pgliteModule)};
  const db = await openPglite({ folder: process.argv[1] });
  await db.sql\`CREATE TABLE IF NOT EXISTS item (id bigint PRIMARY KEY)\`;
  const [{ top }] = await db.sql\`SELECT coalesce(max(id), 0) AS top FROM item\`;
  for (let id = top + 1n; ; id++) {
    await db.transaction((sql) => sql\`INSERT INTO item VALUES (\${id})\`);
    process.stdout.write(id + "\\n");
  }`;

/** Runs `work` with the paths under `folder`'s data that were sent to the disk so far. */
async function watchSyncs(folder: string, work: (synced: string[]) => Promise<void>): Promise<void> {
  const synced: string[] = [];
  const real = fs.fsyncSync;
  fs.fsyncSync = (fd) => {
    synced.push(fs.readlinkSync(`/proc/self/fd/${fd}`).slice(join(folder, "data/").length));
    real(fd);
  };
  try {
    await work(synced);
  } finally {
    fs.fsyncSync = real;
  }
}

describe("durable PGlite", function () {
  this.timeout(60_000);
  let folder: string;
  const opened: Db[] = [];

  beforeEach(async () => {
    folder = fs.mkdtempSync(join(tmpdir(), "tidemark-pglite-"));
    await copyPglite(folder);
  });
  afterEach(async () => {
    for (const db of opened.splice(0)) await db.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  async function open(at: string = folder): Promise<Db> {
    const db = await openPglite({ folder: at });
    opened.push(db);
    return db;
  }

  it("given an open database, when its settings are read, then PostgreSQL waits for the disk", async () => {
    const db = await open();
    const rows = await db.sql`
      SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'wal_sync_method')
      ORDER BY name`;
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).to.deep.equal({
      fsync: "on",
      full_page_writes: "on",
      synchronous_commit: "on",
      wal_sync_method: "open_datasync",
    });
  });

  it("given a commit, when the log's open files are looked at, then each is written with O_DSYNC", async function () {
    if (process.platform !== "linux") skipBecause(this, "open files show their flags under /proc, on Linux");
    const db = await open();
    await db.sql`INSERT INTO cursor VALUES ('a', 1, 'x')`;
    const written = fs.readdirSync("/proc/self/fd").flatMap((fd) => {
      const path = fs.existsSync(`/proc/self/fd/${fd}`) ? fs.readlinkSync(`/proc/self/fd/${fd}`) : "";
      const flags = /flags:\s*(\d+)/.exec(
        path.startsWith(folder) ? fs.readFileSync(`/proc/self/fdinfo/${fd}`, "latin1") : "",
      )?.[1];
      return path.includes("/pg_wal/") && flags !== undefined ? [Number.parseInt(flags, 8)] : [];
    });
    expect(written.length).to.be.greaterThan(0);
    expect(written.filter((flags) => (flags & fs.constants.O_DSYNC) === 0)).to.deep.equal([]);
  });

  it("given rows and a checkpoint, when PostgreSQL asks for fsync, then data, control file and folders are synced", async function () {
    if (process.platform !== "linux") skipBecause(this, "open files are named under /proc, on Linux");
    await watchSyncs(folder, async (synced) => {
      const pglite = await openDurable(join(folder, "data"), () => undefined);
      await pglite.exec("CREATE TABLE item AS SELECT generate_series(1, 1000) AS id; CHECKPOINT");
      const { rows } = await pglite.query<{ path: string }>("SELECT pg_relation_filepath('item') AS path");
      expect(synced).to.include.members([rows[0]!.path, "global/pg_control", "pg_xact/0000", "pg_logical"]);
      await pglite.close();
    });
  });

  it("given a crash, when opened again, then what recovery and all later work wrote is synced, not each file there is", async function () {
    if (process.platform !== "linux") skipBecause(this, "open files are named under /proc, on Linux");
    const before = await openDurable(join(folder, "data"), () => undefined);
    await before.exec("CREATE TABLE item AS SELECT generate_series(1, 1000) AS id");
    const { rows } = await before.query<{ path: string }>("SELECT pg_relation_filepath('item') AS path");
    const crashed = join(folder, "crashed");
    fs.mkdirSync(crashed);
    fs.cpSync(join(folder, "data"), join(crashed, "data"), { recursive: true });
    await before.close();
    await watchSyncs(crashed, async (synced) => {
      const pglite = await openDurable(join(crashed, "data"), () => undefined);
      expect(synced).to.include.members([rows[0]!.path, "global/pg_control", "pg_xact/0000"]);
      expect(synced.length).to.be.lessThan(200);
      synced.splice(0);
      // later on not even a clock that was set back keeps anything from the disk
      const stat = fs.fstatSync;
      fs.fstatSync = ((fd: number) => Object.assign(stat(fd), { ctimeMs: 0 })) as typeof stat;
      await pglite.exec("UPDATE item SET id = id + 1; CHECKPOINT").finally(() => (fs.fstatSync = stat));
      expect(synced).to.include.members([rows[0]!.path, "global/pg_control"]);
      await pglite.close();
    });
  });

  it("given a writer killed three times, when the database is opened again, then every confirmed row is there", async () => {
    for (let kill = 0; kill < 3; kill++) {
      const child = spawn(process.execPath, ["--import", loader, "-e", writer, folder], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let confirmed = 0n;
      const goal = 40 + kill * 60;
      let seen = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        confirmed = BigInt(line);
        if (++seen === goal) child.kill("SIGKILL");
      }
      if (child.signalCode === null) await once(child, "exit");
      expect(child.signalCode).to.equal("SIGKILL");
      const db = await openPglite({ folder });
      const [found] = await db.sql<{ rows: bigint; top: bigint }>`SELECT count(*) AS rows, max(id) AS top FROM item`;
      await db.close();
      // one more may have been committed and not yet named
      expect(Number(found!.top - confirmed)).to.be.within(0, 1);
      expect(found!.rows).to.equal(found!.top);
    }
  });

  it("given a start that was killed while it made the database, when opened, then a whole one is made", async () => {
    const fresh = join(folder, "fresh");
    fs.mkdirSync(join(fresh, "data.new"), { recursive: true });
    fs.writeFileSync(join(fresh, "data.new/PG_VERSION"), "18\n");
    const db = await open(fresh);
    expect(await db.sql`SELECT 1 AS one`).to.deep.equal([{ one: 1 }]);
    expect(fs.readdirSync(fresh).sort()).to.deep.equal([".s.PGSQL.5432", "data"]);
    expect(fs.statSync(join(fresh, "data")).mode & 0o777).to.equal(0o700);
  });
});
