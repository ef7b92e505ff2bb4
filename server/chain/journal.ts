/** The embedded chain's journal: an append-only file in which every block stands, synced, before it is mined. */
import { constants } from "node:fs";
import { mkdir, open, rename, stat, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Refusal } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Hex } from "./port.ts";
import {
  countTransactions,
  damaged,
  decodeBlock,
  encodeBlock,
  frame,
  readRecords,
  type BlockRecord,
  type Framed,
} from "./records.ts";

/** What must be the same for the same transactions to give the same blocks; the journal's first record. */
export interface ChainSettings {
  /** of the journal's bytes */
  format: number;
  /** version of the package that executes */
  edr: string;
  hardfork: string;
  chainId: number;
  blockGasLimit: number;
  baseFeePerGas: number;
  /** hash over the code of the contracts that this server deploys */
  contracts: Hex;
  /** seconds since 1970: the timestamp of block 0 */
  initialDate: number;
}

export interface JournalSize {
  blocks: number;
  transactions: number;
  bytes: number;
}

export interface Journal {
  readonly settings: ChainSettings;
  size(): JournalSize;
  /** The blocks that stood in the file when it was opened, with the byte offset of each record. */
  read(): AsyncGenerator<{ record: BlockRecord; offset: number }>;
  /**
   * Writes one block and syncs it. When it throws (disk full, I/O error) the block does not stand in the journal; call
   * it again with the same or another block of that number, and it first cuts off what the failed call left behind.
   */
  append(record: BlockRecord): Promise<void>;
  /** The sentence for a record that is whole but cannot be true. */
  damaged(number: number, offset: number, what: string): Refusal;
  close(): Promise<void>;
}

const fileName = "journal";

const words: Record<keyof ChainSettings, string> = {
  format: "journal format",
  edr: "EDR version",
  hardfork: "hardfork",
  chainId: "chain id",
  blockGasLimit: "block gas limit",
  baseFeePerGas: "base fee",
  contracts: "contracts",
  initialDate: "initial date",
};

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return; // Windows cannot sync a folder; its rename is journalled by the file system
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes all of it: one call of `write` may write less than it was given. */
async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** A new journal appears whole, under its name, or not at all: a short first record is then always damage. */
async function create(folder: string, path: string, settings: ChainSettings): Promise<void> {
  const made = await mkdir(folder, { recursive: true });
  if (made !== undefined) await syncFolder(dirname(made));
  const file = await open(`${path}.new`, "w");
  try {
    await writeAll(file, frame(0, Buffer.from(JSON.stringify(settings))), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncFolder(folder);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function openFile(folder: string, path: string, fresh: ChainSettings): Promise<FileHandle> {
  try {
    if (!(await exists(path))) await create(folder, path, fresh);
    return await open(path, "r+");
  } catch (error) {
    throw new Refusal(
      `The journal ${path} cannot be opened (${(error as Error).message}). Make ${folder} a folder that this user can write to, with space left.`,
      { cause: error },
    );
  }
}

/** Refuses a journal that another chain wrote; the initial date is the journal's own. */
function compare(path: string, found: ChainSettings, wanted: ChainSettings): void {
  const names = (Object.keys(words) as (keyof ChainSettings)[]).filter((name) => name !== "initialDate");
  const differing = names.filter((name) => found[name] !== wanted[name]);
  if (differing.length === 0) return;
  const list = differing.map((name) => `${words[name]} ${String(found[name])} (here ${String(wanted[name])})`);
  throw new Refusal(
    `The journal ${path} was written by another Tidemark: ${list.join(", ")}. It would not replay to the same blocks. ` +
      "Run it with the Tidemark that wrote it; or give the chain up and start over with `npm run demo -- --fresh`.",
  );
}

/**
 * Opens the journal in `folder`, or makes a new one from `fresh`. Checks the whole file, streaming; a torn last record
 * never ran and is cut off, synced.
 * @throws Refusal when the file is damaged, was written under other settings, or cannot be opened
 */
export async function openJournal(folder: string, fresh: ChainSettings, log: Log): Promise<Journal> {
  const path = join(folder, fileName);
  const file = await openFile(folder, path, fresh);
  const size: JournalSize = { blocks: 0, transactions: 0, bytes: 0 };
  let settings: ChainSettings | undefined;

  /** Reads a body whose crc holds; what does not fit all the same was not written by this code. */
  function parse<T>({ number, offset, body }: Framed, how: (body: Buffer) => T): T {
    try {
      return how(body);
    } catch (error) {
      throw damaged(path, number, offset, (error as Error).message);
    }
  }

  async function scan(): Promise<ChainSettings> {
    for await (const framed of readRecords(file, path)) {
      if (framed.number === 0) {
        settings = parse(framed, (body) => JSON.parse(body.toString()) as ChainSettings);
        compare(path, settings, fresh);
      } else {
        size.blocks = framed.number;
        size.transactions += parse(framed, countTransactions);
      }
      size.bytes = framed.end;
    }
    if (settings === undefined) throw damaged(path, 0, 0, "it is not whole");
    const torn = (await file.stat()).size - size.bytes;
    if (torn > 0) {
      log.warn(
        { path, offset: size.bytes, bytes: torn },
        "cutting a torn last record off the journal: its block never ran",
      );
      await cut();
    }
    return settings;
  }

  /** Back to the last whole record. */
  async function cut(): Promise<void> {
    await file.truncate(size.bytes);
    await file.sync();
  }

  async function* read(): AsyncGenerator<{ record: BlockRecord; offset: number }> {
    const { blocks } = size;
    for await (const framed of readRecords(file, path)) {
      if (framed.number > blocks) return;
      if (framed.number === 0) continue;
      yield { record: { number: framed.number, ...parse(framed, decodeBlock) }, offset: framed.offset };
    }
  }

  let dirty = false;
  async function append(record: BlockRecord): Promise<void> {
    const bytes = encodeBlock(record);
    // after a failed write or sync the kernel may hold any part of it, and says so only once: cut, then write it anew
    if (dirty) await cut();
    dirty = true;
    await writeAll(file, bytes, size.bytes);
    await file.datasync();
    dirty = false;
    size.blocks = record.number;
    size.transactions += record.raws.length;
    size.bytes += bytes.length;
  }

  try {
    const found = await scan();
    return {
      settings: found,
      size: () => ({ ...size }),
      read,
      append,
      damaged: (number, offset, what) => damaged(path, number, offset, what),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}
