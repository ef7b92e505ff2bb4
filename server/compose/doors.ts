/** What is asked and told over HTTP: every room's routes on the parts that run, mounted behind their gates. */
import type { Express } from "express";
import { accessRoutes } from "../access/routes.ts";
import { actRoutes } from "../api/acts.ts";
import { logAnswered } from "../api/answered.ts";
import { apiKeyRoutes } from "../api/apiKeys.ts";
import { createApp } from "../api/app.ts";
import { auditRoutes } from "../api/audit.ts";
import { documentFileRoutes } from "../api/documents.ts";
import { healthRoutes } from "../api/health.ts";
import { signHeld } from "../api/held.ts";
import { ledgerRoutes } from "../api/ledger.ts";
import { limitCallers } from "../api/limits.ts";
import { loginRoutes } from "../api/login.ts";
import { documentRoutes } from "../api/openapi.ts";
import { guardAnswers } from "../api/origins.ts";
import { pages } from "../api/pages.ts";
import { reference } from "../api/reference.ts";
import { rpcDoor } from "../api/rpc.ts";
import { createSessions, type Sessions } from "../api/session.ts";
import { certificateRoutes } from "../carbon/certificateRoutes.ts";
import { creditWriteRoutes } from "../carbon/creditWrites.ts";
import { projectWriteRoutes } from "../carbon/projectWrites.ts";
import { creditRoutes, projectRoutes } from "../carbon/routes.ts";
import { statementRoutes } from "../carbon/statementRoutes.ts";
import type { Hex } from "../chain/port.ts";
import type { RecoveryPool } from "../chain/recovery.ts";
import type { Signer } from "../chain/transactions.ts";
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import { createDivisions } from "../profit/divisions.ts";
import { moneyRoutes } from "../profit/moneyRoutes.ts";
import { poolRoutes } from "../profit/poolRoutes.ts";
import type { Reached } from "../relayer/port.ts";
import type { Receipts } from "../relayer/receipts.ts";
import type { Route } from "../route.ts";
import { lotRoutes } from "../traceability/lotRoutes.ts";
import { traceabilityRoutes } from "../traceability/routes.ts";
import { stockRoutes } from "../traceability/stockRoutes.ts";
import type { Ledger } from "./ledger.ts";
import type { Loops } from "./loops.ts";
import type { Storage } from "./storage.ts";

export interface Behind extends Storage, Ledger, Loops {
  /** threads that recover signatures' keys */
  pool: RecoveryPool;
  receipts: Receipts;
  /** keys that this server holds for accounts, by their addresses */
  signers: ReadonlyMap<Hex, Signer>;
  reached: Reached;
  /** whether chain, relayer and indexer work */
  started: () => boolean;
  /** this server's public address */
  origin: () => string;
}

/** The application on all that is behind it, not yet listening. */
export async function createDoors(config: Config, log: Log, behind: Behind): Promise<Express> {
  const { db, chain, deployment, relayer, metrics, receipts, reached, room, signers, origin } = behind;
  const { chainId } = deployment;
  const manager = deployment.contracts.AccessManager.address;
  const sessions = await createSessions({ db, chain, manager, chainId, key: behind.keys.login, origin });
  const { wake } = relayer;
  const signing = { db, chain, receipts, manager, signers, reached, wake, shortage: room.shortage };
  const served = signHeld(signing, routesOn(config, behind, sessions));
  const logs = logAnswered(log);
  return createApp({
    routes: [...served, documentRoutes(served)],
    gates: [guardAnswers(config.corsOrigins), limitCallers(config.limits)],
    doors: [rpcDoor({ chain, bodyLimitBytes: config.bodyLimitBytes }), metrics.door],
    plain: [pages(), reference()],
    callerOf: sessions.callerOf,
    shortage: room.shortage,
    bodyLimitBytes: config.bodyLimitBytes,
    proxies: config.proxies,
    answered(answered) {
      logs(answered);
      metrics.answered(answered);
    },
    log,
  });
}

function routesOn(config: Config, behind: Behind, sessions: Sessions): Route[] {
  const { db, chain, deployment, projections, checks, relayer, indexer, feed, events, metrics, library } = behind;
  const { pool, receipts, reached, room, started, origin } = behind;
  const { chainId, contracts } = deployment;
  const domain = { chainId, authority: contracts.AccessManager.address };
  const credits = { credits: contracts.Credits.address, projects: contracts.Projects.address };
  const money = { token: contracts.SettlementToken.address, pools: contracts.PremiumPools.address };
  const intake = { db, chain, domain, pool, receipts, reached, caughtUp: started, wake: relayer.wake };
  const writes = { db, chain, chainId, library, contracts: credits };
  const divisions = createDivisions({ db, library, chainId, pools: money.pools });
  const profit = { db, chain, chainId, contracts: money, library, divisions };
  return [
    ...actRoutes({ lots: intake, statements: intake, judged: metrics.judged }),
    ...traceabilityRoutes(),
    ...projectRoutes({ db }),
    ...creditRoutes({ db }),
    ...projectWriteRoutes(writes),
    ...creditWriteRoutes(writes),
    ...statementRoutes(intake),
    ...lotRoutes({ db, feed }),
    ...loginRoutes({ db, sessions, chainId, origin }),
    ...apiKeyRoutes({ db }),
    ...accessRoutes({ db }),
    ...stockRoutes({ db }),
    ...certificateRoutes({ db, chain, credits: credits.credits }),
    ...documentFileRoutes({ library, limitBytes: config.documentLimitBytes }),
    ...ledgerRoutes({ db, chain, deployment, receipts, reached, wake: relayer.wake }),
    ...poolRoutes(profit),
    ...moneyRoutes(profit),
    ...events.routes,
    ...auditRoutes({ db, chain, projections, checks }),
    ...healthRoutes({
      chain: chain.status,
      relayer: relayer.status,
      indexer: indexer.status,
      shortage: room.shortage,
      started,
    }),
  ];
}
