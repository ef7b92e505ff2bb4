/** What must stand in the register before the first collect: the registry's role, the accounts, the keeper's key. */
import { setTimeout as sleep } from "node:timers/promises";
import { roles } from "../../server/access/roles.ts";
import { interfaces } from "../../server/chain/contracts.ts";
import { addressWord, toHex } from "../../server/chain/eip712.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { Signer } from "../../server/chain/transactions.ts";
import { Refusal } from "../../server/errors.ts";
import { eachOf, type Api, type Ledger } from "./client.ts";
import { NOBODY, type Cast, type Party } from "./keys.ts";
import { YEAR_BEGINS } from "./scenario.ts";
import { settled } from "./waiting.ts";

/** A transaction of the demo is far below the chain's cap of 2^24, and gas costs nothing. */
const GAS_LIMIT = 16_000_000n;
/** Codes of regions are four digits on chain: 3310 is Taizhou. */
const REGION = 3310;
const NO_END = 2 ** 40 - 1;
/** Three are needed; more where one was overtaken. */
const MOST_COMMANDS = 12;

export interface RegistryDeps {
  api: Api;
  ledger: Ledger;
  cast: Cast;
  registry: Signer;
  /** who grants the registry its role; asked for only when it has not got it */
  admin: () => Promise<Signer>;
  /** told how many of all things to register are there */
  progress: (done: number, total: number) => void;
}

interface Command {
  signer: Signer;
  to: Hex;
  data: Hex;
}

/**
 * Registers what is missing, and nothing that is there. What is missing is read again after every transaction: one that
 * was handed in by a player killed before may have done the work already.
 */
export async function establish(deps: RegistryDeps): Promise<void> {
  let outcome = "";
  for (let sent = 0; sent < MOST_COMMANDS; sent++) {
    const command = await nextCommand(deps);
    if (!command) return;
    outcome = await perform(deps, command);
  }
  throw new Refusal(`The register could not be brought up to date: ${outcome}.`);
}

/** The next thing to do, or `undefined` where all is in place. */
async function nextCommand(deps: RegistryDeps): Promise<Command | undefined> {
  const { api, ledger, cast, registry } = deps;
  const { AccessManager: manager, Parties: parties } = ledger.contracts;
  const { roles: held } = await api.sender(registry.address);
  if (!held.includes("REGISTRY")) {
    const data = interfaces.AccessManager.encodeFunctionData("grantRole", [roles.REGISTRY, registry.address, 0]);
    return { signer: await deps.admin(), to: manager, data: data as Hex };
  }
  const missing = await missingParties(deps);
  const total = cast.parties.length + 1;
  deps.progress(cast.parties.length - missing.length, total);
  if (missing.length > 0) return { signer: registry, to: parties, data: registration(cast, missing) };
  const keyId = toHex(addressWord(cast.keeper.address));
  const point = await api.account(cast.point.account);
  if (point?.keys.some(({ id }) => id === keyId)) {
    deps.progress(total, total);
    return undefined;
  }
  const args: [Hex, Hex, number, number] = [cast.point.account, keyId, YEAR_BEGINS, NO_END];
  return { signer: registry, to: parties, data: interfaces.Parties.encodeFunctionData("bindKey", args) as Hex };
}

async function missingParties({ api, cast }: RegistryDeps): Promise<Party[]> {
  const missing = new Set<Party>();
  await eachOf(cast.parties, 8, async (party) => {
    if (!(await api.account(party.account))) missing.add(party);
  });
  return cast.parties.filter((party) => missing.has(party));
}

function registration(cast: Cast, parties: readonly Party[]): Hex {
  const rows = parties.map((party) => ({
    account: party.id,
    kinds: party.kinds,
    identityHash: party.identityHash,
    // the point brings its collectors in
    organiser: party === cast.point ? NOBODY : cast.point.account,
    region: REGION,
    successor: NOBODY,
  }));
  return interfaces.Parties.encodeFunctionData("register", [rows]) as Hex;
}

/** Signs, hands in and waits. @returns the state it ended in, with the reason */
async function perform({ api, ledger }: RegistryDeps, { signer, to, data }: Command): Promise<string> {
  const { nextNonce: nonce } = await api.sender(signer.address);
  const { raw, hash } = signer.sign({ to, data, nonce, gasLimit: GAS_LIMIT, chainId: ledger.chainId });
  if ((await api.sendTransaction(raw)) === "nonce-taken") {
    // one handed in before is on its way
    await sleep(500);
    return `nonce ${nonce} of ${signer.address} belongs to another transaction`;
  }
  const { state, reason } = await settled(api, hash);
  return reason ? `${state} (${reason.en})` : state;
}
