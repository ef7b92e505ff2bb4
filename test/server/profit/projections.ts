import { expect } from "chai";
import { id } from "ethers";
import { readHeader, readLogs } from "../../../server/chain/blocks.ts";
import { readView } from "../../../server/chain/contracts.ts";
import type { Hex } from "../../../server/chain/port.ts";
import type { Db, Row } from "../../../server/db/port.ts";
import { stateDigest } from "../../../server/indexer/digests.ts";
import type { Event } from "../../../server/indexer/port.ts";
import { replayProjections } from "../../../server/indexer/replay.ts";
import { foldProfit, type ProfitEvent } from "../../../server/profit/fold.ts";
import { profitProjection } from "../../../server/profit/projections.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { eachDatabase } from "../../support/databases.ts";
import { headOf, indexAll } from "../../support/indexing.ts";
import { openLedger, type Ledger } from "../../support/ledger.ts";
import { allocator, auditor, bank, moneyContracts, payer, withMoney } from "../../support/money.ts";
import { anna, annaIsLast, bo, chen, crowd, heir, play } from "./scenario.ts";

const tables = ["bank_reference", "fen", "pool", "pool_subject", "pool_root", "pool_chunk", "payout", "held_aside"];

async function moneyRows({ sql }: Db): Promise<Record<string, Row[]>> {
  return {
    bank_reference: await sql`SELECT * FROM bank_reference ORDER BY bank, reference`,
    fen: await sql`SELECT * FROM fen ORDER BY account`,
    pool: await sql`SELECT * FROM pool ORDER BY id`,
    pool_subject: await sql`SELECT * FROM pool_subject ORDER BY pool, subject`,
    pool_root: await sql`SELECT * FROM pool_root ORDER BY pool, version`,
    pool_chunk: await sql`SELECT * FROM pool_chunk ORDER BY pool, chunk`,
    payout: await sql`SELECT * FROM payout ORDER BY block, idx`,
    held_aside: await sql`SELECT * FROM held_aside ORDER BY pool, account`,
  };
}

eachDatabase("profit projections", (open) => {
  let opened: OpenChain;
  let ledger: Ledger;
  let db: Db;
  let played: { first: bigint; second: bigint };

  before(async () => {
    db = await open();
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    played = await play(ledger);
    await indexAll(db, ledger, { projections: withMoney(ledger) });
  });
  after(() => opened.close());

  const view = async (
    name: "SettlementToken" | "PremiumPools",
    method: string,
    ...args: unknown[]
  ): Promise<unknown[]> =>
    readView(ledger.chain, { name, address: ledger.deployment.contracts[name].address }, method, args);

  it("given everything that can happen to money, when read, then each balance is the contract's", async () => {
    const everybody = [anna, bo, chen, heir, payer, bank, auditor, allocator].map(({ account }) => account);
    const rows = await db.sql<{ account: Hex; fen: bigint }>`SELECT account, amount_fen AS fen FROM fen`;
    const fen = new Map(rows.map((row) => [row.account, row.fen]));
    for (const account of [...everybody, ...crowd, moneyContracts(ledger).pools]) {
      expect(fen.get(account) ?? 0n, account).to.equal((await view("SettlementToken", "balanceOf", account))[0]);
    }
    expect(fen.get(anna.account)).to.equal(50n + 500n + (annaIsLast() ? 0n : 88n) - 30n + 200n);
    expect([...fen.values()].every((amount) => amount > 0n)).to.equal(true);
  });

  it("given pools, when read, then they are as the contract has them, with their subjects and divisions", async () => {
    for (const id of [played.first, played.second]) {
      const [pool] = await db.sql<
        Record<"fen" | "paid" | "leaves", bigint> & { version: number; root: Hex; closed: boolean }
      >`
        SELECT amount_fen AS fen, paid_fen AS paid, leaf_count AS leaves, pool.version, root, closed
        FROM pool JOIN pool_root r ON r.pool = pool.id AND r.version = pool.version WHERE id = ${id}`;
      const [stored] = (await view("PremiumPools", "poolOf", id)) as [{ toObject(): Record<string, bigint> }];
      const { totalFen, paidFen, leafCount, version, state } = stored.toObject();
      const [root] = await view("PremiumPools", "rootOf", id, version);
      expect(pool).to.deep.equal({
        fen: totalFen,
        paid: paidFen,
        leaves: leafCount,
        version: Number(version),
        root,
        closed: state === 3n,
      });
    }
    const subjects = await db.sql`SELECT pool, subject FROM pool_subject ORDER BY pool, subject`;
    const lots = [id("lot a"), id("lot b")].sort();
    expect(subjects).to.deep.equal([
      ...lots.map((subject) => ({ pool: played.first, subject })),
      { pool: played.second, subject: `0x${"0".repeat(63)}1` },
    ]);
    const roots = await db.sql`SELECT version, inputs FROM pool_root WHERE pool = ${played.first} ORDER BY version`;
    expect(roots).to.deep.equal([
      { version: 1, inputs: id("inputs") },
      { version: 2, inputs: id("other inputs") },
    ]);
  });

  it("given a chunk with accounts that are not active, when read, then what they got is of the releases, and for whom it was meant is told", async () => {
    const rows = await db.sql`
      SELECT account, amount_fen AS fen, chunk, entitled, basis FROM payout WHERE pool = ${played.first} ORDER BY block, idx`;
    const nothing = `0x${"0".repeat(64)}`;
    const [a, b, c, h] = [anna, bo, chen, heir].map(({ account }) => account);
    expect(rows).to.deep.equal([
      { account: a, fen: 500n, chunk: 0n, entitled: a, basis: null },
      { account: b, fen: 300n, chunk: null, entitled: b, basis: nothing },
      { account: h, fen: 200n, chunk: null, entitled: c, basis: id("decision") },
    ]);
    expect(await db.sql`SELECT * FROM held_aside WHERE pool = ${played.first}`).to.deep.equal([]);
  });

  it("given a chunk of accounts that are not registered, when read, then each is held aside as the contract has it", async () => {
    const rows = await db.sql<{ account: Hex; fen: bigint }>`
      SELECT account, amount_fen AS fen FROM held_aside WHERE pool = ${played.second}`;
    const payouts = await db.sql`SELECT account FROM payout WHERE pool = ${played.second}`;
    expect(rows.length + payouts.length).to.equal(256);
    for (const { account, fen } of rows) {
      expect(fen > 0n).to.equal(true);
      expect(fen).to.equal((await view("PremiumPools", "heldOf", played.second, account))[0]);
    }
  });

  it("given deposits and withdrawals, when read, then each reference of a bank is there", async () => {
    const rows = await db.sql`
      SELECT bank, reference, kind, account, amount_fen AS fen FROM bank_reference ORDER BY block`;
    const row = (reference: string, kind: string, account: Hex, fen: bigint) => ({
      bank: bank.account,
      reference: id(reference),
      kind,
      account,
      fen,
    });
    expect(rows).to.deep.equal([
      row("one", "deposit", payer.account, 10_000n),
      row("two", "deposit", anna.account, 50n),
      row("three", "withdrawal", anna.account, 5n),
    ]);
  });

  it("given the same logs block by block and all at once, when written, then rows and digest are the same", async () => {
    const atOnce = await moneyRows(db);
    const projections = withMoney(ledger);
    const digest = await stateDigest(db.sql, projections);
    const events: Event[] = [];
    const money = profitProjection(moneyContracts(ledger));
    for (const log of await readLogs(ledger.chain, 0, await headOf(ledger), [...money.addresses])) {
      const event = money.decode(log, (await readHeader(ledger.chain, log.block))!);
      if (event) events.push(event);
    }
    await db.sql`TRUNCATE held_aside, payout, pool_chunk, pool_root, pool_subject, pool, fen, bank_reference`;
    for (const block of new Set(events.map((event) => event.block))) {
      const group = events.filter((event) => event.block === block) as ProfitEvent[];
      await db.transaction((sql) => money.apply(sql, group));
    }
    expect(await moneyRows(db)).to.deep.equal(atOnce);
    expect((await stateDigest(db.sql, projections)).root).to.equal(digest.root);
  });

  it("given rows changed by hand, when replayed, then they are as indexed", async () => {
    const indexed = await moneyRows(db);
    await db.sql`UPDATE fen SET amount_fen = amount_fen + 1`;
    await db.sql`DELETE FROM payout`;
    await db.sql`UPDATE pool SET paid_fen = 0, closed = NOT closed`;
    await replayProjections(db, withMoney(ledger));
    expect(await moneyRows(db)).to.deep.equal(indexed);
    expect(Object.keys(indexed)).to.have.members(tables);
  });

  for (const [table, edit] of Object.entries({
    bank_reference: "account = bank",
    fen: "amount_fen = amount_fen + 1",
    pool: "paid_fen = paid_fen - 1",
    pool_subject: "subject = '0x' || repeat('7', 64)",
    pool_root: "inputs = root",
    pool_chunk: "sum_fen = sum_fen - 1",
    payout: "amount_fen = amount_fen - 1",
    held_aside: "amount_fen = amount_fen - 1",
  })) {
    it(`given a row of ${table} changed by hand, when the state digest is made, then it is another`, async () => {
      const projections = withMoney(ledger);
      const { root } = await stateDigest(db.sql, projections);
      const undo = new Error("undo");
      let other: Hex | undefined;
      const work = async (sql: Db["sql"]): Promise<void> => {
        const text = `UPDATE ${table} SET ${edit} WHERE ctid = (SELECT min(ctid) FROM ${table})`;
        await sql(Object.assign([text], { raw: [text] }));
        ({ root: other } = await stateDigest(sql, projections));
        throw undo;
      };
      await db.transaction(work).catch((error: unknown) => expect(error).to.equal(undo));
      expect(other).to.match(/^0x/).and.not.equal(root);
    });
  }

  it("given a payment by the pools that no chunk accounts for, when folded, then it is refused", () => {
    const [pools, to] = [moneyContracts(ledger).pools, anna.account];
    const place = { block: 9, at: 9, index: 3, tx: id("tx") as Hex };
    const transfer: ProfitEvent = { name: "Transfer", args: { from: pools, to, value: 5n }, ...place };
    expect(() => foldProfit(pools, [transfer])).to.throw("Log 3 of block 9");
    const paid: ProfitEvent = { name: "ChunkPaid", args: { pool: 1n, chunk: 0, sum: 5n }, ...place, index: 1 };
    expect(foldProfit(pools, [paid, transfer]).payouts).to.have.length(1);
    expect(() => foldProfit(pools, [{ ...paid, tx: id("another") as Hex }, transfer])).to.throw("Log 3 of block 9");
  });
});
