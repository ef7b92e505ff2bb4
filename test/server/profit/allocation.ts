/** Pools divided on a real ledger: what the rows give is what the chain's own logs say, and what is published can be paid. */
import { rm } from "node:fs/promises";
import { expect } from "chai";
import { readHeader, readLogs } from "../../../server/chain/blocks.ts";
import type { Unsigned } from "../../../server/chain/calls.ts";
import { decodeLotLog, type LotEvent } from "../../../server/chain/lotEvents.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { createLibrary } from "../../../server/api/library.ts";
import type { Db } from "../../../server/db/port.ts";
import { openDocuments } from "../../../server/documents/open.ts";
import type { Library } from "../../../server/documents/port.ts";
import { attribute, type TracedLot } from "../../../server/profit/attribution.ts";
import { canonical } from "../../../server/profit/canonical.ts";
import { preparePayouts, preparePublication, type MoneyDeps } from "../../../server/profit/commands.ts";
import { createDivisions, findPool } from "../../../server/profit/divisions.ts";
import { entitle, type EntitlingAct } from "../../../server/profit/entitlements.ts";
import { entitledOf, inputsBytes, readInputs, type LineageInputs } from "../../../server/profit/inputs.ts";
import { rulesetBytes, type Ruleset } from "../../../server/profit/ruleset.ts";
import { childId } from "../../../server/traceability/children.ts";
import { spread } from "../../../server/traceability/spread.ts";
import { minedReceipt, openEmbedded, temporaryFolder, type OpenChain } from "../../support/chains.ts";
import { startDag, storedLot } from "../../support/dag.ts";
import { eachDatabase } from "../../support/databases.ts";
import { headOf, indexAll } from "../../support/indexing.ts";
import { lotId } from "../../support/lineages.ts";
import { openLedger, person, type Ledger, type Person } from "../../support/ledger.ts";
import {
  allocator,
  auditor,
  deposit,
  fund,
  moneyContracts,
  openMoney,
  payer,
  publish,
  withMoney,
} from "../../support/money.ts";

const rules: Ruleset = {
  kind: "lineage",
  name: { zh: "全部角色", en: "All roles" },
  roles: { collector: 5_000, keeper: 1_500, hauler: 500, custodian: 1_000, operator: 2_000 },
};

interface Told {
  /** every lot there is, with its parents; what excludes it stands in storage */
  parents: Map<Hex, { id: Hex; grams: bigint }[]>;
  made: Map<Hex, bigint>;
  acts: EntitlingAct[];
}

/** What the chain's logs say of all lots, followed one by one. */
function tell(events: readonly LotEvent[]): Told {
  const told: Told = { parents: new Map(), made: new Map(), acts: [] };
  const grams = new Map<Hex, number>();
  const make = (id: Hex, mass: number, parents: { id: Hex; grams: bigint }[]): void => {
    told.parents.set(id, parents);
    told.made.set(id, BigInt(mass));
    grams.set(id, mass);
  };
  for (const { name, args } of events) {
    if (name === "Collected") {
      make(args.lot, args.grams, []);
      told.acts.push({ kind: "collect", lot: args.lot, giver: args.collector, receiver: args.keeper });
    } else if (name === "HandedOver") {
      grams.set(args.lot, Math.min(args.declaredGrams, args.acceptedGrams));
      told.acts.push({ kind: "handoff", lot: args.lot, receiver: args.to, bailment: args.bailment });
    } else if (name === "LotSplit") {
      for (const [i, part] of args.grams.entries()) {
        make(childId(args.digest, i), part, [{ id: args.lot, grams: BigInt(part) }]);
      }
      told.acts.push({ kind: "split", lot: args.lot, operator: args.operator });
    } else if (name === "Transformed") {
      const inputs = args.inputs.map(({ lot }) => lot);
      const masses = inputs.map((lot) => grams.get(lot)!);
      for (const [i, output] of args.outputs.entries()) {
        const parts = spread(output.grams, masses).map((part, n) => ({ id: inputs[n]!, grams: BigInt(part) }));
        make(childId(args.digest, i), output.grams, parts);
      }
      told.acts.push({ kind: "transform", inputs, operator: args.operator });
    } else if (name === "Concluded") {
      grams.set(args.lot, grams.get(args.lot)! - args.grams);
    }
  }
  return told;
}

eachDatabase("allocation on a ledger", (open) => {
  let opened: OpenChain;
  let ledger: Ledger;
  let db: Db;
  let folder: string;
  let library: Library;
  let ruleset: Hex;
  let deps: MoneyDeps;

  before(async () => {
    db = await open();
    folder = await temporaryFolder();
    library = createLibrary({ db, documents: await openDocuments({ url: undefined, folder }) });
    const { document } = await library.add(rulesetBytes(rules), { mediaType: "application/json", by: payer.account });
    ruleset = document.sha256;
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    await openMoney(ledger);
    await deposit(ledger, payer, 1_000_000n, "one");
    const { chainId } = ledger.domain;
    const contracts = moneyContracts(ledger);
    const divisions = createDivisions({ db, library, chainId, pools: contracts.pools });
    deps = { db, chain: ledger.chain, chainId, contracts, library, divisions };
  });
  after(async () => {
    await opened.close();
    await rm(folder, { recursive: true });
  });

  const index = (): Promise<void> => indexAll(db, ledger, { projections: withMoney(ledger) });
  const poolFor = (fen: bigint, subjects: readonly Hex[]): Promise<bigint> =>
    fund(ledger, fen, { kind: 1, subjects, ruleset });
  const send = async (who: Person, { to, data, nonce, gasLimit, chainId }: Unsigned): Promise<void> => {
    const { raw, hash } = who.signer.sign({ to, data, nonce, gasLimit: BigInt(gasLimit), chainId });
    await ledger.chain.request("eth_sendRawTransaction", [raw]);
    expect((await minedReceipt(ledger.chain, hash)).status).to.equal("0x1");
  };

  describe("of a random history", () => {
    let told: Told;
    let lots: Hex[];
    let excluded: Set<Hex>;

    before(async () => {
      const dag = await startDag(ledger, 11);
      await dag.play(120);
      const { address } = ledger.deployment.contracts.LotLedger;
      const events: LotEvent[] = [];
      for (const log of await readLogs(ledger.chain, 0, await headOf(ledger), [address])) {
        const event = decodeLotLog(log, (await readHeader(ledger.chain, log.block))!);
        if (event) events.push(event);
      }
      told = tell(events);
      lots = [...told.parents.keys()];
      excluded = new Set();
      for (const id of lots) {
        const { flags, disposition } = await storedLot(ledger, id);
        if ((flags & 3) !== 0 || disposition === 2) excluded.add(id);
      }
    });

    const naive = (subjects: readonly Hex[], without: ReadonlySet<Hex>): LineageInputs["entitled"] => {
      const traced = lots.map((id): TracedLot => ({ id, excluded: without.has(id), parents: told.parents.get(id)! }));
      const weights = attribute(
        traced,
        subjects.map((lot) => ({ lot, grams: told.made.get(lot)! })),
      );
      return entitledOf(entitle(weights, told.acts));
    };

    it("given lots that others came from, when a pool for all that was made is divided, then by what the logs say, without what is contested, quarantined or void", async () => {
      const subjects = lots.filter((id) => told.parents.get(id)!.length > 0).sort();
      const pool = await poolFor(777n, subjects);
      await index();
      const { inputs, allocation } = await deps.divisions.preview(await findPool(db.sql, pool));
      const { entitled, subjects: counted } = inputs as LineageInputs;
      expect(entitled).to.deep.equal(naive(subjects, excluded));
      expect(counted).to.deep.equal(subjects.map((lot) => ({ lot, grams: String(told.made.get(lot)!) })));
      expect(allocation.leaves.reduce((sum, { amountFen }) => sum + amountFen, 0n)).to.equal(777n);
      // the history has all that this is about
      expect(Object.keys(entitled)).to.have.members(Object.keys(rules.roles));
      expect(entitled).to.not.deep.equal(naive(subjects, new Set()));
      expect([...excluded].some((id) => (told.parents.get(id) ?? []).length > 0)).to.equal(true);
    });

    it("given a preview, when a lot of it is quarantined, then the next preview is without that lot", async () => {
      const subject = lots.filter((id) => !excluded.has(id) && told.parents.get(id)!.length > 0).sort();
      const pool = await poolFor(50n, subject);
      await index();
      const before = (await deps.divisions.preview(await findPool(db.sql, pool))).inputs as LineageInputs;
      const [lot] = before.entitled.collector![0]!.lots as [Hex];
      await ledger.call(auditor, "LotLedger", "ruleOnFlags", [lot, 2, 0, ruleset]);
      excluded.add(lot);
      await index();
      const now = (await deps.divisions.preview(await findPool(db.sql, pool))).inputs as LineageInputs;
      expect(before.entitled).to.not.deep.equal(now.entitled);
      expect(now.entitled).to.deep.equal(naive(subject, excluded));
    });
  });

  describe("to more payees than a chunk holds", () => {
    const crowd = Array.from({ length: 300 }, (_, n) => person(`payee ${n}`));
    const point = person("point");
    let pool: bigint;

    before(async () => {
      for (const some of [crowd.slice(0, 150), [...crowd.slice(150), point]]) await ledger.register(...some);
      const collects = crowd.map((who, n) => ledger.collect(who, point, { grams: 1_000 + n }));
      for (let at = 0; at < collects.length; at += 100) await ledger.record(...collects.slice(at, at + 100));
      pool = await poolFor(
        99_999n,
        collects.map(({ lot }) => lot),
      );
      await index();
    });

    it("given a division that is prepared, when it is signed and published, then it is the chain's, and its document is on record", async () => {
      const { transaction, inputs, tree } = await preparePublication(deps, pool, allocator.account, payer.account);
      expect([tree.leafCount, tree.chunks]).to.deep.equal([301, 2]);
      await send(allocator, transaction);
      await index();
      const found = await findPool(db.sql, pool);
      expect(found.division).to.include({ version: 1, root: tree.root, leafCount: 301, inputs });
      const { content } = (await library.read(inputs))!;
      expect(Buffer.compare(inputsBytes(readInputs(content)), content)).to.equal(0);
      const { tree: again } = await createDivisions({ ...deps, pools: deps.contracts.pools }).published(found);
      expect(again.root).to.equal(tree.root);
    });

    it("given two chunks, when one somebody pays the first and stops, then another goes on with the second, and the pool closes", async () => {
      const { payouts } = await preparePayouts(deps, pool, crowd[0]!.account, 16);
      expect(payouts.map(({ chunk }) => chunk)).to.deep.equal([0, 1]);
      expect(payouts[1]!.transaction.nonce).to.equal(payouts[0]!.transaction.nonce + 1);
      await send(crowd[0]!, payouts[0]!.transaction);
      await index();
      const rest = await preparePayouts(deps, pool, crowd[1]!.account, 16);
      expect(rest.payouts.map(({ chunk }) => chunk)).to.deep.equal([1]);
      expect(rest.payouts[0]!.sumFen).to.equal(payouts[1]!.sumFen);
      await send(crowd[1]!, rest.payouts[0]!.transaction);
      await index();
      expect(await findPool(db.sql, pool)).to.include({ closed: true, paidFen: 99_999n });
      const rows = await db.sql<{ n: bigint; fen: string }>`
        SELECT count(*) AS n, sum(amount_fen) AS fen FROM payout WHERE pool = ${pool}`;
      expect(rows).to.deep.equal([{ n: 301n, fen: "99999" }]);
      expect((await preparePayouts(deps, pool, crowd[1]!.account, 16)).payouts).to.deep.equal([]);
    });
  });

  it("given a division that the index does not know yet, when another is prepared, then it is refused until it does", async () => {
    const pool = await poolFor(10n, [lotId(0)]);
    await index();
    await publish(ledger, pool, [{ account: payer.account, amountFen: 10n }]);
    const refused = await preparePublication(deps, pool, allocator.account, payer.account).catch(
      (error: unknown) => error,
    );
    expect(refused).to.have.nested.property("view.code", "not-ready");
  });

  it("given arrays, nested objects and text, when written in canonical form, then keys are sorted and order of items stays", () => {
    const value = { b: [2, 1, { d: "é\n", c: [] }], a: true };
    expect(canonical(value)).to.equal('{"a":true,"b":[2,1,{"c":[],"d":"é\\n"}]}');
    expect(JSON.parse(canonical(value))).to.deep.equal(value);
    for (const ordered of [{ a: [{ b: 1, c: 2 }], d: "é" }, [{ b: [1] }, { c: 1, d: 2 }]]) {
      expect(canonical(ordered)).to.equal(JSON.stringify(ordered));
    }
    expect(canonical([{ a: 1, b: { d: 1, c: 2 } }])).to.equal('[{"a":1,"b":{"c":2,"d":1}}]');
  });
});
