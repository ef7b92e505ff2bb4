import { expect } from "chai";
import type { Db, Sql } from "../../../server/db/port.ts";
import type { Check } from "../../../server/indexer/checks.ts";
import { profitChecks } from "../../../server/profit/conservation.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { eachDatabase } from "../../support/databases.ts";
import { headOf, indexAll } from "../../support/indexing.ts";
import { openLedger, type Ledger } from "../../support/ledger.ts";
import { moneyContracts, withMoney } from "../../support/money.ts";
import { play } from "./scenario.ts";

const all = [
  ...["M1.count", "M1.paid", "M1.closed", "M2.chunks", "M2.roots", "M4.once"],
  ...["M1.pools", "M3.deposited", "M3.withdrawn", "M3.supply", "M3.balances", "M3.negative", "M1.words", "M3.words"],
];

const edits: [what: string, edit: (sql: Sql) => Promise<unknown>, failing: string[]][] = [
  [
    "a payout forgotten",
    (sql) => sql`DELETE FROM payout WHERE chunk IS NULL AND account <> entitled`,
    ["M1.paid", "M1.words"],
  ],
  [
    "a payout written twice",
    (sql) => sql`
      INSERT INTO payout SELECT block, idx + 1000, pool, account, amount_fen, chunk, entitled, basis, tx FROM payout
      WHERE pool = 1 AND chunk = 0`,
    ["M1.paid", "M4.once", "M1.words"],
  ],
  [
    "a payout that is another's money held aside",
    (sql) => sql`
      WITH less AS (UPDATE held_aside SET amount_fen = amount_fen - 1 WHERE account = (SELECT min(account) FROM held_aside))
      UPDATE payout SET amount_fen = amount_fen + 1 WHERE pool = 2`,
    ["M1.pools"],
  ],
  [
    "a pool that is said to be closed",
    (sql) => sql`UPDATE pool SET closed = true WHERE id = 2`,
    ["M1.closed", "M1.words"],
  ],
  [
    "a pool that is said to be larger",
    (sql) => sql`UPDATE pool SET amount_fen = 700 WHERE id = 2`,
    ["M1.pools", "M1.words"],
  ],
  ["a pool gone", (sql) => sql`DELETE FROM pool WHERE id = 2`, ["M1.count", "M1.pools"]],
  ["a chunk's sum made less", (sql) => sql`UPDATE pool_chunk SET sum_fen = sum_fen - 1 WHERE pool = 2`, ["M2.chunks"]],
  ["a root exchanged", (sql) => sql`UPDATE pool_root SET root = inputs WHERE pool = 1 AND version = 2`, ["M1.words"]],
  ["a root forgotten", (sql) => sql`DELETE FROM pool_root WHERE pool = 1 AND version = 1`, ["M2.roots"]],
  [
    "a deposit made larger",
    (sql) => sql`UPDATE bank_reference SET amount_fen = amount_fen + 1 WHERE amount_fen = 50`,
    ["M3.deposited", "M3.supply"],
  ],
  [
    "a withdrawal forgotten",
    (sql) => sql`DELETE FROM bank_reference WHERE kind = 'withdrawal'`,
    ["M3.withdrawn", "M3.supply"],
  ],
  [
    "a balance below zero",
    (sql) => sql`
      INSERT INTO fen (account, amount_fen) VALUES ('0x' || repeat('e', 40), -1), ('0x' || repeat('f', 40), 1)`,
    ["M3.negative", "M3.words"],
  ],
  ["every balance larger", (sql) => sql`UPDATE fen SET amount_fen = amount_fen + 1`, ["M3.balances", "M3.words"]],
];

eachDatabase("conservation of money", (open) => {
  let opened: OpenChain;
  let ledger: Ledger;
  let db: Db;

  before(async () => {
    db = await open();
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    await play(ledger);
    await indexAll(db, ledger, { projections: withMoney(ledger) });
  });
  after(() => opened.close());

  const checked = async (sql: Sql): Promise<Check[]> =>
    profitChecks(ledger.chain, moneyContracts(ledger), sql, await headOf(ledger));

  it("given everything that can happen to money, when the books are asked for, then every check ran and holds", async () => {
    const checks = await db.snapshot(checked);
    expect(checks.map(({ id }) => id)).to.deep.equal(all);
    expect(checks.filter(({ ok, left, right }) => !ok || left !== right)).to.deep.equal([]);
    const left = (id: string): string => checks.find((each) => each.id === id)!.left;
    expect([left("M1.count"), left("M3.deposited"), left("M3.withdrawn")]).to.deep.equal(["2", "10050", "5"]);
    expect(BigInt(left("M1.pools")) > 0n).to.equal(true);
    expect([left("M1.words"), left("M3.words")]).to.deep.equal(["2 pools", "4 balances"]);
  });

  it("given rows of the head, when they are held against an earlier block, then they differ: storage is read at that block", async () => {
    const [paid] = await db.sql<{ block: bigint }>`SELECT min(block) AS block FROM pool_chunk`;
    const checks = await db.snapshot((sql) =>
      profitChecks(ledger.chain, moneyContracts(ledger), sql, Number(paid!.block) - 1),
    );
    expect(checks.filter(({ ok }) => !ok).map(({ id }) => id)).to.include.members(["M1.pools", "M1.words", "M3.words"]);
  });

  for (const [what, edit, failing] of edits) {
    it(`given ${what} in the rows, when the books are asked for, then the checks that fail are ${failing.join(", ")}`, async () => {
      const undo = new Error("undo");
      let checks: Check[] = [];
      const work = async (sql: Sql): Promise<void> => {
        await edit(sql);
        checks = await checked(sql);
        throw undo;
      };
      await db.transaction(work).catch((error: unknown) => expect(error).to.equal(undo));
      expect(checks.filter(({ ok }) => !ok).map(({ id }) => id)).to.have.members(failing);
    });
  }
});
