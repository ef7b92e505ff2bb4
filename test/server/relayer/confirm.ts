import { expect } from "chai";
import type { Chain, Hex } from "../../../server/chain/port.ts";
import { sendRaw, type Signer } from "../../../server/chain/transactions.ts";
import type { Db } from "../../../server/db/port.ts";
import { accept, acceptTransaction } from "../../../server/relayer/accept.ts";
import { assign, openSender } from "../../../server/relayer/assign.ts";
import { confirm, type ConfirmDeps } from "../../../server/relayer/confirm.ts";
import { pendingCount, readRequest } from "../../../server/relayer/queries.ts";
import type { NewRequest } from "../../../server/relayer/requests.ts";
import { settle } from "../../../server/relayer/settle.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { eachDatabase } from "../../support/databases.ts";
import * as rig from "./rig.ts";

eachDatabase("confirming", (open) => {
  let db: Db;
  let opened: OpenChain;
  let chain: Chain;
  let burner: Hex;
  let signer: Signer;
  let deps: ConfirmDeps;
  let told: string[];
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
    await openSender(db, chain, signer.address);
    told = [];
    const reached = (step: string): Promise<void> => Promise.resolve(void told.push(step));
    deps = { db, chain, log: rig.silent, reached };
  });

  const sign = (): Promise<boolean> => {
    const carriers = [rig.burnCarrier(burner)];
    return assign({ db, carriers, signer, chainId: rig.chainId, reached: rig.nothingReached });
  };

  /** Everything signed is sent and in a block. */
  async function minedAll(): Promise<void> {
    const rows = await db.sql<{
      hash: Hex;
      raw: Uint8Array;
    }>`SELECT hash, raw FROM tx WHERE state = 'signed' ORDER BY nonce`;
    for (const { raw } of rows) await sendRaw(chain, raw);
    for (const { hash } of rows) await rig.mined(chain, hash);
    await db.sql`UPDATE tx SET state = 'sent' WHERE state = 'signed'`;
    await db.sql`UPDATE request SET state = 'sent' WHERE state = 'signed'`;
  }

  async function carry(requests: readonly NewRequest[]): Promise<void> {
    await accept(db, requests, rig.nothingKnown);
    while (await sign());
    await minedAll();
  }

  it("given a batch in a block, then its requests are mined in that block, whether or not the block is final", async () => {
    const requests = rig.requestsOf(3);
    await carry(requests);
    expect(await confirm(deps)).to.equal(true);
    const [tx] = await rig.transactionsOf(db, signer.address);
    expect(tx!.state).to.equal("sent");
    for (const { digest } of requests) {
      expect(await readRequest(db.sql, digest)).to.include({ state: "mined", tx: tx!.hash, block: Number(tx!.block) });
    }
    expect(await pendingCount(db.sql)).to.deep.equal({ queued: 0, carried: 3 });
    expect(await confirm(deps)).to.equal(false);
    await rig.indexAll(db, chain);
    expect(await confirm(deps)).to.equal(true);
    expect((await rig.transactionsOf(db, signer.address))[0]!.state).to.equal("mined");
    expect(await rig.states(db)).to.deep.equal({ mined: 3 });
    expect(await pendingCount(db.sql)).to.deep.equal({ queued: 0, carried: 0 });
    expect(told).to.deep.equal(["mined"]);
    expect(await confirm(deps)).to.equal(false);
  });

  it("given transactions that no block has, then nothing moves", async () => {
    await accept(db, rig.requestsOf(2), rig.nothingKnown);
    await sign();
    await db.sql`UPDATE tx SET state = 'sent'`;
    await db.sql`UPDATE request SET state = 'sent'`;
    await rig.indexAll(db, chain);
    expect(await confirm(deps)).to.equal(false);
    expect(await rig.states(db)).to.deep.equal({ sent: 2 });
    expect(told).to.deep.equal([]);
  });

  it("given more than one look's worth of transactions, of which the last is in no block, then all before it are mined", async () => {
    for (let i = 0; i < 20; i++) {
      await accept(db, [rig.requestOf()], rig.nothingKnown);
      await sign();
      if (i < 19) await minedAll();
    }
    await db.sql`UPDATE tx SET state = 'sent'`;
    await confirm(deps);
    expect(await rig.states(db)).to.deep.equal({ mined: 19, signed: 1 });
  });

  it("given a request that the indexer has settled before, then it stays as it is", async () => {
    const [early, late] = rig.requestsOf(2) as [NewRequest, NewRequest];
    await carry([early, late]);
    await db.sql`UPDATE request SET state = 'final', tx_hash = 'other', block = 5 WHERE digest = ${early.digest}`;
    await confirm(deps);
    expect(await readRequest(db.sql, early.digest)).to.include({ state: "final", tx: "other", block: 5 });
    expect(await readRequest(db.sql, late.digest)).to.include({ state: "mined" });
  });

  it("given the indexer settles the same requests in another order at the same time, then neither stops the other", async () => {
    for (let round = 0; round < 5; round++) {
      const requests = rig.requestsOf(200);
      await carry(requests);
      const [tx] = (await rig.transactionsOf(db, signer.address)).slice(-1);
      const outcomes = requests.map(({ digest }) => ({ digest, tx: tx!.hash, block: 1 }));
      await Promise.all([
        confirm(deps),
        ...[outcomes, outcomes.toReversed()].map((order) => {
          return db.transaction((sql) => settle(sql, order, rig.nothingKnown));
        }),
      ]);
    }
    expect(await rig.states(db)).to.deep.equal({ final: 1_000 });
  });

  describe("a batch that reverted", () => {
    it("given it runs out of gas, then it is split in halves until the good ones land, and the one that cannot is rejected", async () => {
      const requests = [1, 1, 1, 50_000, 1, 1, 1].map((turns) => rig.requestOf({ turns }));
      await accept(db, requests, rig.nothingKnown);
      const sizes: number[] = [];
      while (await sign()) {
        const [size] = await db.sql<{ n: bigint }>`
          SELECT count(*) AS n FROM tx_item WHERE tx_hash = (SELECT hash FROM tx ORDER BY nonce DESC LIMIT 1)`;
        sizes.push(Number(size!.n));
        await minedAll();
        await rig.indexAll(db, chain);
        await confirm(deps);
      }
      // 7 fail; 4 fail, 3 land; 2 of the 4 land; the other 2 fail; each alone
      expect([...sizes].sort()).to.deep.equal([1, 1, 2, 2, 3, 4, 7]);
      expect(await rig.states(db)).to.deep.equal({ mined: 6, rejected: 1 });
      const bad = (await readRequest(db.sql, requests[3]!.digest))!;
      expect(bad).to.include({ state: "rejected", attempt: 4 });
      expect(bad.reason).to.match(
        /^Its transaction, which carried nothing else, reverted in block \d+ after 64400 gas/,
      );
      const [spent] = await db.sql<{ next_nonce: bigint }>`SELECT next_nonce FROM sender`;
      expect(Number(spent!.next_nonce)).to.equal(sizes.length);
    });

    it("given its block is not final, then nothing is taken back before it is", async () => {
      await carry([1, 50_000].map((turns) => rig.requestOf({ turns })));
      expect(await confirm(deps)).to.equal(true);
      expect(await rig.states(db)).to.deep.equal({ sent: 2 });
      expect(await confirm(deps)).to.equal(false);
      await rig.indexAll(db, chain);
      await confirm(deps);
      expect(await rig.states(db)).to.deep.equal({ queued: 2 });
      expect((await rig.transactionsOf(db, signer.address))[0]!.state).to.equal("reverted");
      const rows = await db.sql`SELECT DISTINCT batch_cap, attempt, tx_hash, block FROM request`;
      expect(rows).to.deep.equal([{ batch_cap: 1, attempt: 1, tx_hash: null, block: null }]);
      expect(told).to.deep.equal([]);
    });

    it("given somebody else carried one of its acts meanwhile, then that one stays final and only the rest is queued", async () => {
      const [settled, rest] = [rig.requestOf({ turns: 50_000 }), rig.requestOf()];
      await carry([settled, rest]);
      await db.sql`UPDATE request SET state = 'final', tx_hash = 'other' WHERE digest = ${settled.digest}`;
      await rig.indexAll(db, chain);
      await confirm(deps);
      expect(await readRequest(db.sql, settled.digest)).to.include({ state: "final", tx: "other", attempt: 0 });
      expect(await readRequest(db.sql, rest.digest)).to.include({ state: "queued", attempt: 1 });
    });
  });

  describe("raw transactions", () => {
    it("given one in a block, then it is mined, and final once the indexer has passed the block", async () => {
      const raw = rig.rawOf(rig.newSigner(), burner, 0);
      await acceptTransaction(db, raw);
      await minedAll();
      await confirm(deps);
      expect((await readRequest(db.sql, raw.hash))!.state).to.equal("mined");
      await rig.indexAll(db, chain);
      await confirm(deps);
      expect((await readRequest(db.sql, raw.hash))!.state).to.equal("final");
      expect(told).to.deep.equal(["mined", "final"]);
    });

    it("given the indexer is there first, then it is final at once", async () => {
      const raw = rig.rawOf(rig.newSigner(), burner, 0);
      await acceptTransaction(db, raw);
      await minedAll();
      await rig.indexAll(db, chain);
      await confirm(deps);
      expect((await readRequest(db.sql, raw.hash))!.state).to.equal("final");
      expect(told).to.deep.equal(["mined", "final"]);
    });

    it("given one that reverted, then it is rejected in words and never sent again", async () => {
      const raw = rig.rawOf(rig.newSigner(), burner, 0, 50_000);
      await acceptTransaction(db, raw);
      await minedAll();
      await rig.indexAll(db, chain);
      await confirm(deps);
      const rejected = await readRequest(db.sql, raw.hash);
      expect(rejected).to.include({ state: "rejected", tx: raw.hash });
      expect(rejected!.reason).to.match(/reverted in block \d+ after 100000 gas/);
      const [tx] = await db.sql<{ state: string }>`SELECT state FROM tx WHERE hash = ${raw.hash}`;
      expect(tx!.state).to.equal("reverted");
    });
  });

  describe("a block that was replaced before it was final", () => {
    it("given the transaction stands in no block any more, then it is to be sent again", async () => {
      const [request] = rig.requestsOf(1) as [NewRequest];
      await carry([request]);
      await confirm(deps);
      await rig.indexAll(db, chain);
      const none = <T>(method: string, params?: readonly unknown[]): Promise<T> =>
        method === "eth_getTransactionReceipt" ? Promise.resolve(null as T) : chain.request<T>(method, params);
      await confirm({ ...deps, chain: { ...chain, request: none } });
      expect(await readRequest(db.sql, request.digest)).to.include({ state: "signed", block: null });
      const [tx] = await rig.transactionsOf(db, signer.address);
      expect(tx).to.include({ state: "signed", block: null });
    });

    it("given it stands in another block, then that one counts", async () => {
      const [request] = rig.requestsOf(1) as [NewRequest];
      await carry([request]);
      await confirm(deps);
      const [first] = await rig.transactionsOf(db, signer.address);
      await db.sql`UPDATE tx SET block = block - 1`;
      await db.sql`UPDATE request SET block = block - 1`;
      await rig.indexAll(db, chain);
      await confirm(deps);
      expect(await readRequest(db.sql, request.digest)).to.include({ state: "mined", block: Number(first!.block) });
      expect(await rig.transactionsOf(db, signer.address)).to.deep.equal([{ ...first!, state: "mined" }]);
    });
  });
});
