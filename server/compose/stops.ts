/** What has been started, to be stopped in reverse. */
import type { Log } from "../log.ts";

export interface Stops {
  add(part: string, stop: () => Promise<void>): void;
  /** Stops them, the last first; one that fails to stop does not keep the others from it. */
  run(): Promise<void>;
}

export function createStops(log: Log): Stops {
  const parts: [string, () => Promise<void>][] = [];
  return {
    add: (part, stop) => parts.push([part, stop]),
    async run() {
      for (const [part, stop] of parts.splice(0).reverse()) {
        await stop().catch((error: unknown) => log.error({ err: error }, `stopping the ${part} failed`));
      }
    },
  };
}
