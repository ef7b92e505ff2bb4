import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { interfaces } from "../../../server/chain/contracts.ts";
import { RpcError, type Chain } from "../../../server/chain/port.ts";
import { DatabaseDown } from "../../../server/db/down.ts";
import type { Db, HeldLock } from "../../../server/db/port.ts";
import { Refusal } from "../../../server/errors.ts";
import { checkCursor } from "../../../server/indexer/indexer.ts";
import type { Outcome } from "../../../server/indexer/port.ts";
import { readCursor } from "../../../server/indexer/queries.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { eachDatabase } from "../../support/databases.ts";
import { clearIndex, headOf, indexAll, indexerOf, indexRows } from "../../support/indexing.ts";
import { openLedger, type Ledger } from "../../support/ledger.ts";
import { keeper, play, type Played } from "./scenario.ts";

/** The sentence that a promise is refused with. */
async function refusalOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(Refusal);
  return (error as Refusal).message;
}

/** A chain that is now one, now another: what an indexer must never see, and must stop at. */
function switchable(first: Chain): { chain: Chain; switchTo(other: Chain): void } {
  let current = first;
  const chain: Chain = {
    ...first,
    request: (method, params) => current.request(method, params),
    onHead: (listener) => first.onHead(listener),
  };
  return { chain, switchTo: (other) => (current = other) };
}

eachDatabase("indexer", (open) => {
  let opened: OpenChain;
  let ledger: Ledger;
  let played: Played;
  let head: number;
  let db: Db;

  before(async () => {
    db = await open();
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    played = await play(ledger, 3);
    head = await headOf(ledger);
  });
  after(() => opened.close());
  beforeEach(() => clearIndex(db));

  describe("ranges", () => {
    it("given one chain, when it is cut into ranges of one block, of three, of two logs and of all, or decoded log by log, then every row is the same", async () => {
      await indexAll(db, ledger);
      const expected = await indexRows(db);
      expect(expected["block"]).to.have.length(head + 1);
      expect(expected["lot"]).to.have.length(played.recorded.length);
      const cuts = [{ blocks: 1, mostBlocks: 1 }, { blocks: 3, mostBlocks: 3 }, { logs: 2 }, { inOneGo: 1 }];
      for (const limits of cuts) {
        await clearIndex(db);
        await indexAll(db, ledger, { limits });
        expect(await indexRows(db), JSON.stringify(limits)).to.deep.equal(expected);
      }
    });

    it("given an empty database and a long chain, when the indexer has caught up, then it stands at the head", async () => {
      const indexer = indexerOf(db, ledger, { limits: { blocks: 1, mostBlocks: 1 } });
      await indexer.start();
      await indexer.caughtUp;
      expect(indexer.status().block).to.equal(head);
      await indexer.stop();
    });

    it("given a database error in the middle, when another indexer goes on, then nothing is lost and nothing doubled", async () => {
      await indexAll(db, ledger);
      const expected = await indexRows(db);
      await clearIndex(db);
      const limits = { blocks: 2, mostBlocks: 2 };
      let ranges = 0;
      const settle = (): Promise<void> => (++ranges === 4 ? Promise.reject(new Error("disk full")) : Promise.resolve());
      const broken = indexerOf(db, ledger, { settle, limits });
      await broken.start();
      const error = await broken.indexed(head).catch((reason: unknown) => reason);
      expect(error).to.have.property("message", "disk full");
      expect(broken.status()).to.deep.include({ stopped: "disk full", block: 5 });
      // nobody waits for it for ever
      await broken.caughtUp;
      expect(await readCursor(db.sql)).to.deep.include({ block: 5 });
      expect(await db.sql`SELECT number FROM block WHERE number > 5`).to.deep.equal([]);
      await indexAll(db, ledger, { limits });
      expect(await indexRows(db)).to.deep.equal(expected);
    });

    it("given a first block, when indexing, then the blocks before it are left out", async () => {
      await indexAll(db, ledger, { from: 5 });
      const [first] = await db.sql<{ number: bigint }>`SELECT min(number) AS number FROM block`;
      expect(first).to.deep.equal({ number: 5n });
    });

    it("given a node that refuses many blocks at once, when indexing, then it is asked for fewer", async () => {
      const asked: number[] = [];
      const chain: Chain = {
        ...ledger.chain,
        request(method, params) {
          if (method !== "eth_getLogs") return ledger.chain.request(method, params);
          const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }];
          const blocks = Number(toBlock) - Number(fromBlock) + 1;
          asked.push(blocks);
          if (blocks > 3) return Promise.reject(new RpcError(-32005, "query returned more than 3 blocks"));
          return ledger.chain.request(method, params);
        },
      };
      await indexAll(db, ledger, { chain, limits: { blocks: 8, mostBlocks: 3 } });
      expect(asked.slice(0, 3)).to.deep.equal([8, 4, 2]);
      expect((await indexRows(db))["block"]).to.have.length(head + 1);
    });
  });

  describe("finality", () => {
    it("given a depth of 3, when indexing, then the last three blocks are left alone", async () => {
      const indexer = indexerOf(db, ledger, { finality: { depth: 3 } });
      await indexer.start();
      await indexer.indexed(head - 3);
      expect(indexer.status()).to.deep.equal({ block: head - 3, head: head - 3 });
      await indexer.stop();
    });

    it("given a head that was indexed, when a block is mined, then it is indexed without being asked for", async () => {
      const other = await openEmbedded();
      try {
        const growing = await openLedger(other.chain);
        const indexer = indexerOf(db, growing);
        await indexer.start();
        await indexer.indexed(await headOf(growing));
        await growing.register(keeper);
        await indexer.indexed(await headOf(growing));
        expect(await db.sql`SELECT id FROM account`).to.deep.equal([{ id: keeper.account }]);
        await indexer.stop();
      } finally {
        await other.close();
      }
    });
  });

  describe("outcomes", () => {
    it("given recorded and skipped acts, when indexed, then requests are settled by digest, with the reason of a skip", async () => {
      const settled: Outcome[] = [];
      const steps: string[] = [];
      await indexAll(db, ledger, {
        settle: (_, outcomes) => Promise.resolve(void settled.push(...outcomes)),
        reached: (step) => Promise.resolve(void steps.push(step)),
      });
      const recorded = settled.filter(({ skipped }) => skipped === undefined);
      expect(recorded.map(({ digest }) => digest)).to.deep.equal(played.recorded.map(({ lot }) => lot));
      const skips = settled.filter(({ skipped }) => skipped !== undefined);
      const [exists, notValid] = ["LotExists", "SignatureNotValid"].map(
        (name) => interfaces.LotLedger.getError(name as "LotExists")!.selector,
      );
      expect(skips.map(({ digest, skipped }) => [digest, skipped])).to.deep.equal([
        [played.skipped[0]!.lot, exists],
        [played.skipped[1]!.lot, notValid],
      ]);
      const acts = await db.sql`SELECT digest, tx, block::int AS block FROM act ORDER BY block, idx`;
      expect(recorded).to.deep.equal(acts);
      expect(skips[1]).to.deep.include({ block: head });
      expect(steps).to.include("final");
    });

    it("given blocks without acts, when indexed, then nothing is called final", async () => {
      const steps: string[] = [];
      const reached = (step: string): Promise<void> => Promise.resolve(void steps.push(step));
      await indexAll(db, ledger, { reached }, 3);
      expect(steps).to.deep.equal([]);
    });
  });

  describe("a database and a chain that do not belong together", () => {
    let other: OpenChain;
    let sibling: Ledger;

    before(async () => {
      other = await openEmbedded();
      sibling = await openLedger(other.chain);
    });
    after(() => other.close());

    it("given a chain that ends before the cursor, when checked or started, then it is refused with both blocks", async () => {
      await indexAll(db, ledger);
      const end = await headOf(sibling);
      const sentence = `The database has indexed block ${head}, but the chain ends at block ${end}.`;
      expect(await refusalOf(checkCursor(db, sibling.chain))).to.contain(sentence);
      expect(await refusalOf(indexerOf(db, sibling).start())).to.contain(sentence);
      // the lock was let go
      await checkCursor(db, ledger.chain);
      await indexAll(db, ledger);
    });

    it("given another block at the cursor, when checked, then it is refused with the block and both hashes", async () => {
      const end = await headOf(sibling);
      await indexAll(db, ledger, {}, end);
      const sentence = await refusalOf(checkCursor(db, sibling.chain));
      expect(sentence).to.contain(
        `The database has indexed block ${end} with hash ${(await readCursor(db.sql))!.hash}`,
      );
    });

    it("given an empty database, when checked, then any chain will do", async () => {
      await checkCursor(db, sibling.chain);
    });

    it("given a chain that changes a final block, when indexing goes on, then it stops in words and keeps what it has", async () => {
      const { chain, switchTo } = switchable(sibling.chain);
      const indexer = indexerOf(db, sibling, { chain });
      await indexer.start();
      const end = await headOf(sibling);
      await indexer.indexed(end);
      const before = await indexRows(db);
      const next = indexer.indexed(end + 1).catch((reason: unknown) => reason);
      switchTo(ledger.chain);
      indexer.wake();
      expect(await next).to.be.instanceOf(Error);
      expect(indexer.status().stopped).to.match(
        new RegExp(`^Block ${end + 1} names 0x[0-9a-f]{64} as its parent, but`),
      );
      expect(await indexRows(db)).to.deep.equal(before);
      await indexer.stop();
    });
  });

  describe("one indexer at a time", () => {
    it("given one that runs, when a second starts on the same database, then it is refused until the first has stopped", async () => {
      const [first, second] = [indexerOf(db, ledger), indexerOf(db, ledger)];
      await first.start();
      expect(await refusalOf(second.start())).to.contain("Another process indexes into this database.");
      await first.stop();
      await second.start();
      await second.indexed(head);
      await second.stop();
    });

    /** A database whose lock can be lost, as when its server restarts, and is then refused until it may be had again. */
    function losing(real: Db): { db: Db; lose(): void; giveBack(): void; asked(): number } {
      let session = new AbortController();
      let had = true;
      let asked = 0;
      const lock = async (): Promise<HeldLock | undefined> => {
        asked++;
        if (!had && asked === 2) throw new DatabaseDown("away");
        if (!had) return undefined;
        session = new AbortController();
        return { lost: session.signal, release: () => Promise.resolve() };
      };
      return {
        db: { ...real, lock },
        lose() {
          had = false;
          session.abort(new Error("the session ended"));
        },
        giveBack: () => (had = true),
        asked: () => asked,
      };
    }

    it("given a lock whose session is lost, when it can be had again, then it says what it waits for, then goes on with what came meanwhile", async () => {
      const { db: lossy, lose, giveBack, asked } = losing(db);
      await indexAll(db, ledger, {}, head - 2);
      let seen = head - 2;
      const indexer = indexerOf(lossy, ledger, { finality: { depth: 2 }, afterCommit: ({ block }) => (seen = block) });
      await indexer.start();
      lose();
      // the whole history, once by another process that had the lock meanwhile
      await indexAll(db, ledger);
      while (asked() < 4) await sleep(10);
      expect(indexer.status().waits).to.contain("Another process");
      giveBack();
      await indexer.indexed(head);
      expect([seen, indexer.status().block]).to.deep.equal([head - 2, head]);
      expect([indexer.status().waits, indexer.status().stopped]).to.deep.equal([undefined, undefined]);
      await indexer.stop();
    });

    it("given a lock that is not to be had again, when stopped, then it stops", async () => {
      const { db: lossy, lose } = losing(db);
      const indexer = indexerOf(lossy, ledger);
      await indexer.start();
      await indexer.indexed(head);
      lose();
      await indexer.stop();
      expect(indexer.status().waits).to.equal(undefined);
    });

    it("given a database that goes away in the middle, when it answers again, then all is indexed once", async () => {
      await indexAll(db, ledger);
      const expected = await indexRows(db);
      await clearIndex(db);
      let failures = 0;
      // half of the commits happened, and nobody was told
      const transaction: Db["transaction"] = async (work) => {
        if (failures % 2 === 1) throw new DatabaseDown(`away ${failures++}`);
        const result = await db.transaction(work);
        if (failures < 4) throw new DatabaseDown(`cut at the commit ${failures++}`);
        return result;
      };
      const indexer = indexerOf({ ...db, transaction }, ledger, { limits: { blocks: 1, mostBlocks: 1 } });
      await indexer.start();
      await indexer.indexed(head);
      await indexer.stop();
      expect(failures).to.equal(4);
      expect(await indexRows(db)).to.deep.equal(expected);
    });

    it("given a node that never answers, when stopped, then it stops", async () => {
      let hangs = false;
      const chain: Chain = {
        ...ledger.chain,
        request: (method, params) => (hangs ? new Promise(() => undefined) : ledger.chain.request(method, params)),
      };
      const indexer = indexerOf(db, ledger, { chain });
      await indexer.start();
      await indexer.indexed(head);
      hangs = true;
      indexer.wake();
      await indexer.stop();
      expect(indexer.status().stopped).to.equal("The indexer was stopped.");
    });
  });
});
