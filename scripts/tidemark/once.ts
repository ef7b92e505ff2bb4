/** Doing a thing once: what is there already is left alone, and what no route prepares is tried on the ledger before it is signed. */
import { refusal } from "../../server/chain/calls.ts";
import { RpcError, type Chain, type Hex } from "../../server/chain/port.ts";
import type { Signer } from "../../server/chain/transactions.ts";
import { ensure } from "../demo/committing.ts";
import { perform, type Call } from "../registry/transactions.ts";
import type { Desk } from "./desk.ts";

const ANSWER_WITHIN_MS = 30_000;

/**
 * Makes what is not there.
 * @param read what there is to be, or `undefined`
 * @param make makes it, and says what became of that
 * @returns what there is, and whether it was there before
 */
export async function once<T>(
  what: string,
  read: () => Promise<T | undefined>,
  make: () => Promise<string>,
): Promise<{ found: T; outcome: "done" | "there" }> {
  const before = await read();
  if (before !== undefined) return { found: before, outcome: "there" };
  return { found: await ensure(what, read, make), outcome: "done" };
}

/** The chain as the server's own `/rpc` shows it: views and tries. */
export function chainOf(desk: Desk): Pick<Chain, "request"> {
  return {
    async request<T>(method: string, params: readonly unknown[] = []): Promise<T> {
      const response = await fetch(`${desk.url()}/rpc`, {
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      });
      const { result, error } = (await response.json()) as { result: T; error?: RpcError };
      if (error) throw new RpcError(error.code, error.message, error.data);
      return result;
    },
  };
}

/**
 * Tries a call on the ledger as it stands, then signs it, hands it in and waits for its end.
 * @returns what became of it, "" where it is final
 * @throws Problem `would-revert` with the contract's own reason
 */
export async function send(desk: Desk, signer: Signer, call: Call): Promise<string> {
  const { to, data } = call;
  await chainOf(desk)
    .request<Hex>("eth_call", [{ from: signer.address, to, data }, "latest"])
    .catch((error: unknown) => {
      throw refusal(error);
    });
  return perform(desk.api, (await desk.ledger()).chainId, { signer, calls: [call] });
}
