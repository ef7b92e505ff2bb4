/** What a domain room gives the indexer. The indexer knows blocks, logs and cursors, and no carbon. */
import type { Hex } from "../chain/port.ts";
import type { Header, Log } from "../chain/blocks.ts";
import type { Sql } from "../db/port.ts";

/** What became of one act, by its digest: recorded (no `skipped`), or skipped with the selector of the reason. */
export interface Outcome {
  digest: Hex;
  tx: Hex;
  block: number;
  skipped?: Hex;
}

/** A decoded log, with the block it stands in. */
export interface Event<Args = unknown> {
  name: string;
  args: Args;
  block: number;
  /** seconds since 1970, of the block */
  at: number;
  index: number;
  tx: Hex;
}

/** What everybody is told of an event as it becomes final: public facts, no person among them. */
export interface News {
  /** `act`, `retired`, … */
  type: string;
  /** plain JSON, amounts that may pass 2^53 as decimal text */
  data: object;
}

/** Pure functions from decoded events to rows: no RPC, no clock, no files. Rebuildable from the stored logs. */
export interface Projection<E extends Event = Event> {
  name: string;
  /** Raise it when the rows would come out otherwise: the tables are then rebuilt from the stored logs at the next boot. */
  version: number;
  /** The tables it alone writes, children before parents, emptied before a rebuild. */
  tables: readonly string[];
  /** Of these tables, the indexes that `apply` and `records` do without, however many rows there are: a long fill makes them last. */
  readerIndexes?: readonly string[];
  /** Those that only `records` goes by: made last where no state digest is taken meanwhile. */
  digestIndexes?: readonly string[];
  /** The contracts whose logs it reads, and no other projection does. */
  addresses: readonly Hex[];
  /** The event of this log, or `undefined` for one it does not know. */
  decode(log: Log, header: Header): E | undefined;
  /**
   * The event as one line of canonical text in contract vocabulary, for the effects digest: name and arguments, no
   * block, no transaction, no SQL name. Part of the protocol: a second implementation must reproduce it.
   */
  fact(event: E): string;
  /** What everybody is told of it; `undefined` for what is nobody else's business, or nothing new. */
  tell?(event: E): News | undefined;
  /** Writes the rows of these events, in order, set-based. */
  apply(sql: Sql, events: readonly E[]): Promise<void>;
  /** What these events say of requests. */
  outcomes(events: readonly E[]): Outcome[];
  /** The entity records that enter the state digest, in pages by key, ascending. */
  records(sql: Sql, after: string | undefined, limit: number): Promise<StateRecord[]>;
}

/** One entity as the state digest sees it: no block, time, transaction or row number in it. */
export interface StateRecord {
  /** unique over all projections and sortable in the database's "C" collation: `lot/0x…`, `account/0x…` */
  key: string;
  /** canonical text of the entity's contract words, on one line */
  value: string;
}
