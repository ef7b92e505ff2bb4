/** The only composition root: starts the parts (compose/) in order, stops them in reverse. `npm start -- --help` lists the settings. */
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import type { Express } from "express";
import { deployEmbedded, refusePowerfulKeys } from "./access/establish.ts";
import { closeServer, createDoor, listen } from "./api/listening.ts";
import type { Chain } from "./chain/port.ts";
import { createRecoveryPool } from "./chain/recovery.ts";
import { createSigner } from "./chain/transactions.ts";
import { createDoors } from "./compose/doors.ts";
import { openLedger } from "./compose/ledger.ts";
import { createLoops } from "./compose/loops.ts";
import { createStops, type Stops } from "./compose/stops.ts";
import { openStorage } from "./compose/storage.ts";
import { readConfig, type Config } from "./config.ts";
import type { Db } from "./db/port.ts";
import { Refusal } from "./errors.ts";
import { checkCursor } from "./indexer/indexer.ts";
import { createLog, type Log } from "./log.ts";
import type { Reached, Step } from "./relayer/port.ts";
import { createReceipts } from "./relayer/receipts.ts";
import { settingsHelp } from "./settingsHelp.ts";

/** Garbage that a heap may hold, in percent of what lives in it: on a large machine V8 lets it come to several times that. */
const GARBAGE_PERCENT = 40;

export interface Running {
  url: string;
  /** the parts a test or a benchmark looks at from inside */
  db: Db;
  chain: Chain;
  app: Express;
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

async function compose(config: Config, log: Log, stops: Stops): Promise<Running> {
  const reached = createReached(config.holdAt, log);
  const storage = await openStorage(config, log, stops);
  const { home, keys, db } = storage;
  const ledger = await openLedger(config, log, stops, { db, keys, reached });
  const { chain, deployment } = ledger;

  const pool = createRecoveryPool({ workers: config.workers, log });
  stops.add("signature threads", () => pool.close());
  const receipts = await createReceipts(keys.receipts, deployment.chainId, deployment.contracts.AccessManager.address);
  const signer = createSigner(keys.relayer);
  const signers = new Map(keys.held.map(createSigner).map((held) => [held.address, held]));
  const loops = createLoops(config, log, stops, { ...ledger, db, signer, reached });
  const { relayer, indexer, events, upkeep } = loops;

  let isStarted = false;
  let url = "";
  const [started, origin] = [(): boolean => isStarted, (): string => config.origin ?? url];
  const behind = { ...storage, ...ledger, ...loops, pool, receipts, signers, reached, started, origin };
  const app = await createDoors(config, log, behind);
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
    if (config.rpcUrls.length === 0) await deployEmbedded(config, chain, keys, log);
    if (config.mode === "production") await refusePowerfulKeys(chain, deployment, signer.address, signers.keys());
    await relayer.start();
    stops.add("relayer", () => relayer.stop());
    await indexer.start();
    stops.add("indexer", () => indexer.stop());
    // until then it does not know who may sign
    await indexer.caughtUp;
    isStarted = true;
    if (indexer.status().stopped === undefined) log.info({ url }, "ready");
  }
  return { url, db, chain, app, ready: begin(), stop: () => stops.run() };
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
