/** The chain's side of an audit: blocks, logs and contract storage, over JSON-RPC in batches. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Header, Log } from "../../server/chain/blocks.ts";
import type { Hex } from "../../server/chain/port.ts";
import { ask, CouldNot, wordsOf } from "./ask.ts";

const BATCH = 50;
/** "Limit exceeded" of EIP-1474: the range of an `eth_getLogs` is too large. */
const TOO_MUCH = -32005;
/** How often a node is looked at that does not have a block yet, and how long apart. */
const LOOKS = 20;
const LOOK_AGAIN_MS = 500;

interface Reply {
  id: number;
  result?: unknown;
  error?: { code: number; message: string };
}

interface RpcLog {
  blockNumber: Hex;
  blockHash: Hex;
  logIndex: Hex;
  transactionHash: Hex;
  address: Hex;
  topics: Hex[];
  data: Hex;
}

/** A log with the hash of the block that it says it stands in. */
export interface PlacedLog extends Log {
  blockHash: Hex;
}

export interface Node {
  chainId(): Promise<number>;
  /** Waits a little for a node that is behind. @throws CouldNot when it stays so */
  headers(from: number, to: number): Promise<Header[]>;
  /** By block and index. */
  logs(from: number, to: number, addresses: readonly Hex[]): Promise<PlacedLog[]>;
  /** The results of calls, all at one block. */
  calls(calls: readonly { to: Hex; data: Hex }[], block: number): Promise<Hex[]>;
}

const quantity = (n: number): Hex => `0x${n.toString(16)}`;

/** @param url of a node, or of a server's own `/rpc` */
export function createNode(url: string): Node {
  /** One HTTP request with at most {@link BATCH} of them; replies in the order of the requests. */
  async function exchange(requests: readonly [method: string, params: unknown[]][]): Promise<Reply[]> {
    const answer = await ask(
      url,
      requests.map(([method, params], id) => ({ jsonrpc: "2.0", id, method, params })),
    );
    if (!Array.isArray(answer.body))
      throw new CouldNot(`${url} does not answer JSON-RPC batches (${wordsOf(answer)}).`);
    const replies = new Map((answer.body as Reply[]).map((reply) => [reply.id, reply]));
    return requests.map(([method], id) => {
      const reply = replies.get(id);
      if (!reply) throw new CouldNot(`${url} left a ${method} of a batch without a reply.`);
      return reply;
    });
  }

  function resultOf(method: string, { result, error }: Reply): unknown {
    if (error) throw new CouldNot(`${url} refused ${method}: ${error.message} (${error.code}).`);
    return result;
  }

  async function all<T>(requests: readonly [method: string, params: unknown[]][]): Promise<T[]> {
    const found: T[] = [];
    for (let at = 0; at < requests.length; at += BATCH) {
      const part = requests.slice(at, at + BATCH);
      const replies = await exchange(part);
      found.push(...replies.map((reply, i) => resultOf(part[i]![0], reply) as T));
    }
    return found;
  }

  async function header(block: number): Promise<Record<"number" | "hash" | "parentHash" | "timestamp", Hex>> {
    for (let look = 0; look < LOOKS; look++) {
      const [found] = await all<Record<"number" | "hash" | "parentHash" | "timestamp", Hex> | null>([
        ["eth_getBlockByNumber", [quantity(block), false]],
      ]);
      if (found) return found;
      await sleep(LOOK_AGAIN_MS);
    }
    throw new CouldNot(
      `${url} has no block ${block}, which the server has indexed. Name a node of the server's network that has caught up.`,
    );
  }

  async function logs(from: number, to: number, addresses: readonly Hex[]): Promise<PlacedLog[]> {
    const filter = { fromBlock: quantity(from), toBlock: quantity(to), address: addresses };
    const [reply] = await exchange([["eth_getLogs", [filter]]]);
    if (reply!.error?.code === TOO_MUCH && to > from) {
      const middle = Math.floor((from + to) / 2);
      return [...(await logs(from, middle, addresses)), ...(await logs(middle + 1, to, addresses))];
    }
    return (resultOf("eth_getLogs", reply!) as RpcLog[])
      .map(placed)
      .sort((a, b) => a.block - b.block || a.index - b.index);
  }

  return {
    async chainId() {
      const [id] = await all<Hex>([["eth_chainId", []]]);
      return Number(id);
    },
    async headers(from, to) {
      await header(to);
      const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i);
      const found = await all<Awaited<ReturnType<typeof header>>>(
        numbers.map((block) => ["eth_getBlockByNumber", [quantity(block), false]]),
      );
      return found.map(({ number, hash, parentHash, timestamp }) => {
        return { number: Number(number), hash, parentHash, timestamp: Number(timestamp) };
      });
    },
    logs,
    calls: (calls, block) => all(calls.map((call) => ["eth_call", [call, quantity(block)]])),
  };
}

const placed = (log: RpcLog): PlacedLog => ({
  block: Number(log.blockNumber),
  blockHash: log.blockHash,
  index: Number(log.logIndex),
  tx: log.transactionHash,
  address: log.address.toLowerCase() as Hex,
  topics: log.topics,
  data: log.data,
});
