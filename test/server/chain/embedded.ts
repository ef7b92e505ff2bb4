import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { crc32 } from "node:zlib";
import { expect } from "chai";
import { Wallet, getCreateAddress, id } from "ethers";
import { createEmbeddedChain, type EmbeddedChain } from "../../../server/chain/embedded.ts";
import { RpcError, type Hex } from "../../../server/chain/port.ts";
import { Refusal } from "../../../server/errors.ts";
import { createLog } from "../../../server/log.ts";
import { AccessManager__factory } from "../../../typechain-types/index.js";
import { minedReceipt, openEmbedded, temporaryFolder } from "../../support/chains.ts";
import { skipBecause } from "../../support/skip.ts";

const loader = import.meta.resolve("../../../scripts/loader.mjs");
const wallet = new Wallet(id("tidemark test chain sender"));

const sign = (nonce: number, call: { to?: string; data?: string; gasLimit?: number } = {}): Promise<Hex> =>
  wallet.signTransaction({
    type: 2,
    chainId: 46112,
    nonce,
    gasLimit: 100_000,
    maxFeePerGas: 0,
    maxPriorityFeePerGas: 0,
    to: wallet.address,
    ...call,
  }) as Promise<Hex>;

/** AccessManager's creation: real code with a constructor, storage and events. */
async function signDeployment(nonce: number): Promise<Hex> {
  const { data } = await new AccessManager__factory().getDeployTransaction(wallet.address);
  const raw = await wallet.signTransaction({
    ...{ type: 2, chainId: 46112, nonce, gasLimit: 4_000_000, maxFeePerGas: 0, maxPriorityFeePerGas: 0, data },
  });
  return raw as Hex;
}

/** Sends, waits for its block, and expects that it did not revert. */
async function run(chain: EmbeddedChain, raw: Hex): Promise<void> {
  const receipt = await minedReceipt(chain, await chain.request<Hex>("eth_sendRawTransaction", [raw]));
  expect(receipt.status).to.equal("0x1");
}

const headOf = (chain: EmbeddedChain): Promise<{ hash: Hex; number: Hex }> =>
  chain.request("eth_getBlockByNumber", ["latest", false]);

/** Where each record of a journal begins, and where the last one ends. */
function bounds(bytes: Buffer): number[] {
  const found = [0];
  for (let at = 0; at < bytes.length;) found.push((at += 12 + bytes.readUInt32BE(at) + 4));
  return found;
}

describe("chain: embedded", function () {
  this.timeout(30_000);
  const blocks = 30;
  /** a closed journal of `blocks` blocks: a deployment, calls of the deployed contract, plain transactions */
  let written: string;
  let hashes: Hex[];
  let cleanup: string[];

  before(async () => {
    written = await temporaryFolder();
    const { chain, close } = await openEmbedded(written);
    await run(chain, await signDeployment(0));
    const manager = getCreateAddress({ from: wallet.address, nonce: 0 });
    const abi = AccessManager__factory.createInterface();
    for (let nonce = 1; nonce < blocks; nonce++) {
      const data = abi.encodeFunctionData("labelRole", [nonce, `role ${nonce}`]);
      await run(chain, nonce % 2 ? await sign(nonce, { to: manager, data }) : await sign(nonce));
      // a block that nobody asked for in earnest must leave no trace in those that follow
      await chain.request("eth_getBlockByNumber", ["pending", false]);
      await chain.request("eth_call", [{ to: manager, data: "0x" }, "pending"]).catch(() => undefined);
      await chain.request("eth_estimateGas", [{ from: wallet.address, to: wallet.address }]);
    }
    const numbers = Array.from({ length: blocks + 1 }, (_, number) => `0x${number.toString(16)}`);
    hashes = await Promise.all(
      numbers.map(async (n) => (await chain.request<{ hash: Hex }>("eth_getBlockByNumber", [n, false])).hash),
    );
    await close();
  });

  after(() => rm(written, { recursive: true }));

  beforeEach(() => (cleanup = []));
  afterEach(() => Promise.all(cleanup.map((folder) => rm(folder, { recursive: true }))));

  /** A copy of the written journal, changed by `change`. */
  async function copyOf(change: (bytes: Buffer) => Buffer = (bytes) => bytes): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "tidemark-"));
    cleanup.push(folder);
    await cp(written, folder, { recursive: true });
    const path = join(folder, "journal");
    await writeFile(path, change(await readFile(path)));
    return folder;
  }

  async function refusal(opening: Promise<unknown>): Promise<string> {
    try {
      await opening;
    } catch (error) {
      expect(error).to.be.instanceOf(Refusal);
      return (error as Refusal).message;
    }
    throw new Error("the chain opened");
  }

  describe("given a journal of blocks", () => {
    it("when it is replayed, then the head has the same hash, and what was written is read back", async () => {
      const { chain, close } = await openEmbedded(await copyOf());
      expect(await headOf(chain)).to.include({ hash: hashes[blocks], number: `0x${blocks.toString(16)}` });
      expect(chain.size()).to.include({ blocks, transactions: blocks });
      const logs = await chain.request<unknown[]>("eth_getLogs", [{ fromBlock: "0x0", toBlock: "latest" }]);
      expect(logs.length).to.be.greaterThan(blocks / 2);
      await close();
    });

    it("when it is asked while it replays, then status tells how far it is, and the request waits for the end", async () => {
      const folder = await copyOf();
      const contracts: Hex = `0x${"c0".repeat(32)}`;
      const log = createLog("silent");
      const chain = await createEmbeddedChain({ folder, contracts, reached: () => Promise.resolve(), log });
      const journal = { journalBytes: statSync(join(folder, "journal")).size, ceilingBytes: 160_000_000 };
      const replaying = { ready: false, phase: "replaying the journal", done: 0, total: blocks };
      expect(chain.status()).to.deep.equal({ ...replaying, ...journal });
      expect((await headOf(chain)).hash).to.equal(hashes[blocks]);
      expect(chain.status()).to.deep.equal({ ready: true, phase: "ready", done: blocks, total: blocks, ...journal });
      await chain.close();
    });

    it("when it is closed while it replays, then it ends at once and says so", async () => {
      const options = { contracts: `0x${"c0".repeat(32)}` as const, log: createLog("silent") };
      const chain = await createEmbeddedChain({ folder: await copyOf(), reached: () => Promise.resolve(), ...options });
      await chain.close();
      expect(await refusal(chain.ready)).to.contain("closed while it replayed");
      expect(chain.status().done).to.be.lessThan(blocks);
    });

    it("when it goes on after a replay, then its next block is the child of the last", async () => {
      const { chain, close } = await openEmbedded(await copyOf());
      await run(chain, await sign(blocks));
      const block = await chain.request<{ parentHash: Hex; number: Hex }>("eth_getBlockByNumber", ["latest", false]);
      expect(block).to.include({ parentHash: hashes[blocks], number: `0x${(blocks + 1).toString(16)}` });
      await close();
    });

    for (const short of [1, 3, 60, 150]) {
      it(`when its last ${short} bytes are missing, then it replays to the block before, by the same hash`, async () => {
        const { chain, close } = await openEmbedded(await copyOf((bytes) => bytes.subarray(0, bytes.length - short)));
        expect((await headOf(chain)).hash).to.equal(hashes[blocks - 1]);
        await run(chain, await sign(blocks - 1));
        await close();
      });
    }

    it("when it was written for other contracts, then it refuses, names them and --fresh", async () => {
      const words = await refusal(openEmbedded(written, { contracts: `0x${"c1".repeat(32)}` }));
      expect(words).to.match(/contracts 0xc0c0.*here 0xc1c1.*npm run demo -- --fresh/s);
    });

    it("when a record was changed and its crc made to fit, then the next record's parent gives it away", async () => {
      const folder = await copyOf((bytes) => {
        const [start, end] = [bounds(bytes)[10], bounds(bytes)[11]] as [number, number];
        bytes.writeBigUInt64BE(bytes.readBigUInt64BE(start + 44) + 1n, start + 44); // the timestamp of block 10
        bytes.writeUInt32BE(crc32(bytes.subarray(start, end - 4)), end - 4);
        return bytes;
      });
      const offset = bounds(await readFile(join(folder, "journal")))[11];
      const words = await refusal(openEmbedded(folder));
      expect(words).to.contain(
        `damaged at byte ${offset}, in the record of block 11: it names ${hashes[10]} as its parent`,
      );
    });

    it("when a transaction was changed and the crc made to fit, then it refuses and names the block", async () => {
      const folder = await copyOf((bytes) => {
        const [start, end] = [bounds(bytes)[10], bounds(bytes)[11]] as [number, number];
        bytes.writeUInt8(bytes.readUInt8(end - 6) ^ 1, end - 6); // in the signature
        bytes.writeUInt32BE(crc32(bytes.subarray(start, end - 4)), end - 4);
        return bytes;
      });
      const offset = bounds(await readFile(join(folder, "journal")))[10];
      expect(await refusal(openEmbedded(folder))).to.match(
        new RegExp(`damaged at byte ${offset}, in the record of block 10:`),
      );
    });
  });

  describe("given a block in the journal that was never mined", () => {
    it("when the process is killed there and started again, then the block is there", async () => {
      const folder = await copyOf();
      const raw = await sign(blocks);
      const script = join(import.meta.dirname, "../../support/hold-journaled.ts");
      const child = spawn(process.execPath, ["--import", loader, script, folder, raw], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const lines: string[] = [];
      for await (const line of createInterface(child.stdout)) {
        lines.push(line);
        if (lines.length === 2) break;
      }
      child.kill("SIGKILL");
      await once(child, "exit");
      expect(lines).to.include(`journaled 0x${blocks.toString(16)}`); // in the journal, and nobody sees it
      const { chain, close } = await openEmbedded(folder);
      const hash = lines.find((line) => line.startsWith("sent "))?.slice(5);
      expect(await chain.request("eth_getTransactionReceipt", [hash])).to.include({
        blockNumber: "0x1f",
        status: "0x1",
      });
      await close();
    });

    it("when the step after the journal fails, then the chain stops in words, and the block is there after a restart", async () => {
      const folder = await copyOf();
      const reached = (): Promise<void> => Promise.reject(new Error("no further"));
      const { chain, close } = await openEmbedded(folder, { reached });
      const hash = await chain.request<Hex>("eth_sendRawTransaction", [await sign(blocks)]);
      const answers = await Promise.allSettled([
        minedReceipt(chain, hash),
        chain.request("eth_sendRawTransaction", ["0x02"]),
      ]);
      expect(answers.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
      expect(chain.status()).to.deep.include({ ready: false });
      expect(chain.status().phase).to.match(/^stopped: no further\. Restart the server/);
      await close();
      const again = await openEmbedded(folder);
      expect((await minedReceipt(again.chain, hash)).status).to.equal("0x1");
      await again.close();
    });
  });

  describe("given transactions", () => {
    it("when one is mined, then its block was in the journal before, and in no answer", async () => {
      const seen: unknown[] = [];
      const { chain, close } = await openEmbedded(undefined, {
        reached: async () => {
          seen.push(await chain.request("eth_blockNumber"), chain.size().blocks);
        },
      });
      await run(chain, await sign(0));
      await run(chain, await sign(1));
      expect(seen).to.deep.equal(["0x0", 1, "0x1", 2]);
      await close();
    });

    it("when a hundred are sent while one block is mined, then they share the next ones, in order", async () => {
      let arrived = (): void => undefined;
      const all = new Promise<void>((resolve) => (arrived = resolve));
      const { chain, close } = await openEmbedded(undefined, { reached: () => all });
      const raws = await Promise.all(Array.from({ length: 101 }, (_, nonce) => sign(nonce)));
      const first = chain.request<Hex>("eth_sendRawTransaction", [raws[0]]);
      await first;
      const others = raws.slice(1).map((raw) => chain.request<Hex>("eth_sendRawTransaction", [raw]));
      arrived();
      const sent = await Promise.all([first, ...others]);
      await minedReceipt(chain, sent.at(-1) as Hex);
      const { blocks: made } = chain.size();
      expect(made).to.be.within(2, 3);
      const numbers = Array.from({ length: made }, (_, at) => `0x${(at + 1).toString(16)}`);
      const mined = await Promise.all(
        numbers.map((n) => chain.request<{ transactions: Hex[] }>("eth_getBlockByNumber", [n, false])),
      );
      expect(mined.flatMap(({ transactions }) => transactions)).to.deep.equal(sent);
      await close();
    });

    it("when the clock is behind the last block, then timestamps stay and never fall", async () => {
      const { chain, close, folder } = await openEmbedded(await copyOf());
      const now = Date.now;
      try {
        Date.now = () => now() - 3_600_000;
        await run(chain, await sign(blocks));
      } finally {
        Date.now = now;
      }
      const [last, before] = await Promise.all(
        ["0x1f", "0x1e"].map((n) => chain.request<{ timestamp: Hex }>("eth_getBlockByNumber", [n, false])),
      );
      expect(last?.timestamp).to.equal(before?.timestamp);
      await close();
      await (await openEmbedded(folder)).close();
    });

    it("when a listener for heads fails, then the others are told and the chain goes on", async () => {
      const { chain, close } = await openEmbedded();
      let told = 0;
      chain.onHead(() => {
        throw new Error("a listener's own fault");
      });
      const stop = chain.onHead(() => told++);
      await run(chain, await sign(0));
      stop();
      await run(chain, await sign(1));
      expect(told).to.equal(1);
      await close();
    });
  });

  describe("given a disk that takes no more", () => {
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

    it("when a block cannot be written, then nothing is mined or taken, in words, until there is space again", async () => {
      const { chain, close, folder } = await openEmbedded(await copyOf());
      const path = join(folder, "journal");
      limitFileSize((await readFile(path)).length + 100);
      const held = await chain.request<Hex>("eth_sendRawTransaction", [await sign(blocks)]);
      const next = await sign(blocks + 1);
      let refused: unknown;
      while (refused === undefined) {
        refused = await chain.request("eth_sendRawTransaction", [next]).then(
          () => undefined,
          (error: unknown) => error,
        );
      }
      expect(refused).to.be.instanceOf(RpcError).and.to.include({ code: -32603 });
      expect((refused as RpcError).message).to.match(/cannot write its journal \(EFBIG.*takes no transactions until/);
      expect(chain.status()).to.deep.include({ ready: true, phase: (refused as RpcError).message });
      expect((await headOf(chain)).hash).to.equal(hashes[blocks]);
      limitFileSize("unlimited");
      await minedReceipt(chain, held);
      expect(chain.status().phase).to.equal("ready");
      const { hash } = await headOf(chain);
      await close();
      const again = await openEmbedded(folder);
      expect((await headOf(again.chain)).hash).to.equal(hash);
      await again.close();
    });
  });
});
