import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync, appendFileSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { migrate } from "../../../server/db/migrate.ts";
import type { Db } from "../../../server/db/port.ts";
import { Refusal } from "../../../server/errors.ts";
import { eachDatabase } from "../../support/databases.ts";

const shipped = resolve(import.meta.dirname, "../../../server/db/migrations");
const names = readdirSync(shipped).sort();
const next = `${String(names.length + 1).padStart(4, "0")}_extra.sql`;

async function refusal(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was refused");
}

eachDatabase("migrations", (open) => {
  let db: Db;
  let folder: string;
  beforeEach(async () => {
    db = await open();
    folder = mkdtempSync(join(tmpdir(), "tidemark-migrations-"));
    cpSync(shipped, folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const applied = async (): Promise<string[]> =>
    (await db.sql<{ name: string }>`SELECT name FROM migration ORDER BY number`).map(({ name }) => name);

  it("given a fresh database, when the files are applied and applied again, then each was applied once", async () => {
    await db.transaction(async (sql) => {
      await sql`DROP SCHEMA public CASCADE`;
      await sql`CREATE SCHEMA public`;
    });
    expect(await migrate(db)).to.deep.equal(names);
    expect(await migrate(db)).to.deep.equal([]);
    expect(await applied()).to.deep.equal(names);
    expect(await db.sql`SELECT * FROM request`).to.deep.equal([]);
  });

  it("given a new file, when two servers start at once, then one of them applies it", async () => {
    writeFileSync(
      join(folder, next),
      "CREATE TABLE extra (a int); INSERT INTO extra VALUES (1); INSERT INTO extra VALUES (2);",
    );
    const done = await Promise.all([migrate(db, folder), migrate(db, folder)]);
    expect(done.flat()).to.deep.equal([next]);
    expect(await db.sql`SELECT a FROM extra ORDER BY a`).to.deep.equal([{ a: 1 }, { a: 2 }]);
  });

  it("given a file with turned line ends, when it is applied again, then it is the same file", async () => {
    const path = join(folder, next);
    writeFileSync(path, "CREATE TABLE extra\n(a int);\n");
    await migrate(db, folder);
    writeFileSync(path, "CREATE TABLE extra\r\n(a int);\r\n");
    expect(await migrate(db, folder)).to.deep.equal([]);
  });

  it("given a file whose second statement fails, when it is applied, then nothing of it stays and it is named", async () => {
    writeFileSync(join(folder, next), "CREATE TABLE extra (a int); SELECT 1 / 0;");
    const error = await refusal(migrate(db, folder));
    expect(error.message).to.contain(next);
    expect((error.cause as Error).message).to.contain("division by zero");
    expect(await db.sql`SELECT to_regclass('extra') AS extra`).to.deep.equal([{ extra: null }]);
    expect(await applied()).to.deep.equal(names);
  });

  it("given an applied file that changed, when the server starts, then it refuses and names it", async () => {
    appendFileSync(join(folder, names[0]!), "-- an afterthought\n");
    const error = await refusal(migrate(db, folder));
    expect(error).to.be.instanceOf(Refusal);
    expect(error.message).to.match(new RegExp(`^${names[0]} is not the`));
  });

  it("given an applied file that was renamed, when the server starts, then it refuses and names both", async () => {
    renameSync(join(folder, names[0]!), join(folder, "0001_other.sql"));
    const error = await refusal(migrate(db, folder));
    expect(error.message).to.contain("0001_other.sql").and.to.contain(names[0]);
  });

  it("given a gap in the files, when the server starts, then it refuses and names what is missing", async () => {
    writeFileSync(join(folder, "0099_late.sql"), "SELECT 1");
    const error = await refusal(migrate(db, folder));
    expect(error.message).to.contain("0099_late.sql").and.to.contain(next.slice(0, 4));
  });

  it("given a database that lacks an older file's row, when the server starts, then it refuses and names it", async () => {
    writeFileSync(join(folder, next), "CREATE TABLE extra (a int)");
    await migrate(db, folder);
    await db.sql`DELETE FROM migration WHERE number = 1`;
    const error = await refusal(migrate(db, folder));
    expect(error).to.be.instanceOf(Refusal);
    expect(error.message).to.contain(`lacks ${names[0]}`);
  });

  it("given a database of a newer program, when an older one starts, then it refuses and says so", async () => {
    writeFileSync(join(folder, next), "CREATE TABLE extra (a int)");
    await migrate(db, folder);
    const error = await refusal(migrate(db));
    expect(error).to.be.instanceOf(Refusal);
    expect(error.message).to.contain("newer program").and.to.contain(next).and.to.contain(names.at(-1));
  });
});
