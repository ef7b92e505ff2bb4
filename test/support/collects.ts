/** Deployments, registrations and collects for the contracts' tests. */
import { id, type SigningKey, type TypedDataDomain } from "ethers";
import type { IParties } from "../../typechain-types/contracts/access/Parties.js";
import type { ILotActs } from "../../typechain-types/contracts/traceability/LotLedger.js";
import { packAct, secp, signAct } from "./acts.ts";
import { startOfTests, type World } from "./contracts.ts";

export { addressOf, keyOf } from "./acts.ts";

export type CollectAct = ILotActs.CollectActStruct;

export type Collect = {
  class: number;
  grams: bigint;
  collector: string;
  keeper: string;
  capturedAt: number;
  anchor: string;
  evidence: string;
  salt: string;
};

/** The EIP-712 domain of a deployment. */
export async function domainOf(world: World): Promise<TypedDataDomain> {
  return {
    name: "Tidemark",
    version: "1",
    chainId: world.chainId,
    verifyingContract: await world.manager.getAddress(),
  };
}

/** A collect of 1,500 g of class 1 (no licence needed), captured an hour before the tests start; overridable. */
export function collectOf(collector: string, keeper: string, terms: Partial<Collect> = {}): Collect {
  return {
    class: 1,
    grams: 1_500n,
    collector,
    keeper,
    capturedAt: startOfTests - 3_600,
    anchor: id("the last block seen"),
    evidence: id("the root of the evidence"),
    salt: id("salt"),
    ...terms,
  };
}

/** The act as it travels, signed by the two keys. */
export function signCollect(
  domain: TypedDataDomain,
  collect: Collect,
  giver: SigningKey,
  receiver: SigningKey,
): CollectAct {
  return packAct(signAct(domain, "Collect", collect, secp(giver), secp(receiver)), []) as never;
}

/** A registration of an account with a key of its own: a person unless said otherwise. */
export const registrationOf = (
  account: string,
  kinds = 1,
): IParties.RegistrationStruct & { account: string; identityHash: string } => ({
  account,
  kinds,
  identityHash: id(`identity of ${account}`),
  organiser: "0x0000000000000000000000000000000000000000",
  region: 3310,
  successor: "0x0000000000000000000000000000000000000000",
});
