/** Blocks and logs as they are stored: what projections are rebuilt from, and events told from. */
import type { Header, Log } from "../chain/blocks.ts";
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { Refusal } from "../errors.ts";
import { unpackLogs } from "./raw.ts";

export const remedy = "Restore the database from a copy, or start with an empty one and index the chain again.";

export interface StoredBlock extends Header {
  effects: Hex;
  /** how many logs are stored for it */
  logs: number;
}

/** How many blocks are looked at, and about how many logs read, at once. */
export interface Most {
  blocks: number;
  logs: number;
}

/** The blocks after a number, as many as hold no more logs than are to be read at once, one at least. */
export async function nextBlocks(sql: Sql, after: number, most: Most): Promise<StoredBlock[]> {
  const rows = await sql<{ number: bigint; hash: Hex; parent: Hex; at: bigint; effects: Hex; logs: number }>`
    SELECT b.number, b.hash, b.parent, b.at, b.effects, coalesce(r.n, 0) AS logs
    FROM block b LEFT JOIN raw r ON r.block = b.number
    WHERE b.number > ${after} ORDER BY b.number LIMIT ${most.blocks}`;
  let sum = 0;
  const end = rows.findIndex(({ logs }, i) => (sum += logs) > most.logs && i > 0);
  return (end < 0 ? rows : rows.slice(0, end)).map(({ number, parent, at, ...rest }) => ({
    ...rest,
    number: Number(number),
    parentHash: parent,
    timestamp: Number(at),
  }));
}

/**
 * The stored logs of a closed range of blocks, in chain order.
 * @throws Refusal naming the block whose logs are not what was stored
 */
export async function storedLogs(sql: Sql, first: number, last: number): Promise<Log[]> {
  const rows = await sql<{ block: bigint; logs: Buffer }>`
    SELECT block, logs FROM raw WHERE block BETWEEN ${first} AND ${last} ORDER BY block`;
  return (await Promise.all(rows.map(({ block, logs }) => unpack(Number(block), logs)))).flat();
}

async function unpack(block: number, packed: Buffer): Promise<Log[]> {
  try {
    return await unpackLogs(block, packed);
  } catch (cause) {
    const sentence = `The stored logs of block ${block} cannot be read: the database was damaged. ${remedy}`;
    throw new Refusal(sentence, { cause });
  }
}
