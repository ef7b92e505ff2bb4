/**
 * The thread in which PGlite runs, behind a socket: a long query stops this thread and never the server's. Started by
 * `openPglite` only. Messages out: `{ready}` or `{failed}`; a message in means: close.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import type { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { openDurable, syncPath, syncTree } from "./durableFs.ts";

export interface WorkerOrder {
  /** where the database's own files are, or will be */
  data: string;
  /** path of the socket to listen on */
  socket: string;
}

export type WorkerReport = { ready: true } | { failed: string };

/** PGlite's way of saying that a statement failed, which is no fault of the database (its `POSTGRES_MAIN_LONGJMP`). */
const statementFailed = 100;

const port = parentPort;
if (!port) throw new Error("pgliteWorker.ts runs only as a worker thread");
const report = (message: WorkerReport): void => port.postMessage(message);

/** PostgreSQL's last words before it gave up. */
let lastWords: string | undefined;
const listen = (line: string): void => {
  const words = /\b(?:FATAL|PANIC):\s+(.*)/.exec(line)?.[1];
  if (words !== undefined) lastWords = words;
};

/** Says why and ends this thread at once: nothing of a database that has failed may run on. */
function giveUp(error: unknown): never {
  report({ failed: lastWords ?? (error instanceof Error ? error.message : String(error)) });
  process.exit(1);
}

/** A new database is made aside and takes its place whole, so that a kill on the way leaves none. */
async function open(data: string): Promise<PGlite> {
  if (!existsSync(data)) {
    const unfinished = `${data}.new`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { mode: 0o700 });
    const made = await openDurable(unfinished, listen);
    await made.close();
    syncTree(unfinished);
    renameSync(unfinished, data);
    syncPath(dirname(data));
  }
  return openDurable(data, listen);
}

/**
 * PGlite goes on after a PANIC as if nothing had happened, and even confirms the next commit (seen with a full disk).
 * So whatever stops PostgreSQL's main loop, but for a failed statement, ends the thread.
 */
function stopAtPanic(pglite: PGlite): void {
  const module = pglite.Module;
  const once = module._PostgresMainLoopOnce;
  module._PostgresMainLoopOnce = () => {
    try {
      once();
    } catch (error) {
      if ((error as { status?: unknown } | undefined)?.status === statementFailed) throw error;
      giveUp(error);
    }
  };
}

async function run({ data, socket }: WorkerOrder): Promise<void> {
  const pglite = await open(data);
  stopAtPanic(pglite);
  // one connection is used; a second may arrive while the first is being cleared away
  const server = new PGLiteSocketServer({ db: pglite, path: socket, maxConnections: 2 });
  await server.start();
  port?.once("message", () => {
    server
      .stop()
      .then(() => pglite.close())
      .then(() => process.exit(0), giveUp);
  });
  report({ ready: true });
}

run(workerData as WorkerOrder).catch(giveUp);
