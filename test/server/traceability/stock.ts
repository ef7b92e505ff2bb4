import { expect } from "chai";
import { id } from "ethers";
import type { Hex } from "../../../server/chain/port.ts";
import type { Db } from "../../../server/db/port.ts";
import { licensedAfterAll } from "../../../server/traceability/licensed.ts";
import { isOver, readStock } from "../../../server/traceability/stock.ts";
import {
  addressOf,
  childOf,
  digestOf,
  keyOf,
  secp,
  signAct,
  type Message,
  type SignedAct,
} from "../../support/acts.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { carry, domainOf } from "../../support/dag.ts";
import { eachDatabase } from "../../support/databases.ts";
import { indexAll } from "../../support/indexing.ts";
import { openLedger, registrationOf, type Ledger } from "../../support/ledger.ts";

const captured = Date.UTC(2025, 11, 31) / 1_000;
const YEAR = 366 * 86_400;
const [collectorKey, depotKey] = [keyOf("collector"), keyOf("depot")];
const [collector, depot] = [collectorKey, depotKey].map((key) => addressOf(key).toLowerCase() as Hex) as [Hex, Hex];
const stranger: Hex = `0x${"5a".repeat(20)}`;

/** Classes that need licences 1, 2, 3 and none. */
const [one, two, three, plain] = [1 << 10, 2 << 10, 3 << 10, 1] as const;

eachDatabase("stock and licences", (open) => {
  let opened: OpenChain;
  let ledger: Ledger;
  let db: Db;
  const acts: Record<string, SignedAct> = {};
  const digest = (name: string): Hex => digestOf(domainOf(ledger), acts[name]!.type, acts[name]!.act) as Hex;
  const tail = { capturedAt: captured, anchor: id("anchor"), evidence: id("evidence") };

  function collect(name: string, kind: number, grams: number, terms: Message = {}): void {
    const parties = { collector, keeper: depot };
    const act = { class: kind, grams, ...parties, ...tail, salt: id(name), ...terms };
    acts[name] = signAct(domainOf(ledger), "Collect", act, secp(collectorKey), secp(depotKey));
  }

  before(async () => {
    db = await open();
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    const call = (method: string, ...args: unknown[]): Promise<unknown> =>
      ledger.call(ledger.registry, "Parties", method, args);
    await call("register", [registrationOf(collector), registrationOf(depot, 4)]);
    // in common, the two licences are valid from a year after the capture: the chain flags all acts before
    await call("grantLicence", depot, 1, captured - YEAR, captured + 20 * YEAR, 1_000n, id("document"));
    await call("grantLicence", depot, 2, captured + YEAR / 2, captured + 20 * YEAR, 50n, id("document"));
    collect("held", one, 1_000);
    collect("late", one, 300, { capturedAt: captured - 2 * YEAR });
    collect("other", two, 40);
    collect("none", three, 5);
    collect("plain", plain, 7);
    await carry(ledger, Object.values(acts));
    const operator = { operator: depot, ...tail };
    const into = (process: number, lot: string, outputs: Message[], loss: number): SignedAct => {
      const inputs = [{ lot: digest(lot), seq: 0 }];
      const act = { process, inputs, outputs, lossGrams: loss, ...operator, salt: id(lot) };
      return signAct(domainOf(ledger), "Transform", act, secp(depotKey));
    };
    acts["mixed"] = into(
      1,
      "plain",
      [
        { class: one, grams: 4 },
        { class: two, grams: 2 },
      ],
      1,
    );
    const half = { lot: digest("held"), seq: 0, grams: [400, 600], ...operator };
    acts["split"] = signAct(domainOf(ledger), "Split", half, secp(depotKey));
    await carry(ledger, [acts["mixed"], acts["split"]]);
    const child = childOf(digest("split"), 0);
    acts["same"] = signAct(
      domainOf(ledger),
      "Conclude",
      { lot: child, seq: 0, grams: 400, kind: 2, ...operator },
      secp(depotKey),
    );
    await carry(ledger, [acts["same"]]);
    await indexAll(db, ledger);
  });
  after(() => opened.close());

  it("given lots of several classes, when the stock is read, then it is open mass by licence against capacity as licensed now", async () => {
    const { stock } = (await readStock(db.sql, depot))!;
    expect(stock.map((item) => [item.licenceKind, item.grams, item.capacityGrams, isOver(item)])).to.deep.equal([
      // 1,000 + 300 collected, 4 made, 400 disposed of
      [1, 904n, 1_000n, false],
      // the licence has begun by now
      [2, 42n, 50n, false],
      [3, 5n, 0n, true],
    ]);
    expect((await readStock(db.sql, stranger))!.stock).to.deep.equal([]);
  });

  it("given less capacity, or a licence that ended, when the stock is read, then it is over", async () => {
    const over = async (): Promise<number[]> =>
      (await readStock(db.sql, depot))!.stock.filter(isOver).map(({ licenceKind }) => licenceKind);
    await db.sql`UPDATE licence SET capacity_grams = 904 WHERE kind = 1`;
    expect(await over()).to.deep.equal([3]);
    await db.sql`UPDATE licence SET capacity_grams = 903 WHERE kind = 1`;
    expect(await over()).to.deep.equal([1, 3]);
    await db.sql`UPDATE licence SET valid_until = (SELECT max(at) FROM block) WHERE kind = 2`;
    expect(await over()).to.deep.equal([1, 2, 3]);
    await db.sql`UPDATE licence SET valid_until = valid_until + 1, capacity_grams = 1000 WHERE kind < 3`;
    expect(await over()).to.deep.equal([3]);
  });

  it("given acts that the chain flagged, when held against each licence's own dates, then those that were licensed are told", async () => {
    const names = Object.keys(acts);
    const flagged = await db.sql<{ digest: Hex }>`SELECT digest FROM act WHERE flags & 32 <> 0`;
    expect(new Set(flagged.map((row) => row.digest))).to.deep.equal(
      new Set(names.filter((name) => name !== "plain").map(digest)),
    );
    const found = await licensedAfterAll(db.sql, names.map(digest));
    expect(names.filter((name) => found.has(digest(name)))).to.deep.equal(["held", "split", "same"]);
    await db.sql`UPDATE licence SET valid_from = 0`;
    // what a transform makes of two kinds needs both licences
    const after = await licensedAfterAll(db.sql, names.map(digest));
    expect(names.filter((name) => after.has(digest(name)))).to.deep.equal([
      "held",
      "late",
      "other",
      "mixed",
      "split",
      "same",
    ]);
    expect(await licensedAfterAll(db.sql, [])).to.deep.equal(new Set());
  });
});
