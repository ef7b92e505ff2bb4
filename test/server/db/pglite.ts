import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { isDatabaseDown } from "../../../server/db/down.ts";
import { checkpointIfDue, vacuumIfDue } from "../../../server/db/housekeeping.ts";
import { openPglite } from "../../../server/db/pglite.ts";
import type { Db } from "../../../server/db/port.ts";
import { Refusal } from "../../../server/errors.ts";
import { copyPglite } from "../../support/databases.ts";
import { asNobody } from "../../support/nobody.ts";

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
          /embedded database stopped \(could not create file "pg_wal.*opened again by itself/,
        );
      }
      expect(lock!.lost.aborted).to.equal(true);
      await db.close();

      fs.renameSync(join(folder, "data/aside"), join(folder, "data/pg_wal"));
      const again = await open();
      expect(await again.sql`SELECT name FROM cursor`).to.deep.equal([{ name: "a" }]);
    });

    it("given a database that panicked, when its disk is mended, then it opens by itself with what was confirmed, locks and all", async () => {
      const db = await open();
      await db.sql`INSERT INTO cursor VALUES ('a', 1, 'x')`;
      const before = await db.lock("relayer");
      await panic(db);
      fs.renameSync(join(folder, "data/aside"), join(folder, "data/pg_wal"));
      let rows: unknown;
      while (rows === undefined) rows = await db.sql`SELECT name FROM cursor`.catch(() => sleep(50));
      expect(rows).to.deep.equal([{ name: "a" }]);
      await db.sql`INSERT INTO cursor VALUES ('b', 1, 'x')`;
      const after = await db.lock("relayer");
      expect([after?.lost.aborted, await db.lock("relayer")]).to.deep.equal([false, undefined]);
      // whoever held it before the fall gives up nothing of the one who holds it now
      await before!.release();
      expect(await db.lock("relayer")).to.equal(undefined);
    });

    it("given a database that cannot be opened again, when closed, then it closes", async () => {
      const db = await open();
      await panic(db);
      await sleep(400);
      await db.close();
      expect(fs.readdirSync(folder)).to.deep.equal(["data"]);
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
      const query = db.sql`DO $$ DECLARE until timestamptz := clock_timestamp() + interval '2 s';
        BEGIN WHILE clock_timestamp() < until LOOP PERFORM count(*) FROM generate_series(1, 1000); END LOOP; END $$`;
      // held up, it would come to no turn before the query ends
      const turns = async (): Promise<void> => {
        for (let turn = 0; turn < 20; turn++) await sleep(10);
      };
      const ended = await Promise.race([query.then(() => "the query"), turns().then(() => "twenty turns")]);
      expect(ended).to.equal("twenty turns");
      await query;
    });

    it("given much written since the last checkpoint, when it is due, then a start has that much less to replay", async () => {
      const db = await open();
      await db.sql`CREATE TABLE item (id int)`;
      await db.sql`INSERT INTO item SELECT generate_series(1, 20000)`;
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
