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
/** how long to wait before a database that failed is opened again, doubled each time */
const firstPauseMillis = 250;
const longestPauseMillis = 4_000;

/**
 * Opens the database in a folder, making it if it is not there. Whatever is committed is on the disk. One process a
 * folder: the caller holds the home's lock, for PGlite itself would open a folder twice.
 * @throws Refusal with a sentence that says what to do
 */
export async function openPglite({ folder }: { folder: string }): Promise<Db> {
  makeFolder(folder);
  const socketFolder = placeSocket(folder);
  const order = { data: join(folder, "data"), socket: join(socketFolder, socketName) };
  const first = startThread(order);
  const removeSocket = (): void => {
    if (socketFolder === folder) rmSync(join(folder, socketName), { force: true });
    else rmSync(socketFolder, { recursive: true, force: true });
  };
  try {
    await first.ready;
  } catch (error) {
    removeSocket();
    const words = error instanceof Error ? error.message : String(error);
    throw new Refusal(
      `The database in ${folder} does not open: ${words}. Mend that, or put a backup of the folder in its place.`,
      { cause: error },
    );
  }
  const threads = keepOpen(first, () => {
    rmSync(order.socket, { force: true });
    return startThread(order);
  });
  const downSentence = async (): Promise<string> =>
    `The embedded database stopped (${await threads.current().reason()}). Mend that; it is opened again by itself.`;
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
    lock: createLocks(threads.current, downSentence),
    close: async () => {
      await threads.close();
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
  readonly ended: Promise<void>;
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
    ended,
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

interface Threads {
  /** the one that serves, or the last that did */
  current(): Thread;
  close(): Promise<void>;
}

/** A database that has failed, for want of room on its disk for one, is opened again until it opens. */
function keepOpen(first: Thread, open: () => Thread): Threads {
  const closing = new AbortController();
  let thread = first;

  async function reopen(): Promise<void> {
    for (let pauseMs = firstPauseMillis; ; pauseMs = Math.min(2 * pauseMs, longestPauseMillis)) {
      await delay(pauseMs, undefined, { signal: closing.signal }).catch(() => undefined);
      if (closing.signal.aborted) return;
      const next = open();
      const opened = await next.ready.then(
        () => true,
        () => false,
      );
      if (opened) thread = next;
      if (opened) return;
      await next.ended;
    }
  }

  async function watch(): Promise<void> {
    const asked = aborted(closing.signal);
    do {
      await Promise.race([thread.ended, asked]);
      await reopen();
    } while (!closing.signal.aborted);
    await thread.close();
  }

  const watching = watch();
  return {
    current: () => thread,
    close() {
      closing.abort();
      return watching;
    },
  };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

/** Other processes are kept out by the home's lock; within this one a name is held once. */
function createLocks(current: () => Thread, downSentence: () => Promise<string>): Db["lock"] {
  const held = new Map<string, HeldLock>();
  return async (name) => {
    const thread = current();
    if (thread.lost.aborted) throw new DatabaseDown(await downSentence());
    if (held.get(name)?.lost === thread.lost) return undefined;
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
