import { expect } from "chai";
import { readView } from "../../../server/chain/contracts.ts";
import type { Hex } from "../../../server/chain/port.ts";
import type { Db } from "../../../server/db/port.ts";
import { readLot, recordedDigests } from "../../../server/traceability/queries.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { eachDatabase } from "../../support/databases.ts";
import { indexAll } from "../../support/indexing.ts";
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
});
