/** The database port over a pool of the one driver; PGlite's pool has one connection, PostgreSQL's several. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { ClientBase, Pool } from "pg";
import { asPortError, isDatabaseDown } from "./down.ts";
import type { Db, HeldLock, Sql } from "./port.ts";

export interface PooledDeps {
  kind: Db["kind"];
  pool: Pool;
  /** what to tell when the connection failed, and what to do about it */
  downSentence: () => string | Promise<string>;
  lock: (name: string) => Promise<HeldLock | undefined>;
  /** runs after the last query */
  close: () => Promise<void>;
}

/** Whether a transaction is still open: its `sql` must not outlive it, and nothing may wait for a second connection. */
interface Scope {
  open: boolean;
}

/** `$1`-style text of a tagged template. */
function parametrised(text: TemplateStringsArray, values: readonly unknown[]): string {
  const missing = values.indexOf(undefined);
  if (missing >= 0) throw new Error(`SQL parameter ${missing + 1} is undefined; pass null where a NULL is meant`);
  return text.reduce((sql, part, i) => `${sql}$${i}${part}`);
}

function sqlOver(client: ClientBase, downSentence: () => string | Promise<string>, scope?: Scope): Sql {
  return async <R extends object>(text: TemplateStringsArray, ...values: unknown[]): Promise<R[]> => {
    if (scope && !scope.open) throw new Error("this `sql` belongs to a transaction that is over");
    try {
      const result = await client.query<R>({ text: parametrised(text, values), values });
      // several statements without parameters (a migration) give a list of results, and no rows
      return Array.isArray(result) ? [] : result.rows;
    } catch (error) {
      throw await asPortError(error, downSentence);
    }
  };
}

export function createPooledDb({ kind, pool, downSentence, lock, close }: PooledDeps): Db {
  const scopes = new AsyncLocalStorage<Scope>();
  let closed: Promise<void> | undefined;
  // an idle connection that breaks is dropped by the pool, one in use fails its query: neither may end the process
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));

  async function withClient<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
    if (scopes.getStore()?.open) {
      throw new Error("inside a transaction only its own `sql` may be used: a second connection would wait for it");
    }
    const client = await pool.connect().catch(async (error: unknown) => {
      throw await asPortError(error, downSentence);
    });
    let broken = false;
    try {
      return await work(client);
    } catch (error) {
      broken = isDatabaseDown(error);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  function transact<T>(begin: TemplateStringsArray, work: (sql: Sql) => Promise<T>): Promise<T> {
    return withClient(async (client) => {
      const scope = { open: true };
      const control = sqlOver(client, downSentence);
      await control(begin);
      try {
        const result = await scopes.run(scope, () => work(sqlOver(client, downSentence, scope)));
        scope.open = false;
        await commit(client, downSentence);
        return result;
      } catch (error) {
        scope.open = false;
        // a connection that cannot even roll back is lost, and the server rolls back for it; the first error is the news
        await control`ROLLBACK`.catch(() => undefined);
        throw error;
      }
    });
  }

  return {
    kind,
    sql: (text, ...values) => withClient((client) => sqlOver(client, downSentence)(text, ...values)),
    transaction: (work) => transact(template`BEGIN ISOLATION LEVEL READ COMMITTED`, work),
    snapshot: (work) => transact(template`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`, work),
    lock,
    connections: () => ({
      open: pool.totalCount,
      busy: pool.totalCount - pool.idleCount,
      waiting: pool.waitingCount,
    }),
    close: () => (closed ??= pool.end().then(close)),
  };
}

const template = (text: TemplateStringsArray): TemplateStringsArray => text;

/** PostgreSQL answers the COMMIT of a failed transaction with a friendly ROLLBACK: a swallowed error must not pass as done. */
async function commit(client: ClientBase, downSentence: () => string | Promise<string>): Promise<void> {
  const { command } = await client.query("COMMIT").catch(async (error: unknown) => {
    throw await asPortError(error, downSentence);
  });
  if (command !== "COMMIT") throw new Error("the transaction was rolled back: one of its statements had failed");
}
