import { expect } from "chai";
import { id } from "ethers";
import { creditChecks } from "../../../server/carbon/conservation.ts";
import type { Db, Sql } from "../../../server/db/port.ts";
import type { Check } from "../../../server/indexer/checks.ts";
import { stateDigest } from "../../../server/indexer/digests.ts";
import { replayProjections } from "../../../server/indexer/replay.ts";
import { startCarbon, type Carbon } from "../../support/mussels.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { eachDatabase } from "../../support/databases.ts";
import { headOf, indexAll } from "../../support/indexing.ts";
import { openLedger, type Ledger } from "../../support/ledger.ts";

const blockOf = (batch: bigint, first: bigint): bigint => (batch << 128n) | first;

eachDatabase("carbon projections", (open) => {
  let opened: OpenChain;
  let ledger: Ledger;
  let carbon: Carbon;
  let db: Db;

  before(async () => {
    db = await open();
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    carbon = await startCarbon(ledger);
    const { buyer, farmers, verifiers } = carbon;
    const report = await carbon.report(2_000n);
    await carbon.verify(report, 1_900n, 3);
    await carbon.issue(report, 2016, [
      [farmers[0]!, 1_000n],
      [farmers[1]!, 900n],
    ]);
    const pieces = [[blockOf(1n, 1n), 400n]];
    await ledger.call(farmers[0]!, "Credits", "transfer", [pieces, buyer.account, id("a sale")]);
    await carbon.retire(buyer, [[blockOf(1n, 601n), 150n]]);
    await ledger.call(farmers[1]!, "Credits", "cancel", [[[blockOf(1n, 1_001n), 100n]], id("a decision")]);
    await ledger.call(ledger.admin, "AccessManager", "grantRole", [20n, verifiers[0].account, 0]);
    await ledger.call(verifiers[0], "Credits", "changeLocks", [[[blockOf(1n, 1n), 600n]], 16, 0, id("a court order")]);
    await indexAll(db, ledger);
  });
  after(() => opened.close());

  const at = (name: "Credits" | "Projects") => ledger.deployment.contracts[name].address;
  const checked = async (sql: Sql): Promise<Check[]> =>
    creditChecks(opened.chain, { credits: at("Credits"), projects: at("Projects") }, sql, await headOf(ledger));

  it("given credits issued, sold, locked, cancelled and retired, when the rows are read, then blocks stand as they do on chain", async () => {
    const rows = await db.sql`
      SELECT first, kg, holder, disposition, locks, parent_first FROM credit_block ORDER BY first`;
    const { buyer, farmers } = carbon;
    const row = (first: bigint, kg: bigint, who: string, disposition = 0, locks = 0, parent: bigint | null = null) => ({
      first,
      kg,
      holder: who,
      disposition,
      locks,
      parent_first: parent,
    });
    expect(rows).to.deep.equal([
      row(1n, 600n, farmers[0]!.account, 0, 16),
      row(601n, 250n, buyer.account, 0, 0, 1n),
      row(851n, 150n, buyer.account, 1, 0, 601n),
      row(1_001n, 800n, farmers[1]!.account),
      row(1_801n, 100n, farmers[1]!.account, 2, 0, 1_001n),
    ]);
    const [batch] = await db.sql`SELECT issued_kg, retired_kg, cancelled_kg FROM batch`;
    expect(batch).to.deep.equal({ issued_kg: 1_900n, retired_kg: 150n, cancelled_kg: 100n });
    const [report] = await db.sql`SELECT least_kg, verifications, issued_kg FROM report`;
    expect(report).to.deep.equal({ least_kg: 1_900n, verifications: 3, issued_kg: 1_900n });
  });

  it("given that history, when the books are asked for, then every check ran and holds", async () => {
    const checks = await db.snapshot(checked);
    expect(checks.filter(({ ok }) => !ok)).to.deep.equal([]);
    expect(checks.map(({ id }) => id)).to.deep.equal([
      ...["C1.issued", "C1.retired", "C1.ended", "C1.live", "C1.words", "C1.batches"],
      ...["C2.issued", "C2.attested", "C2.periods", "C3.ranges", "C3.words"],
    ]);
    expect(checks.find(({ id }) => id === "C1.live")).to.include({ left: "1650", right: "1650" });
  });

  const edits: [what: string, edit: (sql: Sql) => Promise<unknown>, failing: string[]][] = [
    [
      "a kilogram moved between blocks",
      (sql) => sql`UPDATE credit_block SET kg = kg + CASE first WHEN 1 THEN 1 WHEN 1001 THEN -1 ELSE 0 END`,
      ["C3.ranges", "C3.words"],
    ],
    [
      "a block given to another",
      (sql) => sql`UPDATE credit_block SET holder = ${carbon.buyer.account} WHERE first = 1`,
      ["C3.words"],
    ],
    [
      "a retirement forgotten in its batch",
      (sql) => sql`UPDATE batch SET retired_kg = 0`,
      ["C1.retired", "C1.words", "C1.batches"],
    ],
    ["more issued than attested", (sql) => sql`UPDATE report SET least_kg = 1899`, ["C2.attested"]],
    [
      "a period that overlaps",
      (sql) => sql`
        INSERT INTO report SELECT ${id("other")}, project, measurer, boundary, from_day + 1, to_day + 1, claimed_kg,
          document, least_kg, verifications, issued_kg, issuer, block, tx FROM report`,
      ["C2.attested", "C2.periods"],
    ],
    ["a block lost", (sql) => sql`DELETE FROM credit_block WHERE first = 851`, ["C1.batches", "C3.ranges"]],
  ];
  for (const [what, edit, failing] of edits) {
    it(`given ${what} by hand, when the books are asked for, then ${failing.join(", ")} fail`, async () => {
      const failed = await db
        .transaction(async (sql) => {
          await edit(sql);
          throw Object.assign(new Error("undo"), { checks: await checked(sql) });
        })
        .catch((error: unknown) => (error as { checks?: Check[] }).checks);
      expect(failed?.filter(({ ok }) => !ok).map(({ id }) => id)).to.deep.equal(failing);
    });
  }

  it("given the stored logs, when the rows are made again, then the state digest is the same", async () => {
    const before = await stateDigest(db.sql, ledger.projections);
    await replayProjections(db, ledger.projections);
    const after = await stateDigest(db.sql, ledger.projections);
    expect(after.root).to.equal(before.root);
  });
});
