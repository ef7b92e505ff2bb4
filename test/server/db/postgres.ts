import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { expect } from "chai";
import { isDatabaseDown } from "../../../server/db/down.ts";
import { openDb } from "../../../server/db/open.ts";
import type { Db } from "../../../server/db/port.ts";
import { connectPostgres } from "../../../server/db/postgres.ts";
import { Refusal } from "../../../server/errors.ts";
import { onPostgresOnly } from "../../support/databases.ts";

/** A way to the database that can be cut, as a failing network or a stopped server cuts it. */
interface Cable {
  url: string;
  cut(): Promise<void>;
  mend(): Promise<void>;
}

async function layCable(url: string): Promise<Cable> {
  const to = new URL(url);
  const sockets = new Set<Socket>();
  let server: Server;
  let port = 0;
  async function mend(): Promise<void> {
    server = createServer((near) => {
      const far = connect(Number(to.port), to.hostname);
      for (const [from, into] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(from);
        from.on("error", () => into.destroy()).on("close", () => into.destroy());
        from.pipe(into);
      }
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  }
  await mend();
  const through = new URL(url);
  through.host = `127.0.0.1:${port}`;
  return {
    url: through.href,
    mend,
    async cut() {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
      server.close();
      await once(server, "close");
    },
  };
}

async function reasonOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error("nothing was refused"),
    (reason: unknown) => reason as Error,
  );
}

onPostgresOnly("PostgreSQL", (fresh) => {
  describe("a server that goes away", () => {
    let db: Db;
    let cable: Cable;
    beforeEach(async () => {
      cable = await layCable(await fresh());
      db = await connectPostgres({ url: cable.url, poolSize: 3 });
    });
    afterEach(async () => {
      await db.close();
      await cable.cut();
    });

    it("given running and idle connections, when it is lost, then each call says so until it returns, then all work again", async () => {
      await Promise.all([db.sql`SELECT 1`, db.sql`SELECT 2`]);
      let enter: () => void = () => undefined;
      const entered = new Promise<void>((resolve) => (enter = resolve));
      const lost = reasonOf(
        db.transaction(async (sql) => {
          await sql`INSERT INTO cursor VALUES ('a', 1, 'x')`;
          enter();
          await sql`SELECT pg_sleep(60)`;
        }),
      );
      await entered;
      await cable.cut();
      for (const reason of [await lost, await reasonOf(db.sql`SELECT 1`), await reasonOf(db.lock("x"))]) {
        expect(isDatabaseDown(reason)).to.equal(true);
        expect(reason.message).to.contain("cannot be reached");
      }
      await cable.mend();
      expect(await db.sql`SELECT name FROM cursor`).to.deep.equal([]);
      await db.sql`INSERT INTO cursor VALUES ('b', 1, 'x')`;
      expect(await Promise.all([db.sql`SELECT name FROM cursor`, db.sql`SELECT 2 AS two`])).to.deep.equal([
        [{ name: "b" }],
        [{ two: 2 }],
      ]);
    });

    it("given a held lock, when its connection is cut, then it is lost, and can be had again once the server is back", async () => {
      const lock = await db.lock("relayer");
      expect(lock!.lost.aborted).to.equal(false);
      const lost = once(lock!.lost, "abort");
      await cable.cut();
      await lost;
      expect((lock!.lost.reason as Error).message).to.contain('"relayer"');
      await cable.mend();
      // the server lets go of it when it sees the end of the session
      let again = await db.lock("relayer");
      while (!again) again = await db.lock("relayer");
      await again.release();
    });

    it("given a held lock, when the server ends its session, then it is lost", async () => {
      const lock = await db.lock("relayer");
      const lost = once(lock!.lost, "abort");
      await db.sql`
        SELECT pg_terminate_backend(pid) FROM pg_locks
        WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
      await lost;
    });

    it("given a lock held by one server, when another asks, then it is told so; when the first closes, it gets it", async () => {
      const other = await connectPostgres({ url: cable.url, poolSize: 1 });
      try {
        await db.lock("indexer");
        expect(await other.lock("indexer")).to.equal(undefined);
        await db.close();
        expect(await other.lock("indexer")).to.not.equal(undefined);
      } finally {
        await other.close();
      }
    });

    it("given a session that another ends, when it is used, then the call says the database is down, and the next one works", async () => {
      const reason = await reasonOf(db.sql`SELECT pg_terminate_backend(pg_backend_pid())`);
      expect(isDatabaseDown(reason)).to.equal(true);
      expect(await db.sql`SELECT 1 AS one`).to.deep.equal([{ one: 1 }]);
    });
  });

  describe("a start that cannot work", () => {
    /** The sentence of the refusal; it must name what to do, and never the password. */
    async function sentence(change: (url: URL) => void): Promise<string> {
      const url = new URL(await fresh());
      change(url);
      const reason = await reasonOf(openDb({ url: url.href, folder: "/nowhere" }));
      expect(reason).to.be.instanceOf(Refusal);
      expect(reason.message).to.not.contain(url.password);
      return reason.message;
    }

    it("given nobody listening, when opened, then it says so and names the address", async () => {
      const text = await sentence((url) => (url.port = "1"));
      expect(text).to.contain("127.0.0.1:1/").and.to.contain("ECONNREFUSED").and.to.contain("TIDEMARK_DATABASE_URL");
    });

    it("given no such host, when opened, then it says so", async () => {
      expect(await sentence((url) => (url.hostname = "nowhere.invalid"))).to.contain("nowhere.invalid");
    });

    it("given a wrong password, when opened, then it says that the login was refused", async () => {
      expect(await sentence((url) => (url.password = "wrong-one"))).to.contain("refused the login");
    });

    it("given a database that is not there, when opened, then it says how to make it", async () => {
      expect(await sentence((url) => (url.pathname = "/not_there"))).to.contain("createdb");
    });

    it("given a text that is no address, when opened, then it shows how one looks", async () => {
      for (const url of ["localhost:5432", "mysql://localhost/x", "postgres://:port"]) {
        const reason = await reasonOf(openDb({ url, folder: "/nowhere" }));
        expect(reason).to.be.instanceOf(Refusal);
        expect(reason.message, url).to.contain("postgres://user:password@host:5432/database");
      }
    });

    it("given a database that does not wait for its disk, when opened, then it is refused and the setting named", async () => {
      const url = await fresh();
      const db = await connectPostgres({ url, poolSize: 1 });
      await db.sql`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$`;
      await db.close();
      const reason = await reasonOf(connectPostgres({ url, poolSize: 1 }));
      expect(reason).to.be.instanceOf(Refusal);
      expect(reason.message).to.contain("synchronous_commit = off");
    });
  });
});
