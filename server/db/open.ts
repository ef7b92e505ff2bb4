/** Which database: PostgreSQL where an address is given, PGlite in the home's folder otherwise. */
import { openPglite } from "./pglite.ts";
import type { Db } from "./port.ts";
import { connectPostgres } from "./postgres.ts";

/** connections; the write path, the indexer and requests each take one at a time, and none for long */
const poolSize = 8;

/**
 * @param url of PostgreSQL; without one PGlite opens `folder`, which belongs to the database alone
 * @throws Refusal with a sentence that says what to do
 */
export function openDb({ url, folder }: { url: string | undefined; folder: string }): Promise<Db> {
  return url === undefined ? openPglite({ folder }) : connectPostgres({ url, poolSize });
}
