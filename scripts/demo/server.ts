/** The server the player talks to: the one that holds the home, or a child process of the player's own. */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Refusal } from "../../server/errors.ts";
import { readHolder } from "../../server/home.ts";
import type { Link } from "./client.ts";

/** What a starting server says of itself. */
export interface Progress {
  phase: string;
  /** blocks replayed and to replay */
  done: number;
  total: number;
}

export interface Server extends Link {
  pid(): number;
  /** whether the player started it */
  ours(): boolean;
  /** Resolves with a sentence if the player's own server ends by itself. */
  ended(): Promise<string>;
  /** Stops the player's own server and waits for its end; leaves anybody else's alone. */
  stop(): Promise<void>;
}

interface ReadyView {
  ready: boolean;
  chain: { phase: string; done: number; total: number };
  relayer: { halted?: string };
  indexer: { stopped?: string };
}

const LOOK_EVERY_MS = 100;
/** How long to wait for somebody else's server to come up, or up again. */
const PATIENCE_MS = 60_000;
const STOP_WITHIN_MS = 30_000;
/** A server that is killed this often does not live here. */
const MOST_STARTS = 6;

const MAIN = fileURLToPath(new URL("../../server/main.ts", import.meta.url));

interface Child {
  process: ChildProcess;
  /** size of the log when it started: what it said begins there */
  logFrom: number;
  end: { code: number | null; signal: NodeJS.Signals | null } | undefined;
}

function startChild(logPath: string): Child {
  const log = openSync(logPath, "a");
  const child: Child = {
    process: spawn(process.execPath, ["--import", import.meta.resolve("../loader.mjs"), MAIN], {
      // into the file itself, so that it goes on logging if the player is killed
      stdio: ["ignore", log, log],
      // out of the terminal's group: Ctrl-C reaches the player, and the player stops it
      detached: process.platform !== "win32",
    }),
    logFrom: statSync(logPath).size,
    end: undefined,
  };
  closeSync(log);
  child.process.on("exit", (code, signal) => (child.end = { code, signal }));
  child.process.on("error", () => (child.end = { code: 1, signal: null }));
  return child;
}

/** The sentence a server left in its log, or the last thing it said. */
function lastWords(logPath: string, from: number): string {
  const lines = readFileSync(logPath)
    .subarray(from)
    .toString("utf8")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const sentence = lines.findLast((line) => line.startsWith("tidemark: "));
  if (sentence) return sentence.slice("tidemark: ".length);
  return `The server ended while starting. ${lines.at(-1) ?? "It said nothing"}. All it said is in ${logPath}.`;
}

/** Makes the home's folder, so that the server's log has a place. */
function prepareHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    closeSync(openSync(join(home, "server.log"), "a"));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    throw new Refusal(
      `Nothing can be written into ${home} (${code}). Make it writable, or set TIDEMARK_HOME to a folder that is.`,
    );
  }
}

/** What `/ready` says; `undefined` where nobody answers. @throws Refusal where the server says that it will never be ready */
async function askReady(url: string): Promise<ReadyView | undefined> {
  let view: ReadyView;
  try {
    const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(10_000) });
    view = (await response.json()) as ReadyView;
  } catch {
    return undefined;
  }
  const stuck = view.relayer.halted ?? view.indexer.stopped;
  if (stuck) throw new Refusal(`The server at ${url} has stopped working: ${stuck}`);
  return view;
}

/**
 * @param say is told in words when a server went away and another is started or waited for
 * @param progress is told how far a starting server is
 * @param patienceMs how long somebody else's server is waited for
 */
export function createServer(deps: {
  home: string;
  say: (line: string) => void;
  progress: (progress: Progress) => void;
  patienceMs?: number;
}): Server {
  const { home, say, progress, patienceMs = PATIENCE_MS } = deps;
  const logPath = join(home, "server.log");
  let current: { url: string; pid: number } | undefined;
  let child: Child | undefined;
  let starts = 0;
  let stopping = false;
  let attaching: Promise<void> | undefined;

  /** Whether the player's own server holds the home. Nobody's is not the player's, also where it never started one. */
  const ownedBy = (holder: { pid: number } | undefined): boolean =>
    holder !== undefined && holder.pid === child?.process.pid;

  const ours = (): boolean => child !== undefined && current?.pid === child.process.pid;

  /** Starts a server unless one is starting. @throws Refusal with the sentence of one that refused to start */
  function keepOneStarting(): void {
    if (child && !child.end) return;
    if (child?.end && !child.end.signal && child.end.code !== 0) throw new Refusal(lastWords(logPath, child.logFrom));
    if (starts++ === MOST_STARTS) throw new Refusal(`The server was ended ${MOST_STARTS} times. See ${logPath}.`);
    if (child) say(`服务器已中断，正在重新启动 The server ended (${child.end?.signal ?? "exit 0"}); starting it again`);
    prepareHome(home);
    child = startChild(logPath);
  }

  async function attachOnce(): Promise<void> {
    const wasForeign = current !== undefined && !ours();
    const giveUpAt = Date.now() + patienceMs;
    let told = false;
    while (!stopping) {
      const holder = await readHolder(home);
      const view = holder?.url ? await askReady(holder.url) : undefined;
      if (holder?.url && view?.ready) {
        current = { url: holder.url, pid: holder.pid };
        return;
      }
      if (view) progress(view.chain);
      else if (!holder && !wasForeign) keepOneStarting();
      else if (!ownedBy(holder) && Date.now() > giveUpAt) {
        throw new Refusal(
          holder
            ? `Process ${holder.pid} holds ${home} and serves nothing. Stop it, then run this again.`
            : `The server that held ${home} is gone, and no other came in ${patienceMs / 1_000} s. Run this again to go on.`,
        );
      } else if (wasForeign && !told) {
        say("服务器已中断，等待其恢复 The server went away; waiting for one on this home");
        told = true;
      }
      await sleep(LOOK_EVERY_MS);
    }
    // the player is on its way out: whoever asked has nothing to go on with
    await new Promise(() => undefined);
  }

  return {
    url: () => current?.url ?? "",
    pid: () => current?.pid ?? 0,
    ours,
    attach: () => (attaching ??= attachOnce().finally(() => (attaching = undefined))),
    ended: () =>
      new Promise((resolve) => {
        const { process: running, end } = child!;
        const tell = (): void =>
          stopping ? undefined : resolve(`The server ended by itself. What it said is in ${logPath}.`);
        if (end) tell();
        else running.once("exit", tell);
      }),
    async stop() {
      stopping = true;
      if (!child || child.end) return;
      const exited = new Promise((resolve) => child!.process.once("exit", resolve));
      child.process.kill("SIGTERM");
      const timer = setTimeout(() => child!.process.kill("SIGKILL"), STOP_WITHIN_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}
