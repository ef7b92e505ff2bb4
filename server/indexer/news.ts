/** What became final after a place in the chain, told from the stored logs: the same whenever it is asked for. */
import type { Sql } from "../db/port.ts";
import { byAddress } from "./fold.ts";
import type { News, Projection } from "./port.ts";
import { nextBlocks, storedLogs } from "./stored.ts";

/** A log's place: its block, and its index in it. */
export interface Place {
  block: number;
  index: number;
}

/** Behind every log that a block can have. */
export const END_OF_BLOCK = 2 ** 31 - 1;

/** Blocks looked at, and logs read, at once. */
const most = { blocks: 1_000, logs: 2_000 };

export interface PlacedNews extends News, Place {
  /** seconds since 1970, of the block */
  at: number;
  tx: string;
}

export interface NewsPage {
  /** by block and log index */
  news: PlacedNews[];
  /** how far the page reaches: where the next one goes on. As it was asked for where there is nothing more yet. */
  upTo: Place;
}

/** The next news after a place. */
export async function readNews(sql: Sql, projections: readonly Projection[], after: Place): Promise<NewsPage> {
  const whole = after.index >= END_OF_BLOCK;
  const blocks = await nextBlocks(sql, whole ? after.block : after.block - 1, most);
  const last = blocks.at(-1);
  if (!last) return { news: [], upTo: after };
  const headers = new Map(blocks.map((block) => [block.number, block]));
  const readers = byAddress(projections);
  const news: PlacedNews[] = [];
  for (const log of await storedLogs(sql, blocks[0]!.number, last.number)) {
    if (log.block === after.block && log.index <= after.index) continue;
    const projection = projections[readers.get(log.address) ?? -1];
    const header = headers.get(log.block)!;
    const event = projection?.decode(log, header);
    const told = event && projection?.tell?.(event);
    if (told) news.push({ ...told, block: log.block, index: log.index, at: header.timestamp, tx: log.tx });
  }
  return { news, upTo: { block: last.number, index: END_OF_BLOCK } };
}
