import type { Totals } from "./totals.ts";

/** One run of an indexer. */
export interface Measured {
  /** by the clock */
  seconds: number;
  /** processor seconds of its process, an embedded database's thread included, a server's not; NaN where unknown */
  processor: number;
  totals: Totals;
}
