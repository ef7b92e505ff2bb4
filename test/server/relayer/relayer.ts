import { expect } from "chai";
import type { Chain, Hex } from "../../../server/chain/port.ts";
import { nextNonce, readReceipt, sendRaw, type Signer } from "../../../server/chain/transactions.ts";
import type { Db } from "../../../server/db/port.ts";
import { accept, acceptTransaction } from "../../../server/relayer/accept.ts";
import { assign, openSender } from "../../../server/relayer/assign.ts";
import { broadcast, type Attempts } from "../../../server/relayer/broadcast.ts";
import { confirm } from "../../../server/relayer/confirm.ts";
import { readRequest } from "../../../server/relayer/queries.ts";
import { createRelayer, type Relayer, type RelayerDeps } from "../../../server/relayer/relayer.ts";
import type { Outcome } from "../../../server/relayer/requests.ts";
import { settle } from "../../../server/relayer/settle.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { eachDatabase } from "../../support/databases.ts";
import * as rig from "./rig.ts";

eachDatabase("the relayer", (open) => {
  let db: Db;
  let opened: OpenChain;
  let chain: Chain;
  let burner: Hex;
  let signer: Signer;
  const running = new Set<Relayer>();
  before(async () => {
    db = await open();
    opened = await openEmbedded();
    chain = opened.chain;
    burner = await rig.deployBurner(chain);
  });
  after(() => opened.close());
  beforeEach(async () => {
    await rig.emptyTables(db);
    signer = rig.newSigner();
  });
  afterEach(async () => {
    for (const relayer of running) await relayer.stop();
    running.clear();
  });

  const depsOf = (changed: Partial<RelayerDeps> = {}): RelayerDeps => {
    const carriers = [rig.burnCarrier(burner)];
    return {
      db,
      chain,
      carriers,
      signer,
      chainId: rig.chainId,
      orphanDays: 30,
      log: rig.silent,
      reached: rig.nothingReached,
      ...changed,
    };
  };

  /** A relayer, and a promise for the next time it finds nothing to do. */
  function create(changed: Partial<RelayerDeps> = {}): { relayer: Relayer; idle: () => Promise<void> } {
    let tell: (() => void)[] = [];
    const onIdle = (): void => {
      for (const resolve of tell) resolve();
      tell = [];
    };
    const relayer = createRelayer(depsOf({ onIdle, ...changed }));
    running.add(relayer);
    return { relayer, idle: () => new Promise((resolve) => tell.push(resolve)) };
  }

  /** Settles whatever stands in blocks, as the indexer would: every item of a transaction that went well is recorded. */
  async function index(): Promise<void> {
    const rows = await db.sql<{ tx: Hex; digest: Hex }>`
      SELECT tx_hash AS tx, digest FROM tx_item JOIN tx ON tx.hash = tx_item.tx_hash WHERE tx.state IN ('signed', 'sent')`;
    const outcomes: Outcome[] = [];
    for (const { tx, digest } of rows) {
      const receipt = await readReceipt(chain, tx);
      if (receipt?.status === "ok" && tx !== digest) outcomes.push({ digest, tx, block: receipt.block });
    }
    await db.transaction((sql) => settle(sql, outcomes, rig.nothingKnown));
    await rig.indexAll(db, chain);
  }

  /** Runs a new relayer until every request has come to its end, then stops it. */
  async function finish(changed: Partial<RelayerDeps> = {}): Promise<void> {
    const { relayer, idle } = create(changed);
    await relayer.start();
    const done = async (): Promise<boolean> => {
      const { final = 0, rejected = 0, ...open } = await rig.states(db);
      const [txs] = await db.sql<{ n: bigint }>`SELECT count(*) AS n FROM tx WHERE state IN ('signed', 'sent')`;
      return final + rejected > 0 && Object.keys(open).length === 0 && txs!.n === 0n;
    };
    while (!(await done())) {
      await idle();
      await index();
      relayer.wake();
    }
    await relayer.stop();
  }

  /** Each request is final in exactly one transaction that went well, and no nonce was left out. */
  async function expectOnceEach(digests: readonly Hex[]): Promise<void> {
    const rows = await db.sql<{ digest: Hex; n: bigint }>`
      SELECT r.digest, count(t.hash) AS n FROM request r
      LEFT JOIN tx_item i ON i.digest = r.digest LEFT JOIN tx t ON t.hash = i.tx_hash AND t.state = 'mined'
      WHERE r.state = 'final' GROUP BY r.digest`;
    expect(new Map(rows.map(({ digest, n }) => [digest, n]))).to.deep.equal(
      new Map(digests.map((digest) => [digest, 1n])),
    );
    const nonces = (await rig.transactionsOf(db, signer.address)).map(({ nonce }) => Number(nonce));
    expect(nonces).to.deep.equal(nonces.map((_, i) => i));
    expect(await nextNonce(chain, signer.address)).to.equal(nonces.length);
  }

  const acceptSome = async (n: number): Promise<Hex[]> => {
    const requests = rig.requestsOf(n);
    await accept(db, requests, rig.nothingKnown);
    return requests.map(({ digest }) => digest);
  };

  it("given 1,000 requests, then each is carried once, in full batches, and everything is final", async () => {
    const digests = await acceptSome(1_000);
    await finish();
    await expectOnceEach(digests);
    expect(await rig.transactionsOf(db, signer.address)).to.have.length(5);
  });

  it("given requests that come while it works, then all are carried", async () => {
    const digests = await acceptSome(10);
    let more = 20;
    const reached = async (): Promise<void> => {
      if (more-- > 0) digests.push(...(await acceptSome(10)));
    };
    await finish({ reached });
    while (more > 0) await finish({ reached });
    await expectOnceEach(digests);
  });

  describe("after a crash", () => {
    const steps = (): [string, () => Promise<unknown>][] => {
      const reached = rig.nothingReached;
      const attempts: Attempts = new Map();
      const signal = new AbortController().signal;
      return [
        ["taking the sender's nonce", () => openSender(db, chain, signer.address)],
        ["signing", () => assign(depsOf())],
        ["signing another", () => assign(depsOf())],
        ["sending, and not noting it", sendUnnoted],
        ["sending", () => broadcast({ db, chain, log: rig.silent, reached, attempts, signal })],
        ["being mined", minedAll],
        ["noting that", () => confirm({ db, chain, log: rig.silent, reached })],
        ["being indexed", index],
      ];
    };
    const sendUnnoted = async (): Promise<void> => {
      for (const { raw } of await db.sql<{ raw: Uint8Array }>`SELECT raw FROM tx ORDER BY nonce`)
        await sendRaw(chain, raw);
    };
    const minedAll = async (): Promise<void> => {
      for (const { hash } of await rig.transactionsOf(db, signer.address)) await rig.mined(chain, hash);
    };

    steps().forEach(([title], last) => {
      it(`given it died after ${title}, then a new one carries everything once`, async () => {
        const digests = await acceptSome(300);
        for (const [, step] of steps().slice(0, last + 1)) await step();
        await finish();
        await expectOnceEach(digests);
      });
    });

    for (const step of ["signed", "sent", "mined"] as const) {
      it(`given it is held for good where it reports ${step}, then another one carries everything once`, async () => {
        const digests = await acceptSome(300);
        await new Promise<void>((resolve) => {
          const reached = (at: string): Promise<void> => {
            if (at !== step) return Promise.resolve();
            resolve();
            return new Promise(() => undefined);
          };
          // its lock would die with its process
          const lock = (): ReturnType<Db["lock"]> =>
            Promise.resolve({ lost: new AbortController().signal, release: () => Promise.resolve() });
          void createRelayer(depsOf({ reached, db: { ...db, lock } })).start();
        });
        await finish();
        await expectOnceEach(digests);
      });
    }
  });

  it("given a batch that runs out of gas, then the good ones land and the bad one is rejected", async () => {
    const requests = Array.from({ length: 30 }, (_, i) => rig.requestOf({ turns: i === 17 ? 50_000 : 1 }));
    await accept(db, requests, rig.nothingKnown);
    await finish();
    expect(await rig.states(db)).to.deep.equal({ final: 29, rejected: 1 });
    expect((await readRequest(db.sql, requests[17]!.digest))!.state).to.equal("rejected");
  });

  it("given a foreign transaction from its key, then it halts loudly and loses nothing; others' transactions still go", async () => {
    await openSender(db, chain, signer.address);
    await rig.sendForeign(chain, signer, burner);
    const digests = await acceptSome(20);
    const raw = rig.rawOf(rig.newSigner(), burner, 0);
    await acceptTransaction(db, raw);
    const { log, errors } = rig.listening();
    const { relayer, idle } = create({ log });
    await relayer.start();
    while (!relayer.status().halted) await idle();
    expect(relayer.status().halted).to.match(
      /^Nonce 0 of 0x\w+ was used by a transaction that this server did not sign/,
    );
    expect(errors).to.deep.equal([relayer.status().halted]);
    await rig.mined(chain, raw.hash);
    await acceptSome(5);
    relayer.wake();
    await idle();
    const stored = await db.sql<{ digest: Hex }>`SELECT digest FROM request WHERE state = 'signed' ORDER BY ordinal`;
    expect(stored.map(({ digest }) => digest)).to.deep.equal(digests);
    expect(await rig.states(db)).to.include({ signed: 20, queued: 5 });
    await relayer.stop();
    const next = create({ log });
    await next.relayer.start();
    await next.idle();
    expect(next.relayer.status().halted).to.equal(relayer.status().halted);
    expect(errors).to.have.length(2);
  });

  it("given a chain that fails for a while, then it says so, tries again, and forgets the error once work goes well", async () => {
    const digests = await acceptSome(5);
    let failing = true;
    let tried = (): void => undefined;
    const trying = new Promise<void>((resolve) => (tried = resolve));
    const request = <T>(method: string, params?: readonly unknown[]): Promise<T> => {
      if (!failing || method !== "eth_sendRawTransaction") return chain.request<T>(method, params);
      tried();
      return Promise.reject(new Error("connect ECONNREFUSED"));
    };
    const { log, errors } = rig.listening();
    const { relayer, idle } = create({ chain: { ...chain, request }, log });
    await relayer.start();
    await trying;
    while (relayer.status().lastError === undefined) await new Promise(setImmediate);
    expect(relayer.status().lastError).to.equal("sending: connect ECONNREFUSED");
    expect(relayer.status().inFlight).to.be.lessThan(2);
    expect(errors[0]).to.equal("the relayer failed at sending and will try again");
    failing = false;
    await idle();
    expect(relayer.status().lastError).to.equal(undefined);
    await relayer.stop();
    await finish();
    await expectOnceEach(digests);
  });

  it("given a chain that is not ready, then nothing happens until it is, and stopping does not wait for it", async () => {
    await acceptSome(5);
    let getReady = (): void => undefined;
    const ready = new Promise<void>((resolve) => (getReady = resolve));
    const early = create({ chain: { ...chain, ready: new Promise<void>(() => undefined) } });
    await early.relayer.start();
    await early.relayer.stop();
    expect(await rig.states(db)).to.deep.equal({ queued: 5 });
    const { relayer, idle } = create({ chain: { ...chain, ready } });
    await relayer.start();
    expect(await rig.states(db)).to.deep.equal({ queued: 5 });
    getReady();
    await idle();
    expect(await rig.states(db)).not.to.have.property("queued");
  });

  it("given it is stopped in the middle of a step, then the step is finished and nothing begun after it", async () => {
    await acceptSome(300);
    const told: string[] = [];
    let stopping: Promise<void> | undefined;
    const { relayer } = create({
      reached: (step) => {
        told.push(step);
        stopping ??= relayer.stop();
        return Promise.resolve();
      },
    });
    await relayer.start();
    while (!stopping) await new Promise(setImmediate);
    await stopping;
    expect(told).to.deep.equal(["signed"]);
    expect(await rig.states(db)).to.deep.equal({ signed: 200, queued: 100 });
  });

  describe("the lock on the sender", () => {
    it("given another relayer on the same database, then the second waits until the first stops", async () => {
      const first = create();
      await first.relayer.start();
      await first.idle();
      const told: string[] = [];
      const second = create({ reached: (step) => Promise.resolve(void told.push(step)) });
      await second.relayer.start();
      while (second.relayer.status().lastError === undefined) await new Promise(setImmediate);
      expect(second.relayer.status().lastError).to.match(/^another process sends for 0x\w+; this one waits/);
      const digests = await acceptSome(300);
      first.relayer.wake();
      second.relayer.wake();
      await first.idle();
      expect(told).to.deep.equal([]);
      expect(await rig.states(db)).not.to.have.property("queued");
      await first.relayer.stop();
      second.relayer.wake();
      await second.idle();
      expect(second.relayer.status().lastError).to.equal(undefined);
      await second.relayer.stop();
      await finish();
      await expectOnceEach(digests);
    });

    it("given the lock is lost, then it stops at once, and goes on when it has the lock again", async () => {
      const digests = await acceptSome(600);
      const lost = new AbortController();
      let taken = 0;
      let giveAgain = (): void => undefined;
      const again = new Promise<void>((resolve) => (giveAgain = resolve));
      const lock: Db["lock"] = async () => {
        if (taken++ > 0) await again;
        return { lost: taken === 1 ? lost.signal : new AbortController().signal, release: () => Promise.resolve() };
      };
      const told: string[] = [];
      const { relayer, idle } = create({
        db: { ...db, lock },
        reached: (step) => {
          told.push(step);
          lost.abort(new Error("the session ended"));
          return Promise.resolve();
        },
      });
      await relayer.start();
      while (taken < 2) await new Promise(setImmediate);
      expect(told).to.deep.equal(["signed"]);
      expect(relayer.status().lastError).to.match(/the session that held|session.*was lost/);
      expect(await rig.states(db)).to.deep.equal({ signed: 200, queued: 400 });
      giveAgain();
      await idle();
      await relayer.stop();
      await finish();
      await expectOnceEach(digests);
    });
  });
});
