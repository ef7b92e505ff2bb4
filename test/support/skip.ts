/** Skipping with a reason: `npm test` shows it, and counts a skip without one as a failure. */
import type { Context, Hook, Runnable, Suite, Test } from "mocha";

// kept on Mocha's own object: the runner's copy of this module need not be the test's
const key = Symbol.for("tidemark.skipReason");
type Reasoned = (Runnable | Suite) & { [key]?: string };

/**
 * Skips the running test; in a hook, the tests of its suite.
 * @param reason what is missing here, and how to have it
 */
export function skipBecause(context: Context, reason: string): never {
  const running = context.runnable() as Test | Hook;
  const skipped: Reasoned = running.type === "hook" ? running.parent! : running;
  skipped[key] = reason;
  return context.skip();
}

/** The reason given for a skipped test, its own or that of a suite around it. */
export function skipReason(test: Runnable): string | undefined {
  for (let at: Reasoned | undefined = test; at; at = at.parent) {
    if (at[key] !== undefined) return at[key];
  }
  return undefined;
}
