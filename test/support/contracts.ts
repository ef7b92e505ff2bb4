/** All contracts on a fresh in-process chain, behind the role table that the deploy script applies. */
import { id, ZeroAddress } from "ethers";
import { network } from "hardhat";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { NetworkHelpers } from "@nomicfoundation/hardhat-network-helpers/types";
import { contractNames, lockKeepers, modules, permissionsOf, roles, type Role } from "../../server/access/roles.ts";
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
  type AccessManager,
  type Credits,
  type LotLedger,
  type Parties,
  type PremiumPools,
  type Processes,
  type Projects,
  type SettlementToken,
  type Vocabulary,
} from "../../typechain-types/index.js";

export interface Contracts {
  manager: AccessManager;
  Parties: Parties;
  Vocabulary: Vocabulary;
  Processes: Processes;
  LotLedger: LotLedger;
  Credits: Credits;
  Projects: Projects;
  SettlementToken: SettlementToken;
  PremiumPools: PremiumPools;
}

/**
 * The contracts and the people who call them. `admin`, `registry` and `stranger` are no accounts, all others are;
 * `stranger` and `people` hold no role.
 */
export interface World extends Contracts {
  chainId: bigint;
  admin: HardhatEthersSigner;
  registry: HardhatEthersSigner;
  auditor: HardhatEthersSigner;
  verifier: HardhatEthersSigner;
  issuer: HardhatEthersSigner;
  bank: HardhatEthersSigner;
  allocator: HardhatEthersSigner;
  /** of the locks, from the lowest bit */
  keepers: HardhatEthersSigner[];
  stranger: HardhatEthersSigner;
  /** six of them */
  people: HardhatEthersSigner[];
  helpers: NetworkHelpers;
}

/** Seconds since 1970 at which every test chain starts: gas and digests are the same in every run. */
export const startOfTests = 1_760_000_000;

async function construct(admin: HardhatEthersSigner): Promise<Contracts> {
  const manager = await new AccessManager__factory(admin).deploy(admin);
  const parties = await new Parties__factory(admin).deploy(manager);
  const vocabulary = await new Vocabulary__factory(admin).deploy(manager);
  const processes = await new Processes__factory(admin).deploy(manager);
  const ledger = await new LotLedger__factory(admin).deploy(manager, parties, processes);
  const credits = await new Credits__factory(admin).deploy(manager, parties);
  const projects = await new Projects__factory(admin).deploy(manager, parties, credits);
  const token = await new SettlementToken__factory(admin).deploy(manager, parties);
  const pools = await new PremiumPools__factory(admin).deploy(manager, parties, token);
  const access = { manager, Parties: parties, Vocabulary: vocabulary };
  const traceability = { Processes: processes, LotLedger: ledger };
  const carbon = { Credits: credits, Projects: projects };
  return { ...access, ...traceability, ...carbon, SettlementToken: token, PremiumPools: pools };
}

const personOf = (account: HardhatEthersSigner) => ({
  account,
  kinds: 1,
  identityHash: id(`identity of ${account.address}`),
  organiser: ZeroAddress,
  region: 3310,
  successor: ZeroAddress,
});

/** Maps functions to roles as the role table says, and gives the roles of modules to them. */
async function applyRoles(contracts: Contracts): Promise<void> {
  const { manager } = contracts;
  for (const name of contractNames) {
    for (const permission of permissionsOf(name)) {
      const { selector } = contracts[name].getFunction(permission.name).fragment;
      await manager.setTargetFunctionRole(contracts[name], [selector], roles[permission.role]);
    }
  }
  for (const { role, contract } of modules) await manager.grantRole(roles[role], contracts[contract], 0);
}

async function deploy(connection: Awaited<ReturnType<typeof createConnection>>): Promise<World> {
  const { ethers, networkHelpers: helpers } = connection;
  const signers = await ethers.getSigners();
  const [admin, registry, stranger, auditor, verifier, issuer, bank, allocator] = signers as Eight;
  const [keepers, people] = [signers.slice(8, 14), signers.slice(14, 20)];
  const contracts = await construct(admin);
  await applyRoles(contracts);
  const holders = { REGISTRY: registry, AUDITOR: auditor, VERIFIER: verifier, ISSUER: issuer };
  const money = { BANK: bank, ALLOCATOR: allocator };
  const locks = Object.fromEntries(lockKeepers.map((role, bit) => [role, keepers[bit]!]));
  for (const [role, holder] of Object.entries({ ...holders, ...money, ...locks })) {
    await contracts.manager.grantRole(roles[role as Role], holder, 0);
  }
  const accounts = [auditor, verifier, issuer, bank, allocator, ...keepers, ...people];
  await contracts.Parties.connect(registry).register(accounts.map(personOf));
  const chainId = BigInt(connection.networkConfig.chainId ?? 0);
  const callers = { admin, registry, auditor, verifier, issuer, bank, allocator, keepers, stranger, people };
  return { ...contracts, ...callers, chainId, helpers };
}

type Signer = HardhatEthersSigner;
type Eight = [Signer, Signer, Signer, Signer, Signer, Signer, Signer, Signer];

const createConnection = () =>
  network.create({
    network: "default",
    override: { chainId: 46112, initialDate: new Date(startOfTests * 1000), initialBaseFeePerGas: 0 },
  });

/** A loader for one test file: each call gives back the contracts as they were just after deployment. */
export async function createWorld(): Promise<() => Promise<World>> {
  const connection = await createConnection();
  const deployed = () => deploy(connection);
  return () => connection.networkHelpers.loadFixture(deployed);
}
