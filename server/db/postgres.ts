/** The database port on a PostgreSQL server (15 or newer). */
import { Client, DatabaseError, Pool, type ClientConfig } from "pg";
import { Refusal } from "../errors.ts";
import { isDatabaseDown } from "./down.ts";
import { createPooledDb } from "./pooled.ts";
import type { Db, Sql } from "./port.ts";
import { createSessionLocks } from "./sessionLocks.ts";
import { createTypes } from "./types.ts";

const oldest = 150_000;
const connectWithinMillis = 10_000;

/** `postgres://user@host:5432/database`, without the password. */
function addressOf(url: string): string {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new Refusal(
      "The database's address is not one: set TIDEMARK_DATABASE_URL to postgres://user:password@host:5432/database.",
    );
  }
  const shown = new URL(url);
  shown.password = "";
  shown.search = "";
  return shown.href;
}

/** A pool applies its own time limit also to waiting for a free connection; this one limits only the connecting. */
class QuickClient extends Client {
  constructor(config?: ClientConfig) {
    super({ ...config, connectionTimeoutMillis: connectWithinMillis });
  }
}

/**
 * Connects and checks that the server is one that keeps what it confirmed. After this the pool mends itself: while
 * the server is away every call rejects with {@link DatabaseDown}, and the next call after its return succeeds.
 * @param url `postgres://user:password@host:5432/database`, with the driver's own parameters such as `sslmode`
 * @throws Refusal with a sentence that says what to do
 */
export async function connectPostgres({ url, poolSize }: { url: string; poolSize: number }): Promise<Db> {
  const address = addressOf(url);
  const config = {
    connectionString: url,
    types: createTypes(),
    keepAlive: true,
    application_name: "tidemark",
    // its statements are short: compiling one first takes half a second, and pays for none
    options: "-c jit=off",
  };
  const locks = createSessionLocks(
    () => new QuickClient(config),
    () => downSentence(address),
  );
  const pool = new Pool({ ...config, max: poolSize, Client: QuickClient });
  const db = createPooledDb({
    kind: "postgres",
    pool,
    downSentence: () => downSentence(address),
    lock: locks.take,
    close: locks.close,
  });
  try {
    await refuseUnfit(db.sql, address);
    return db;
  } catch (error) {
    await db.close();
    throw error instanceof Refusal ? error : new Refusal(openingSentence(error, address), { cause: error });
  }
}

const downSentence = (address: string): string =>
  `The database ${address} cannot be reached; it is tried again with the next request. Is PostgreSQL running there?`;

/** Old versions lack what migrations use; a server that does not wait for its disk can forget what it confirmed. */
async function refuseUnfit(sql: Sql, address: string): Promise<void> {
  const [found] = await sql<{ version: number; name: string; fsync: string; commit: string }>`
    SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS name,
           current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit`;
  if (!found) throw new Error("the server says nothing of itself");
  if (found.version < oldest) {
    throw new Refusal(`The database ${address} is PostgreSQL ${found.name}; version 15 or newer is needed.`);
  }
  for (const [setting, value] of Object.entries({ fsync: found.fsync, synchronous_commit: found.commit })) {
    if (value !== "off") continue;
    throw new Refusal(
      `The database ${address} has ${setting} = off: a power cut would lose acts whose receipt was given. Set it to on.`,
    );
  }
}

function openingSentence(error: unknown, address: string): string {
  const cause = isDatabaseDown(error) && error instanceof Error ? error.cause : error;
  const words = cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause);
  const setting = "Check TIDEMARK_DATABASE_URL";
  if (cause instanceof DatabaseError) {
    if (cause.code === "3D000")
      return `${words} at ${address}. Create it with createdb, or mend TIDEMARK_DATABASE_URL.`;
    if (cause.code?.startsWith("28")) return `The database ${address} refused the login: ${words}. ${setting}.`;
    return `The database ${address} answers, but: ${words}. ${setting}.`;
  }
  return `The database ${address} cannot be reached (${words}). Start PostgreSQL there, or mend TIDEMARK_DATABASE_URL.`;
}
