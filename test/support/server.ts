/** A whole server as a child process, for tests that kill it: spoken to over HTTP and through its log only. */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../server/main.ts", import.meta.url));
const START_WITHIN_MS = 60_000;

export interface ServerProcess {
  url: string;
  pid: number;
  /** everything it has logged so far */
  log(): string;
  /** Resolves when the process reports that it holds at this step of the write path. */
  reached(step: string): Promise<void>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and waits until it is gone; @returns its exit code */
  stop(): Promise<number | null>;
}

interface LogLine {
  msg?: string;
  url?: string;
  reached?: string;
}

/** What a server that refused to start said, with its exit code. */
export class DidNotStart extends Error {
  readonly said: string;
  readonly code: number | null;
  constructor(said: string, code: number | null) {
    super(`the server ended with ${code} while starting:\n${said}`);
    this.said = said;
    this.code = code;
  }
}

/**
 * Starts a server on a home and any free port.
 * @param until "listening" returns while the journal may still be replaying, "ready" when everything works
 * @throws DidNotStart with everything it said
 */
export async function startServer(
  home: string,
  env: Record<string, string> = {},
  until: "listening" | "ready" = "ready",
): Promise<ServerProcess> {
  const child = spawn(process.execPath, ["--import", import.meta.resolve("../../scripts/loader.mjs"), MAIN], {
    stdio: ["ignore", "inherit", "pipe"],
    env: { ...process.env, TIDEMARK_HOME: home, TIDEMARK_PORT: "0", TIDEMARK_LOG_LEVEL: "info", ...env },
  });
  const gone = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  const lines: string[] = [];
  const watchers: ((line: LogLine) => void)[] = [];
  createInterface({ input: child.stderr }).on("line", (text) => {
    lines.push(text);
    const line = parse(text);
    for (const watcher of [...watchers]) watcher(line);
  });
  const seen = (matches: (line: LogLine) => boolean): Promise<LogLine> =>
    new Promise((resolve) => {
      const earlier = lines.map(parse).find(matches);
      if (earlier) return resolve(earlier);
      watchers.push((line) => {
        if (matches(line)) resolve(line);
      });
    });

  const started = seen((line) => line.msg === until && line.url !== undefined);
  const line = await inTime(child, lines, Promise.race([started, gone]));
  if (line === null || typeof line === "number") throw new DidNotStart(lines.join("\n"), line);
  return {
    url: line.url!,
    pid: child.pid!,
    log: () => lines.join("\n"),
    async reached(step) {
      await seen((candidate) => candidate.reached === step);
    },
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
    stop() {
      child.kill("SIGTERM");
      return gone;
    },
  };
}

function parse(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { msg: text };
  }
}

/** The same, unless it takes too long: then the child is killed. What is up may stay up for as long as it likes. */
async function inTime<T>(child: ChildProcess, lines: readonly string[], started: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`the server was not up within ${START_WITHIN_MS / 1000} s:\n${lines.slice(-30).join("\n")}`));
    }, START_WITHIN_MS);
  });
  try {
    return await Promise.race([started, overdue]);
  } finally {
    clearTimeout(timer);
  }
}
