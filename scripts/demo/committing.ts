/** Doing a thing once, whoever was killed before: look whether it stands; if not, have it prepared, sign it, hand it in, look again. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Hex } from "../../server/chain/port.ts";
import type { Signer } from "../../server/chain/transactions.ts";
import { Refusal } from "../../server/errors.ts";
import type { Api, Prepared } from "./client.ts";
import { settled } from "./waiting.ts";

/** Once is enough; more where a transaction was on its way when the player was killed. */
const MOST_ROUNDS = 8;
const PAUSE_MS = 300;

/**
 * What there is to be, made where it is not there.
 * @param read what there is, or `undefined`
 * @param make makes it, and says what became of that
 * @throws Refusal when it does not come about
 */
export async function ensure<T>(
  what: string,
  read: () => Promise<T | undefined>,
  make: () => Promise<string>,
): Promise<T> {
  let outcome = "";
  for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
    const found = await read();
    if (found !== undefined) return found;
    if (rounds > 1) await sleep(PAUSE_MS);
    outcome = await make();
  }
  throw new Refusal(`${what} did not come about: ${outcome}.`);
}

/** Has a transaction prepared, signs it and waits for its end. @returns what became of it, or why the contract refuses it */
export async function commit(api: Api, signer: Signer, path: string, body: object): Promise<string> {
  const prepared = await api.prepare(path, { from: signer.address, ...body });
  return "refused" in prepared ? prepared.refused : send(api, signer, prepared);
}

/** Signs a prepared transaction and waits for its end. @returns what became of it */
export async function send(api: Api, signer: Signer, { transaction }: Pick<Prepared, "transaction">): Promise<string> {
  const { gasLimit, data, ...rest } = transaction;
  const { raw, hash } = signer.sign({ ...rest, data: data as Hex, gasLimit: BigInt(gasLimit) });
  if ((await api.sendTransaction(raw)) === "nonce-taken") return `nonce ${rest.nonce} belongs to another transaction`;
  const { state, reason } = await settled(api, hash);
  return reason ? `${state} (${reason.en})` : state;
}
