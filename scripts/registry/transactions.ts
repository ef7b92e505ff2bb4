/** Transactions of the registry, through HTTP: calls of `Parties`, one by one or many at once, and what became of them. */
import { setTimeout as sleep } from "node:timers/promises";
import { interfaces } from "../../server/chain/contracts.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { Signer } from "../../server/chain/transactions.ts";
import type { Api, Ledger } from "../demo/client.ts";
import { settled } from "../demo/waiting.ts";

/** Any of these is below the chain's cap of 2^24, and gas costs nothing. */
const GAS_LIMIT = 16_000_000n;

/** Accounts that one transaction registers. */
export const MOST_ACCOUNTS = 500;

/** Keys and licences that one transaction carries. */
export const MOST_CALLS = 100;

export interface Call {
  to: Hex;
  data: Hex;
}

/** Transactions of one sender that may travel together, each behind the one before. */
export interface Round {
  signer: Signer;
  calls: Call[];
}

/** Calls of the authority's own in one transaction, all or none. */
export const together = ({ contracts }: Ledger, calls: readonly Hex[]): Call => {
  const data = interfaces.AccessManager.encodeFunctionData("multicall", [[...calls]]) as Hex;
  return { to: contracts.AccessManager, data };
};

/** A call of `Parties` as the authority makes it, for whoever may make it. */
export const throughAuthority = ({ contracts }: Ledger, data: Hex): Hex =>
  interfaces.AccessManager.encodeFunctionData("execute", [contracts.Parties, data]) as Hex;

/** Signs, hands in and waits for all. @returns what became of the last that is not final, with the reason */
export async function perform(api: Api, chainId: number, { signer, calls }: Round): Promise<string> {
  const { nextNonce } = await api.sender(signer.address);
  const sent: Hex[] = [];
  let outcome = "";
  for (const [i, call] of calls.entries()) {
    const nonce = nextNonce + i;
    const { raw, hash } = signer.sign({ ...call, nonce, gasLimit: GAS_LIMIT, chainId });
    if ((await api.sendTransaction(raw)) === "nonce-taken") {
      // one handed in before is on its way
      outcome = `nonce ${nonce} of ${signer.address} belongs to another transaction`;
      await sleep(500);
      break;
    }
    sent.push(hash);
  }
  for (const hash of sent) {
    const { state, reason } = await settled(api, hash);
    if (state !== "final") outcome = reason ? `${state} (${reason.en})` : state;
  }
  return outcome;
}
