/** A terminal of the command line that keeps what is written to it. */
import type { Terminal } from "../../scripts/tidemark/verb.ts";

export interface Kept {
  terminal: Terminal;
  /** What was written, and how it ended, by now. */
  told(): { code: number; out: string; err: string };
}

/** @param env the only variables that a command sees */
export function keepingTerminal(env: Record<string, string>): Kept {
  const said = { code: 0, out: "", err: "" };
  // all of a stream that the commands use
  const stream = (into: "out" | "err"): NodeJS.WriteStream =>
    ({ isTTY: false, on: () => undefined, write: (text: string) => (said[into] += text) !== "" }) as never;
  const exit = (code: number): void => void (said.code = code);
  return { terminal: { env, out: stream("out"), err: stream("err"), exit }, told: () => ({ ...said }) };
}
