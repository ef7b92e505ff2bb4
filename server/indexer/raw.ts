/** The logs of one block as they are kept: a deflated JSON array of [index, transaction, address, topics, data]. */
import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import type { Log } from "../chain/blocks.ts";
import type { Hex } from "../chain/port.ts";

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

type Entry = [index: number, tx: Hex, address: Hex, topics: Hex[], data: Hex];

/** Packs the logs of one block, off the main thread. */
export function packLogs(logs: readonly Log[]): Promise<Buffer> {
  const entries = logs.map((log): Entry => [log.index, log.tx, log.address, log.topics, log.data]);
  // hex halves at level 1 already; higher levels only cost time
  return deflate(JSON.stringify(entries), { level: 1 });
}

/** @throws when the bytes are not what `packLogs` wrote */
export async function unpackLogs(block: number, packed: Uint8Array): Promise<Log[]> {
  const entries = JSON.parse((await inflate(packed)).toString("utf8")) as Entry[];
  return entries.map(([index, tx, address, topics, data]) => ({ block, index, tx, address, topics, data }));
}
