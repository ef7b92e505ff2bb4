/** All contracts on a fresh in-process chain, behind the role table that the deploy script applies. */
import { network } from "hardhat";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { NetworkHelpers } from "@nomicfoundation/hardhat-network-helpers/types";
import { contractNames, permissionsOf, roles } from "../../server/access/roles.ts";
import {
  AccessManager__factory,
  LotLedger__factory,
  Parties__factory,
  Processes__factory,
  Vocabulary__factory,
  type AccessManager,
  type LotLedger,
  type Parties,
  type Processes,
  type Vocabulary,
} from "../../typechain-types/index.js";

export interface Contracts {
  manager: AccessManager;
  Parties: Parties;
  Vocabulary: Vocabulary;
  Processes: Processes;
  LotLedger: LotLedger;
}

/** The contracts and the people who call them; `stranger` holds no role. */
export interface World extends Contracts {
  chainId: bigint;
  admin: HardhatEthersSigner;
  registry: HardhatEthersSigner;
  auditor: HardhatEthersSigner;
  stranger: HardhatEthersSigner;
  helpers: NetworkHelpers;
}

/** Seconds since 1970 at which every test chain starts: gas and digests are the same in every run. */
export const startOfTests = 1_760_000_000;

async function deploy(connection: Awaited<ReturnType<typeof createConnection>>): Promise<World> {
  const { ethers, networkHelpers: helpers } = connection;
  const [admin, registry, stranger, auditor] = (await ethers.getSigners()) as [
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
  ];
  const manager = await new AccessManager__factory(admin).deploy(admin);
  const parties = await new Parties__factory(admin).deploy(manager);
  const vocabulary = await new Vocabulary__factory(admin).deploy(manager);
  const processes = await new Processes__factory(admin).deploy(manager);
  const ledger = await new LotLedger__factory(admin).deploy(manager, parties, processes);
  const contracts = { manager, Parties: parties, Vocabulary: vocabulary, Processes: processes, LotLedger: ledger };
  for (const name of contractNames) {
    for (const permission of permissionsOf(name)) {
      const { selector } = contracts[name].getFunction(permission.name).fragment;
      await manager.setTargetFunctionRole(contracts[name], [selector], roles[permission.role]);
    }
  }
  await manager.grantRole(roles.REGISTRY, registry, 0);
  await manager.grantRole(roles.AUDITOR, auditor, 0);
  return {
    ...contracts,
    chainId: BigInt(connection.networkConfig.chainId ?? 0),
    admin,
    registry,
    auditor,
    stranger,
    helpers,
  };
}

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
