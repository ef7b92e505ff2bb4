/** The database port: one driver (`pg`), one SQL dialect (PostgreSQL 15's), whether PGlite or a server is behind it. */

export type Row = Record<string, unknown>;

/** Runs SQL written as a tagged template; every `${value}` becomes a bound parameter. `int8` comes back as bigint. */
export type Sql = <R extends object = Row>(text: TemplateStringsArray, ...values: unknown[]) => Promise<R[]>;

/** A lock that lasts as long as the session that took it. */
export interface HeldLock {
  /** Aborted when the session is lost: whoever holds the lock must stop at once. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** A text as a statement without parameters: of names, definitions and files that are ours, never of input. */
export const verbatim = (text: string): TemplateStringsArray => Object.assign([text], { raw: [text] });

export interface Db {
  /** `pglite` or `postgres`, for messages and benchmarks only; no SQL may depend on it. */
  readonly kind: "pglite" | "postgres";
  readonly sql: Sql;
  /** One read-committed transaction; rolls back if `work` throws. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** As `transaction`, but reads one repeatable snapshot and writes nothing. */
  snapshot<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /**
   * Takes the session advisory lock of that name; `undefined` while it is held, by another server or by this one. On
   * PGlite the home's own lock already keeps every other process out, so only this process's own holders count.
   */
  lock(name: string): Promise<HeldLock | undefined>;
  /** How many connections there are, how many of them are in use, and how many queries wait for one. */
  connections(): { open: number; busy: number; waiting: number };
  close(): Promise<void>;
}
