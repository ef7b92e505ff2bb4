/** What goes on by itself: acts are carried to the chain, blocks are read back, and whoever listens is told. */
import { createEvents, type Events } from "../api/events.ts";
import { createMetrics, type Metrics } from "../api/metrics.ts";
import { statementCarrier, statementOrder } from "../carbon/carrier.ts";
import { carbonNews } from "../carbon/news.ts";
import type { Signer } from "../chain/transactions.ts";
import type { Config } from "../config.ts";
import { createIndexer, type Indexer } from "../indexer/indexer.ts";
import type { Log } from "../log.ts";
import { poolNews } from "../profit/news.ts";
import type { Reached } from "../relayer/port.ts";
import { createRelayer, type Relayer } from "../relayer/relayer.ts";
import type { Order } from "../relayer/requests.ts";
import { settle } from "../relayer/settle.ts";
import { traceabilityCarriers } from "../traceability/carriers.ts";
import { createLineageFeed, keepUp, type LineageFeed, type Upkeep } from "../traceability/lineageFeed.ts";
import { lotNews } from "../traceability/news.ts";
import { lotOrder } from "../traceability/order.ts";
import type { Ledger } from "./ledger.ts";
import type { Stops } from "./stops.ts";
import type { Storage } from "./storage.ts";

/** The order of all acts. Statements need nothing, so that it is the lots' but for what is recorded. */
const actOrder: Order = {
  ...lotOrder,
  async recorded(sql, digests) {
    const [lots, statements] = [await lotOrder.recorded(sql, digests), await statementOrder.recorded(sql, digests)];
    return new Set([...lots, ...statements]);
  },
};

export interface Loops {
  relayer: Relayer;
  indexer: Indexer;
  /** the lineage in memory, and what keeps it up */
  feed: LineageFeed;
  upkeep: Upkeep;
  events: Events;
  metrics: Metrics;
}

/** Makes them, tied to one another. Relayer and indexer do not run yet. */
export function createLoops(
  config: Config,
  log: Log,
  stops: Stops,
  deps: Pick<Storage, "db"> &
    Pick<Ledger, "chain" | "deployment" | "projections"> & { signer: Signer; reached: Reached },
): Loops {
  const { db, chain, deployment, projections, signer, reached } = deps;
  const { LotLedger, Projects } = deployment.contracts;
  const relayer = createRelayer({
    db,
    chain,
    carriers: [...traceabilityCarriers(LotLedger.address), statementCarrier(Projects.address)],
    signer,
    chainId: deployment.chainId,
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
  return { relayer, indexer, feed, upkeep, events, metrics };
}
