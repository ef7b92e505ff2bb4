/**
 * The two digests by which readers of one chain compare what they made of it. Protocol, version v1:
 *
 * effects[n] = sha256(effects[n−1] ‖ hash of block n ‖ "v1" ‖ facts), effects before the first block = 32 zero bytes.
 * facts: one line for each event of the ledger's contracts in block n, by log index, joined with "\n", in UTF-8; nothing
 * for a block without any. A line is the event's name, then ` name=value` for every argument in declared order, packed
 * words opened into the fields that the contract's interface lists: integers in decimal, hex in lower case with 0x,
 * booleans as true or false, arrays as `[a,b]`, structs in them as `(a,b)`. Events of an authority's own are no facts.
 *
 * state: each entity is one line `key=value\n`. Its bucket is the first byte of sha256(key); a bucket's digest is the
 * sha256 of its lines in ascending order of their keys' bytes; root = sha256 of the 256 digests, bucket 0 first.
 */
import { createHash, hash } from "node:crypto";
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import type { Projection, StateRecord } from "./port.ts";
import { readCursor } from "./queries.ts";

export const digestVersion = "v1";

/** What stands for the effects before the first block. */
export const noEffects: Hex = `0x${"0".repeat(64)}`;

const bytes = (hex: Hex): Buffer => Buffer.from(hex.slice(2), "hex");

/** The next link of the effects chain. */
export function effectsDigest(before: Hex, blockHash: Hex, facts: readonly string[]): Hex {
  const link = createHash("sha256").update(bytes(before)).update(bytes(blockHash)).update(digestVersion);
  return `0x${link.update(facts.join("\n")).digest("hex")}`;
}

type Scalar = string | number | bigint | boolean;

const arrayText = (values: readonly (Scalar | object)[]): string =>
  `[${values.map((value) => (typeof value === "object" ? `(${Object.values(value).join(",")})` : value)).join(",")}]`;

/** An event as its line of facts; `args` must stand in declared order. */
export function factLine(name: string, args: object): string {
  const fields = args as Record<string, Scalar | (Scalar | object)[]>;
  let line = name;
  // by for…in: Object.entries makes an array of each field
  for (const field in fields) {
    const value = fields[field]!;
    line += ` ${field}=${Array.isArray(value) ? arrayText(value) : value}`;
  }
  return line;
}

export interface StateDigest {
  /** the block whose state it is */
  block: number;
  hash: Hex;
  version: string;
  root: Hex;
  /** 256 digests, bucket 0 first */
  buckets: Hex[];
}

/** The bucket of the state digest that a record belongs to: 0 to 255. */
export const bucketOf = (key: string): number => hash("sha256", key, "buffer")[0]!;

const PAGE = 10_000;

/** The records of one projection, a page at a time. */
interface Stream {
  projection: Projection;
  page: StateRecord[];
  next: number;
  /** the last key that was fetched */
  after: string | undefined;
}

/** Fetches the next page where the last is used up; `false` when there are no more records. */
async function refill(sql: Sql, stream: Stream, size: number): Promise<boolean> {
  if (stream.next < stream.page.length) return true;
  stream.page = await stream.projection.records(sql, stream.after, size);
  stream.after = stream.page.at(-1)?.key ?? stream.after;
  stream.next = 0;
  return stream.page.length > 0;
}

/**
 * The records after a key, or all, in ascending order of keys, merged from all projections, in runs.
 * @param size how many are fetched at once from each projection
 */
export async function* mergedRecords(
  sql: Sql,
  projections: readonly Projection[],
  after?: string,
  size = PAGE,
): AsyncGenerator<StateRecord[]> {
  let streams: Stream[] = projections.map((projection) => ({ projection, page: [], next: 0, after }));
  for (;;) {
    const alive: Stream[] = [];
    for (const stream of streams) if (await refill(sql, stream, size)) alive.push(stream);
    streams = alive;
    const head = (stream: Stream): string => stream.page[stream.next]!.key;
    streams.sort((a, b) => (head(a) < head(b) ? -1 : 1));
    const [lowest, other] = streams;
    if (!lowest) return;
    const from = lowest.next++;
    while (lowest.next < lowest.page.length && (!other || head(lowest) < head(other))) lowest.next++;
    yield lowest.page.slice(from, lowest.next);
  }
}

/**
 * The state digest as of the cursor.
 * @param sql of a snapshot, unless nothing else can write: the pages must all be of one state
 * @throws when no block is indexed yet
 */
export async function stateDigest(sql: Sql, projections: readonly Projection[]): Promise<StateDigest> {
  const cursor = await readCursor(sql);
  if (!cursor) throw new Error("There is no state digest yet: no block is indexed.");
  const buckets = Array.from({ length: 256 }, () => createHash("sha256"));
  for await (const run of mergedRecords(sql, projections)) {
    for (const { key, value } of run) buckets[bucketOf(key)]!.update(`${key}=${value}\n`);
  }
  const digests = buckets.map((bucket) => bucket.digest());
  const root: Hex = `0x${createHash("sha256").update(Buffer.concat(digests)).digest("hex")}`;
  const hexes = digests.map((digest): Hex => `0x${digest.toString("hex")}`);
  return { ...cursor, version: digestVersion, root, buckets: hexes };
}
