/** The chain and its contracts, and what the rooms make of them. */
import { accessProjection } from "../access/projections.ts";
import { establishDeployment } from "../access/establish.ts";
import { creditChecks } from "../carbon/conservation.ts";
import { carbonProjection } from "../carbon/projections.ts";
import { contractsHash } from "../chain/contracts.ts";
import type { Deployment } from "../chain/deploy.ts";
import { createEmbeddedChain } from "../chain/embedded.ts";
import type { Chain } from "../chain/port.ts";
import { createRpcChain } from "../chain/rpc.ts";
import type { Config } from "../config.ts";
import type { Sql } from "../db/port.ts";
import type { Check } from "../indexer/checks.ts";
import type { Projection } from "../indexer/port.ts";
import { replayProjections, staleProjections } from "../indexer/replay.ts";
import type { Log } from "../log.ts";
import { profitChecks } from "../profit/conservation.ts";
import { profitProjection } from "../profit/projections.ts";
import type { Reached } from "../relayer/port.ts";
import { lotChecks } from "../traceability/conservation.ts";
import { traceabilityProjection } from "../traceability/projections.ts";
import type { Stops } from "./stops.ts";
import type { Storage } from "./storage.ts";

/** How often a network is asked for its head. */
const RPC_POLL_MS = 500;

export interface Ledger {
  chain: Chain;
  deployment: Deployment;
  /** what the index makes of the contracts' events, room by room */
  projections: Projection[];
  /** what must hold at a block, contract storage beside our rows, room by room */
  checks: (sql: Sql, block: number) => Promise<Check[]>;
}

/** Opens the chain that the settings name; its journal may still be replaying. @throws Refusal where there is none to use */
export async function openLedger(
  config: Config,
  log: Log,
  stops: Stops,
  { db, keys, reached }: Pick<Storage, "db" | "keys"> & { reached: Reached },
): Promise<Ledger> {
  const chain =
    config.rpcUrls.length === 0
      ? await createEmbeddedChain({ folder: config.home, contracts: contractsHash, reached, log })
      : createRpcChain({ urls: config.rpcUrls, pollMs: RPC_POLL_MS, log });
  stops.add("chain", () => chain.close());
  const deployment = await establishDeployment(config, chain, keys, log);
  const projections = projectionsOf(deployment);
  if ((await staleProjections(db, projections)).length > 0) await replayProjections(db, projections);
  return { chain, deployment, projections, checks: checksOf(chain, deployment) };
}

function projectionsOf({ contracts }: Deployment): Projection[] {
  const { Parties, Vocabulary, LotLedger, Projects, Credits, SettlementToken, PremiumPools } = contracts;
  return [
    accessProjection({ parties: Parties.address, vocabulary: Vocabulary.address }),
    traceabilityProjection(LotLedger.address),
    carbonProjection({ projects: Projects.address, credits: Credits.address }),
    profitProjection({ token: SettlementToken.address, pools: PremiumPools.address }),
  ];
}

function checksOf(chain: Chain, { contracts }: Deployment): Ledger["checks"] {
  const { LotLedger, Projects, Credits, SettlementToken, PremiumPools } = contracts;
  const credits = { credits: Credits.address, projects: Projects.address };
  const money = { token: SettlementToken.address, pools: PremiumPools.address };
  return async (sql, block) => [
    ...(await lotChecks(chain, LotLedger.address, sql, block)),
    ...(await creditChecks(chain, credits, sql, block)),
    ...(await profitChecks(chain, money, sql, block)),
  ];
}
