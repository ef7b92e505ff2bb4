/** Who wants to hear of new blocks. */
import type { Log } from "../log.ts";
import type { Chain } from "./port.ts";

export interface Heads {
  onHead: Chain["onHead"];
  /** Tells every listener. It is a hint only, so a listener that fails stops neither the chain nor the others. */
  notify(): void;
}

export function createHeads(log: Log): Heads {
  const listeners = new Set<() => void>();
  return {
    onHead(listener) {
      // wrapped, so that the same function given twice is told twice and leaves once
      const entry = (): void => listener();
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
    notify() {
      for (const listener of listeners) {
        try {
          listener();
        } catch (error) {
          log.error({ err: error }, "a listener for new blocks failed");
        }
      }
    },
  };
}
