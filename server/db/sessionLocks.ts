/** PostgreSQL's advisory locks, each on a connection of its own, so that a busy pool neither holds nor loses one. */
import { createHash } from "node:crypto";
import type { Client } from "pg";
import { asPortError } from "./down.ts";
import type { Db, HeldLock } from "./port.ts";

/** The int8 that stands for a lock's name in PostgreSQL. */
export function advisoryKey(name: string): bigint {
  return createHash("sha256").update(`tidemark ${name}`).digest().readBigInt64BE();
}

export interface SessionLocks {
  take: Db["lock"];
  /** Gives back whatever is still held. */
  close(): Promise<void>;
}

/** @param createClient a new connection, not yet connected */
export function createSessionLocks(
  createClient: () => Client,
  downSentence: () => string | Promise<string>,
): SessionLocks {
  const held = new Set<HeldLock>();

  async function take(name: string): Promise<HeldLock | undefined> {
    const client = createClient();
    const lost = new AbortController();
    let released = false;
    const end = (): void => {
      if (!released) lost.abort(new Error(`the lock "${name}" is lost: its session with the database ended`));
    };
    client.on("error", end);
    client.on("end", end);
    try {
      await client.connect();
      const { rows } = await client.query<{ got: boolean }>("SELECT pg_try_advisory_lock($1) AS got", [
        advisoryKey(name),
      ]);
      if (!rows[0]?.got) {
        await client.end();
        return undefined;
      }
    } catch (error) {
      await client.end().catch(() => undefined);
      throw await asPortError(error, downSentence);
    }
    const lock: HeldLock = {
      lost: lost.signal,
      async release() {
        if (!held.delete(lock)) return;
        released = true;
        // unlocked in so many words: the server notices the end of a session only a little later
        await client.query("SELECT pg_advisory_unlock($1)", [advisoryKey(name)]).catch(() => undefined);
        await client.end().catch(() => undefined);
      },
    };
    held.add(lock);
    return lock;
  }

  return {
    take,
    async close() {
      await Promise.all([...held].map((lock) => lock.release()));
    },
  };
}
