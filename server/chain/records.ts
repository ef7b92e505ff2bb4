/**
 * The journal's bytes. One record: `length 4 | number 4 | headerCrc 4 | body | crc 4`, big-endian. `length` counts the
 * body alone, `headerCrc` covers the eight bytes before it, `crc` covers all that stands before it in the record.
 * Record 0 describes the chain (JSON); record n is block n: `parentHash 32 | timestamp 8 | count 4 | (size 4 | raw)*`.
 */
import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { Refusal } from "../errors.ts";
import type { Hex } from "./port.ts";

const headBytes = 12;
const crcBytes = 4;
const windowBytes = 1 << 20;

export interface BlockRecord {
  number: number;
  parentHash: Hex;
  /** seconds since 1970 */
  timestamp: number;
  /** signed transactions in the order in which they are mined */
  raws: Hex[];
}

/** A whole record as it lies in the file. */
export interface Framed {
  number: number;
  /** first byte of the record, and the first byte after it */
  offset: number;
  end: number;
  body: Buffer;
}

/** Frames a body as record `number`. */
export function frame(number: number, body: Buffer): Buffer {
  const record = Buffer.alloc(headBytes + body.length + crcBytes);
  record.writeUInt32BE(body.length, 0);
  record.writeUInt32BE(number, 4);
  record.writeUInt32BE(crc32(record.subarray(0, 8)), 8);
  body.copy(record, headBytes);
  record.writeUInt32BE(crc32(record.subarray(0, record.length - crcBytes)), record.length - crcBytes);
  return record;
}

const bytesOf = (hex: Hex): Buffer => Buffer.from(hex.slice(2), "hex");
const hexOf = (bytes: Buffer): Hex => `0x${bytes.toString("hex")}`;

/** The bytes of one block's record. */
export function encodeBlock({ number, parentHash, timestamp, raws }: BlockRecord): Buffer {
  const fixed = Buffer.alloc(44);
  bytesOf(parentHash).copy(fixed, 0);
  fixed.writeBigUInt64BE(BigInt(timestamp), 32);
  fixed.writeUInt32BE(raws.length, 40);
  const parts = raws.flatMap((raw) => {
    const bytes = bytesOf(raw);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(bytes.length, 0);
    return [size, bytes];
  });
  return frame(number, Buffer.concat([fixed, ...parts]));
}

/** How many transactions a block's body says it holds. */
export const countTransactions = (body: Buffer): number => body.readUInt32BE(40);

/** The block in a body. @throws RangeError if the sizes inside do not add up to the body */
export function decodeBlock(body: Buffer): Omit<BlockRecord, "number"> {
  const raws: Hex[] = [];
  let at = 44;
  for (let left = countTransactions(body); left > 0; left--) {
    const from = at + 4;
    at = from + body.readUInt32BE(at);
    raws.push(hexOf(body.subarray(from, at)));
  }
  if (at !== body.length) throw new RangeError(`its transactions end at byte ${at} of a body of ${body.length}`);
  return { parentHash: hexOf(body.subarray(0, 32)), timestamp: Number(body.readBigUInt64BE(32)), raws };
}

/** Reads any range of a file through one moving window, so that many small records cost few reads. */
function createWindow(file: FileHandle, size: number): (at: number, length: number) => Promise<Buffer> {
  let start = 0;
  let held: Buffer = Buffer.alloc(0);
  return async (at, length) => {
    if (at < start || at + length > start + held.length) {
      const next = Buffer.allocUnsafe(Math.min(Math.max(length, windowBytes), size - at));
      for (let done = 0; done < next.length;) {
        const { bytesRead } = await file.read(next, done, next.length - done, at + done);
        if (bytesRead === 0) throw new Error(`the file became shorter than ${size} bytes while it was read`);
        done += bytesRead;
      }
      start = at;
      held = next;
    }
    return held.subarray(at - start, at - start + length);
  };
}

/**
 * The records of a journal in order, one at a time; a body is valid until the next one is asked for. Ends before a
 * torn last record: one whose header is short, or whose header is good and whose body is short.
 * @throws Refusal that names the file, the byte offset and the block, for every other damage
 */
export async function* readRecords(file: FileHandle, name: string): AsyncGenerator<Framed> {
  const { size } = await file.stat();
  const read = createWindow(file, size);
  let offset = 0;
  for (let number = 0; size - offset >= headBytes; number++) {
    const head = await read(offset, headBytes);
    if (head.readUInt32BE(8) !== crc32(head.subarray(0, 8)))
      throw damaged(name, number, offset, "its header's crc is wrong");
    const stated = head.readUInt32BE(4);
    if (stated !== number) throw damaged(name, number, offset, `it calls itself number ${stated}`);
    const length = headBytes + head.readUInt32BE(0) + crcBytes;
    if (length > size - offset) return;
    const record = await read(offset, length);
    const covered = record.subarray(0, length - crcBytes);
    if (record.readUInt32BE(length - crcBytes) !== crc32(covered))
      throw damaged(name, number, offset, "its crc is wrong");
    yield { number, offset, end: offset + length, body: covered.subarray(headBytes) };
    offset += length;
  }
}

/** The sentence for a record that cannot be true. */
export function damaged(name: string, number: number, offset: number, what: string): Refusal {
  const record = number === 0 ? "the record that describes the chain" : `the record of block ${number}`;
  return new Refusal(
    `The journal ${name} is damaged at byte ${offset}, in ${record}: ${what}. ` +
      "Put the file back from a copy; or give the chain up and start over with `npm run demo -- --fresh`.",
  );
}
