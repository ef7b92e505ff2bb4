/** The contracts as this build knows them: interfaces, creation code and the names of their errors. */
import type { Interface } from "ethers";
import {
  AccessManager__factory,
  Credits__factory,
  LotLedger__factory,
  Parties__factory,
  PremiumPools__factory,
  Processes__factory,
  Projects__factory,
  SettlementToken__factory,
  Vocabulary__factory,
} from "../../typechain-types/index.js";
import { keccak, toBytes, toHex } from "./eip712.ts";
import { quantity } from "./blocks.ts";
import type { Chain, Hex } from "./port.ts";

export const interfaces = {
  AccessManager: AccessManager__factory.createInterface(),
  Parties: Parties__factory.createInterface(),
  Vocabulary: Vocabulary__factory.createInterface(),
  Processes: Processes__factory.createInterface(),
  LotLedger: LotLedger__factory.createInterface(),
  Credits: Credits__factory.createInterface(),
  Projects: Projects__factory.createInterface(),
  SettlementToken: SettlementToken__factory.createInterface(),
  PremiumPools: PremiumPools__factory.createInterface(),
};

export type ContractName = keyof typeof interfaces;

export const creationCode: Record<ContractName, Hex> = {
  AccessManager: AccessManager__factory.bytecode,
  Parties: Parties__factory.bytecode,
  Vocabulary: Vocabulary__factory.bytecode,
  Processes: Processes__factory.bytecode,
  LotLedger: LotLedger__factory.bytecode,
  Credits: Credits__factory.bytecode,
  Projects: Projects__factory.bytecode,
  SettlementToken: SettlementToken__factory.bytecode,
  PremiumPools: PremiumPools__factory.bytecode,
};

/** One hash over the creation code of all contracts: a journal made with others cannot be replayed by this build. */
export const contractsHash: Hex = toHex(keccak(...Object.values(creationCode).map((code) => toBytes(code))));

const errorNames = new Map<string, string>(
  Object.values<Interface>(interfaces).flatMap((contract) => {
    const found: [string, string][] = [];
    contract.forEachError((error) => found.push([error.selector, error.name]));
    return found;
  }),
);

/** The name of a contract's custom error by its 4-byte selector, e.g. `KeyNotValid`; the selector itself if unknown. */
export const errorName = (selector: string): string => errorNames.get(selector) ?? selector;

/** `eth_call`: the decoded results of a view, at one block or at the head. */
export async function readView(
  chain: Pick<Chain, "request">,
  contract: { name: ContractName; address: Hex },
  view: string,
  args: readonly unknown[],
  block?: number,
): Promise<unknown[]> {
  const abi: Interface = interfaces[contract.name];
  const data = abi.encodeFunctionData(view, args);
  const tag = block === undefined ? "latest" : quantity(block);
  const answer = await chain.request<Hex>("eth_call", [{ to: contract.address, data }, tag]);
  return abi.decodeFunctionResult(view, answer).toArray() as unknown[];
}
