import { expect } from "chai";
import { errorName } from "../../../server/chain/contracts.ts";
import type { Db } from "../../../server/db/port.ts";
import { stateDigest } from "../../../server/indexer/digests.ts";
import { replayProjections } from "../../../server/indexer/replay.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { randomFrom, startDag, storedLot, type Dag, type StoredLot } from "../../support/dag.ts";
import { eachDatabase } from "../../support/databases.ts";
import { clearIndex, headOf, indexAll, projectionRows } from "../../support/indexing.ts";
import { openLedger, type Ledger } from "../../support/ledger.ts";

const SEED = 20_261_121;

eachDatabase("lots of random histories", (open) => {
  let opened: OpenChain;
  let ledger: Ledger;
  let dag: Dag;
  let db: Db;

  before(async () => {
    db = await open();
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    dag = await startDag(ledger, SEED);
  });
  after(() => opened.close());

  async function rows(): Promise<Map<Hex, StoredLot>> {
    const found = await db.sql<Omit<StoredLot, "grams"> & { grams: bigint }>`
      SELECT id, custodian, owner, grams, seq, class, disposition, flags FROM lot`;
    return new Map(found.map((row) => [row.id, { ...row, grams: Number(row.grams) }]));
  }

  async function expectStorage(): Promise<void> {
    const indexed = await rows();
    for (const id of dag.lots) {
      const stored = await storedLot(ledger, id);
      const none = /^0x0+$/.test(stored.custodian);
      expect(indexed.get(id)).to.deep.equal(none ? undefined : stored);
      indexed.delete(id);
    }
    expect([...indexed.keys()]).to.deep.equal([]);
  }

  it("given all kinds of acts and rulings, when indexed run by run, then each lot is the contract's word and title", async () => {
    for (let run = 0; run < 6; run++) {
      await dag.play(40);
      await indexAll(db, ledger);
      await expectStorage();
    }
    for (const [step, count] of Object.entries(dag.played)) expect(count, step).to.be.at.least(5);
    const kinds = await db.sql<{ kind: string }>`SELECT DISTINCT kind FROM act ORDER BY kind`;
    expect(kinds).to.have.length(6);
  });

  it("given what was indexed run by run, when ranges are cut elsewhere or the rows rebuilt, then rows and digest are the same", async () => {
    const random = randomFrom(SEED + 1);
    const before = { rows: await projectionRows(db), digest: (await stateDigest(db.sql, ledger.projections)).root };
    const expectSame = async (): Promise<void> => {
      expect(await projectionRows(db)).to.deep.equal(before.rows);
      expect((await stateDigest(db.sql, ledger.projections)).root).to.equal(before.digest);
    };
    await replayProjections(db, ledger.projections);
    await expectSame();
    for (const limits of [{ blocks: 1, mostBlocks: 1 }, { blocks: 1_000 }, { blocks: 7, mostBlocks: 7 }]) {
      await clearIndex(db);
      const cut = 1 + random(await headOf(ledger));
      await indexAll(db, ledger, { limits }, cut);
      await indexAll(db, ledger, { limits });
      await expectSame();
    }
  });

  it("given consumed and new lots, when read, then makers and enders are acts, and edges carry the children's grams whole", async () => {
    const [wrong] = await db.sql`
      SELECT count(*) FILTER (WHERE maker.digest IS NULL) AS unmade,
        count(*) FILTER (WHERE (lot.disposition = 1) <> (ender.digest IS NOT NULL)) AS unended
      FROM lot LEFT JOIN act maker ON maker.digest = made_by AND maker.kind IN ('collect', 'split', 'transform')
        LEFT JOIN act ender ON ender.digest = ended_by`;
    expect(wrong).to.deep.equal({ unmade: 0n, unended: 0n });
    const made = await db.sql<{ grams: bigint; parents: bigint }>`
      SELECT sum(edge.grams)::bigint AS grams, count(*) AS parents, child
      FROM edge JOIN lot ON lot.no = child WHERE child > parent GROUP BY child ORDER BY child`;
    expect(made.some(({ parents }) => parents > 2n)).to.equal(true);
    // of one act: what it put in is what its children were made with, and its loss
    const acts = await db.sql<{ grams: bigint; loss: bigint; out: bigint }>`
      SELECT act.grams, act.loss_grams AS loss, sum(edge.grams)::bigint AS out
      FROM act JOIN lot ON made_by = digest JOIN edge ON child = no WHERE kind IN ('split', 'transform') GROUP BY digest, act.grams, act.loss_grams`;
    for (const { grams, loss, out } of acts) expect(out + loss).to.equal(grams);
    expect(acts.some(({ loss }) => loss > 0n)).to.equal(true);
  });

  it("given rows of every kind, when their records are read in pages, then each row is one record, by ascending keys", async () => {
    const [, traceability] = ledger.projections;
    const keys: string[] = [];
    for (const limit of [1, 10_000]) {
      keys.length = 0;
      for (let page; (page = await traceability.records(db.sql, keys.at(-1), limit)).length > 0;)
        keys.push(...page.map(({ key }) => key));
      expect(keys).to.deep.equal([...new Set(keys)].sort());
      const counts: Record<string, number> = {};
      for (const key of keys) counts[key.split("/")[0]!] = (counts[key.split("/")[0]!] ?? 0) + 1;
      const [rows] = await db.sql`
        SELECT (SELECT count(*) FROM act)::int AS act, (SELECT count(*) FROM edge)::int AS edge,
          (SELECT count(*) FROM lot)::int AS lot, (SELECT count(*) FROM ruling)::int AS ruling`;
      expect(counts).to.deep.equal(rows);
    }
  });

  it("given acts and skips, when a range is indexed, then every digest is settled once, with the reason", async () => {
    const settled: { digest: Hex; skipped?: Hex }[] = [];
    await clearIndex(db);
    await indexAll(db, ledger, { settle: (_, outcomes) => Promise.resolve(settled.push(...outcomes)) });
    const recorded = settled.filter(({ skipped }) => skipped === undefined).map(({ digest }) => digest);
    const acts = await db.sql<{ digest: Hex }>`SELECT digest FROM act ORDER BY block, idx`;
    expect(recorded).to.deep.equal(acts.map(({ digest }) => digest));
    const reasons = settled.flatMap(({ skipped }) => (skipped === undefined ? [] : [errorName(skipped)]));
    expect(reasons).to.include("SeqNotCurrent");
    expect(reasons.filter((reason) => reason === "SeqNotCurrent")).to.have.length.at.least(dag.played["stale"]!);
  });
});
