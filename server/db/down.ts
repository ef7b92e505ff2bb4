/** Telling a lost database (try again later, or restart) from a wrong statement (a fault of ours). */
import { DatabaseError } from "pg";

/**
 * The database could not be reached, could not store anything, or the connection was lost on the way. A COMMIT that ends so may or may not have
 * happened: whoever catches this must be able to repeat the work, or to look whether it was done.
 */
export class DatabaseDown extends Error {
  constructor(sentence: string, options?: { cause?: unknown }) {
    super(sentence, options);
    this.name = "DatabaseDown";
  }
}

/** Whether this error, or any error it was caused by, says that the database was out of reach. */
export function isDatabaseDown(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof DatabaseDown) return true;
  return false;
}

/**
 * Whether the driver's error ended the session: every FATAL and PANIC does (PostgreSQL, appendix "Message Severity
 * Levels"), class 08 is "connection exception", and what carries no SQLSTATE came from the socket or the driver.
 */
export function endsSession(error: unknown): boolean {
  if (error instanceof DatabaseError) {
    return error.severity === "FATAL" || error.severity === "PANIC" || (error.code ?? "").startsWith("08");
  }
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  const fromSystem = typeof code === "string" && /^E(?!RR_)[A-Z0-9_]+$/.test(code);
  return fromSystem || /\bconnection\b|terminated|timeout|not queryable/i.test(error.message);
}

/** SQLSTATEs of a disk that takes no more (disk_full) or fails (io_error): it reads on, and stores nothing. */
const cannotStore = new Set(["53100", "58030"]);

/** The driver's error as the port shows it: {@link DatabaseDown} with a sentence, or itself. */
export async function asPortError(error: unknown, sentence: () => string | Promise<string>): Promise<unknown> {
  if (error instanceof DatabaseError && cannotStore.has(error.code ?? "")) {
    const words = `The database stores nothing (${error.message}) until that is mended; then it goes on by itself.`;
    return new DatabaseDown(words, { cause: error });
  }
  if (isDatabaseDown(error) || !endsSession(error)) return error;
  return new DatabaseDown(await sentence(), { cause: error });
}
