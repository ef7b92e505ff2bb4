/** Runs one suite in a process of its own and gathers what became of its tests. */
import { join } from "node:path";
import type { Children } from "./children.ts";
import type { Chosen, SuiteMessage } from "./suites.ts";

export interface Tally {
  passed: number;
  /** each failure's text, with what went wrong with the suite as a whole */
  failures: string[];
  skips: { title: string; reason: string }[];
}

/** Milliseconds a suite has to end by itself after its last test. */
const grace = 5000;
/** Lines of a broken suite's output to show; the beginning is seldom what tells. */
const tail = 200;

/**
 * A suite that breaks off, runs no test, or leaves something running after its last test has one failure more.
 * @param progress called at each test, with the tally so far
 */
export async function runSuite(
  children: Children,
  root: string,
  { suite, files }: Chosen,
  env: NodeJS.ProcessEnv,
  progress: (tally: Tally) => void,
): Promise<Tally> {
  const tally: Tally = { passed: 0, failures: [], skips: [] };
  const end = { done: false, late: false };

  function onMessage(message: unknown, kill: () => void): void {
    const told = message as SuiteMessage;
    if (told.kind === "passed") tally.passed++;
    else if (told.kind === "failed") tally.failures.push(told.text);
    else if (told.kind === "skipped") skipped(told.title, told.reason);
    else {
      end.done = true;
      setTimeout(() => {
        end.late = true;
        kill();
      }, grace).unref();
    }
    progress(tally);
  }

  function skipped(title: string, reason: string | undefined): void {
    if (reason) tally.skips.push({ title, reason });
    else
      tally.failures.push(`${title}\n  is skipped without a reason: skip it with skipBecause of test/support/skip.ts`);
  }

  const [module, args] =
    suite.kind === "mocha" ? ["mochaSuite.ts", [String(suite.testLimit), ...files]] : ["soliditySuite.ts", files];
  const { status, reason, output } = await children.fork(join(import.meta.dirname, module), args, {
    cwd: root,
    env,
    limit: suite.limit,
    onMessage,
  });
  const shown = output.trimEnd().split("\n").slice(-tail).join("\n");
  if (end.late) {
    tally.failures.push(
      `${suite.name}: something is still running ${grace / 1000} s after the last test; close it in the tests\n${shown}`,
    );
  } else if (!end.done || status !== 0) {
    tally.failures.push(`${suite.name}: the suite broke off: ${reason ?? `exit code ${String(status)}`}\n${shown}`);
  } else if (tally.passed + tally.failures.length + tally.skips.length === 0) {
    tally.failures.push(`${suite.name}: ran no test, though it has ${files.length} files`);
  }
  return tally;
}
