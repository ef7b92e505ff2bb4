/** Child processes that end with this one, their own children too: each leads a process group. */
import { fork, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";

export interface Ending {
  /** the exit code; `undefined` when a signal or a failed start ended it */
  status: number | undefined;
  /** what it wrote to both outputs */
  output: string;
  /** how it ended, in words, when not by an exit code */
  reason: string | undefined;
}

interface Options {
  cwd: string;
  env?: NodeJS.ProcessEnv;
  /** milliseconds after which it is killed */
  limit: number;
}

export interface Children {
  /** Runs a program to its end. Never throws: an ending says what went wrong. */
  run(program: string, args: readonly string[], options: Options): Promise<Ending>;
  /** Runs a Node module with a message channel. `kill` ends it, with what it started. */
  fork(
    module: string,
    args: readonly string[],
    options: Options & { onMessage: (message: unknown, kill: () => void) => void },
  ): Promise<Ending>;
  killAll(): void;
}

/**
 * Signals a detached child and what it started: its whole group, or where there are none (Windows) the child alone.
 * @returns whether any of them was there; all may have ended a moment before the child's `exit` event says so
 */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): boolean {
  if (child.pid === undefined || process.platform === "win32") return child.kill(signal);
  try {
    return process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}

export function createChildren(): Children {
  const living = new Set<ChildProcess>();

  function ending(child: ChildProcess, limit: number): Promise<Ending> {
    living.add(child);
    const pieces: Buffer[] = [];
    child.stdout?.on("data", (piece: Buffer) => pieces.push(piece));
    child.stderr?.on("data", (piece: Buffer) => pieces.push(piece));
    let reason: string | undefined;
    const timer = setTimeout(() => {
      reason = `it did not end within ${limit / 1000} s and was killed`;
      signalGroup(child, "SIGKILL");
    }, limit);
    return new Promise((done) => {
      const end = (status: number | null, why: string | undefined): void => {
        clearTimeout(timer);
        living.delete(child);
        done({ status: status ?? undefined, reason: why, output: Buffer.concat(pieces).toString("utf8") });
      };
      child.on("error", (error) => end(null, `it could not be started: ${error.message}`));
      child.on("close", (status, signal) => end(status, reason ?? (signal ? `${signal} ended it` : undefined)));
      // a grandchild may hold the outputs open after the child's own end
      child.on("exit", () => signalGroup(child, "SIGKILL"));
    });
  }

  const common = { detached: process.platform !== "win32" };
  return {
    run(program, args, { cwd, env, limit }) {
      const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
      return ending(spawn(program, args, { ...common, cwd, env: env ?? process.env, stdio }), limit);
    },
    fork(module, args, { cwd, env, limit, onMessage }) {
      const child = fork(module, args, {
        ...common,
        cwd,
        env: env ?? process.env,
        // Mocha would load test files by require(), as no server ever runs: there import.meta lacks resolve()
        execArgv: [...process.execArgv, "--no-experimental-require-module"],
        stdio: ["ignore", "pipe", "pipe", "ipc"],
      });
      child.on("message", (message) => onMessage(message, () => signalGroup(child, "SIGKILL")));
      return ending(child, limit);
    },
    killAll() {
      for (const child of living) signalGroup(child, "SIGKILL");
    },
  };
}

/** Kills the children when this process is told to end, and ends as the signal would have. */
export function endWith(children: Children): void {
  const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
  for (const [signal, code] of Object.entries(codes)) {
    process.on(signal, () => {
      children.killAll();
      process.exit(code);
    });
  }
}

/** Does `work` for each item, `width` at a time, in order of starting. */
export async function pool<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
