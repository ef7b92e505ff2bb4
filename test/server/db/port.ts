import { expect } from "chai";
import { isDatabaseDown } from "../../../server/db/down.ts";
import type { Db } from "../../../server/db/port.ts";
import { eachDatabase } from "../../support/databases.ts";

/** What a promise was rejected with. */
async function refusal(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was refused");
}

eachDatabase("the database port", (open) => {
  let db: Db;
  before(async () => {
    db = await open();
    await db.sql`CREATE TABLE item (id bigint PRIMARY KEY, body bytea)`;
  });
  beforeEach(() => db.sql`DELETE FROM item`);

  const ids = async (): Promise<bigint[]> =>
    (await db.sql<{ id: bigint }>`SELECT id FROM item ORDER BY id`).map(({ id }) => id);

  describe("types", () => {
    it("given values beyond 2^53, when read, then they are exact", async () => {
      const [row] = await db.sql`
        SELECT 9007199254740993::bigint AS big, ARRAY[1, NULL, -9007199254740993]::bigint[] AS bigs, '{}'::bigint[] AS none,
               18446744073709551615::numeric(20) AS word, ARRAY[0.10, NULL]::numeric[] AS decimals, 7::int AS small`;
      expect(row).to.deep.equal({
        big: 9007199254740993n,
        bigs: [1n, null, -9007199254740993n],
        none: [],
        word: "18446744073709551615",
        decimals: ["0.10", null],
        small: 7,
      });
    });

    it("given arrays of bytes, when unnested into rows, then every byte comes back", async () => {
      const all = Uint8Array.from({ length: 256 }, (_, i) => i);
      const bodies = [Buffer.from(all), all.subarray(5, 9), Buffer.alloc(0), null];
      await db.sql`INSERT INTO item SELECT * FROM unnest(${[1n, 2n, 3n, 4n]}::bigint[], ${bodies}::bytea[])`;
      const rows = await db.sql<{ body: Buffer | null }>`SELECT body FROM item ORDER BY id`;
      expect(rows.map(({ body }) => body && [...body])).to.deep.equal([[...all], [5, 6, 7, 8], [], null]);
    });

    it("given texts with quotes, commas and NULL, when bound as an array, then they come back as they were", async () => {
      const texts = ['a"b', "c\\d", "e,f", "{}", "", "NULL", "台州", null];
      const [row] = await db.sql`SELECT ${texts}::text[] AS texts`;
      expect(row).to.deep.equal({ texts });
    });

    it("given an undefined value, when bound, then it is refused and not taken for NULL", async () => {
      const error = await refusal(db.sql`SELECT ${1}::int, ${undefined}::int`);
      expect(error.message).to.contain("parameter 2 is undefined");
    });
  });

  describe("transaction", () => {
    it("given work that returns, when it is over, then its rows stand and its result is handed on", async () => {
      const result = await db.transaction(async (sql) => {
        await sql`INSERT INTO item (id) VALUES (1), (2)`;
        return "done";
      });
      expect(result).to.equal("done");
      expect(await ids()).to.deep.equal([1n, 2n]);
    });

    it("given work that throws after a row, when it is over, then the row is gone and the same error arrives", async () => {
      const thrown = new Error("no");
      const error = await refusal(
        db.transaction(async (sql) => {
          await sql`INSERT INTO item (id) VALUES (1)`;
          throw thrown;
        }),
      );
      expect(error).to.equal(thrown);
      expect(await ids()).to.deep.equal([]);
    });

    it("given work that swallows a failed statement, when it is over, then the transaction is not reported as done", async () => {
      const error = await refusal(
        db.transaction(async (sql) => {
          await sql`INSERT INTO item (id) VALUES (1)`;
          await sql`INSERT INTO item (id) VALUES (1)`.catch(() => undefined);
        }),
      );
      expect(error.message).to.contain("rolled back");
      expect(await ids()).to.deep.equal([]);
    });

    it("given a statement that fails, when another follows, then the database was not taken for lost", async () => {
      const error = await refusal(db.sql`SELECT 1 / 0`);
      expect(error.code).to.equal("22012");
      expect(isDatabaseDown(error)).to.equal(false);
      expect(await db.sql`SELECT 1 AS one`).to.deep.equal([{ one: 1 }]);
    });

    it("given an open transaction, when the database's own sql or a second transaction is used in it, then it is refused", async () => {
      const wrongs: (() => Promise<unknown>)[] = [
        () => db.sql`SELECT 1`,
        () => db.transaction(async () => 1),
        () => db.snapshot(async () => 1),
      ];
      for (const wrong of wrongs) {
        expect((await refusal(db.transaction(wrong))).message).to.contain("inside a transaction");
      }
    });

    it("given a transaction that is over, when its sql is used, then it is refused", async () => {
      const sql = await db.transaction(async (inner) => inner);
      expect((await refusal(sql`SELECT 1`)).message).to.contain("is over");
    });

    it("given twenty transactions at once, when all are over, then none has lost another's count", async () => {
      await db.sql`INSERT INTO item (id) VALUES (0)`;
      await Promise.all(
        Array.from({ length: 20 }, () =>
          db.transaction(async (sql) => {
            await sql`LOCK TABLE item IN EXCLUSIVE MODE`;
            const [row] = await sql<{ id: bigint }>`SELECT id FROM item`;
            await sql`UPDATE item SET id = ${row!.id + 1n}`;
          }),
        ),
      );
      expect(await ids()).to.deep.equal([20n]);
    });
  });

  describe("snapshot", () => {
    it("given a row committed meanwhile, when the snapshot reads again, then it reads the same, and the row is there after", async () => {
      await db.sql`INSERT INTO item (id) VALUES (1)`;
      let start: () => void = () => undefined;
      const written = new Promise<void>((resolve) => (start = resolve)).then(
        () => db.sql`INSERT INTO item (id) VALUES (2)`,
      );
      const seen = await db.snapshot(async (sql) => {
        const first = await sql`SELECT id FROM item`;
        start();
        // PGlite's one connection is busy here: the row waits for the snapshot, which then cannot see it either
        if (db.kind === "postgres") await written;
        return [first, await sql`SELECT id FROM item`];
      });
      await written;
      expect(seen).to.deep.equal([[{ id: 1n }], [{ id: 1n }]]);
      expect(await ids()).to.deep.equal([1n, 2n]);
    });

    it("given a write, when made in a snapshot, then it is refused", async () => {
      const error = await refusal(db.snapshot((sql) => sql`INSERT INTO item (id) VALUES (1)`));
      expect(error.code).to.equal("25006");
    });
  });

  describe("lock", () => {
    it("given a held lock, when it is asked for again, then nobody gets it until it is released", async () => {
      const held = await db.lock("relayer");
      expect(held?.lost.aborted).to.equal(false);
      expect(await db.lock("relayer")).to.equal(undefined);
      const other = await db.lock("indexer");
      expect(other).to.not.equal(undefined);
      await held!.release();
      const again = await db.lock("relayer");
      expect(again).to.not.equal(undefined);
      // a second release of the first gives nothing away
      await held!.release();
      expect(await db.lock("relayer")).to.equal(undefined);
      expect(held!.lost.aborted).to.equal(false);
      await again!.release();
      await other!.release();
    });
  });
});
