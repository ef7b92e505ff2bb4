/** Skipping with a reason: `npm test` shows it, and counts a skip without one as a failure. */
import type { Context, Hook, Runnable, Suite, Test } from "mocha";

const reasons = new WeakMap<object, string>();

/**
 * Skips the running test; in a `before` hook, every test of its suite.
 * @param reason what is missing here, and how to have it
 */
export function skipBecause(context: Context, reason: string): never {
  const running = context.currentTest ?? (context.runnable() as Test | Hook);
  reasons.set(running.type === "hook" ? running.parent! : running, reason);
  return context.skip();
}

/** The reason given for a skipped test, its own or that of a suite around it. */
export function skipReason(test: Runnable): string | undefined {
  for (let at: Runnable | Suite | undefined = test; at; at = at.parent) {
    const reason = reasons.get(at);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
