/** The only composition root: starts the parts in order, stops them in reverse. `npm start -- --help` lists the settings. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { accessProjection } from "./access/projections.ts";
import { deployEmbedded, establishDeployment, refusePowerfulKeys } from "./access/establish.ts";
import { accessRoutes } from "./access/routes.ts";
import { actRoutes } from "./api/acts.ts";
import { logAnswered } from "./api/answered.ts";
import { apiKeyRoutes } from "./api/apiKeys.ts";
import { createApp } from "./api/app.ts";
import { auditRoutes } from "./api/audit.ts";
import { documentFileRoutes } from "./api/documents.ts";
import { createEvents } from "./api/events.ts";
import { documentRoutes } from "./api/openapi.ts";
import { healthRoutes } from "./api/health.ts";
import { ledgerRoutes } from "./api/ledger.ts";
import { signHeld } from "./api/held.ts";
import { createLibrary } from "./api/library.ts";
import { limitCallers } from "./api/limits.ts";
import { closeServer, createDoor, listen } from "./api/listening.ts";
import { loginRoutes } from "./api/login.ts";
import { createMetrics } from "./api/metrics.ts";
import { guardAnswers } from "./api/origins.ts";
import { pages } from "./api/pages.ts";
import { reference } from "./api/reference.ts";
import { rpcDoor } from "./api/rpc.ts";
import { createSessions } from "./api/session.ts";
import { statementCarrier, statementOrder } from "./carbon/carrier.ts";
import { certificateRoutes } from "./carbon/certificateRoutes.ts";
import { carbonNews } from "./carbon/news.ts";
import { carbonProjection } from "./carbon/projections.ts";
import { creditRoutes, projectRoutes } from "./carbon/routes.ts";
import { statementRoutes } from "./carbon/statementRoutes.ts";
import { creditWriteRoutes } from "./carbon/creditWrites.ts";
import { projectWriteRoutes } from "./carbon/projectWrites.ts";
import { creditChecks } from "./carbon/conservation.ts";
import { contractsHash } from "./chain/contracts.ts";
import type { Deployment } from "./chain/deploy.ts";
import { createEmbeddedChain } from "./chain/embedded.ts";
import { openKeyFile } from "./chain/keyFile.ts";
import type { Chain } from "./chain/port.ts";
import { createRecoveryPool } from "./chain/recovery.ts";
import { createRpcChain } from "./chain/rpc.ts";
import { createSigner } from "./chain/transactions.ts";
import { readConfig, type Config } from "./config.ts";
import { migrate } from "./db/migrate.ts";
import { openDb } from "./db/open.ts";
import type { Db, Sql } from "./db/port.ts";
import { openDocuments } from "./documents/open.ts";
import { Refusal } from "./errors.ts";
import { openHome } from "./home.ts";
import type { Check } from "./indexer/checks.ts";
import { checkCursor, createIndexer } from "./indexer/indexer.ts";
import type { Projection } from "./indexer/port.ts";
import { replayProjections, staleProjections } from "./indexer/replay.ts";
import { createLog, type Log } from "./log.ts";
import { profitChecks } from "./profit/conservation.ts";
import { createDivisions } from "./profit/divisions.ts";
import { moneyRoutes } from "./profit/moneyRoutes.ts";
import { poolNews } from "./profit/news.ts";
import { poolRoutes } from "./profit/poolRoutes.ts";
import { profitProjection } from "./profit/projections.ts";
import type { Reached, Step } from "./relayer/port.ts";
import { createReceipts } from "./relayer/receipts.ts";
import { createRelayer } from "./relayer/relayer.ts";
import type { Order } from "./relayer/requests.ts";
import { settle } from "./relayer/settle.ts";
import { watchRoom } from "./room.ts";
import { settingsHelp } from "./settingsHelp.ts";
import { traceabilityCarriers } from "./traceability/carriers.ts";
import { lotChecks } from "./traceability/conservation.ts";
import { createLineageFeed, keepUp } from "./traceability/lineageFeed.ts";
import { lotRoutes } from "./traceability/lotRoutes.ts";
import { lotNews } from "./traceability/news.ts";
import { traceabilityProjection } from "./traceability/projections.ts";
import { lotOrder } from "./traceability/order.ts";
import { traceabilityRoutes } from "./traceability/routes.ts";
import { stockRoutes } from "./traceability/stockRoutes.ts";

/** Garbage that a heap may hold, in percent of what lives in it: on a large machine V8 lets it come to several times that. */
const GARBAGE_PERCENT = 40;

/** How often a network is asked for its head. */
const RPC_POLL_MS = 500;

/** The order of all acts. Statements need nothing, so that it is the lots' but for what is recorded. */
const actOrder: Order = {
  ...lotOrder,
  async recorded(sql, digests) {
    const [lots, statements] = [await lotOrder.recorded(sql, digests), await statementOrder.recorded(sql, digests)];
    return new Set([...lots, ...statements]);
  },
};

export interface Running {
  url: string;
  /** the parts a test or a benchmark looks at from inside */
  db: Db;
  chain: Chain;
  /** Resolves when chain, relayer and indexer work; rejects with the sentence that says why they never will. */
  ready: Promise<void>;
  /** Takes no more, finishes the running steps, closes everything in reverse order. */
  stop(): Promise<void>;
}

/** In a crash test the process reports the step it was told to stop at, and goes no further. */
function createReached(holdAt: string | undefined, log: Log): Reached {
  return (step: Step) => {
    if (step !== holdAt) return Promise.resolve();
    log.info({ reached: step }, "holding here");
    return new Promise<void>(() => undefined);
  };
}

/** What has been started, to be stopped in reverse; a part that fails to stop does not keep the others from it. */
function createStops(log: Log): { add(part: string, stop: () => Promise<void>): void; run(): Promise<void> } {
  const parts: [string, () => Promise<void>][] = [];
  return {
    add: (part, stop) => parts.push([part, stop]),
    async run() {
      for (const [part, stop] of parts.splice(0).reverse()) {
        await stop().catch((error: unknown) => log.error({ err: error }, `stopping the ${part} failed`));
      }
    },
  };
}

/**
 * Starts a whole server. It serves reads and accepts acts as soon as this resolves; `ready` follows when the journal
 * is replayed and relayer and indexer run.
 * @throws Refusal with a sentence for the person at the terminal
 */
export async function start(config: Config, log: Log): Promise<Running> {
  const stops = createStops(log);
  try {
    return await compose(config, log, stops);
  } catch (error) {
    await stops.run();
    throw error;
  }
}

/** What the index makes of the contracts' events, room by room. */
function projectionsOf({ contracts }: Deployment): Projection[] {
  const { Parties, Vocabulary, LotLedger, Projects, Credits, SettlementToken, PremiumPools } = contracts;
  return [
    accessProjection({ parties: Parties.address, vocabulary: Vocabulary.address }),
    traceabilityProjection(LotLedger.address),
    carbonProjection({ projects: Projects.address, credits: Credits.address }),
    profitProjection({ token: SettlementToken.address, pools: PremiumPools.address }),
  ];
}

/** What must hold at a block, contract storage beside our rows, room by room. */
function checksOf(chain: Chain, { contracts }: Deployment): (sql: Sql, block: number) => Promise<Check[]> {
  const { LotLedger, Projects, Credits, SettlementToken, PremiumPools } = contracts;
  const credits = { credits: Credits.address, projects: Projects.address };
  const money = { token: SettlementToken.address, pools: PremiumPools.address };
  return async (sql, block) => [
    ...(await lotChecks(chain, LotLedger.address, sql, block)),
    ...(await creditChecks(chain, credits, sql, block)),
    ...(await profitChecks(chain, money, sql, block)),
  ];
}

async function compose(config: Config, log: Log, stops: ReturnType<typeof createStops>): Promise<Running> {
  const home = await openHome(config.home);
  stops.add("home", () => home.release());
  const embedded = config.rpcUrls.length === 0;
  const room = await watchRoom({ folder: config.home, reserveBytes: config.diskReserveBytes, log });
  stops.add("watch on the disk", () => Promise.resolve(room.stop()));
  const keys = await openKeyFile(config.home, config.passphrase, embedded);
  const db = await openDb({ url: config.databaseUrl, folder: join(config.home, "db") });
  stops.add("database", () => db.close());
  await migrate(db);
  const documents = await openDocuments({ url: config.kuboUrl, folder: join(config.home, "documents") });
  stops.add("documents", () => documents.close());
  const library = createLibrary({ db, documents });

  const reached = createReached(config.holdAt, log);
  const chain = embedded
    ? await createEmbeddedChain({ folder: config.home, contracts: contractsHash, reached, log })
    : createRpcChain({ urls: config.rpcUrls, pollMs: RPC_POLL_MS, log });
  stops.add("chain", () => chain.close());
  const deployment = await establishDeployment(config, chain, keys, log);
  const { LotLedger, AccessManager, Projects, Credits, SettlementToken, PremiumPools } = deployment.contracts;
  const projections = projectionsOf(deployment);
  if ((await staleProjections(db, projections)).length > 0) await replayProjections(db, projections);

  const pool = createRecoveryPool({ workers: config.workers, log });
  stops.add("signature threads", () => pool.close());
  const domain = { chainId: deployment.chainId, authority: AccessManager.address };
  const receipts = await createReceipts(keys.receipts, domain.chainId, domain.authority);
  const signer = createSigner(keys.relayer);
  const signers = new Map(keys.held.map(createSigner).map((held) => [held.address, held]));
  const relayer = createRelayer({
    db,
    chain,
    carriers: [...traceabilityCarriers(LotLedger.address), statementCarrier(Projects.address)],
    signer,
    chainId: domain.chainId,
    orphanDays: config.orphanDays,
    log,
    reached,
  });
  const feed = createLineageFeed();
  const upkeep = keepUp(db, feed, (error) => log.warn({ err: error }, "the lineage could not be read"));
  stops.add("lineage", () => upkeep.stop());
  const events = createEvents({ db, projections, kinds: { ...lotNews, ...carbonNews, ...poolNews }, log });
  const metrics = createMetrics({
    readers: config.metrics,
    db,
    chain: chain.status,
    relayer: relayer.status,
    indexer: () => indexer.status(),
    streams: events.open,
  });
  const indexer = createIndexer({
    db,
    chain,
    finality: config.finality,
    projections,
    settle: (sql, outcomes) => settle(sql, outcomes, actOrder),
    // raw transactions become final, and reverted batches are taken back, once the index has passed their block
    afterCommit: ({ outcomes }) => {
      metrics.ended(outcomes);
      relayer.wake();
      upkeep.wake();
      events.wake();
    },
    log,
    reached,
  });

  const credits = { credits: Credits.address, projects: Projects.address };
  const money = { token: SettlementToken.address, pools: PremiumPools.address };

  let started = false;
  let url = "";
  const origin = (): string => config.origin ?? url;
  const { chainId, authority: manager } = domain;
  const sessions = await createSessions({ db, chain, manager, chainId, key: keys.login, origin });
  const intake = { db, chain, domain, pool, receipts, reached, caughtUp: () => started, wake: relayer.wake };
  const writes = { db, chain, chainId, library, contracts: credits };
  const divisions = createDivisions({ db, library, chainId, pools: money.pools });
  const profit = { db, chain, chainId, contracts: money, library, divisions };
  const routes = [
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
    ...certificateRoutes({ db, chain, credits: Credits.address }),
    ...documentFileRoutes({ library, limitBytes: config.documentLimitBytes }),
    ...ledgerRoutes({ db, chain, deployment, receipts, reached, wake: relayer.wake }),
    ...poolRoutes(profit),
    ...moneyRoutes(profit),
    ...events.routes,
    ...auditRoutes({ db, chain, projections, checks: checksOf(chain, deployment) }),
    ...healthRoutes({
      chain: chain.status,
      relayer: relayer.status,
      indexer: indexer.status,
      shortage: room.shortage,
      started: () => started,
    }),
  ];
  const { wake } = relayer;
  const signing = { db, chain, receipts, manager, signers, reached, wake, shortage: room.shortage };
  const served = signHeld(signing, routes);
  const logs = logAnswered(log);
  const app = createApp({
    routes: [...served, documentRoutes(served)],
    gates: [guardAnswers(config.corsOrigins), limitCallers(config.limits)],
    doors: [rpcDoor({ chain, bodyLimitBytes: config.bodyLimitBytes })],
    plain: [pages(), reference(), metrics.door],
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
  const server = createDoor(app, log);
  url = await listen(server, config);
  stops.add("API", () => closeServer(server));
  stops.add("streams of events", () => events.stop());
  await home.publish(url);
  upkeep.wake();
  log.info({ url }, "listening");

  async function begin(): Promise<void> {
    await chain.ready;
    await checkCursor(db, chain);
    if (embedded) await deployEmbedded(config, chain, keys, log);
    if (config.mode === "production") await refusePowerfulKeys(chain, deployment, signer.address, signers.keys());
    await relayer.start();
    stops.add("relayer", () => relayer.stop());
    await indexer.start();
    stops.add("indexer", () => indexer.stop());
    // until then it does not know who may sign
    await indexer.caughtUp;
    started = true;
    if (indexer.status().stopped === undefined) log.info({ url }, "ready");
  }
  return { url, db, chain, ready: begin(), stop: () => stops.run() };
}

/** Runs the server until a signal; a refusal is one sentence on standard error and exit code 1. */
async function run(): Promise<void> {
  if (process.argv.includes("--help")) return console.log(settingsHelp());
  setFlagsFromString(`--heap-growing-percent=${GARBAGE_PERCENT}`);
  const config = readConfig();
  const log = createLog(config.logLevel);
  const running = await start(config, log);
  let stopping = false;
  const stop = async (code: number): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await running.stop();
    process.exit(code);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop(0));
  await running.ready.catch(async (error: unknown) => {
    complain(error);
    await stop(1);
  });
}

function complain(error: unknown): void {
  console.error(error instanceof Refusal ? `tidemark: ${error.message}` : error);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  run().catch((error: unknown) => {
    complain(error);
    process.exit(1);
  });
}
