/** Reading final blocks and their logs. Only the RPC subset that every supported chain shares. */
import type { Chain, Finality, Hex } from "./port.ts";

export interface Header {
  number: number;
  hash: Hex;
  parentHash: Hex;
  /** seconds since 1970 */
  timestamp: number;
}

export interface Log {
  block: number;
  /** position of the log in its block */
  index: number;
  tx: Hex;
  address: Hex;
  topics: Hex[];
  data: Hex;
}

interface RpcBlock {
  number: Hex;
  hash: Hex;
  parentHash: Hex;
  timestamp: Hex;
}

interface RpcLog {
  blockNumber: Hex;
  logIndex: Hex;
  transactionHash: Hex;
  address: Hex;
  topics: Hex[];
  data: Hex;
}

export const quantity = (n: number | bigint): Hex => `0x${n.toString(16)}`;

function header(block: RpcBlock): Header {
  return {
    number: Number(block.number),
    hash: block.hash,
    parentHash: block.parentHash,
    timestamp: Number(block.timestamp),
  };
}

/** The header of one block by number or tag; `undefined` where the chain has no such block. */
export async function readHeader(chain: Chain, block: number | "latest" | "finalized"): Promise<Header | undefined> {
  const tag = typeof block === "number" ? quantity(block) : block;
  const found = await chain.request<RpcBlock | null>("eth_getBlockByNumber", [tag, false]);
  return found ? header(found) : undefined;
}

/** The newest block that is final under the chosen rule; `undefined` while there is none. */
export async function finalHead(chain: Chain, finality: Finality): Promise<Header | undefined> {
  if (finality === "finalized") return readHeader(chain, "finalized");
  const latest = await readHeader(chain, "latest");
  if (!latest || finality === "instant") return latest;
  return latest.number < finality.depth ? undefined : readHeader(chain, latest.number - finality.depth);
}

/** All logs of the given contracts in a closed range of blocks, in chain order. */
export async function readLogs(chain: Chain, from: number, to: number, addresses: Hex[]): Promise<Log[]> {
  const logs = await chain.request<RpcLog[]>("eth_getLogs", [
    { fromBlock: quantity(from), toBlock: quantity(to), address: addresses },
  ]);
  return logs.map((log) => ({
    block: Number(log.blockNumber),
    index: Number(log.logIndex),
    tx: log.transactionHash,
    address: log.address.toLowerCase() as Hex,
    topics: log.topics,
    data: log.data,
  }));
}
