/** Transactions that others are to sign: tried on the chain as it stands, then described, never sent. */
import type { ErrorFragment} from "ethers";
import { Interface } from "ethers";
import { Problem } from "../errors.ts";
import { interfaces, type ContractName } from "./contracts.ts";
import { nextNonce } from "./transactions.ts";
import type { Chain, Hex } from "./port.ts";

/** What a wallet signs: an EIP-1559 transaction without value or fee. */
export interface Unsigned {
  chainId: number;
  from: Hex;
  to: Hex;
  data: Hex;
  nonce: number;
  gasLimit: string;
}

export interface Call {
  contract: ContractName;
  address: Hex;
  method: string;
  args: readonly unknown[];
}

/** Every custom error of every contract of ours, and of the libraries in them, by selector. */
const errors = new Interface([
  ...new Map(
    Object.values<Interface>(interfaces).flatMap((abi) => {
      const found: [string, ErrorFragment][] = [];
      abi.forEachError((error) => found.push([error.selector, error]));
      return found;
    }),
  ).values(),
]);

/** What the chain keeps over an estimate: others' transactions may come between. */
const withRoom = (gas: bigint): bigint => (gas * 5n) / 4n + 50_000n;

/** The data of a revert, wherever a provider puts it. */
function revertData(error: unknown): Hex | undefined {
  const data = (error as { data?: unknown }).data;
  const found = typeof data === "object" && data !== null ? (data as { data?: unknown }).data : data;
  return typeof found === "string" && /^0x[0-9a-f]{8}/i.test(found) ? (found as Hex) : undefined;
}

/** A custom error as a problem: its name, and its values by their names. */
function refusalOf(data: Hex): Problem {
  const parsed = errors.parseError(data);
  if (!parsed) return new Problem("would-revert", `the contract refuses it with ${data.slice(0, 10)}`);
  const text = (value: unknown): string => (typeof value === "string" ? value.toLowerCase() : String(value));
  const values = Object.fromEntries(parsed.fragment.inputs.map(({ name }, i) => [name, text(parsed.args[i])]));
  const told = Object.entries(values).map(([name, value]) => `${name} ${value}`);
  return new Problem("would-revert", [parsed.name, ...told].join(", "), { reason: parsed.name, values });
}

/**
 * The transaction by which a key makes this call.
 * @throws Problem `would-revert` with the contract's own reason where it would fail now
 */
export async function prepareCall(chain: Chain, chainId: number, from: Hex, call: Call): Promise<Unsigned> {
  const abi: Interface = interfaces[call.contract];
  const data = abi.encodeFunctionData(call.method, call.args) as Hex;
  const request = { from, to: call.address, data };
  const gas = await chain.request<Hex>("eth_estimateGas", [request]).catch((error: unknown) => {
    const revert = revertData(error);
    throw revert ? refusalOf(revert) : error;
  });
  const gasLimit = String(withRoom(BigInt(gas)));
  return { chainId, ...request, nonce: await nextNonce(chain, from), gasLimit };
}
