/** A network as the chain: JSON-RPC over HTTP to several nodes of it, one at a time. Nothing is cached. */
import { setTimeout as delay } from "node:timers/promises";
import { Refusal } from "../errors.ts";
import type { Log } from "../log.ts";
import { createHeads } from "./heads.ts";
import { RpcError, type Chain, type ChainStatus } from "./port.ts";

export interface RpcOptions {
  /** nodes of one network, the preferred one first */
  urls: readonly string[];
  /** how often the head is asked for, and how soon a node that was down is tried again */
  pollMs: number;
  /** how long one node may take to answer before the next is asked */
  timeoutMs?: number;
  log: Log;
}

/** No node answered: what became of the request is not known, and it may be made again. */
export class ChainUnavailable extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = "ChainUnavailable";
  }
}

interface Node {
  readonly url: string;
  /** for messages: a URL's path may hold a key */
  readonly name: string;
  /** its chain id was seen to be ours since it last failed */
  checked: boolean;
}

interface Answer {
  result?: unknown;
  error?: { code: number; message: string; data?: unknown };
}

/** One request to one node. @throws RpcError for its error object, ChainUnavailable when there was no answer */
async function ask(url: string, method: string, params: readonly unknown[], signal: AbortSignal): Promise<unknown> {
  let answer: Answer | null;
  try {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, { method: "POST", headers, body, signal });
    // a proxy in front of a node that is down or busy; other statuses may carry the node's own answer
    if (response.status >= 500 || response.status === 429) throw new Error(`HTTP ${response.status}`);
    answer = (await response.json()) as Answer | null;
  } catch (error) {
    const { message, cause } = error as Error;
    throw new ChainUnavailable(cause instanceof Error && cause.message ? cause.message : message);
  }
  if (answer?.error) throw new RpcError(answer.error.code, answer.error.message, answer.error.data);
  if (answer?.result === undefined) throw new ChainUnavailable("its answer is not JSON-RPC");
  return answer.result;
}

function hostOf(url: string): string {
  const { protocol, host } = URL.canParse(url) ? new URL(url) : { protocol: "", host: "" };
  if (protocol === "http:" || protocol === "https:") return host;
  throw new Refusal(`TIDEMARK_RPC_URLS holds "${url}", which is not a URL such as http://127.0.0.1:8545.`);
}

/**
 * A chain behind JSON-RPC URLs. A request goes to the node that last worked and, when that does not answer, to the next;
 * an error object is the chain's answer and is never asked for again elsewhere. `ready` resolves once a node has told the
 * chain id, and rejects when two tell different ones; a node found later to be of another chain is left out.
 */
export function createRpcChain({ urls, pollMs, timeoutMs = 10_000, log }: RpcOptions): Chain {
  const closing = new AbortController();
  const heads = createHeads(log);
  const nodes: readonly Node[] = urls.map((url) => ({ url, name: hostOf(url), checked: false }));
  const status: ChainStatus = { ready: false, phase: "asking the nodes for their chain id", done: 0, total: 0 };
  /** the node that last worked, by its place in the list */
  let current = 0;
  let chainId: string | undefined;

  const timed = (): AbortSignal => AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]);

  async function chainIdOf(node: Node): Promise<string> {
    try {
      return String(await ask(node.url, "eth_chainId", [], timed()));
    } catch (error) {
      throw new ChainUnavailable((error as Error).message);
    }
  }

  async function check(node: Node): Promise<void> {
    if (node.checked) return;
    const found = await chainIdOf(node);
    if (found !== chainId) throw new ChainUnavailable(`it is a node of chain ${Number(found)}, not ${Number(chainId)}`);
    node.checked = true;
  }

  function works(index: number): void {
    const { name } = nodes[index] as Node;
    if (!status.ready) log.info({ node: name }, "the chain answers");
    else if (index !== current) log.warn({ node: name }, "the chain is now reached through this node");
    current = index;
    status.ready = true;
    status.phase = "ready";
  }

  function down(failures: readonly string[]): ChainUnavailable {
    const sentence = `No node of the chain answers: ${failures.join("; ")}. Each is asked again every ${pollMs} ms.`;
    if (status.phase !== sentence) log.error(sentence);
    status.ready = false;
    status.phase = sentence;
    return new ChainUnavailable(sentence);
  }

  async function request(method: string, params: readonly unknown[]): Promise<unknown> {
    const failures: string[] = [];
    const first = current;
    for (let tried = 0; tried < nodes.length; tried++) {
      const index = (first + tried) % nodes.length;
      const node = nodes[index] as Node;
      try {
        await check(node);
        const result = await ask(node.url, method, params, timed());
        works(index);
        return result;
      } catch (error) {
        if (error instanceof RpcError) works(index);
        if (!(error instanceof ChainUnavailable)) throw error;
        if (closing.signal.aborted) throw new ChainUnavailable("The chain is closed.");
        node.checked = false;
        failures.push(`${node.name}: ${error.message}`);
      }
    }
    throw down(failures);
  }

  /** Asks all nodes at once, so that a list that mixes two chains is refused at the start and not at the first failure. */
  async function agree(): Promise<boolean> {
    const answers = await Promise.allSettled(nodes.map(chainIdOf));
    const told = answers.flatMap((answer, index) =>
      answer.status === "fulfilled" ? [{ index, id: answer.value }] : [],
    );
    if (new Set(told.map(({ id }) => id)).size > 1) {
      const list = told.map(({ index, id }) => `${nodes[index]?.name} is of chain ${Number(id)}`).join(", ");
      throw new Refusal(`TIDEMARK_RPC_URLS names nodes of different chains: ${list}. Name the nodes of one.`);
    }
    const [best] = told;
    if (best === undefined) {
      const reasons = answers.map((answer) => (answer.status === "rejected" ? (answer.reason as Error).message : ""));
      down(reasons.map((reason, index) => `${nodes[index]?.name}: ${reason}`));
      return false;
    }
    chainId = best.id;
    for (const { index } of told) (nodes[index] as Node).checked = true;
    works(best.index);
    return true;
  }

  const pause = (): Promise<void> => delay(pollMs, undefined, { signal: closing.signal }).catch(() => undefined);

  async function start(): Promise<void> {
    while (!(await agree())) {
      await pause();
      if (closing.signal.aborted) throw new ChainUnavailable("The chain was closed before a node answered.");
    }
  }

  async function watch(): Promise<void> {
    let head: unknown;
    while (!closing.signal.aborted) {
      const seen = await request("eth_blockNumber", []).catch(() => head);
      if (seen !== head) heads.notify();
      head = seen;
      await pause();
    }
  }

  const ready = start();
  ready.catch((error: unknown) => (status.phase = `stopped: ${(error as Error).message}`));
  const ended = ready.then(watch).catch(() => undefined);

  return {
    ready,
    request: async <T>(method: string, params: readonly unknown[] = []) => {
      await ready;
      return (await request(method, params)) as T;
    },
    onHead: heads.onHead,
    status: () => ({ ...status }),
    async close() {
      closing.abort();
      await ended;
    },
  };
}
