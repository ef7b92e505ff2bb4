import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { isDatabaseDown } from "../../../server/db/down.ts";
import { openDurable } from "../../../server/db/durableFs.ts";
import { checkpointIfDue, vacuumIfDue } from "../../../server/db/housekeeping.ts";
import { openPglite } from "../../../server/db/pglite.ts";
import type { Db } from "../../../server/db/port.ts";
import { Refusal } from "../../../server/errors.ts";
import { copyPglite } from "../../support/databases.ts";
import { asNobody } from "../../support/nobody.ts";
import { skipBecause } from "../../support/skip.ts";

const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
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

describe("PGlite", function () {
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

  async function refusal(at: string = folder): Promise<string> {
    const error: unknown = await openPglite({ folder: at }).then(
      () => new Error("nothing was refused"),
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(Refusal);
    return (error as Error).message;
  }

  describe("durability", () => {
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
      const synced = new Set<string>();
      const real = fs.fsyncSync;
      const pglite = await openDurable(join(folder, "data"), () => undefined);
      try {
        fs.fsyncSync = (fd) => {
          synced.add(fs.readlinkSync(`/proc/self/fd/${fd}`).slice(join(folder, "data/").length));
          real(fd);
        };
        await pglite.exec("CREATE TABLE item AS SELECT generate_series(1, 1000) AS id; CHECKPOINT");
        const { rows } = await pglite.query<{ path: string }>("SELECT pg_relation_filepath('item') AS path");
        expect([...synced]).to.include.members([rows[0]!.path, "global/pg_control", "pg_xact/0000", "pg_logical"]);
      } finally {
        fs.fsyncSync = real;
        await pglite.close();
      }
    });

    it("given a writer killed three times, when the database is opened again, then every confirmed row is there", async () => {
      for (let kill = 0; kill < 3; kill++) {
        const child = spawn(process.execPath, ["--import", tsx, "--input-type=module", "-e", writer, folder], {
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

  describe("a database that fails", () => {
    /** PostgreSQL must start a new file of its log, and cannot: it panics, as with a full disk. */
    async function panic(db: Db): Promise<PromiseSettledResult<unknown>[]> {
      fs.renameSync(join(folder, "data/pg_wal"), join(folder, "data/aside"));
      // this one may still be answered: the new file is made with the next record
      await db.sql`SELECT pg_switch_wal()`.catch(() => undefined);
      return Promise.allSettled([
        db.sql`INSERT INTO cursor VALUES ('b', 1, 'x')`,
        db.transaction((sql) => sql`INSERT INTO cursor VALUES ('c', 1, 'x')`),
      ]);
    }

    it("given waiting queries, when PostgreSQL panics, then all are rejected in words, nothing is confirmed, and locks are lost", async () => {
      const db = await open();
      await db.sql`INSERT INTO cursor VALUES ('a', 1, 'x')`;
      const lock = await db.lock("relayer");
      const results = [...(await panic(db)), ...(await Promise.allSettled([db.sql`SELECT 1`, db.lock("indexer")]))];
      for (const result of results) {
        expect(result.status).to.equal("rejected");
        const reason: unknown = (result as PromiseRejectedResult).reason;
        expect(isDatabaseDown(reason)).to.equal(true);
        expect((reason as Error).message).to.match(
          /embedded database stopped \(could not create file "pg_wal.*start the server again/,
        );
      }
      expect(lock!.lost.aborted).to.equal(true);
      await db.close();

      fs.renameSync(join(folder, "data/aside"), join(folder, "data/pg_wal"));
      const again = await open();
      expect(await again.sql`SELECT name FROM cursor`).to.deep.equal([{ name: "a" }]);
    });

    it("given a damaged control file, when opened, then the sentence tells what is wrong and where", async () => {
      fs.truncateSync(join(folder, "data/global/pg_control"), 100);
      expect(await refusal())
        .to.contain(folder)
        .and.to.contain("pg_control")
        .and.to.contain("backup");
    });
  });

  describe("the folder", () => {
    it("given a folder that may not be written, when opened, then the sentence says what to do", async () => {
      const at = join(folder, "locked");
      fs.mkdirSync(at, { mode: 0o555 });
      fs.chmodSync(folder, 0o755);
      const sentence = await asNobody(() => refusal(at));
      expect(sentence).to.contain(at).and.to.contain("EACCES").and.to.contain("TIDEMARK_HOME");
    });

    it("given a file in its place, when opened, then the sentence says what to do", async () => {
      fs.writeFileSync(join(folder, "file"), "");
      expect(await refusal(join(folder, "file"))).to.contain("TIDEMARK_HOME");
    });

    it("given a path too long for a socket, when opened, then it works, and leaves no socket behind", async () => {
      const deep = join(folder, "long".repeat(30));
      fs.mkdirSync(deep);
      fs.renameSync(join(folder, "data"), join(deep, "data"));
      const sockets = (): string[] => fs.readdirSync(tmpdir()).filter((name) => name.startsWith("tidemark-socket-"));
      const before = sockets();
      const db = await openPglite({ folder: deep });
      expect(await db.sql`SELECT 1 AS one`).to.deep.equal([{ one: 1 }]);
      expect(fs.readdirSync(deep)).to.deep.equal(["data"]);
      const [socket] = sockets().filter((name) => !before.includes(name));
      expect(fs.statSync(join(tmpdir(), socket!)).mode & 0o777).to.equal(0o700);
      await db.close();
      expect(sockets()).to.not.include(socket);
    });

    it("given a socket left by a killed process, when opened and closed, then it is replaced, then gone", async () => {
      fs.writeFileSync(join(folder, ".s.PGSQL.5432"), "");
      const db = await openPglite({ folder });
      expect(await db.sql`SELECT 1 AS one`).to.deep.equal([{ one: 1 }]);
      await db.close();
      expect(fs.readdirSync(folder)).to.deep.equal(["data"]);
    });
  });

  describe("beside the server", () => {
    it("given a query of two seconds, when it runs, then this thread is not held up", async () => {
      const db = await open();
      const delays = monitorEventLoopDelay({ resolution: 5 });
      delays.enable();
      const started = performance.now();
      await db.sql`DO $$ DECLARE until timestamptz := clock_timestamp() + interval '2 s';
        BEGIN WHILE clock_timestamp() < until LOOP PERFORM count(*) FROM generate_series(1, 1000); END LOOP; END $$`;
      delays.disable();
      expect(performance.now() - started).to.be.greaterThan(1_900);
      expect(delays.max / 1e6).to.be.lessThan(300);
    });

    it("given much written since the last checkpoint, when it is due, then a start has that much less to replay", async () => {
      const db = await open();
      await db.sql`CREATE TABLE item AS SELECT generate_series(1, 20000) AS id`;
      expect(await checkpointIfDue(db.sql, 100_000_000)).to.equal(false);
      expect(await checkpointIfDue(db.sql, 1_000_000)).to.equal(true);
      expect(await checkpointIfDue(db.sql, 1_000_000)).to.equal(false);
    });

    it("given rows changed many times, when vacuuming is due, then dead rows are cleared and the planner knows the table", async () => {
      const db = await open();
      await db.sql`CREATE TABLE item AS SELECT generate_series(1, 3000) AS id`;
      await db.sql`UPDATE item SET id = id + 1`;
      await db.sql`SELECT pg_stat_force_next_flush()`;
      expect(await vacuumIfDue(db.sql, 10_000)).to.equal(undefined);
      expect(await vacuumIfDue(db.sql, 1_000)).to.equal("item");
      expect(await vacuumIfDue(db.sql, 1_000)).to.equal(undefined);
      const [row] = await db.sql`
        SELECT n_dead_tup AS dead, reltuples::int AS known FROM pg_stat_user_tables JOIN pg_class c ON c.oid = relid
        WHERE c.relname = 'item'`;
      expect(row).to.deep.equal({ dead: 0n, known: 3000 });
    });
  });
});
