/** A command of `scripts/` as a child process. */
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Ended {
  /** null where a signal ended it */
  code: number | null;
  out: string;
  err: string;
}

/** @param script such as `tidemark.ts` */
export function startCommand(
  script: string,
  args: readonly string[],
  env: Record<string, string>,
): { child: ChildProcess; ended: Promise<Ended> } {
  const path = fileURLToPath(new URL(`../../scripts/${script}`, import.meta.url));
  const child = spawn(process.execPath, ["--import", import.meta.resolve("../../scripts/loader.mjs"), path, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (piece: Buffer) => (said.out += piece.toString()));
  child.stderr.on("data", (piece: Buffer) => (said.err += piece.toString()));
  return { child, ended: new Promise((resolve) => child.once("close", (code) => resolve({ code, ...said }))) };
}
