/** Waiting: for a promise or an end, for a hint, for a block. */

/** The promise's result, or the abort's reason if that comes first: a node that never answers must not hold up a stop. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    void promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** A hint that there is something to do. One that comes while nobody waits is kept for the next who does. */
export function createHint(): { give(): void; wait(mostMs: number): Promise<void> } {
  let given = false;
  let wake: (() => void) | undefined;
  return {
    give() {
      given = true;
      wake?.();
    },
    async wait(mostMs) {
      if (!given) {
        const timer = setTimeout(() => wake?.(), mostMs);
        await new Promise<void>((resolve) => (wake = resolve));
        clearTimeout(timer);
      }
      wake = undefined;
      given = false;
    },
  };
}

/** Who waits for which block. */
export interface Waiters {
  /** Resolves when `reach` is told of that block or a later one; rejects with the reason of `fail`. */
  add(block: number): Promise<void>;
  reach(block: number): void;
  fail(reason: Error): void;
}

export function createWaiters(): Waiters {
  const waiting = new Set<{ block: number; resolve: () => void; reject: (reason: Error) => void }>();
  return {
    add: (block) => new Promise((resolve, reject) => waiting.add({ block, resolve, reject })),
    reach(block) {
      for (const waiter of waiting) {
        if (waiter.block > block) continue;
        waiting.delete(waiter);
        waiter.resolve();
      }
    },
    fail(reason) {
      for (const { reject } of waiting) reject(reason);
      waiting.clear();
    },
  };
}
