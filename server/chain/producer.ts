/** The one producer of blocks: admit → journal, synced → mine → check. One loop, so nothing here ever runs twice at once. */
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import type { Log } from "../log.ts";
import { codes, readTransaction, type SignedTransaction } from "./admission.ts";
import type { Edr, MinedBlock } from "./edr.ts";
import type { Journal } from "./journal.ts";
import { RpcError, type Hex } from "./port.ts";

/**
 * A block takes what was sent while the one before it was mined, up to these. Every read waits while EDR mines: 60 M gas
 * are about a second of acts, and more would save nothing, since a block costs 1.5 ms beside its transactions.
 */
const mostGas = 36_000_000;
const mostTransactions = 500;
const retryMs = 1000;

interface Candidate {
  raw: Hex;
  read?: SignedTransaction;
  admit(hash: Hex): void;
  refuse(error: unknown): void;
}

export interface ProducerDeps {
  edr: Edr;
  journal: Journal;
  /** told when a block is synced in the journal and not yet mined; crash tests stop there */
  reached: (step: "journaled") => Promise<void>;
  /** the last block of the replay */
  head: MinedBlock;
  /** called after each block, and when the chain stops */
  onChange: () => void;
  log: Log;
}

export interface Producer {
  /** Resolves with the hash at admission. @throws RpcError when it is refused, or when nothing is taken */
  submit(raw: Hex): Promise<Hex>;
  /** Why nothing is taken just now, in words; `undefined` when all is well. */
  trouble(): string | undefined;
  /** Why this chain answers nothing more, in words; `undefined` while it does. */
  stopped(): string | undefined;
  /** Finishes the block at hand and ends. */
  close(): Promise<void>;
}

/** Says what differs between the block asked for and the block mined; `undefined` when nothing does. */
export function difference(wanted: Omit<MinedBlock, "hash">, mined: MinedBlock): string | undefined {
  if (mined.number !== wanted.number) return `it became block ${mined.number}`;
  if (mined.parentHash !== wanted.parentHash) return `its parent is ${mined.parentHash}, not ${wanted.parentHash}`;
  if (mined.timestamp !== wanted.timestamp) return `its timestamp is ${mined.timestamp}, not ${wanted.timestamp}`;
  const same = mined.transactions.length === wanted.transactions.length;
  if (same && mined.transactions.every((hash, at) => hash === wanted.transactions[at])) return undefined;
  return `it holds ${mined.transactions.length} transactions, not the ${wanted.transactions.length} of its record in their order`;
}

export function createProducer({ edr, journal, reached, head: start, onChange, log }: ProducerDeps): Producer {
  let head = start;
  const inbox: Candidate[] = [];
  /** admitted and not yet mined, in order */
  let batch: { raw: Hex; hash: Hex }[] = [];
  let batchGas = 0;
  /** next nonce of each sender in the batch */
  const nonces = new Map<Hex, number>();
  /** bytes in the inbox or in the batch */
  const known = new Set<Hex>();
  let trouble: string | undefined;
  let stopped: string | undefined;
  let wake = (): void => undefined;
  const closing = new AbortController();

  const unavailable = (): RpcError | undefined => {
    if (stopped !== undefined) return new RpcError(codes.internal, stopped);
    if (closing.signal.aborted)
      return new RpcError(codes.internal, "The chain is closing and takes no more transactions.");
    return trouble === undefined ? undefined : new RpcError(codes.internal, trouble);
  };

  function empty(error: unknown): void {
    for (const candidate of inbox.splice(0)) {
      known.delete(candidate.raw);
      candidate.refuse(error);
    }
  }

  /** EDR would take nonce gaps and replacements: the exact next nonce is our rule. Its pool then checks all the rest. */
  async function admit({ raw, sender, nonce, gas }: SignedTransaction): Promise<Hex> {
    const pending = nonces.get(sender);
    const expected = pending ?? Number(await edr.request<Hex>("eth_getTransactionCount", [sender, "latest"]));
    const said = `next nonce ${expected}, tx nonce ${nonce}, sender ${sender}`;
    if (nonce > expected) throw new RpcError(codes.refused, `nonce too high: ${said}`);
    if (nonce < expected && pending === undefined) throw new RpcError(codes.refused, `nonce too low: ${said}`);
    if (nonce < expected)
      throw new RpcError(codes.refused, `replacement refused, nothing admitted is ever replaced: ${said}`);
    const hash = await edr.send(raw);
    nonces.set(sender, nonce + 1);
    batch.push({ raw, hash });
    batchGas += gas;
    return hash;
  }

  async function gather(): Promise<void> {
    for (let next = inbox[0]; next !== undefined && batch.length < mostTransactions; next = inbox[0]) {
      // a batch of acts takes milliseconds to hash: other work gets its turn between two of them
      await turn();
      try {
        next.read ??= readTransaction(next.raw, journal.settings.chainId);
        if (batchGas + next.read.gas > mostGas) return;
        next.admit(await admit(next.read));
      } catch (error) {
        known.delete(next.raw);
        next.refuse(error);
      }
      inbox.shift();
    }
  }

  /** Whether the block now stands in the journal. While it cannot, the batch is held and nothing else is taken. */
  async function write(timestamp: number): Promise<boolean> {
    try {
      const raws = batch.map(({ raw }) => raw);
      await journal.append({ number: head.number + 1, parentHash: head.hash, timestamp, raws });
      if (trouble !== undefined) log.info("the journal can be written again");
      trouble = undefined;
      return true;
    } catch (error) {
      const first = trouble === undefined;
      trouble =
        `The chain cannot write its journal (${(error as Error).message}) and takes no transactions until it can: ` +
        "free space on its disk, or mend it. It tries again by itself every second; nothing accepted is lost.";
      if (first) log.error({ err: error }, trouble);
      empty(new RpcError(codes.internal, trouble));
      return false;
    }
  }

  async function mine(timestamp: number): Promise<void> {
    const transactions = batch.map(({ hash }) => hash);
    const wanted = { number: head.number + 1, parentHash: head.hash, timestamp, transactions };
    const mined = await edr.mine(timestamp);
    const wrong = difference(wanted, mined);
    if (wrong !== undefined) throw new Error(`block ${wanted.number} was not mined as the journal has it: ${wrong}`);
    head = mined;
    for (const { raw } of batch) known.delete(raw);
    nonces.clear();
    batch = [];
    batchGas = 0;
    onChange();
  }

  async function produce(): Promise<void> {
    while (!closing.signal.aborted) {
      await gather();
      if (batch.length === 0) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      const timestamp = Math.max(head.timestamp, Math.floor(Date.now() / 1000));
      if (await write(timestamp)) {
        await reached("journaled");
        await mine(timestamp);
      } else {
        await delay(retryMs, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  }

  const ended = produce().catch((error: unknown) => {
    stopped = `stopped: ${(error as Error).message}. Restart the server: it replays the journal, and says so if it cannot.`;
    log.error({ err: error }, stopped);
    empty(new RpcError(codes.internal, stopped));
    onChange(); // whoever waits for a block looks again, and is told
  });

  return {
    submit(given) {
      const error = unavailable();
      if (error !== undefined) return Promise.reject(error);
      const raw = given.toLowerCase() as Hex;
      if (known.has(raw)) return Promise.reject(new RpcError(codes.refused, "already known"));
      known.add(raw);
      return new Promise((admit, refuse) => {
        inbox.push({ raw, admit, refuse });
        wake();
      });
    },
    trouble: () => trouble,
    stopped: () => stopped,
    async close() {
      closing.abort();
      wake();
      await ended;
      empty(unavailable());
    },
  };
}
