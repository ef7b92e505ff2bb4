/** `GET /metrics`: what a Prometheus reads. For those who run the server; by default only from the machine it runs on. */
import type { Request, RequestHandler } from "express";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ChainStatus } from "../chain/port.ts";
import type { Db } from "../db/port.ts";
import type { Outcome } from "../indexer/port.ts";
import type { IndexerStatus } from "../indexer/indexer.ts";
import type { RelayerStatus } from "../relayer/relayer.ts";
import { countQueued } from "../relayer/queries.ts";
import type { Answered } from "./answered.ts";
import type { Door } from "./doors.ts";

/** Who may read: nobody, whoever asks from this machine and through no proxy, or everybody who reaches the port. */
export type MetricsFor = "off" | "loopback" | "on";

export interface MetricsDeps {
  readers: MetricsFor;
  db: Db;
  chain: () => ChainStatus;
  relayer: () => RelayerStatus;
  indexer: () => IndexerStatus;
  /** open streams of events */
  streams: () => number;
}

export interface Metrics {
  /** counts a request that is over */
  answered(answered: Answered): void;
  /** counts what was said to each act of a bundle */
  judged(results: readonly { status: string; problem?: { code: string } }[]): void;
  /** counts what became of acts on chain */
  ended(outcomes: readonly Outcome[]): void;
  door: Door;
}

const SECONDS = [0.005, 0.02, 0.1, 0.5, 2, 10];

/** Methods that routes have; any other is one. */
const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "DELETE", "OPTIONS"]);

/** How long the database is waited for. Without it the other figures are told all the same. */
const DATABASE_MS = 1_000;

/** Of the process: one, however many servers are in it. */
let processMetrics: Registry | undefined;
function ofProcess(): Registry {
  if (!processMetrics) collectDefaultMetrics({ register: (processMetrics = new Registry()) });
  return processMetrics;
}

const isLoopback = (address: string | undefined): boolean => /^(::ffff:)?127\.|^::1$/.test(address ?? "");

/** Whether it came from this machine itself: what a proxy on it passes on says where it came from. */
function mayRead(readers: MetricsFor, { socket, headers }: Request): boolean {
  if (readers !== "loopback") return readers === "on";
  const passedOn = ["x-forwarded-for", "forwarded", "via", "x-real-ip"].some((name) => headers[name] !== undefined);
  return isLoopback(socket.remoteAddress) && !passedOn;
}

/** The figures, and the door that tells them. */
export function createMetrics(deps: MetricsDeps): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Histogram({
    name: "tidemark_http_request_duration_seconds",
    help: "Requests by route, method and status, until they were over",
    labelNames: ["route", "method", "status"],
    buckets: SECONDS,
    registers,
  });
  const problems = new Counter({
    name: "tidemark_http_problems_total",
    help: "Answers that were problems, by route and code",
    labelNames: ["route", "code"],
    registers,
  });
  const acts = new Counter({
    name: "tidemark_acts_total",
    help: "Acts handed in, by what was said to them and the code of the problem",
    labelNames: ["result", "code"],
    registers,
  });
  const ends = new Counter({
    name: "tidemark_requests_ended_total",
    help: "Acts that blocks have told the end of, indexed by this process: final or skipped",
    labelNames: ["state"],
    registers,
  });
  gaugeParts(registry, deps);
  const tell: RequestHandler = async (request, response, next) => {
    // for others there is nothing here
    if (!mayRead(deps.readers, request)) return next();
    response.set("Cache-Control", "no-store").type(registry.contentType);
    response.send(await Registry.merge([registry, ofProcess()]).metrics());
  };
  return {
    answered({ route, method, status, seconds, code }) {
      const labels = { route, method: methods.has(method) ? method : "other", status: String(status) };
      requests.observe(labels, seconds);
      if (code !== undefined) problems.inc({ route, code });
    },
    judged(results) {
      for (const { status, problem } of results) acts.inc({ result: status, code: problem?.code ?? "" });
    },
    ended(outcomes) {
      const skipped = outcomes.filter((outcome) => outcome.skipped !== undefined).length;
      ends.inc({ state: "final" }, outcomes.length - skipped);
      ends.inc({ state: "skipped" }, skipped);
    },
    door: { method: "get", path: "/metrics", handlers: [tell] },
  };
}

/** Gauges of the parts, read when they are asked for. What is not known is left out. */
function gaugeParts(registry: Registry, { db, chain, relayer, indexer, streams }: MetricsDeps): void {
  function gauge(name: string, help: string, read: () => number | undefined | Promise<number | undefined>): void {
    const made: Gauge = new Gauge({
      name: `tidemark_${name}`,
      help,
      registers: [registry],
      async collect() {
        const value = await read();
        if (value === undefined) made.remove();
        else made.set(value);
      },
    });
  }
  const lag = ({ block, head }: IndexerStatus): number => Math.max(0, head - block);
  gauge("requests_queued", "Acts that no transaction carries yet", () => inTime(countQueued(db.sql)));
  gauge("requests_waiting", "Acts that wait for those they rest on", () => relayer().waiting);
  gauge("requests_expired", "Acts that waited in vain", () => relayer().expired);
  gauge("relayer_transactions_in_flight", "Transactions that no block has yet", () => relayer().inFlight);
  gauge("relayer_halted", "1 where the relayer sends no more", () => Number(relayer().halted !== undefined));
  gauge("indexer_block", "Last indexed block", () => indexer().block);
  gauge("indexer_lag_blocks", "Final blocks that are not indexed yet", () => lag(indexer()));
  gauge("indexer_stopped", "1 where nothing is indexed any more", () => Number(indexer().stopped !== undefined));
  gauge("chain_ready", "1 where the chain answers", () => Number(chain().ready));
  gauge("journal_bytes", "The embedded chain's journal", () => chain().journalBytes);
  gauge("journal_ceiling_bytes", "What the journal is meant to hold at most", () => chain().ceilingBytes);
  gauge("database_connections", "Connections to the database", () => db.connections().open);
  gauge("database_connections_busy", "Those in use", () => db.connections().busy);
  gauge("database_queries_waiting", "Queries that wait for a connection", () => db.connections().waiting);
  gauge("event_streams", "Open streams of GET /v1/events", streams);
}

/** What comes in time; `undefined` where it does not, or fails. */
async function inTime(counting: Promise<number>): Promise<number | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), DATABASE_MS)));
  try {
    return await Promise.race([counting.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
