/** Reads of how far the index is, and of the digests it keeps. */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";

export interface Cursor {
  block: number;
  hash: Hex;
}

/** The last indexed block; `undefined` before the first. */
export async function readCursor(sql: Sql): Promise<Cursor | undefined> {
  const [row] = await sql<{ block: bigint; hash: Hex }>`SELECT block, hash FROM cursor WHERE name = 'indexer'`;
  return row && { block: Number(row.block), hash: row.hash };
}

/** What can be told of a block; `state` is null where no state digest was kept. */
export interface BlockDigests {
  block: number;
  hash: Hex;
  effects: Hex;
  state: { version: string; root: Hex; buckets: Hex[] } | null;
}

/** The effects digest of a block, with the state digest where one was kept; `undefined` for a block not indexed. */
export async function readDigests(sql: Sql, block: number): Promise<BlockDigests | undefined> {
  const [row] = await sql<{ hash: Hex; effects: Hex; version: string | null; root: Hex; buckets: Hex[] }>`
    SELECT b.hash, b.effects, s.version, s.root, s.buckets
    FROM block b LEFT JOIN state_digest s ON s.block = b.number WHERE b.number = ${block}`;
  if (!row) return undefined;
  const { hash, effects, version, root, buckets } = row;
  return { block, hash, effects, state: version === null ? null : { version, root, buckets } };
}
