/**
 * `POST /rpc`: a read-only JSON-RPC 2.0 door to the chain, for auditors. Whoever does not trust the server reads the same
 * from a node of the network instead.
 */
import express, { type RequestHandler } from "express";
import { RpcError, type Chain, type Hex } from "../chain/port.ts";
import { Problem } from "../errors.ts";
import type { Door } from "./doors.ts";

/** Blocks in one `eth_getLogs`. */
const MOST_BLOCKS = 1_000;
const MOST_IN_BATCH = 50;
/** Every view of the ledger needs less; the embedded chain does nothing else while it runs a call, a second per million. */
const CALL_GAS = 1_000_000n;
/** HTTP requests answered at a time. */
const AT_ONCE = 2;
/** HTTP requests that wait for their turn, at most. */
const MOST_WAITING = 100;

/** Error codes of JSON-RPC 2.0, and of EIP-1474 where it has none. */
const codes = { parse: -32700, request: -32600, method: -32601, params: -32602, limit: -32005 } as const;

type Params = readonly unknown[];
type Ask = (deps: RpcDeps, method: string, params: Params) => Promise<unknown>;

export interface RpcDeps {
  chain: Chain;
  bodyLimitBytes: number;
  /** in the answer to one `eth_getLogs`; those of a single block are always told */
  mostLogs?: number;
  /** HTTP requests that wait for their turn, at most */
  mostWaiting?: number;
}

const pass: Ask = ({ chain }, method, params) => chain.request(method, params);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isQuantity = (value: unknown): value is Hex => typeof value === "string" && /^0x[0-9a-f]{1,64}$/i.test(value);

/** Without state overrides, and with gas for a view. */
const call: Ask = ({ chain }, method, params) => {
  const [transaction, block = "latest"] = params;
  if (!isRecord(transaction)) throw new RpcError(codes.params, "eth_call takes a transaction and a block.");
  const wished = isQuantity(transaction["gas"]) ? BigInt(transaction["gas"]) : CALL_GAS;
  const gas = `0x${(wished < CALL_GAS ? wished : CALL_GAS).toString(16)}`;
  return chain.request(method, [{ ...transaction, gas }, block]);
};

/** A block's number, or the head's for a tag: none is beyond it. */
async function numberOf(chain: Chain, block: unknown): Promise<bigint> {
  if (block === "earliest") return 0n;
  if (isQuantity(block)) return BigInt(block);
  if (["latest", "pending", "safe", "finalized", undefined].includes(block as string)) {
    return BigInt(await chain.request<Hex>("eth_blockNumber"));
  }
  throw new RpcError(codes.params, "fromBlock and toBlock are numbers as 0x…, or tags such as latest.");
}

async function getLogs({ chain, mostLogs = 10_000 }: RpcDeps, method: string, params: Params): Promise<unknown> {
  const [filter] = params;
  if (!isRecord(filter)) throw new RpcError(codes.params, "eth_getLogs takes a filter.");
  let blocks = 1n;
  if (filter["blockHash"] === undefined) {
    const [from, to] = [await numberOf(chain, filter["fromBlock"]), await numberOf(chain, filter["toBlock"])];
    blocks = to - from + 1n;
  }
  if (blocks > MOST_BLOCKS)
    throw new RpcError(codes.limit, `Ask for the logs of at most ${MOST_BLOCKS} blocks at once.`);
  const logs = await chain.request<unknown[]>(method, [filter]);
  if (blocks > 1n && logs.length > mostLogs) {
    throw new RpcError(codes.limit, `These are more than ${mostLogs} logs: ask for fewer blocks at once.`);
  }
  return logs;
}

const allowed: ReadonlyMap<string, Ask> = new Map([
  ["eth_chainId", pass],
  ["eth_blockNumber", pass],
  ["eth_getBlockByNumber", pass],
  ["eth_getBlockByHash", pass],
  ["eth_getLogs", getLogs],
  ["eth_call", call],
  ["eth_getCode", pass],
  ["eth_getStorageAt", pass],
  ["eth_getTransactionReceipt", pass],
]);

const failure = (id: unknown, { code, message, data }: Pick<RpcError, "code" | "message" | "data">): object => ({
  jsonrpc: "2.0",
  id,
  error: { code, message, ...(data === undefined ? {} : { data }) },
});

const notRequest = (message: string): object => failure(null, { code: codes.request, message, data: undefined });

const isId = (value: unknown): boolean => value === null || ["string", "number", "undefined"].includes(typeof value);

/** The answer to one request of a batch; `undefined` to a notification, which wants none. */
async function answer(deps: RpcDeps, request: unknown): Promise<object | undefined> {
  if (
    !isRecord(request) ||
    request["jsonrpc"] !== "2.0" ||
    typeof request["method"] !== "string" ||
    !isId(request["id"])
  ) {
    return notRequest('A request is an object with "jsonrpc": "2.0", an id (text, a number), a method and params.');
  }
  const { id, method, params = [] } = request;
  if (id === undefined) return undefined;
  try {
    if (!Array.isArray(params)) throw new RpcError(codes.params, "params is an array.");
    const ask = allowed.get(method);
    if (!ask) {
      const words = `${method} is not answered here, only ${[...allowed.keys()].join(", ")}.`;
      throw new RpcError(codes.method, words);
    }
    return { jsonrpc: "2.0", id, result: await ask(deps, method, params) };
  } catch (error) {
    if (error instanceof RpcError) return failure(id, error);
    const { ready, phase } = deps.chain.status();
    throw ready ? error : new Problem("not-ready", phase);
  }
}

async function answerAll(deps: RpcDeps, text: string): Promise<object | undefined> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return failure(null, { code: codes.parse, message: "The body is not valid JSON.", data: undefined });
  }
  if (!Array.isArray(body)) return answer(deps, body);
  if (body.length === 0) return notRequest("A batch holds at least one request.");
  if (body.length > MOST_IN_BATCH) return notRequest(`A batch holds at most ${MOST_IN_BATCH} requests.`);
  const told: object[] = [];
  // one after another: between them the chain has time for others, and for its blocks
  for (const request of body) {
    const each = await answer(deps, request);
    if (each) told.push(each);
  }
  return told.length > 0 ? told : undefined;
}

/**
 * Lets {@link AT_ONCE} in at a time and the others wait in line: whoever asks much keeps neither the chain's blocks nor
 * the acts that come in waiting for long.
 * @throws Problem `busy` where the line is full
 */
function createLine(mostWaiting: number): <T>(work: () => Promise<T>) => Promise<T> {
  const line: (() => void)[] = [];
  let inside = 0;
  return async (work) => {
    if (inside < AT_ONCE) inside++;
    else if (line.length >= mostWaiting) throw new Problem("busy", `${line.length} requests wait for the chain`);
    else await new Promise<void>((resolve) => line.push(resolve));
    try {
      return await work();
    } finally {
      // the next one takes this one's place
      const next = line.shift();
      if (next) next();
      else inside--;
    }
  };
}

/** The door, which reads its bodies itself: what is not JSON is answered as JSON-RPC answers it. */
export function rpcDoor(deps: RpcDeps): Door {
  const { chain, bodyLimitBytes, mostWaiting = MOST_WAITING } = deps;
  const inTurn = createLine(mostWaiting);
  const answerIt: RequestHandler = async (request, response) => {
    if (!chain.status().ready) throw new Problem("not-ready", chain.status().phase);
    const told = await inTurn(async () => {
      // whoever asked may have gone while waiting
      if (response.destroyed) return undefined;
      return answerAll(deps, typeof request.body === "string" ? request.body : "");
    });
    if (told) response.json(told);
    else response.status(204).end();
  };
  const readText = express.text({ type: () => true, limit: bodyLimitBytes });
  return { method: "post", path: "/rpc", handlers: [readText, answerIt] };
}
