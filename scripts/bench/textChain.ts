/** The made-up history as a chain: in this process for Tidemark's indexer, over HTTP for others. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Chain, Hex } from "../../server/chain/port.ts";
import { blockText, hashOf, ledger, timeOf, transactionOf } from "./lotHistory.ts";

export interface TextChain {
  blocks: number;
  /** What a node answers, as JSON; a block stands with its whole transactions where they are asked for. */
  answer(method: string, params: readonly unknown[]): string;
}

const hex = (n: number): Hex => `0x${n.toString(16)}`;
const zeros = (bytes: number): Hex => `0x${"0".repeat(2 * bytes)}`;

/** One transaction a block, of which only the hash is told in this history. */
function transaction(number: number): object {
  const place = { blockHash: hashOf(number), blockNumber: hex(number), transactionIndex: "0x0" };
  const fees = { gas: "0x0", gasPrice: "0x0", value: "0x0", type: "0x0", v: "0x1b", r: zeros(32), s: zeros(32) };
  const body = { from: zeros(20), to: ledger, input: "0x", nonce: hex(number) };
  return { hash: transactionOf(number), ...place, ...fees, ...body };
}

function blockOf(number: number, whole: boolean): object {
  return {
    number: hex(number),
    hash: hashOf(number),
    parentHash: hashOf(number - 1),
    timestamp: hex(timeOf(number)),
    logsBloom: zeros(256),
    receiptsRoot: zeros(32),
    miner: zeros(20),
    gasLimit: "0x3b9aca00",
    gasUsed: "0x0",
    extraData: "0x",
    transactions: whole ? [transaction(number)] : [transactionOf(number)],
  };
}

/** @param tail blocks without events that follow, for those who take no block near the head for final */
export function textChain(blocks: number, tail = 0): TextChain {
  const texts = Array.from({ length: blocks }, (_, i) => blockText(i + 1));
  const numberOf = (tag: unknown): number =>
    typeof tag === "string" && tag.startsWith("0x") ? Number(tag) : blocks + tail;
  return {
    blocks,
    answer(method, params) {
      switch (method) {
        case "eth_chainId":
          return JSON.stringify(hex(31_337));
        case "eth_blockNumber":
          return JSON.stringify(hex(blocks + tail));
        case "eth_getBlockByNumber":
          return JSON.stringify(blockOf(numberOf(params[0]), params[1] === true));
        case "eth_getLogs": {
          const [{ fromBlock, toBlock }] = params as [{ fromBlock: Hex; toBlock: Hex }];
          return `[${texts.slice(Math.max(0, Number(fromBlock) - 1), Number(toBlock)).join(",")}]`;
        }
        default:
          throw new Error(`the bench's chain does not know ${method}`);
      }
    },
  };
}

/** The chain port: answers are text first, as from a node, and parsed. */
export function inProcess({ answer }: TextChain): Chain {
  return {
    request: async <T>(method: string, params: readonly unknown[] = []) => JSON.parse(answer(method, params)) as T,
    onHead: () => () => undefined,
    ready: Promise.resolve(),
    status: () => ({ ready: true, phase: "ready", done: 0, total: 0 }),
    close: () => Promise.resolve(),
  };
}

interface Asked {
  id: unknown;
  method: string;
  params?: unknown[];
}

/** JSON-RPC on a port of this machine. */
export async function overHttp({ answer }: TextChain): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { id, method, params } = JSON.parse(Buffer.concat(parts).toString()) as Asked;
      response.setHeader("content-type", "application/json");
      response.end(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${answer(method, params ?? [])}}`);
    });
  });
  // a connection that is closed for idleness just as it is used again looks like a failed request
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
