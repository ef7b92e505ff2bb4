/**
 * A long fill, of a new database from a long chain or of emptied tables from the stored logs, goes without the indexes
 * that only readers use and makes them when it is done: kept row by row they took half of the time, for their keys are
 * hashes and each row changes a page of each.
 */
import { verbatim, type Sql } from "../db/port.ts";
import type { Projection } from "./port.ts";

/** Blocks from which on a fill is long. Making five indexes of nothing takes longer than keeping them for a few rows. */
export const LONG = 1_000;

/** The indexes that a fill does without. @param digests whether it takes state digests */
export const dispensable = (projections: readonly Projection[], { digests }: { digests: boolean }): string[] =>
  projections.flatMap(({ readerIndexes = [], digestIndexes = [] }) =>
    digests ? readerIndexes : [...readerIndexes, ...digestIndexes],
  );

/** Drops these indexes, and remembers in the same transaction what they were. */
export async function putOffIndexes(sql: Sql, names: readonly string[]): Promise<void> {
  const dropped = await sql<{ name: string }>`
    INSERT INTO put_off_index (name, definition)
    SELECT indexname, indexdef FROM pg_indexes
    WHERE schemaname = current_schema() AND indexname = ANY (${names}::text[])
    RETURNING name`;
  for (const { name } of dropped) await sql(verbatim(`DROP INDEX "${name}"`));
}

/** Makes the indexes that were put off, by whatever process; quick where there are none. */
export async function makeIndexes(sql: Sql): Promise<void> {
  const found = await sql<{
    name: string;
    definition: string;
  }>`SELECT name, definition FROM put_off_index ORDER BY name`;
  for (const { definition } of found) await sql(verbatim(definition));
  if (found.length > 0) await sql`DELETE FROM put_off_index`;
}
