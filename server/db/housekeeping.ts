/** What a PostgreSQL server does in background processes, which PGlite does not have: checkpoints and vacuuming. */
import { verbatim, type Sql } from "./port.ts";

const intervalMillis = 5_000;
/** the log that a start after a crash must replay: about a second's work per 200 MB measured */
const checkpointBytes = 128 * 1024 * 1024;
const vacuumRows = 10_000;

/** Without checkpoints the log grows for ever, and with it the start after a crash. */
export async function checkpointIfDue(sql: Sql, dueBytes = checkpointBytes): Promise<boolean> {
  const [log] = await sql<{ bytes: bigint }>`
    SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::bigint AS bytes FROM pg_control_checkpoint()`;
  if (!log || log.bytes < dueBytes) return false;
  await sql`CHECKPOINT`;
  return true;
}

/** Reclaims dead rows, or renews the planner's statistics, of the table that needs it most; its name, if there was one. */
export async function vacuumIfDue(sql: Sql, dueRows = vacuumRows): Promise<string | undefined> {
  const [table] = await sql<{ name: string; command: string }>`
    SELECT relname AS name, format(
        '%s %I.%I', CASE WHEN n_dead_tup > ${dueRows}::int + n_live_tup / 5 THEN 'VACUUM (ANALYZE)' ELSE 'ANALYZE' END,
        schemaname, relname) AS command
    FROM pg_stat_user_tables
    WHERE greatest(n_dead_tup, n_mod_since_analyze) > ${dueRows}::int + n_live_tup / 5
    ORDER BY greatest(n_dead_tup, n_mod_since_analyze) DESC LIMIT 1`;
  if (!table) return undefined;
  await sql(verbatim(table.command));
  return table.name;
}

/** Looks every few seconds, between other queries; returns what stops it. */
export function keepHouse(sql: Sql): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    running = running
      .then(() => checkpointIfDue(sql))
      .then(() => vacuumIfDue(sql))
      // the database is going down: whoever uses it is told, and the next start recovers
      .catch(() => undefined);
  }, intervalMillis);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
