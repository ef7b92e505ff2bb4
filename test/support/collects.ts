/** Collects as two people sign them, made with ethers' own EIP-712 encoder and nothing of the server's. */
import { computeAddress, id, SigningKey, TypedDataEncoder, type TypedDataDomain } from "ethers";
import type { IParties } from "../../typechain-types/contracts/access/Parties.js";
import type { ILotActs } from "../../typechain-types/contracts/traceability/LotLedger.js";
import { startOfTests, type World } from "./contracts.ts";

export type CollectAct = ILotActs.CollectActStruct;

export interface Collect {
  class: number;
  grams: bigint;
  collector: string;
  keeper: string;
  capturedAt: number;
  anchor: string;
  evidence: string;
  salt: string;
}

export const collectTypes = {
  Collect: [
    { name: "class", type: "uint16" },
    { name: "grams", type: "uint48" },
    { name: "collector", type: "address" },
    { name: "keeper", type: "address" },
    { name: "capturedAt", type: "uint40" },
    { name: "anchor", type: "bytes32" },
    { name: "evidence", type: "bytes32" },
    { name: "salt", type: "bytes32" },
  ],
};

export const receiptTypes = {
  CollectReceipt: [
    { name: "collect", type: "Collect" },
    { name: "giverSignature", type: "bytes" },
  ],
  ...collectTypes,
};

/** The n-th test key of a name: the same in every run. */
export const keyOf = (name: string, n = 0): SigningKey => new SigningKey(id(`tidemark test key ${name} ${n}`));

export const addressOf = (key: SigningKey): string => computeAddress(key);

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

export const digestOf = (domain: TypedDataDomain, collect: Collect): string =>
  TypedDataEncoder.hash(domain, collectTypes, collect);

export const receiptDigestOf = (domain: TypedDataDomain, collect: Collect, giverSignature: string): string =>
  TypedDataEncoder.hash(domain, receiptTypes, { collect, giverSignature });

const packTerms = (collect: Collect) => ({
  giverTerms: (BigInt(collect.collector) << 96n) | (collect.grams << 48n) | (BigInt(collect.capturedAt) << 8n),
  keeperTerms: (BigInt(collect.keeper) << 96n) | (BigInt(collect.class) << 80n),
});

/** The act as it travels, signed by the two keys. */
export function signCollect(
  domain: TypedDataDomain,
  collect: Collect,
  giver: SigningKey,
  receiver: SigningKey,
): CollectAct {
  const first = giver.sign(digestOf(domain, collect));
  const second = receiver.sign(receiptDigestOf(domain, collect, first.compactSerialized));
  return {
    ...packTerms(collect),
    anchor: collect.anchor,
    evidence: collect.evidence,
    salt: collect.salt,
    giverR: first.r,
    giverVs: first.yParityAndS,
    receiverR: second.r,
    receiverVs: second.yParityAndS,
  };
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
