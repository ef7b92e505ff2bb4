import { expect } from "chai";
import type { Db } from "../../../server/db/port.ts";
import { replayProjections } from "../../../server/indexer/replay.ts";
import type { Settle } from "../../../server/indexer/writer.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { eachDatabase } from "../../support/databases.ts";
import { clearIndex, headOf, indexAll, indexerOf, indexRows } from "../../support/indexing.ts";
import { openLedger, type Ledger } from "../../support/ledger.ts";
import { play } from "./scenario.ts";

eachDatabase("long fills", (open) => {
  let opened: OpenChain;
  let ledger: Ledger;
  let db: Db;
  let head: number;
  /** how the indexes of lots were made, by name, before anything was put off */
  let made: Record<string, string>;
  let rows: Awaited<ReturnType<typeof indexRows>>;

  before(async () => {
    db = await open();
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    await play(ledger, 3);
    head = await headOf(ledger);
    made = await indexes();
    await clearIndex(db);
    await indexAll(db, ledger);
    rows = await indexRows(db);
    expect(await indexes()).to.deep.equal(made);
  });
  after(() => opened.close());
  beforeEach(() => clearIndex(db));

  async function indexes(sql = db.sql): Promise<Record<string, string>> {
    const found = await sql<{ name: string; definition: string }>`
      SELECT indexname AS name, indexdef AS definition FROM pg_indexes
      WHERE tablename IN ('lot', 'act', 'edge', 'ruling') ORDER BY indexname`;
    return Object.fromEntries(found.map(({ name, definition }) => [name, definition]));
  }

  /** Those that are there while a fill runs, in a range of one block each. */
  async function fill(stopAt?: number): Promise<string[][]> {
    const during: string[][] = [];
    const settle: Settle = async (sql) => during.push(Object.keys(await indexes(sql)));
    const indexer = indexerOf(db, ledger, { longFill: 3, limits: { blocks: 1, mostBlocks: 1 }, settle });
    await indexer.start();
    await (stopAt === undefined ? indexer.caughtUp : indexer.indexed(stopAt));
    await indexer.stop();
    return during;
  }

  const readers = ["act_by_lot", "edge_by_parent", "lot_by_maker", "lot_open_by_custodian"];

  it("given a new database and a long chain, when it is filled, then what only readers use is made last and all is as otherwise", async () => {
    const during = await fill();
    expect(during).to.have.length(head + 1);
    const without = Object.keys(made).filter((name) => !readers.includes(name));
    for (const names of during) expect(names).to.deep.equal(without);
    expect(await indexes()).to.deep.equal(made);
    expect(await indexRows(db)).to.deep.equal(rows);
    expect(await db.sql`SELECT FROM put_off_index`).to.deep.equal([]);
  });

  it("given a fill that was stopped, when another process goes on with the little that is left, then it makes the indexes", async () => {
    await fill(head - 1);
    expect(Object.keys(await indexes())).not.to.include.members(readers);
    await fill();
    expect(await indexes()).to.deep.equal(made);
    expect(await indexRows(db)).to.deep.equal(rows);
  });

  it("given an index that has caught up, when the chain goes on, then its indexes stay", async () => {
    await indexAll(db, ledger, {}, 2);
    const during = await fill();
    expect(during).to.have.length(head - 2);
    for (const names of during) expect(names).to.deep.equal(Object.keys(made));
  });

  it("given stored logs of many blocks, when the projections are rebuilt, then rows and indexes are as before", async () => {
    await indexAll(db, ledger);
    await db.sql`DELETE FROM act`;
    const number = (): Promise<unknown> => db.sql`SELECT 'act_by_lot'::regclass::oid AS number`;
    const first = await number();
    await replayProjections(db, ledger.projections, { longFill: head + 2 });
    expect(await number()).to.deep.equal(first);
    await replayProjections(db, ledger.projections, { longFill: head + 1 });
    expect(await number()).not.to.deep.equal(first);
    expect(await indexes()).to.deep.equal(made);
    expect(await indexRows(db)).to.deep.equal(rows);
  });
});
