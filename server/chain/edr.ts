/** The only importer of Hardhat: its EDR, run in this process as a chain that mines what it is told to. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { RpcError, type Hex } from "./port.ts";

/** Everything that decides what a block looks like, beside the transactions in it. */
export interface EdrSettings {
  hardfork: string;
  chainId: number;
  blockGasLimit: number;
  baseFeePerGas: number;
  /** seconds since 1970 */
  initialDate: number;
}

export interface MinedBlock {
  number: number;
  hash: Hex;
  parentHash: Hex;
  /** seconds since 1970 */
  timestamp: number;
  transactions: Hex[];
}

export interface Edr {
  request<T>(method: string, params: readonly unknown[]): Promise<T>;
  /** Puts a signed transaction into the pool and returns its hash. @throws RpcError when it could not be mined */
  send(raw: Hex): Promise<Hex>;
  /** Mines all that is in the pool, in the order in which it was sent, into one block. */
  mine(timestamp: number): Promise<MinedBlock>;
  head(): Promise<MinedBlock>;
  close(): Promise<void>;
}

interface RpcBlock {
  number: Hex;
  hash: Hex;
  parentHash: Hex;
  timestamp: Hex;
  transactions: Hex[];
}

/** The version of the EDR that Hardhat brings along: another one may mine another block from the same transactions. */
export function edrVersion(): string {
  // resolved as Hardhat itself resolves it; the package does not export its package.json
  const hardhat = createRequire(createRequire(import.meta.url).resolve("hardhat"));
  const manifest = join(dirname(hardhat.resolve("@nomicfoundation/edr")), "package.json");
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}

function rpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  const { code, message, data } = error as { code?: unknown; message: string; data?: unknown };
  return new RpcError(typeof code === "number" ? code : -32603, message, data);
}

/** Starts an EDR of its own: no accounts, no file, no network, nothing printed, independent of hardhat.config.ts. */
export async function createEdr(settings: EdrSettings): Promise<Edr> {
  // Hardhat reports each network it creates to its makers when standard output is a terminal; this is its only switch
  process.env["HARDHAT_DISABLE_TELEMETRY"] = "true";
  const { createHardhatRuntimeEnvironment } = await import("hardhat/hre");
  const hardhat = await createHardhatRuntimeEnvironment(
    {
      // no artifacts: they serve Solidity stack traces only, and would be read whole at every start
      paths: { artifacts: join(import.meta.dirname, "none"), cache: join(import.meta.dirname, "none") },
      networks: {
        embedded: {
          type: "edr-simulated",
          chainType: "l1",
          chainId: settings.chainId,
          hardfork: settings.hardfork,
          blockGasLimit: settings.blockGasLimit,
          initialBaseFeePerGas: settings.baseFeePerGas,
          initialDate: new Date(settings.initialDate * 1000),
          accounts: [],
          coinbase: `0x${"00".repeat(20)}`,
          allowBlocksWithSameTimestamp: true,
          allowUnlimitedContractSize: false,
          throwOnTransactionFailures: false,
          throwOnCallFailures: true,
          loggingEnabled: false,
          mining: { auto: false, interval: 0, mempool: { order: "fifo" } },
        },
      },
    },
    {},
    import.meta.dirname,
  );
  const connection = await hardhat.network.create("embedded");

  async function request<T>(method: string, params: readonly unknown[]): Promise<T> {
    try {
      return (await connection.provider.request({ method, params: [...params] })) as T;
    } catch (error) {
      throw rpcError(error);
    }
  }

  async function head(): Promise<MinedBlock> {
    const block = await request<RpcBlock>("eth_getBlockByNumber", ["latest", false]);
    return { ...block, number: Number(block.number), timestamp: Number(block.timestamp) };
  }

  return {
    request,
    head,
    send: (raw) => request<Hex>("eth_sendRawTransaction", [raw]),
    async mine(timestamp) {
      await request("evm_mine", [`0x${timestamp.toString(16)}`]);
      return head();
    },
    close: () => connection.close(),
  };
}
