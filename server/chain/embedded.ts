/** The embedded chain: EDR in this process, made durable by a journal that is replayed at every start. */
import { Refusal } from "../errors.ts";
import type { Log } from "../log.ts";
import { codes } from "./admission.ts";
import { createEdr, edrVersion, type Edr, type MinedBlock } from "./edr.ts";
import { createHeads } from "./heads.ts";
import { openJournal, type ChainSettings, type Journal, type JournalSize } from "./journal.ts";
import { RpcError, type Chain, type ChainStatus, type Hex } from "./port.ts";
import { createProducer, difference, type Producer } from "./producer.ts";

export const embeddedChainId = 46112;

/** About 250,000 acts of 0.64 kB: beyond it a start takes minutes, and memory gigabytes. */
const CEILING_BYTES = 160_000_000;
/** From where on it is said. */
const NEARLY_FULL = 0.8;

/** What to say of a journal that is nearly full; `undefined` while there is room. */
export function fullness(bytes: number): string | undefined {
  if (bytes < NEARLY_FULL * CEILING_BYTES) return undefined;
  const percent = Math.floor((bytes * 100) / CEILING_BYTES);
  return `The embedded chain's journal is ${percent} % of what it is meant to hold (about 250,000 acts), and starts take ever longer. Move to a network: TIDEMARK_RPC_URLS names its nodes, npm run deploy puts the contracts there.`;
}

export interface EmbeddedOptions {
  /** the journal's own folder; made if it is not there. One process at a time: the home's lock sees to that. */
  folder: string;
  /** hash over the code of the contracts that this server deploys: a journal of others is refused */
  contracts: Hex;
  /** told when a block is synced in the journal and not yet mined */
  reached: (step: "journaled") => Promise<void>;
  log: Log;
}

export interface EmbeddedChain extends Chain {
  /** What stands in the journal, for the ceiling's warning and for benchmarks. */
  size(): JournalSize;
}

/** What EDR answers for anyone. Never `hardhat_`, `evm_` or `debug_`: they rewrite history or stall it. */
const reads: ReadonlySet<string> = new Set([
  "eth_blockNumber",
  "eth_call",
  "eth_chainId",
  "eth_estimateGas",
  "eth_feeHistory",
  "eth_getBalance",
  "eth_getBlockByHash",
  "eth_getBlockByNumber",
  "eth_getCode",
  "eth_getLogs",
  "eth_getProof",
  "eth_getStorageAt",
  "eth_getTransactionByHash",
  "eth_getTransactionCount",
  "eth_getTransactionReceipt",
  "net_version",
  "web3_clientVersion",
]);

const fresh = (contracts: Hex): ChainSettings => ({
  format: 1,
  edr: edrVersion(),
  hardfork: "osaka",
  chainId: embeddedChainId,
  // far above what a block ever holds: one over half full would raise the base fee from 0 for ever
  blockGasLimit: 1_000_000_000,
  baseFeePerGas: 0,
  contracts,
  initialDate: Math.floor(Date.now() / 1000),
});

/** Runs the journal's blocks again. Each record names its parent's hash, so the whole history is compared. */
async function replay(edr: Edr, journal: Journal, status: ChainStatus, closed: () => boolean): Promise<MinedBlock> {
  let head = await edr.head();
  for await (const { record, offset } of journal.read()) {
    if (closed()) throw new Refusal("The chain was closed while it replayed its journal.");
    const { number, parentHash, timestamp, raws } = record;
    if (parentHash !== head.hash) {
      const what = `it names ${parentHash} as its parent, but block ${head.number} has the hash ${head.hash}`;
      throw journal.damaged(number, offset, what);
    }
    try {
      const transactions: Hex[] = [];
      for (const raw of raws) transactions.push(await edr.send(raw));
      const mined = await edr.mine(timestamp);
      const wrong = difference({ number, parentHash, timestamp, transactions }, mined);
      if (wrong !== undefined) throw new Error(wrong);
      head = mined;
    } catch (error) {
      throw journal.damaged(number, offset, `it does not run (${(error as Error).message})`);
    }
    status.done = number;
  }
  return head;
}

/**
 * Opens the journal and starts to replay it; requests wait for the end of that.
 * @throws Refusal when the journal is damaged, of another chain, or cannot be opened. `ready` rejects with one when a
 * block does not run as the journal has it.
 */
export async function createEmbeddedChain({
  folder,
  contracts,
  reached,
  log,
}: EmbeddedOptions): Promise<EmbeddedChain> {
  const journal = await openJournal(folder, fresh(contracts), log);
  const status: ChainStatus = { ready: false, phase: "replaying the journal", done: 0, total: journal.size().blocks };
  const heads = createHeads(log);
  let edr: Edr | undefined;
  let producer: Producer | undefined;
  let closed = false;

  let said = false;
  /** Once a start. */
  function sayWhenNearlyFull(): void {
    const words = said ? undefined : fullness(journal.size().bytes);
    if (words === undefined) return;
    said = true;
    log.warn(words);
  }

  function changed(): void {
    heads.notify();
    sayWhenNearlyFull();
  }

  async function start(): Promise<{ edr: Edr; producer: Producer }> {
    const began = performance.now();
    edr = await createEdr(journal.settings);
    const head = await replay(edr, journal, status, () => closed);
    producer = createProducer({ edr, journal, reached, head, onChange: changed, log });
    log.info({ ...journal.size(), seconds: (performance.now() - began) / 1000 }, "the journal is replayed");
    status.ready = true;
    status.phase = "ready";
    sayWhenNearlyFull();
    return { edr, producer };
  }

  const started = start();
  const ready = started.then(() => undefined);
  ready.catch((error: unknown) => {
    status.phase = `stopped: ${(error as Error).message}`;
    if (!closed) log.error(status.phase);
  });

  async function request(method: string, params: readonly unknown[]): Promise<unknown> {
    const running = await started;
    const stopped = closed ? "The chain is closed." : running.producer.stopped();
    if (stopped !== undefined) throw new RpcError(codes.internal, stopped);
    if (method === "eth_sendRawTransaction") return running.producer.submit(String(params[0]) as Hex);
    // EDR would suggest 1 gwei, which nobody has
    if (method === "eth_gasPrice" || method === "eth_maxPriorityFeePerGas") return "0x0";
    if (!reads.has(method)) throw new RpcError(codes.methodNotFound, `This chain does not answer ${method}.`);
    return running.edr.request(method, params);
  }

  return {
    ready,
    request: async <T>(method: string, params: readonly unknown[] = []) => (await request(method, params)) as T,
    onHead: heads.onHead,
    status() {
      const now = { ...status, journalBytes: journal.size().bytes, ceilingBytes: CEILING_BYTES };
      const stopped = producer?.stopped();
      if (stopped !== undefined) return { ...now, ready: false, phase: stopped };
      const full = status.ready ? fullness(now.journalBytes) : undefined;
      return { ...now, phase: producer?.trouble() ?? full ?? status.phase };
    },
    size: () => journal.size(),
    async close() {
      closed = true;
      await ready.catch(() => undefined);
      await producer?.close();
      await edr?.close();
      await journal.close();
    },
  };
}
