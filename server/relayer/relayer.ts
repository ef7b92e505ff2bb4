/**
 * The loop that carries requests to the chain: assign → broadcast → confirm → expire. Everything it knows is in the database;
 * it may be killed between any two statements and started again.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Chain } from "../chain/port.ts";
import type { Signer } from "../chain/transactions.ts";
import type { Db, HeldLock } from "../db/port.ts";
import type { Log } from "../log.ts";
import { assign, openSender } from "./assign.ts";
import { broadcast, type Attempts } from "./broadcast.ts";
import { confirm } from "./confirm.ts";
import type { Carrier, Reached } from "./port.ts";
import { orphanCount } from "./queries.ts";
import { expire } from "./waiting.ts";

export interface RelayerDeps {
  db: Db;
  chain: Chain;
  carriers: readonly Carrier[];
  signer: Signer;
  chainId: number;
  /** how long a request waits for what it needs */
  orphanDays: number;
  /** milliseconds since 1970; the machine's clock unless said otherwise */
  now?: () => number;
  log: Log;
  reached: Reached;
  /** told each time there was nothing to do */
  onIdle?: () => void;
}

export interface RelayerStatus {
  /** transactions of this sender that no block has yet */
  inFlight: number;
  /** requests that wait for what they need, and those that waited too long; counted when there is nothing else to do */
  waiting: number;
  expired: number;
  /** why this sender sends no more, in words */
  halted?: string;
  /** the last thing that went wrong, until work goes well again */
  lastError?: string;
}

export interface Relayer {
  /** Begins in the background, once the chain is ready and no other process sends for this sender. */
  start(): Promise<void>;
  /** Look for work now: something was accepted, or the indexer moved on. Correctness never depends on it. */
  wake(): void;
  /** Finishes the step at hand and lets go of the lock. */
  stop(): Promise<void>;
  status(): RelayerStatus;
}

/** ms until the next look when nobody woke it */
const POLL = 1_000;
/** ms to wait after a failure, doubled by each that follows */
const FIRST_BACKOFF = 250;
const LONGEST_BACKOFF = 10_000;

export function createRelayer(deps: RelayerDeps): Relayer {
  const { db, chain, signer, log, now = Date.now } = deps;
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener("abort", () => resolve()));
  const attempts: Attempts = new Map();
  const bell = createBell();
  const status: RelayerStatus = { inFlight: 0, waiting: 0, expired: 0 };
  let failures = 0;
  let running: Promise<void> | undefined;

  function report(error: unknown, doing: string): void {
    status.lastError = `${doing}: ${error instanceof Error ? error.message : String(error)}`;
    log.error({ err: error }, `the relayer failed at ${doing} and will try again`);
  }

  function backOff(): Promise<void> {
    const ms = Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** failures++);
    return delay(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
  }

  async function refreshStatus(): Promise<void> {
    const [row] = await db.sql<{ halted: string | null; flight: bigint }>`
      SELECT halted, (SELECT count(*) FROM tx WHERE sender = ${signer.address} AND state IN ('signed', 'sent')
        AND block IS NULL) AS flight
      FROM sender WHERE address = ${signer.address}`;
    status.inFlight = Number(row?.flight ?? 0);
    if (row?.halted && row.halted !== status.halted) log.error({ sender: signer.address }, row.halted);
    if (row?.halted) status.halted = row.halted;
    else delete status.halted;
  }

  /** One look at everything. A step that fails does not keep the others from their work. */
  async function pass(lost: AbortSignal): Promise<void> {
    const steps = [
      ["signing a batch", () => assign(deps)],
      ["sending", () => broadcast({ ...deps, attempts, signal: lost })],
      ["reading receipts", () => confirm(deps)],
      ["ending what waits in vain", () => expire(db.sql, deps.orphanDays, now()).then((n) => n > 0)],
      ["reading its own state", () => refreshStatus().then(() => false)],
    ] as const;
    let [worked, failed] = [false, false];
    for (const [doing, step] of steps) {
      if (lost.aborted || stopping.signal.aborted) return;
      try {
        worked = (await step()) || worked;
      } catch (error) {
        failed = true;
        report(error, doing);
      }
    }
    if (failed) return backOff();
    failures = 0;
    if (worked) {
      delete status.lastError;
      return;
    }
    // many may wait, and counting many takes a while: there is time now
    Object.assign(status, await orphanCount(db.sql));
    deps.onIdle?.();
    await bell.wait(POLL);
  }

  /** Works for as long as the sender's lock is held, or comes back at once to try for it again later. */
  async function hold(lock: HeldLock | undefined): Promise<void> {
    if (!lock) {
      const words = `another process sends for ${signer.address}; this one waits until that one stops`;
      if (status.lastError !== words) log.warn(words);
      status.lastError = words;
      return bell.wait(POLL);
    }
    try {
      delete status.lastError;
      lock.lost.addEventListener("abort", bell.ring);
      await openSender(db, chain, signer.address);
      while (!lock.lost.aborted && !stopping.signal.aborted) await pass(lock.lost);
      if (lock.lost.aborted) throw new Error("the database session that held the sender's lock was lost");
    } finally {
      await lock.release();
    }
  }

  async function run(): Promise<void> {
    await Promise.race([chain.ready, stopped]);
    const unsubscribe = chain.onHead(bell.ring);
    while (!stopping.signal.aborted) {
      try {
        await hold(await db.lock(`sender/${signer.address}`));
      } catch (error) {
        report(error, "holding the sender's lock");
        await backOff();
      }
    }
    unsubscribe();
  }

  return {
    start() {
      running ??= run().catch((error: unknown) => report(error, "waiting for the chain"));
      return Promise.resolve();
    },
    wake: bell.ring,
    async stop() {
      stopping.abort();
      bell.ring();
      await running;
    },
    status: () => ({ ...status }),
  };
}

/** Something to wait for that may be rung before anybody waits. */
function createBell(): { ring(): void; wait(mostMs: number): Promise<void> } {
  let rung = false;
  let answer: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      answer?.();
    },
    async wait(mostMs) {
      if (!rung) {
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((resolve) => {
          answer = resolve;
          timer = setTimeout(resolve, mostMs);
        });
        clearTimeout(timer);
      }
      [rung, answer] = [false, undefined];
    },
  };
}
