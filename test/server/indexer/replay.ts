import { expect } from "chai";
import type { Db } from "../../../server/db/port.ts";
import { Refusal } from "../../../server/errors.ts";
import type { Projection } from "../../../server/indexer/port.ts";
import { readCursor } from "../../../server/indexer/queries.ts";
import { packLogs, unpackLogs } from "../../../server/indexer/raw.ts";
import { replayProjections, staleProjections } from "../../../server/indexer/replay.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { eachDatabase } from "../../support/databases.ts";
import { clearIndex, headOf, indexAll, indexerOf, indexRows, projectionRows } from "../../support/indexing.ts";
import { openLedger, type Ledger } from "../../support/ledger.ts";
import { play, type Played } from "./scenario.ts";

async function refusalOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(Refusal);
  return (error as Refusal).message;
}

eachDatabase("replay", (open) => {
  let opened: OpenChain;
  let ledger: Ledger;
  let played: Played;
  let db: Db;

  before(async () => {
    db = await open();
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    played = await play(ledger, 3);
  });
  after(() => opened.close());
  beforeEach(async () => {
    await clearIndex(db);
    await indexAll(db, ledger);
  });

  it("given rows changed, lost and made up, when replayed, then they are as indexed and nothing else moved", async () => {
    const indexed = await indexRows(db);
    await db.sql`UPDATE lot SET custodian = id, flags = 0`;
    await db.sql`DELETE FROM act WHERE idx > 0`;
    await db.sql`DELETE FROM account`;
    await db.sql`INSERT INTO edge (child, parent, grams) VALUES (2, 1, 500)`;
    await db.sql`INSERT INTO vocabulary (list, code, term_hash, active) VALUES (9, 9, '0x00', true)`;
    await replayProjections(db, ledger.projections);
    expect(await indexRows(db)).to.deep.equal(indexed);
  });

  for (const [of, round] of [
    ["rounds of one block", { blocks: 1, logs: 1 }],
    ["rounds of some blocks", { blocks: 3, logs: 1_000 }],
  ] as const) {
    it(`given ${of}, when replayed, then the rows are as indexed`, async () => {
      const indexed = await indexRows(db);
      await db.sql`DELETE FROM act`;
      await replayProjections(db, ledger.projections, { round });
      expect(await indexRows(db)).to.deep.equal(indexed);
    });
  }

  it("given another effects digest of the last block, when the ranges before it are written, then nothing of that stays", async () => {
    const block = await headOf(ledger);
    await db.sql`UPDATE block SET effects = ${`0x${"11".repeat(32)}`} WHERE number = ${block}`;
    await db.sql`DELETE FROM act`;
    const rows = await indexRows(db);
    const round = { blocks: 1, logs: 1 };
    expect(await refusalOf(replayProjections(db, ledger.projections, { round }))).to.contain(`block ${block}`);
    expect(await indexRows(db)).to.deep.equal(rows);
  });

  it("given a replay, when indexing goes on, then lots are numbered on", async () => {
    const head = await headOf(ledger);
    const indexed = await indexRows(db);
    await clearIndex(db);
    await indexAll(db, ledger, {}, head - 2);
    await replayProjections(db, ledger.projections);
    await indexAll(db, ledger);
    expect((await projectionRows(db))["lot"]).to.deep.equal(indexed["lot"]);
  });

  it("given an empty database, when replayed, then the versions are set and no block is needed", async () => {
    await clearIndex(db);
    expect(await staleProjections(db, ledger.projections)).to.deep.equal(["access", "traceability", "carbon"]);
    await replayProjections(db, ledger.projections);
    expect(await staleProjections(db, ledger.projections)).to.deep.equal([]);
    expect(await readCursor(db.sql)).to.equal(undefined);
  });

  it("given a projection of a newer version, when asked, then it alone is stale, until replayed with what it now writes; old state digests go", async () => {
    await replayProjections(db, ledger.projections);
    const kept = async (): Promise<number> => (await db.sql`SELECT FROM state_digest`).length;
    await db.sql`INSERT INTO state_digest (block, version, root, buckets) VALUES (5, 'v1', '0x', '[]')`;
    await replayProjections(db, ledger.projections);
    expect(await kept()).to.equal(1);
    const [access, traceability, ...others] = ledger.projections;
    const doubled: Projection = {
      ...traceability,
      version: traceability.version + 1,
      async apply(sql, events) {
        await traceability.apply(sql, events);
        await sql`UPDATE lot SET grams = grams * 2`;
      },
    };
    expect(await staleProjections(db, [access, doubled, ...others])).to.deep.equal(["traceability"]);
    const before = await projectionRows(db);
    // all collects of the scenario are folded at once, so they are doubled once
    await replayProjections(db, [access, doubled, ...others]);
    expect(await staleProjections(db, [access, doubled, ...others])).to.deep.equal([]);
    expect(await kept()).to.equal(0);
    const after = await projectionRows(db);
    expect(after["lot"]!.map(({ grams }) => grams)).to.deep.equal(
      before["lot"]!.map(({ grams }) => (grams as bigint) * 2n),
    );
    expect(after["account"]).to.deep.equal(before["account"]);
  });

  describe("stored logs that are not what was indexed", () => {
    let block: number;

    beforeEach(async () => {
      const [act] = await db.sql<{ block: bigint }>`SELECT block FROM act WHERE digest = ${played.recorded[3]!.lot}`;
      block = Number(act!.block);
    });

    async function expectRefused(words: string): Promise<void> {
      const before = await projectionRows(db);
      expect(await refusalOf(replayProjections(db, ledger.projections))).to.contain(words);
      expect(await projectionRows(db)).to.deep.equal(before);
    }

    it("given a log with other grams, when replayed, then the block is named and the rows stay", async () => {
      const [row] = await db.sql<{ logs: Buffer }>`SELECT logs FROM raw WHERE block = ${block}`;
      const logs = await unpackLogs(block, row!.logs);
      const { data } = logs[0]!;
      logs[0]!.data = `0x${data.slice(2, 66)}${"0".repeat(11)}1${data.slice(78)}`;
      await db.sql`UPDATE raw SET logs = ${packLogs(logs)} WHERE block = ${block}`;
      await expectRefused(`The stored logs of block ${block} give the effects digest 0x`);
    });

    it("given a block whose logs are gone, when replayed, then the block is named and the rows stay", async () => {
      await db.sql`DELETE FROM raw WHERE block = ${block}`;
      await expectRefused(`The stored logs of block ${block} give the effects digest 0x`);
    });

    it("given bytes that cannot be unpacked, when replayed, then the block is named and the rows stay", async () => {
      await db.sql`UPDATE raw SET logs = substring(logs FROM 5) WHERE block = ${block}`;
      await expectRefused(`The stored logs of block ${block} cannot be read`);
    });

    it("given another effects digest, when replayed, then the block is named and the rows stay", async () => {
      await db.sql`UPDATE block SET effects = hash WHERE number = ${block}`;
      await expectRefused(`The stored logs of block ${block} give the effects digest 0x`);
    });
  });

  it("given an indexer that runs, when replayed beside it, then it is refused", async () => {
    const indexer = indexerOf(db, ledger);
    await indexer.start();
    expect(await refusalOf(replayProjections(db, ledger.projections))).to.contain("Another process indexes");
    await indexer.stop();
    await replayProjections(db, ledger.projections);
  });
});
