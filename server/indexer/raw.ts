/**
 * The logs of one block as they are kept, so that projections are rebuilt without the chain: bytes, of which half are
 * hashes that no compression would shorten. A mark, then for each log: index 4, topics 1, same transaction as the log
 * before 1, length of the data 4; the transaction unless it is the same; the address 20; topics of 32; the data.
 * Numbers are big-endian.
 */
import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";
import type { Log } from "../chain/blocks.ts";
import type { Hex } from "../chain/port.ts";

const inflate = promisify(inflateRaw);

/** No deflate stream begins with it: its type of block, 3, does not exist. */
const MARK = 0x07;
const HEAD = 10;

const field = (value: number, bytes: number): string => value.toString(16).padStart(2 * bytes, "0");

/** @throws for a log that has something else than hex */
export function packLogs(logs: readonly Log[]): Buffer {
  let hex = field(MARK, 1);
  let before = "";
  for (const { index, tx, address, topics, data } of logs) {
    const same = tx === before;
    hex += field(index, 4) + field(topics.length, 1) + (same ? "01" : "00") + field(data.length / 2 - 1, 4);
    if (!same) hex += tx.slice(2);
    hex += address.slice(2);
    for (const topic of topics) hex += topic.slice(2);
    hex += data.slice(2);
    before = tx;
  }
  const bytes = Buffer.from(hex, "hex");
  if (2 * bytes.length !== hex.length) throw new Error("a log is not made of hex");
  return bytes;
}

/** @throws when the bytes are not what `packLogs` wrote */
export async function unpackLogs(block: number, packed: Buffer): Promise<Log[]> {
  if (packed[0] !== MARK) return inflateLogs(block, packed);
  const logs: Log[] = [];
  let at = 1;
  const take = (bytes: number): Hex => `0x${packed.toString("hex", at, (at += bytes))}`;
  let tx: Hex = "0x";
  while (at < packed.length) {
    const [index, count, same, length] = [
      packed.readUInt32BE(at),
      packed[at + 4]!,
      packed[at + 5],
      packed.readUInt32BE(at + 6),
    ];
    at += HEAD;
    if (same === 0) tx = take(32);
    const address = take(20);
    const topics = Array.from({ length: count }, () => take(32));
    logs.push({ block, index, tx, address, topics, data: take(length) });
  }
  if (at !== packed.length) throw new Error("the packed logs end too early");
  return logs;
}

type Entry = [index: number, tx: Hex, address: Hex, topics: Hex[], data: Hex];

/** As they were kept at first: a deflated JSON array. */
async function inflateLogs(block: number, packed: Buffer): Promise<Log[]> {
  const entries = JSON.parse((await inflate(packed)).toString("utf8")) as Entry[];
  return entries.map(([index, tx, address, topics, data]) => ({ block, index, tx, address, topics, data }));
}
