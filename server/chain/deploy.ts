/**
 * Deploys what is missing and makes the role table and vocabulary so; run again, it does nothing.
 * The record of addresses and code hashes is written before anything is sent (CONTRACTS.md "First keys").
 */
import { existsSync, readFileSync } from "node:fs";
import { AbiCoder, concat, getCreateAddress, keccak256 } from "ethers";
import { Refusal } from "../errors.ts";
import { creationCode, type ContractName } from "./contracts.ts";
import { writeWhole } from "./keyFile.ts";
import { quantity } from "./blocks.ts";
import { nextNonce, readReceipt, type Signer } from "./transactions.ts";
import type { Chain, Hex } from "./port.ts";

interface Entry {
  address: Hex;
  /** of the admin's transaction that creates it */
  nonce: number;
  /** keccak256 of creation code and constructor arguments */
  initHash: Hex;
}

/** What stands where. `contracts.AccessManager` is the authority and the EIP-712 domain's verifying contract. */
export interface Deployment {
  chainId: number;
  admin: Hex;
  contracts: Record<ContractName, Entry>;
}

/** Deployment order; each contract's constructor arguments from the addresses before it. */
const constructions: readonly [ContractName, (at: (name: ContractName) => Hex, admin: Hex) => Hex[]][] = [
  ["AccessManager", (_, admin) => [admin]],
  ["Parties", (at) => [at("AccessManager")]],
  ["Vocabulary", (at) => [at("AccessManager")]],
  ["Processes", (at) => [at("AccessManager")]],
  ["LotLedger", (at) => [at("AccessManager"), at("Parties"), at("Processes")]],
  ["Credits", (at) => [at("AccessManager"), at("Parties")]],
  ["Projects", (at) => [at("AccessManager"), at("Parties"), at("Credits")]],
  ["SettlementToken", (at) => [at("AccessManager"), at("Parties")]],
  ["PremiumPools", (at) => [at("AccessManager"), at("Parties"), at("SettlementToken")]],
];

/** EIP-7825's cap: nothing here comes near it, and base fee 0 makes the limit free. */
const GAS_LIMIT = 16_000_000n;

/** The deployment recorded in a file, or `undefined` where there is none yet. */
export function readDeployment(path: string): Deployment | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Deployment) : undefined;
}

function initCode(name: ContractName, args: readonly Hex[]): Hex {
  const encoded = AbiCoder.defaultAbiCoder().encode(
    args.map(() => "address"),
    args,
  );
  return concat([creationCode[name], encoded]) as Hex;
}

/** Every contract with its address and creation code: the recorded ones checked, the missing ones at the next nonces. */
function plan(
  record: Deployment | undefined,
  admin: Hex,
  freeNonce: number,
): (Entry & { name: ContractName; code: Hex })[] {
  const planned = new Map<ContractName, Entry & { name: ContractName; code: Hex }>();
  const at = (name: ContractName): Hex => planned.get(name)!.address;
  let nonce = Math.max(freeNonce, ...Object.values(record?.contracts ?? {}).map((entry) => entry.nonce + 1));
  for (const [name, argsOf] of constructions) {
    const code = initCode(name, argsOf(at, admin));
    const initHash = keccak256(code) as Hex;
    const known = record?.contracts[name];
    if (known && known.initHash !== initHash) {
      throw new Refusal(
        `${name} at ${known.address} was deployed from other code than this build has. Run the build that deployed it, or migrate: close the old contract and deploy its successor (CONTRACTS.md, "Migration"). For a demo home, npm run demo -- --fresh starts over.`,
      );
    }
    const entry = known ?? {
      address: getCreateAddress({ from: admin, nonce }).toLowerCase() as Hex,
      nonce: nonce++,
      initHash,
    };
    planned.set(name, { ...entry, name, code });
  }
  return [...planned.values()];
}

/** Sends one admin transaction and waits until it is in a block. @throws where it reverts */
export async function sendAs(
  chain: Chain,
  signer: Signer,
  chainId: number,
  to: Hex | undefined,
  data: Hex,
): Promise<void> {
  const nonce = await nextNonce(chain, signer.address);
  const { raw, hash } = signer.sign({ to, data, nonce, gasLimit: GAS_LIMIT, chainId });
  await chain.request("eth_sendRawTransaction", [raw]);
  for (;;) {
    const receipt = await readReceipt(chain, hash);
    if (receipt?.status === "ok") return;
    if (receipt) throw new Error(`the admin's transaction ${hash} reverted`);
    await nextHead(chain);
  }
}

/** The next block, or half a second, whichever comes first. */
function nextHead(chain: Chain): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const stop = chain.onHead(done);
    const timer = setTimeout(done, 500);
  });
}

/**
 * Deploys the contracts of this build that the record at `path` does not have yet.
 * @param say is told each thing that changed, in words
 * @throws Refusal where recorded code differs, or the record belongs to another chain or admin
 */
export async function deployContracts(deps: {
  chain: Chain;
  admin: Signer;
  path: string;
  say: (line: string) => void;
}): Promise<Deployment> {
  const { chain, admin, path, say } = deps;
  const chainId = Number(await chain.request<Hex>("eth_chainId"));
  const record = readDeployment(path);
  if (record && (record.chainId !== chainId || record.admin !== admin.address)) {
    throw new Refusal(
      `${path} records a deployment by ${record.admin} on chain ${record.chainId}, not by ${admin.address} on chain ${chainId}. Use that admin key and chain, or another TIDEMARK_HOME.`,
    );
  }
  const entries = plan(record, admin.address, await nextNonce(chain, admin.address));
  const contracts = Object.fromEntries(
    entries.map(({ name, address, nonce, initHash }) => [name, { address, nonce, initHash }]),
  ) as Record<ContractName, Entry>;
  const deployment: Deployment = { chainId, admin: admin.address, contracts };
  if (entries.some(({ name }) => !record?.contracts[name]))
    writeWhole(path, `${JSON.stringify(deployment, null, 2)}\n`);
  for (const { name, address, nonce, code } of entries) {
    if ((await chain.request<Hex>("eth_getCode", [address, "latest"])) !== "0x") continue;
    const next = await nextNonce(chain, admin.address);
    if (next !== nonce) {
      throw new Refusal(
        `${name} should stand at ${address} (nonce ${quantity(nonce)} of the admin), but there is no code and the admin's next nonce is ${quantity(next)}: this chain is not the one ${path} was written for. Use another TIDEMARK_HOME, or the right chain.`,
      );
    }
    await sendAs(chain, admin, chainId, undefined, code);
    say(`deployed ${name} at ${address}`);
  }
  return deployment;
}
