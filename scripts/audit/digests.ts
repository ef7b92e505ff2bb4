/** The protocol's digests (server/indexer/digests.ts words them), computed anew from an audit's own books. */
import { createHash } from "node:crypto";
import type { Hex } from "../../server/chain/port.ts";
import type { Books, Row } from "./books.ts";
import type { Argument, Event, Scalar } from "./events.ts";

export const digestVersion = "v1";
export const noEffects: Hex = `0x${"00".repeat(32)}`;

const sha256 = (...parts: (string | Buffer)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const bytes = (hex: Hex): Buffer => Buffer.from(hex.slice(2), "hex");
const hex = (digest: Buffer): Hex => `0x${digest.toString("hex")}`;

const element = (value: Scalar | readonly Scalar[]): string =>
  Array.isArray(value) ? `(${value.join(",")})` : String(value);
const text = (value: Argument): string =>
  Array.isArray(value)
    ? `[${value.map((each: Scalar | readonly Scalar[]) => element(each)).join(",")}]`
    : String(value);

/** An event as a line of facts. */
export const factOf = ({ name, args }: Event): string =>
  [name, ...Object.entries(args).map(([field, value]) => `${field}=${text(value)}`)].join(" ");

/** The link of the effects chain after a block with these events, in order. */
export const effectsAfter = (before: Hex, block: Hex, events: readonly Event[]): Hex =>
  hex(sha256(bytes(before), bytes(block), digestVersion, events.map(factOf).join("\n")));

/** A row as the value of its record. */
export const valueOf = ({ fields }: Row): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${value ?? ""}`)
    .join(" ");

/** 0 to 255 */
export const bucketOf = (key: string): number => sha256(key)[0]!;

export interface StateDigest {
  root: Hex;
  buckets: Hex[];
}

export function stateDigest({ rows }: Books): StateDigest {
  const hashes = Array.from({ length: 256 }, () => createHash("sha256"));
  for (const key of [...rows.keys()].sort()) hashes[bucketOf(key)]!.update(`${key}=${valueOf(rows.get(key)!)}\n`);
  const buckets = hashes.map((hash) => hash.digest());
  return { root: hex(sha256(...buckets)), buckets: buckets.map(hex) };
}
