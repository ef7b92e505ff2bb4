/** Brings a database to the shape this program knows: `NNNN_name.sql` files, in order, forward only, checksummed. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Refusal } from "../errors.ts";
import { verbatim, type Db, type Sql } from "./port.ts";
import { advisoryKey } from "./sessionLocks.ts";

const shipped = fileURLToPath(new URL("migrations", import.meta.url));

interface Migration {
  number: number;
  name: string;
  checksum: string;
  text: string;
}

/** The files of a folder as `0001, 0002, …` without a gap. */
function readMigrations(folder: string): Migration[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .sort();
  return files.map((file, i) => {
    const number = Number(/^(\d{4})_\w+\.sql$/.exec(file)?.[1]);
    if (number !== i + 1) {
      const wanted = String(i + 1).padStart(4, "0");
      throw new Refusal(`${file} stands in ${folder} where ${wanted}_….sql should: install the program again.`);
    }
    // a checkout may have turned line ends
    const text = readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n");
    return { number, name: file, checksum: createHash("sha256").update(text).digest("hex"), text };
  });
}

/** Refuses a database whose history is not the beginning of this program's. */
function refuseOther(known: readonly Migration[], applied: readonly Omit<Migration, "text">[]): void {
  applied.forEach((row, i) => {
    const ours = known[i];
    if (row.number > known.length) {
      const newest = known.at(-1)?.name ?? "none";
      throw new Refusal(
        `The database was written by a newer program: it has ${row.name}, this one knows migrations up to ${newest}. Use the newer program.`,
      );
    }
    if (!ours || row.number !== ours.number) {
      throw new Refusal(
        `The database lacks ${ours?.name ?? "a migration"} but has ${row.name}: restore it from a backup.`,
      );
    }
    if (row.checksum !== ours.checksum || row.name !== ours.name) {
      throw new Refusal(
        `${ours.name} is not the ${row.name} that this database was made with. Migrations never change: put the old file back, and write a new one.`,
      );
    }
  });
}

/** Applies the next missing migration, if there is one, in the caller's transaction. */
async function applyNext(sql: Sql, known: readonly Migration[]): Promise<Migration | undefined> {
  // one at a time, among all servers that start at once; ends with the transaction
  await sql`SELECT pg_advisory_xact_lock(${advisoryKey("migrate")})`;
  await sql`CREATE TABLE IF NOT EXISTS migration (
    number int PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`;
  const applied = await sql<Migration>`SELECT number, name, checksum FROM migration ORDER BY number`;
  refuseOther(known, applied);
  const next = known[applied.length];
  if (!next) return undefined;
  try {
    await sql(verbatim(next.text));
  } catch (error) {
    throw new Error(`migration ${next.name} failed, and nothing of it was kept`, { cause: error });
  }
  await sql`INSERT INTO migration (number, name, checksum) VALUES (${next.number}, ${next.name}, ${next.checksum})`;
  return next;
}

/**
 * Applies what is missing, each file in one transaction with the row that records it.
 * @param folder of the files; the program's own unless a test brings others
 * @returns the names of the files applied now
 * @throws Refusal where the database and the files do not fit, naming the file
 */
export async function migrate(db: Db, folder: string = shipped): Promise<string[]> {
  const known = readMigrations(folder);
  const done: string[] = [];
  for (;;) {
    const next = await db.transaction((sql) => applyNext(sql, known));
    if (!next) return done;
    done.push(next.name);
  }
}
