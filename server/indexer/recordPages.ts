/** State records as an auditor reads them: of one bucket of the state digest or of all, page by page in the order of keys. */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { bucketOf, mergedRecords } from "./digests.ts";
import type { Projection, StateRecord } from "./port.ts";
import { readCursor } from "./queries.ts";

export interface RecordsWanted {
  /** 0 to 255; all where there is none */
  bucket: number | undefined;
  /** a key, or any text that has its form: records come after it */
  after: string | undefined;
  limit: number;
}

export interface RecordPage {
  /** the block at which they stand so */
  block: number;
  hash: Hex;
  /** all that are wanted with a key above `after` and not above `next` */
  records: StateRecord[];
  /** the key to go on after; null when there are no more */
  next: string | null;
}

/**
 * One page, as of the cursor.
 * @param sql of a snapshot
 * @param mostLookedAt so that no page keeps the database for long: it ends there, full or not
 * @returns `undefined` when no block is indexed yet
 */
export async function readRecords(
  sql: Sql,
  projections: readonly Projection[],
  { bucket, after, limit }: RecordsWanted,
  mostLookedAt = 20_000,
): Promise<RecordPage | undefined> {
  const cursor = await readCursor(sql);
  if (!cursor) return undefined;
  const records: StateRecord[] = [];
  let lookedAt = 0;
  for await (const run of mergedRecords(sql, projections, after, bucket === undefined ? limit : undefined)) {
    for (const record of run) {
      if (bucket === undefined || bucketOf(record.key) === bucket) records.push(record);
      if (records.length === limit || ++lookedAt === mostLookedAt) return { ...cursor, records, next: record.key };
    }
  }
  return { ...cursor, records, next: null };
}
