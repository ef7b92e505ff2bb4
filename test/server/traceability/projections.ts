import { expect } from "chai";
import { id } from "ethers";
import { readHeader } from "../../../server/chain/blocks.ts";
import { readView } from "../../../server/chain/contracts.ts";
import type { Hex } from "../../../server/chain/port.ts";
import type { Db } from "../../../server/db/port.ts";
import { conservationTotals, readLot, readProvenance, recordedDigests } from "../../../server/traceability/queries.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { eachDatabase } from "../../support/databases.ts";
import { clearIndex, headOf, indexAll } from "../../support/indexing.ts";
import { openLedger, person, type Ledger, type MadeCollect } from "../../support/ledger.ts";

const [keeper, collector, stranger] = ["keeper", "collector", "stranger"].map(person) as [
  ReturnType<typeof person>,
  ReturnType<typeof person>,
  ReturnType<typeof person>,
];
const MOST_GRAMS = 2 ** 48 - 1;

interface Made {
  plain: MadeCollect;
  /** of a class that needs a licence which the keeper has not */
  unlicensed: MadeCollect;
  heavy: MadeCollect;
  /** by somebody who is not registered: skipped */
  skipped: MadeCollect;
}

async function make(ledger: Ledger): Promise<Made> {
  await ledger.register(keeper, collector);
  const made = {
    plain: ledger.collect(collector, keeper, { grams: 1 }),
    unlicensed: ledger.collect(collector, keeper, { class: 63 << 10 }),
    skipped: ledger.collect(stranger, keeper),
    heavy: ledger.collect(collector, keeper, { grams: MOST_GRAMS, capturedAt: 2 ** 40 - 2, class: 1_023 }),
  };
  await ledger.record(made.plain, made.unlicensed);
  await ledger.record(made.skipped, made.heavy);
  return made;
}

eachDatabase("traceability projections", (open) => {
  let opened: OpenChain;
  let ledger: Ledger;
  let made: Made;
  let db: Db;

  before(async () => {
    db = await open();
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    made = await make(ledger);
    await indexAll(db, ledger);
  });
  after(() => opened.close());

  const view = (method: string, ...args: unknown[]): Promise<unknown[]> => {
    const { address } = ledger.deployment.contracts.LotLedger;
    return readView(ledger.chain, { name: "LotLedger", address }, method, args);
  };

  it("given recorded collects, when read, then each lot is the contract's word", async () => {
    for (const { lot } of [made.plain, made.unlicensed, made.heavy]) {
      const { custodian, grams, seq, class: kind, disposition, flags } = (await readLot(db.sql, lot))!;
      const tail = (BigInt(seq) << 24n) | (BigInt(kind) << 8n) | (BigInt(disposition) << 4n) | BigInt(flags);
      const word = (BigInt(custodian) << 96n) | (grams << 48n) | tail;
      expect(word).to.equal((await view("lots", lot))[0]);
    }
  });

  it("given paperwork that is wrong, when read, then the lot is for review and the act says why", async () => {
    expect(await readLot(db.sql, made.unlicensed.lot)).to.have.property("flags", 8);
    const rows = await db.sql<{ digest: Hex; flags: number }>`SELECT digest, flags FROM act ORDER BY block, idx`;
    expect(rows).to.deep.equal([
      { digest: made.plain.lot, flags: 0 },
      { digest: made.unlicensed.lot, flags: 0x28 },
      // captured in the future, by a key without an end
      { digest: made.heavy.lot, flags: 0x48 },
    ]);
  });

  it("given a skipped act, when read, then there is no lot and it is not recorded", async () => {
    expect(await readLot(db.sql, made.skipped.lot)).to.equal(undefined);
    const asked = [made.skipped, made.plain, made.heavy].map(({ lot }) => lot);
    expect(await recordedDigests(db.sql, asked)).to.deep.equal(new Set(asked.slice(1)));
    expect(await recordedDigests(db.sql, [])).to.deep.equal(new Set());
  });

  it("given events in order, when read, then lots are numbered from 1 in that order", async () => {
    const rows = await db.sql`SELECT no, id FROM lot ORDER BY no`;
    expect(rows).to.deep.equal([
      { no: 1, id: made.plain.lot },
      { no: 2, id: made.unlicensed.lot },
      { no: 3, id: made.heavy.lot },
    ]);
  });

  it("given the totals of the contract, when summed over rows, then T1 holds on both sides", async () => {
    const [collected, concluded] = (await view("totals")) as [bigint, bigint];
    const grams = BigInt(1 + 1_500 + MOST_GRAMS);
    expect([collected, concluded]).to.deep.equal([grams, 0n]);
    expect(await conservationTotals(db.sql)).to.deep.equal({
      collectedGrams: grams,
      liveGrams: grams,
      concludedGrams: 0n,
      lots: 3n,
      acts: 3n,
    });
  });

  it("given a collected lot, when its provenance is read, then it is itself with its one act", async () => {
    const { collect, lot } = made.heavy;
    const head = await headOf(ledger);
    const [{ tx, block }] = (await db.sql<{
      tx: Hex;
      block: bigint;
    }>`SELECT tx, block FROM act WHERE lot = ${lot}`) as [{ tx: Hex; block: bigint }];
    const page = await readProvenance(db.sql, lot, "upstream", undefined, 10);
    expect(page).to.deep.equal({
      asOfBlock: head,
      nodes: [
        {
          ...(await readLot(db.sql, lot)),
          acts: [
            {
              digest: lot,
              kind: "collect",
              lot,
              seq: 0,
              giver: collector.account,
              receiver: keeper.account,
              grams: BigInt(MOST_GRAMS),
              capturedAt: BigInt(2 ** 40 - 2),
              flags: 0x48,
              anchor: collect.anchor,
              evidence: collect.evidence,
              tx,
              block,
              recordedAt: BigInt((await readHeader(ledger.chain, Number(block)))!.timestamp),
            },
          ],
        },
      ],
      edges: [],
      next: undefined,
    });
  });
});

eachDatabase("provenance walk", (open) => {
  let db: Db;
  const lot = (no: number): Hex => id(`lot ${no}`) as Hex;

  // 1 and 2 go into 3; 3 into 4 and 5; 2 and 4 into 6; 7 stands alone
  const edges = [
    [3, 1],
    [3, 2],
    [4, 3],
    [5, 3],
    [6, 2],
    [6, 4],
  ] as const;

  before(async () => {
    db = await open();
    await clearIndex(db);
    await db.sql`INSERT INTO cursor (name, block, hash) VALUES ('indexer', 9, '0x99')`;
    for (let no = 1; no <= 7; no++) {
      await db.sql`
        INSERT INTO lot (no, id, custodian, owner, grams, seq, class, disposition, flags, made_by)
        VALUES (${no}, ${lot(no)}, '0xaa', '0xaa', 10, 0, 1, 0, 0, ${lot(no)})`;
    }
    for (const [child, parent] of edges)
      await db.sql`INSERT INTO edge (child, parent, grams) VALUES (${child}, ${parent}, 5)`;
  });

  async function walk(from: number, direction: "upstream" | "downstream", limit: number): Promise<number[][]> {
    const pages: number[][] = [];
    const seen: string[] = [];
    for (let after: Hex | undefined; ;) {
      const page = (await readProvenance(db.sql, lot(from), direction, after, limit))!;
      pages.push(page.nodes.map(({ id }) => [1, 2, 3, 4, 5, 6, 7].find((no) => lot(no) === id)!));
      seen.push(...page.edges.map(({ child, parent, grams }) => `${child} ${parent} ${grams}`));
      after = page.next;
      if (after === undefined) break;
    }
    // every edge between the lots that were met, once
    const met = new Set(pages.flat());
    const expected = edges.filter(([child, parent]) => met.has(child) && met.has(parent));
    expect(seen.sort()).to.deep.equal(expected.map(([child, parent]) => `${lot(child)} ${lot(parent)} 5`).sort());
    return pages;
  }

  it("given a lot with a past, when walked upstream, then everything it came from is there once, in pages", async () => {
    expect(await walk(6, "upstream", 10)).to.deep.equal([[6, 4, 3, 2, 1]]);
    expect(await walk(6, "upstream", 2)).to.deep.equal([[6, 4], [3, 2], [1]]);
    expect(await walk(5, "upstream", 4)).to.deep.equal([[5, 3, 2, 1]]);
  });

  it("given a lot with a future, when walked downstream, then everything it became is there once, in pages", async () => {
    expect(await walk(2, "downstream", 10)).to.deep.equal([[2, 3, 4, 5, 6]]);
    expect(await walk(2, "downstream", 3)).to.deep.equal([
      [2, 3, 4],
      [5, 6],
    ]);
    expect(await walk(7, "downstream", 1)).to.deep.equal([[7]]);
  });

  it("given a lot that is not indexed, or a page that goes on after one, when read, then there is nothing", async () => {
    expect(await readProvenance(db.sql, lot(8), "upstream", undefined, 10)).to.equal(undefined);
    expect(await readProvenance(db.sql, lot(6), "upstream", lot(8), 10)).to.equal(undefined);
  });
});
