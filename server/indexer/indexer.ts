/** The read path: final blocks in ranges, each written in one transaction with its cursor. There is no undo. */
import { setImmediate as others, setTimeout as pause } from "node:timers/promises";
import { readHeader } from "../chain/blocks.ts";
import type { Chain, Finality, Hex } from "../chain/port.ts";
import { isDatabaseDown } from "../db/down.ts";
import type { Db, HeldLock } from "../db/port.ts";
import { Refusal } from "../errors.ts";
import type { Log } from "../log.ts";
import { dispensable, LONG, makeIndexes, putOffIndexes } from "./fills.ts";
import { fold, piecesOf, type Tip } from "./fold.ts";
import type { Outcome, Projection } from "./port.ts";
import { readCursor } from "./queries.ts";
import { createReader, type RangeLimits } from "./reader.ts";
import { createHint, createWaiters, orAborted } from "./waiting.ts";
import { joined, keepStateDigest, prepare, readTip, writeRange, type Prepared, type Settle } from "./writer.ts";

/** How long to wait for a word of the chain before looking for a new block anyway. */
const LOOK_AGAIN_MS = 1_000;

/** How long to wait for a database that went away before asking for it again, doubled each time. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;

const usualLimits: RangeLimits = { blocks: 200, mostBlocks: 1_000, logs: 2_000, inOneGo: 1_000 };

/** Logs that one transaction should hold: fewer lots then change in more than one. */
const LOGS_A_WRITE = 10_000;

export interface IndexerDeps {
  db: Db;
  chain: Chain;
  finality: Finality;
  projections: readonly Projection[];
  settle: Settle;
  /** told after a range is durable */
  afterCommit?: (range: { block: number; outcomes: readonly Outcome[] }) => void;
  /** told when a range that settled acts is durable; crash tests stop there */
  reached: (step: "final") => Promise<void>;
  log: Log;
  /** the first block to index, e.g. that of the first contract; the digest chain starts there */
  from?: number;
  /** a state digest is kept at every block whose number is a multiple of it; 1,000 unless said otherwise */
  digestEvery?: number;
  /** how many blocks after the first range make a long fill (fills.ts); usually 1,000 */
  longFill?: number;
  limits?: Partial<RangeLimits>;
}

export interface IndexerStatus {
  /** the last indexed block; -1 before the first */
  block: number;
  /** the newest final block seen; -1 before the first look */
  head: number;
  /** what it waits for, in words, when the database went away: it goes on by itself */
  waits?: string;
  /** why it indexes no more, in words */
  stopped?: string;
}

export interface Indexer {
  /** Takes the lock, checks the cursor and begins. @throws Refusal when another process has the lock, or the cursor does not fit the chain */
  start(): Promise<void>;
  /** Look for new blocks now. */
  wake(): void;
  /** Finishes the range at hand and lets go of the lock. */
  stop(): Promise<void>;
  status(): IndexerStatus;
  /** Resolves when that block is indexed; rejects when the indexer stops before. */
  indexed(block: number): Promise<void>;
  /** Resolves when all that was final has been indexed for the first time, or when the indexer stops before. */
  readonly caughtUp: Promise<void>;
}

/**
 * Compares the database's cursor with the chain.
 * @throws Refusal naming the block when the database is ahead of the chain, or beside it
 */
export async function checkCursor(db: Db, chain: Chain): Promise<void> {
  const cursor = await readCursor(db.sql);
  if (!cursor) return;
  const remedy =
    "Database and chain do not belong together: put back the one that was exchanged or cut short, or give the server an empty database (npm run demo -- --fresh starts over).";
  const found = await readHeader(chain, cursor.block);
  if (!found) {
    const head = await readHeader(chain, "latest");
    throw new Refusal(
      `The database has indexed block ${cursor.block}, but the chain ends at block ${head?.number ?? "none"}. ${remedy}`,
    );
  }
  if (found.hash !== cursor.hash) {
    throw new Refusal(
      `The database has indexed block ${cursor.block} with hash ${cursor.hash}, but the chain's has ${found.hash}. ${remedy}`,
    );
  }
}

export function createIndexer(deps: IndexerDeps): Indexer {
  const {
    db,
    chain,
    finality,
    projections,
    settle,
    afterCommit,
    reached,
    log,
    from = 0,
    digestEvery = 1_000,
    longFill = LONG,
  } = deps;
  const addresses: Hex[] = projections.flatMap((projection) => [...projection.addresses]);
  const limits = { ...usualLimits, ...deps.limits };
  const reader = createReader({ chain, finality, addresses, cutEvery: digestEvery, limits, log });
  const ending = new AbortController();
  let catchUp!: () => void;
  const caughtUp = new Promise<void>((resolve) => (catchUp = resolve));
  const waiters = createWaiters();
  const hint = createHint();
  let tip: Tip | undefined;
  let waits: string | undefined;
  let stopped: string | undefined;
  let running: Promise<void> | undefined;

  /** The first reason counts. */
  function end(reason: Error): void {
    ending.abort(reason);
    hint.give();
  }

  async function readRange(before: Tip | undefined, until: AbortSignal): Promise<Prepared | undefined> {
    const range = await reader.next(before ? before.block + 1 : from, until);
    if (!range) return undefined;
    const pieces: Prepared[] = [];
    for (const { headers, logs } of piecesOf(range, limits.inOneGo)) {
      // what waits meanwhile: the database's answers above all, which is still writing what was read before
      await others();
      pieces.push(prepare(projections, fold(projections, pieces.at(-1)?.tip ?? before, headers, logs)));
    }
    return joined(pieces);
  }

  /** Not beyond blocks that are known to be there, nor one whose state is digested. */
  const mayGrow = ({ blocks, logs, tip }: Prepared): boolean =>
    logs < LOGS_A_WRITE &&
    blocks.length < limits.mostBlocks &&
    tip.block % digestEvery !== 0 &&
    tip.block < reader.head();

  /** As many ranges as one transaction takes. */
  async function readAhead(before: Tip | undefined, until: AbortSignal): Promise<Prepared | undefined> {
    let whole = await readRange(before, until);
    while (whole && mayGrow(whole)) {
      // it comes again when that range is the first
      const next = await readRange(whole.tip, until).catch(() => undefined);
      if (!next) break;
      whole = joined([whole, next]);
    }
    return whole;
  }

  /** While the database writes one range, the next is read and decoded. */
  async function work(until: AbortSignal): Promise<never> {
    let filled = false;
    // the process may have ended between a block and its digest
    await digestIfDue();
    let ahead = readAhead(tip, until);
    for (;;) {
      const prepared = await orAborted(ahead, until);
      if (!prepared) {
        if (!filled) await db.transaction(makeIndexes);
        filled = true;
        catchUp();
        await hint.wait(LOOK_AGAIN_MS);
        ahead = readAhead(tip, until);
        continue;
      }
      ahead = readAhead(prepared.tip, until);
      // it is looked at in the next round; until then a failure must not count as unhandled
      ahead.catch(() => undefined);
      await write(prepared);
    }
  }

  async function digestIfDue(): Promise<void> {
    if (tip && tip.block > 0 && tip.block % digestEvery === 0) await keepStateDigest(db, projections);
  }

  async function write(prepared: Prepared): Promise<void> {
    if (!tip && reader.head() - prepared.tip.block >= longFill) {
      await db.transaction((sql) => putOffIndexes(sql, dispensable(projections, { digests: true })));
    }
    await writeRange(db, projections, prepared, settle);
    tip = prepared.tip;
    await digestIfDue();
    const { outcomes } = prepared;
    afterCommit?.({ block: tip.block, outcomes });
    // an act is final when its block is indexed
    if (outcomes.length > 0) await reached("final");
    waiters.reach(tip.block);
  }

  /** Works for as long as the lock is held. @returns what ended that */
  async function hold(lock: HeldLock): Promise<Error> {
    lock.lost.addEventListener("abort", hint.give);
    try {
      return await work(AbortSignal.any([ending.signal, lock.lost]));
    } catch (error) {
      return error as Error;
    } finally {
      lock.lost.removeEventListener("abort", hint.give);
      await lock.release();
    }
  }

  /** Takes the lock and finds out where the index stands: a commit whose answer was lost may have happened. */
  async function take(): Promise<HeldLock | undefined> {
    const lock = await db.lock("indexer");
    try {
      if (!lock) return undefined;
      await checkCursor(db, chain);
      tip = await readTip(db.sql);
      return lock;
    } catch (error) {
      await lock?.release();
      throw error;
    }
  }

  /** Tries for as long as it takes. @throws Refusal where database and chain no longer belong together; what ended it */
  async function takeAgain(): Promise<HeldLock> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      await pause(pauseMs, undefined, { signal: ending.signal }).catch(() => ending.signal.throwIfAborted());
      try {
        const lock = await take();
        if (lock) return lock;
        waits = "Another process indexes into this database; this one waits until that one stops.";
      } catch (error) {
        if (error instanceof Refusal) throw error;
        waits = (error as Error).message;
      }
    }
  }

  /** A database that went away comes back, and the index goes on where it stands; anything else is for a person. */
  async function run(first: HeldLock): Promise<void> {
    const unsubscribe = chain.onHead(hint.give);
    let lock = first;
    try {
      for (;;) {
        const error = await hold(lock);
        ending.signal.throwIfAborted();
        if (!isDatabaseDown(error) && !lock.lost.aborted) throw error;
        waits = error.message;
        log.warn({ err: error, block: tip?.block }, "the indexer waits for the database");
        lock = await takeAgain();
        waits = undefined;
        if (tip) waiters.reach(tip.block);
        log.info({ block: tip?.block }, "the indexer goes on");
      }
    } catch (error) {
      end(error as Error);
      const reason = ending.signal.reason as Error;
      stopped = reason.message;
      if (reason !== asked) log.error({ err: reason, block: tip?.block }, "the indexer has stopped");
      waiters.fail(reason);
    } finally {
      catchUp();
      unsubscribe();
    }
  }

  return {
    async start() {
      const lock = await take();
      if (!lock) throw new Refusal("Another process indexes into this database. Stop it, or use another database.");
      running = run(lock);
    },
    wake: hint.give,
    async stop() {
      end(asked);
      await running;
    },
    status: () => ({
      block: tip?.block ?? from - 1,
      head: reader.head(),
      ...(stopped === undefined ? {} : { stopped }),
      ...(stopped !== undefined || waits === undefined ? {} : { waits }),
    }),
    indexed(block) {
      if (tip && tip.block >= block) return Promise.resolve();
      if (stopped !== undefined) return Promise.reject(new Error(stopped));
      return waiters.add(block);
    },
    caughtUp,
  };
}

const asked = new Error("The indexer was stopped.");
