/** Transactions that others are to sign: tried on the chain as it stands, then described, never sent. */
import type { ErrorFragment } from "ethers";
import { Interface } from "ethers";
import { Problem } from "../errors.ts";
import { transactionGasCap } from "./admission.ts";
import { interfaces, type ContractName } from "./contracts.ts";
import { quantity } from "./blocks.ts";
import { decodeTransaction, nextNonce } from "./transactions.ts";
import { RpcError, type Chain, type Hex } from "./port.ts";

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

const GAS_CAP = BigInt(transactionGasCap);

/** An estimate with room, since others' transactions may come between; no more than a transaction may ask for. */
function withRoom(gas: bigint): bigint {
  const wanted = (gas * 5n) / 4n + 50_000n;
  return gas <= GAS_CAP && GAS_CAP < wanted ? GAS_CAP : wanted;
}

/** The data of a revert, wherever a provider puts it. */
function revertData(error: unknown): Hex | undefined {
  const data = (error as { data?: unknown }).data;
  const found = typeof data === "object" && data !== null ? (data as { data?: unknown }).data : data;
  return typeof found === "string" && /^0x[0-9a-f]{8}/i.test(found) ? (found as Hex) : undefined;
}

/**
 * What nodes say of a try that fails without a reason. Our contracts tell theirs, so that it is gas: where that runs out
 * in a call within the call, what is left is a bare revert.
 */
const gasWords = /out of gas|gas required exceeds|revert/i;

/** What a chain says to a try that fails, as a problem. @throws anything else, as it came */
export function refusal(error: unknown): Problem {
  const revert = revertData(error);
  if (revert) return refusalOf(revert);
  if (!(error instanceof RpcError) || !gasWords.test(error.message)) throw error;
  const detail = "it needs more gas than one transaction may have: name fewer things at once";
  return new Problem("would-revert", detail, { reason: "OutOfGas", values: {} });
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
 * @throws Problem `would-revert` with the contract's own reason where it would fail now, `not-ready` while the chain is
 * not there to be asked
 */
export async function prepareCall(chain: Chain, chainId: number, from: Hex, call: Call): Promise<Unsigned> {
  if (!chain.status().ready) throw new Problem("not-ready", chain.status().phase);
  const abi: Interface = interfaces[call.contract];
  const data = abi.encodeFunctionData(call.method, call.args) as Hex;
  const request = { from, to: call.address, data };
  const gas = await chain.request<Hex>("eth_estimateGas", [request]).catch((error: unknown) => {
    throw refusal(error);
  });
  const gasLimit = String(withRoom(BigInt(gas)));
  return { chainId, ...request, nonce: await nextNonce(chain, from), gasLimit };
}

/**
 * Why a transaction reverted: it is tried once more on the ledger as its block left it, since a receipt does not say.
 * @returns the selector of a contract's custom error; `undefined` where the try tells none of ours, or passes now
 */
export async function whyReverted(chain: Chain, raw: Uint8Array, block: number): Promise<Hex | undefined> {
  const { from, to, data, gasLimit } = decodeTransaction(raw);
  const request = { from, to, data, gas: quantity(gasLimit) };
  try {
    await chain.request("eth_call", [request, quantity(block)]);
    return undefined;
  } catch (error) {
    const selector = revertData(error)?.slice(0, 10).toLowerCase() as Hex | undefined;
    return selector !== undefined && errors.getError(selector) ? selector : undefined;
  }
}
