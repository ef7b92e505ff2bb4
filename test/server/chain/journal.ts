import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { copyFile, mkdir, open, readFile, rm, stat, writeFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { expect } from "chai";
import { openJournal, type ChainSettings, type Journal } from "../../../server/chain/journal.ts";
import type { Hex } from "../../../server/chain/port.ts";
import type { BlockRecord } from "../../../server/chain/records.ts";
import { Refusal } from "../../../server/errors.ts";
import { createLog } from "../../../server/log.ts";
import { temporaryFolder } from "../../support/chains.ts";
import { skipBecause } from "../../support/skip.ts";

const log = createLog("silent");
const settings: ChainSettings = {
  format: 1,
  edr: "0.20.0",
  hardfork: "osaka",
  chainId: 46112,
  blockGasLimit: 1_000_000_000,
  baseFeePerGas: 0,
  contracts: `0x${"c0".repeat(32)}`,
  initialDate: 1_760_000_000,
};

/** Bytes that look random and are the same in every run. */
function noise(seed: string, length: number): Hex {
  const parts: Buffer[] = [];
  for (let n = 0; n * 32 < length; n++) parts.push(createHash("sha256").update(`${seed} ${n}`).digest());
  return `0x${Buffer.concat(parts).subarray(0, length).toString("hex")}`;
}

/** A block of 1 to 3 transactions of some 100 bytes; the journal knows no more of them than their bytes. */
const blockOf = (number: number): BlockRecord => ({
  number,
  parentHash: noise(`parent ${number}`, 32),
  timestamp: settings.initialDate + number,
  raws: Array.from({ length: 1 + (number % 3) }, (_, at) => noise(`raw ${number} ${at}`, 90 + number)),
});

async function blocksIn(journal: Journal): Promise<BlockRecord[]> {
  const found: BlockRecord[] = [];
  for await (const { record } of journal.read()) found.push(record);
  return found;
}

/** Where each record begins, and where the last one ends: read off the lengths, without the code under test. */
function bounds(bytes: Buffer): number[] {
  const found = [0];
  for (let at = 0; at < bytes.length;) found.push((at += 12 + bytes.readUInt32BE(at) + 4));
  return found;
}

async function refusal(opening: Promise<Journal>): Promise<string> {
  try {
    await (await opening).close();
  } catch (error) {
    expect(error).to.be.instanceOf(Refusal);
    return (error as Refusal).message;
  }
  throw new Error("the journal was opened");
}

describe("chain: journal", function () {
  this.timeout(30_000);
  let folder: string;
  let path: string;
  const blocks = 12;
  /** the bytes of a journal of `blocks` blocks, and the bounds of its records */
  let whole: Buffer;
  let edges: number[];

  /** Puts these bytes where a journal is expected and opens it. */
  async function opened(bytes: Buffer, wanted: ChainSettings = settings): Promise<Journal> {
    await writeFile(path, bytes);
    return openJournal(folder, wanted, log);
  }

  before(async () => {
    folder = await temporaryFolder();
    path = join(folder, "journal");
    const journal = await openJournal(folder, settings, log);
    for (let number = 1; number <= blocks; number++) await journal.append(blockOf(number));
    await journal.close();
    whole = await readFile(path);
    edges = bounds(whole);
  });

  after(() => rm(folder, { recursive: true }));

  describe("given blocks that were appended", () => {
    it("when it is opened again, then it gives the same blocks, settings and size", async () => {
      const journal = await opened(whole, { ...settings, initialDate: 1_800_000_000 });
      expect(await blocksIn(journal)).to.deep.equal(Array.from({ length: blocks }, (_, at) => blockOf(at + 1)));
      expect(journal.settings).to.deep.equal(settings);
      expect(journal.size()).to.deep.equal({ blocks, transactions: 24, bytes: whole.length });
      await journal.close();
    });

    it("when a record is far larger than one read, then it comes back whole", async () => {
      const journal = await opened(whole);
      const large = { ...blockOf(blocks + 1), raws: [noise("large", 3_000_000), noise("small", 10)] };
      await journal.append(large);
      await journal.append(blockOf(blocks + 2));
      expect((await blocksIn(journal)).slice(blocks)).to.deep.equal([large, blockOf(blocks + 2)]);
      await journal.close();
    });

    it("when a new one is made, then the file and its folder are synced, and each block before append returns", async () => {
      const fresh = join(folder, "made", "here");
      const handle = await open(folder, "r");
      const handles = Object.getPrototypeOf(handle) as FileHandle;
      await handle.close();
      const { write, sync, datasync } = handles;
      const calls: string[] = [];
      handles.write = function (this: FileHandle, ...args: unknown[]) {
        calls.push("write");
        return Reflect.apply(write, this, args) as ReturnType<typeof write>;
      };
      handles.sync = async function (this: FileHandle) {
        calls.push((await this.stat()).isDirectory() ? "sync folder" : "sync");
        return sync.call(this);
      };
      handles.datasync = async function (this: FileHandle) {
        await datasync.call(this);
        calls.push("synced");
      };
      try {
        const journal = await openJournal(fresh, settings, log);
        expect(calls.splice(0)).to.deep.equal(["sync folder", "write", "sync", "sync folder"]);
        await journal.append(blockOf(1)).then(() => calls.push("returned"));
        expect(calls).to.deep.equal(["write", "synced", "returned"]);
        await journal.close();
      } finally {
        Object.assign(handles, { write, sync, datasync });
      }
    });
  });

  describe("given a file cut short", () => {
    /** Cuts at `length`; expects the last whole block, a file trimmed to it, and a journal that goes on. */
    async function expectTrimmed(length: number): Promise<void> {
      const left = edges.filter((edge) => edge <= length).length - 2;
      const journal = await opened(whole.subarray(0, length));
      expect(journal.size().blocks, `cut at ${length}`).to.equal(left);
      expect((await stat(path)).size, `cut at ${length}`).to.equal(edges[left + 1]);
      await journal.append(blockOf(left + 1));
      expect(await blocksIn(journal)).to.deep.equal(Array.from({ length: left + 1 }, (_, at) => blockOf(at + 1)));
      await journal.close();
    }

    it("when it is cut at every byte of the last two blocks, then it opens at the last whole block and goes on", async () => {
      for (let length = edges[blocks - 1] as number; length < whole.length; length++) await expectTrimmed(length);
    });

    it("when it is cut at bytes all over the file, then it opens at the last whole block and goes on", async () => {
      for (let length = edges[1] as number; length < whole.length; length += 41) await expectTrimmed(length);
    });

    it("when the record that describes the chain is cut, then it refuses, since no crash leaves that behind", async () => {
      for (let length = 0; length < (edges[1] as number); length += 7) {
        const words = await refusal(opened(whole.subarray(0, length)));
        expect(words).to.contain("damaged at byte 0, in the record that describes the chain: it is not whole");
        expect(words).to.contain("npm run demo -- --fresh");
      }
    });
  });

  describe("given a file with one bit flipped", () => {
    it("when it is any byte of the file, then it refuses and names the byte and the block of its record", async () => {
      for (let at = 0; at < whole.length; at++) {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
        const block = edges.findLastIndex((edge) => edge <= at);
        const place = block === 0 ? "the record that describes the chain" : `the record of block ${block}:`;
        const words = await refusal(opened(bytes));
        expect(words, `byte ${at}`).to.contain(`damaged at byte ${edges[block]}, in ${place}`);
      }
      expect((await stat(path)).size, "a refused file is left as it is").to.equal(whole.length);
    });
  });

  describe("given records that are whole, but not these", () => {
    it("when two have changed places, then it refuses and says so", async () => {
      const [a, b, c] = [edges[3], edges[4], edges[5]] as [number, number, number];
      const swapped = Buffer.concat([
        whole.subarray(0, a),
        whole.subarray(b, c),
        whole.subarray(a, b),
        whole.subarray(c),
      ]);
      expect(await refusal(opened(swapped))).to.match(/block 3: it calls itself number 4/);
    });

    it("when the sizes inside do not add up, then reading refuses and names the block", async () => {
      const bytes = Buffer.from(whole);
      const [start, end] = [edges[blocks] as number, whole.length];
      bytes.writeUInt32BE(1, start + 12 + 44);
      bytes.writeUInt32BE(crc32(bytes.subarray(start, end - 4)), end - 4);
      const journal = await opened(bytes);
      const words = await blocksIn(journal).catch((error: unknown) => (error as Error).message);
      expect(words).to.contain(`damaged at byte ${start}, in the record of block ${blocks}`);
      await journal.close();
    });
  });

  describe("given a journal of another chain", () => {
    const others: [keyof ChainSettings, ChainSettings[keyof ChainSettings], RegExp][] = [
      ["format", 2, /Tidemark: journal format 1 \(here 2\)/],
      ["edr", "0.21.0", /Tidemark: EDR version 0\.20\.0 \(here 0\.21\.0\)/],
      ["hardfork", "prague", /Tidemark: hardfork osaka \(here prague\)/],
      ["chainId", 1, /Tidemark: chain id 46112 \(here 1\)/],
      ["blockGasLimit", 30_000_000, /Tidemark: block gas limit/],
      ["baseFeePerGas", 1, /Tidemark: base fee/],
      ["contracts", `0x${"c1".repeat(32)}`, /Tidemark: contracts 0xc0c0.* \(here 0xc1c1/],
    ];
    for (const [name, value, expected] of others) {
      it(`when its ${name} differs, then it refuses, says how, and names --fresh`, async () => {
        const words = await refusal(opened(whole, { ...settings, [name]: value }));
        expect(words).to.match(expected).and.to.contain("npm run demo -- --fresh");
      });
    }

    it("when the folder cannot be used, then it refuses and says what to do", async () => {
      const file = join(folder, "a file");
      await writeFile(file, "");
      expect(await refusal(openJournal(join(file, "home"), settings, log))).to.match(
        /cannot be opened \(.*Make .* a folder/,
      );
    });
  });

  describe("given a disk that takes no more", () => {
    /** The kernel's own refusal: the largest file that this process may write. */
    const limitFileSize = (bytes: number | "unlimited"): void => {
      execFileSync("prlimit", ["--pid", String(process.pid), `--fsize=${bytes}:`]);
    };

    before(function () {
      try {
        limitFileSize("unlimited");
      } catch {
        skipBecause(this, "prlimit (util-linux) is not here, so the size of a file cannot be limited");
      }
    });

    afterEach(() => limitFileSize("unlimited"));

    it("when a block fits in part, then append throws, and after that a smaller one stands alone", async () => {
      const journal = await opened(whole);
      const large = { ...blockOf(blocks + 1), raws: [noise("large", 5_000)] };
      limitFileSize(whole.length + 2_000);
      const error = await journal.append(large).catch((thrown: unknown) => (thrown as NodeJS.ErrnoException).code);
      expect(error).to.equal("EFBIG");
      expect((await stat(path)).size, "what the failed call left behind").to.be.greaterThan(whole.length);
      expect(journal.size()).to.deep.equal({ blocks, transactions: 24, bytes: whole.length });
      limitFileSize("unlimited");
      await journal.append(blockOf(blocks + 1));
      await journal.close();
      const again = await openJournal(folder, settings, log);
      expect((await blocksIn(again)).at(-1)).to.deep.equal(blockOf(blocks + 1));
      expect((await stat(path)).size).to.equal(again.size().bytes);
      await again.close();
    });

    it("when the process ends after the failure, then the part that was written is cut off", async () => {
      const journal = await opened(whole);
      limitFileSize(whole.length + 2_000);
      await journal.append({ ...blockOf(blocks + 1), raws: [noise("large", 5_000)] }).catch(() => undefined);
      limitFileSize("unlimited");
      const copy = join(folder, "copy");
      await mkdir(copy);
      await copyFile(path, join(copy, "journal"));
      await journal.close();
      const again = await openJournal(copy, settings, log);
      expect(again.size().blocks).to.equal(blocks);
      await again.close();
    });
  });
});
