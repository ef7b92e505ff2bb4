/** The database port on PGlite: PostgreSQL in a worker thread of this process, in a folder of this machine. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { Pool } from "pg";
import { Refusal } from "../errors.ts";
import { DatabaseDown } from "./down.ts";
import { keepHouse } from "./housekeeping.ts";
import type { WorkerOrder, WorkerReport } from "./pgliteWorker.ts";
import { createPooledDb } from "./pooled.ts";
import type { Db, HeldLock } from "./port.ts";
import { createTypes } from "./types.ts";

/** what the driver looks for in the folder that it is given as its host */
const socketName = ".s.PGSQL.5432";
/** a socket's path is at most 103 bytes on macOS, 107 on Linux */
const longestSocketPath = 103;
const temporaryPrefix = "tidemark-socket-";
const reasonWithinMillis = 1_000;

/**
 * Opens the database in a folder, making it if it is not there. Whatever is committed is on the disk. One process a
 * folder: the caller holds the home's lock, for PGlite itself would open a folder twice.
 * @throws Refusal with a sentence that says what to do
 */
export async function openPglite({ folder }: { folder: string }): Promise<Db> {
  makeFolder(folder);
  const socketFolder = placeSocket(folder);
  const thread = startThread({ data: join(folder, "data"), socket: join(socketFolder, socketName) });
  const removeSocket = (): void => {
    if (socketFolder === folder) rmSync(join(folder, socketName), { force: true });
    else rmSync(socketFolder, { recursive: true, force: true });
  };
  try {
    await thread.ready;
  } catch (error) {
    removeSocket();
    const words = error instanceof Error ? error.message : String(error);
    throw new Refusal(
      `The database in ${folder} does not open: ${words}. Mend that, or put a backup of the folder in its place.`,
      { cause: error },
    );
  }
  const downSentence = async (): Promise<string> =>
    `The embedded database stopped (${await thread.reason()}). Mend that and start the server again.`;
  const db = createPooledDb({
    kind: "pglite",
    pool: new Pool({
      host: socketFolder,
      user: "postgres",
      database: "postgres",
      // PGlite has one session, and it stays: connecting anew after each pause would cost more than the query
      max: 1,
      idleTimeoutMillis: 0,
      types: createTypes(),
    }),
    downSentence,
    lock: createLocks(thread, downSentence),
    close: async () => {
      await thread.close();
      removeSocket();
    },
  });
  const stopHousekeeping = keepHouse(db.sql);
  return {
    ...db,
    close: async () => {
      await stopHousekeeping();
      await db.close();
    },
  };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const place of [folder, join(folder, "data")]) {
      if (!existsSync(place)) continue;
      const probe = join(place, ".probe");
      writeFileSync(probe, "");
      rmSync(probe);
    }
  } catch (error) {
    throw new Refusal(
      `The database's folder ${folder} cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)}). Make it writable for this user, or set TIDEMARK_HOME to a folder that is.`,
      { cause: error },
    );
  }
}

/** A folder only this user may enter, short enough for a socket: the database's own, or else a temporary one. */
function placeSocket(folder: string): string {
  if (Buffer.byteLength(join(folder, socketName)) <= longestSocketPath) {
    // left by a process that was killed; the home's lock says that nobody listens on it
    rmSync(join(folder, socketName), { force: true });
    return folder;
  }
  const temporary = [tmpdir(), "/tmp"].find(
    (at) => Buffer.byteLength(join(at, `${temporaryPrefix}XXXXXX`, socketName)) <= longestSocketPath,
  );
  if (temporary === undefined) throw new Refusal(`${folder} is too long a path; set TIDEMARK_HOME to a shorter one.`);
  return mkdtempSync(join(temporary, temporaryPrefix));
}

interface Thread {
  readonly ready: Promise<void>;
  /** aborted when the thread ends unasked */
  readonly lost: AbortSignal;
  /** Why it ended; the connection may break a moment before the thread has said so. */
  reason(): Promise<string>;
  close(): Promise<void>;
}

function startThread(order: WorkerOrder): Thread {
  const worker = new Worker(new URL("pgliteWorker.ts", import.meta.url), { workerData: order });
  const lost = new AbortController();
  let reason: string | undefined;
  let closing = false;
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  const ready = new Promise<void>((resolve, reject) => {
    const fail = (words: string): void => {
      reason ??= words;
      reject(new Error(reason));
      if (!closing) lost.abort(new Error(`the embedded database stopped: ${reason}`));
    };
    worker.on("message", (report: WorkerReport) => ("ready" in report ? resolve() : fail(report.failed)));
    worker.on("error", (error) => fail(error.message));
    void ended.then(() => fail(closing ? "it was closed" : "its thread ended"));
  });
  return {
    ready,
    lost: lost.signal,
    async reason() {
      await Promise.race([ended, delay(reasonWithinMillis, undefined, { ref: false })]);
      return reason ?? "its connection broke";
    },
    async close() {
      closing = true;
      worker.postMessage("close");
      await ended;
    },
  };
}

/** Other processes are kept out by the home's lock; within this one a name is held once. */
function createLocks(thread: Thread, downSentence: () => Promise<string>): Db["lock"] {
  const held = new Map<string, HeldLock>();
  return async (name) => {
    if (thread.lost.aborted) throw new DatabaseDown(await downSentence());
    if (held.has(name)) return undefined;
    const lock: HeldLock = {
      lost: thread.lost,
      async release() {
        if (held.get(name) === lock) held.delete(name);
      },
    };
    held.set(name, lock);
    return lock;
  };
}
