/** The lineage in memory against a second, naive reading of the same generated rows. */
import { expect } from "chai";
import { fillProjections } from "../../../scripts/bench/fill.ts";
import { generate, type Generated, type GeneratedLot } from "../../../scripts/bench/graphs.ts";
import type { Hex } from "../../../server/chain/port.ts";
import type { Db } from "../../../server/db/port.ts";
import {
  appendActs,
  appendEdges,
  appendLots,
  emptyLineage,
  walk,
  type Direction,
} from "../../../server/traceability/lineage.ts";
import { createLineageFeed, keepUp, type LineageFeed } from "../../../server/traceability/lineageFeed.ts";
import { findLot, readPage, type ProvenancePage } from "../../../server/traceability/provenance.ts";
import { exactly, summarise, type Summary } from "../../../server/traceability/summary.ts";
import { eachDatabase } from "../../support/databases.ts";
import { clearIndex } from "../../support/indexing.ts";

/** Numbers of all lots reached, by plain recursion over the edges as generated. */
function reached({ edges }: Generated, start: number, direction: Direction): Set<number> {
  const next = new Map<number, number[]>();
  for (const { child, parent } of edges) {
    const [from, to] = direction === "upstream" ? [child, parent] : [parent, child];
    next.set(from, [...(next.get(from) ?? []), to]);
  }
  const found = new Set<number>();
  const visit = (lot: number): void => {
    if (found.has(lot)) return;
    found.add(lot);
    for (const other of next.get(lot) ?? []) visit(other);
  };
  visit(start);
  return found;
}

/** Acts that belong to a set of lots: upon one of them, or consuming one; but not what consumed the first, upstream. */
function actsOf(made: Generated, lots: Set<number>, start: GeneratedLot, direction: Direction): Generated["acts"] {
  const mine = made.lots.filter(({ no }) => lots.has(no));
  const ids = new Set(mine.map(({ id }) => id));
  const ends = new Set(mine.flatMap(({ endedBy }) => endedBy ?? []));
  return made.acts.filter(({ lot, digest, kind }) => {
    const consumes = kind === "split" || kind === "transform";
    if (consumes && direction === "upstream" && digest === start.endedBy) return false;
    return ids.has(lot) || ends.has(digest);
  });
}

const sum = (amounts: readonly number[]): bigint => amounts.reduce((total, amount) => total + BigInt(amount), 0n);

const namedOf = ({ accounts }: Generated): Hex[] => accounts.filter(({ kinds }) => kinds !== 1).map(({ id }) => id);

async function allPages(
  db: Db,
  feed: LineageFeed,
  id: Hex,
  direction: Direction,
  size: number,
): Promise<ProvenancePage[]> {
  const pages: ProvenancePage[] = [];
  for (let after: Hex | undefined; ;) {
    const page = await db.snapshot(async (sql) =>
      readPage(sql, (await findLot(sql, feed, id))!, direction, after, size),
    );
    pages.push(page!);
    after = page!.next;
    if (after === undefined) return pages;
  }
}

describe("walk", () => {
  it("given graphs strewn thinly over many numbers, when walked either way, then no lot is missed and none is met twice", () => {
    const most = 4_000;
    const lineage = emptyLineage();
    const edges: Generated["edges"] = [];
    // one lot in three has parents, far away and near, by multiplication with primes
    for (let child = 2; child <= most; child++) {
      if (child % 3 !== 0) continue;
      const parents = new Set([1 + ((child * 104_729) % (child - 1)), Math.max(1, child - ((child * 31) % 40) - 1)]);
      for (const parent of [...parents].sort((a, b) => a - b)) edges.push({ child, parent, grams: 1 });
    }
    appendLots(
      lineage,
      Array.from({ length: most }, (_, i) => ({ no: i + 1, class: 1 })),
    );
    appendEdges(lineage, edges);
    let longest = 0;
    for (let start = 1; start <= most; start += 13) {
      const up = [...reached({ edges } as Generated, start, "upstream")].sort((a, b) => b - a);
      expect([...walk(lineage, start, "upstream")]).to.deep.equal(up);
      longest = Math.max(longest, up.length);
    }
    for (const start of [1, 2, 3, 7, 8, 250, 1_001]) {
      const down = [...reached({ edges } as Generated, start, "downstream")].sort((a, b) => a - b);
      expect([...walk(lineage, start, "downstream")]).to.deep.equal(down);
      longest = Math.max(longest, down.length);
    }
    expect(longest).to.be.greaterThan(20);
  }).timeout(20_000);
});

eachDatabase("lineage", (open) => {
  const made = generate({ seed: 4, sizes: [700, 40, 300], people: 60 });
  const byNo = new Map(made.lots.map((lot) => [lot.no, lot]));
  let db: Db;
  let feed: LineageFeed;

  before(async () => {
    db = await open();
    await clearIndex(db);
    await fillProjections(db, made);
    feed = createLineageFeed();
    await db.snapshot((sql) => feed.catchUp(sql));
  });

  const starts = (): GeneratedLot[] => [...made.ends, ...[1, 2, 50, 333, 640, 800].map((no) => byNo.get(no)!)];

  for (const direction of ["upstream", "downstream"] as const) {
    it(`given random histories, when walked ${direction}, then every lot that a recursion finds is met once, in order`, async () => {
      const lineage = await db.snapshot((sql) => feed.catchUp(sql));
      let most = 0;
      for (const { no } of starts()) {
        const sorted = [...reached(made, no, direction)].sort((a, b) => (direction === "upstream" ? b - a : a - b));
        expect([...walk(lineage, no, direction)], String(no)).to.deep.equal(sorted);
        most = Math.max(most, sorted.length);
      }
      expect(most).to.be.greaterThan(direction === "upstream" ? 600 : 3);
    });

    it(`given random histories, when read ${direction} in pages, then they hold every lot, act and edge as it was made`, async () => {
      for (const start of starts().slice(0, 5)) {
        const lots = reached(made, start.no, direction);
        const pages = await allPages(db, feed, start.id, direction, 97);
        const nodes = pages.flatMap((page) => page.nodes);
        expect(pages.length).to.equal(Math.ceil(lots.size / 97));
        expect(new Set(nodes.map(({ id }) => id))).to.deep.equal(new Set([...lots].map((no) => byNo.get(no)!.id)));
        for (const { id, grams, custodian, madeBy, endedBy, acts } of nodes) {
          const lot = made.lots.find((each) => each.id === id)!;
          expect({ grams, custodian, madeBy, endedBy }).to.deep.equal({
            grams: BigInt(lot.left),
            custodian: lot.custodian,
            madeBy: lot.madeBy,
            endedBy: lot.endedBy,
          });
          const upon = made.acts.filter((act) => act.lot === id || act.digest === lot.endedBy);
          expect(acts.map(({ digest, grams, lossGrams }) => [digest, grams, lossGrams])).to.deep.equal(
            upon.map(({ digest, grams, loss }) => [digest, BigInt(grams), BigInt(loss)]),
          );
        }
        const edges = made.edges.filter((edge) => lots.has(direction === "upstream" ? edge.child : edge.parent));
        const texts = edges.map((edge) => `${byNo.get(edge.child)!.id} ${byNo.get(edge.parent)!.id} ${edge.grams}`);
        const told = pages.flatMap((page) =>
          page.edges.map(({ child, parent, grams }) => `${child} ${parent} ${grams}`),
        );
        expect(told.sort()).to.deep.equal(texts.sort());
      }
    });

    it(`given random histories, when summed up ${direction}, then every figure is that of a naive count`, async () => {
      const lineage = await db.snapshot((sql) => feed.catchUp(sql));
      const named = new Set(namedOf(made));
      for (const start of starts()) {
        const lots = reached(made, start.no, direction);
        const acts = actsOf(made, lots, start, direction);
        const collects = acts.filter(({ kind }) => kind === "collect");
        const summary = await summarise(lineage, start.no, direction, [...named]);
        expect(figuresOf(summary)).to.deep.equal({
          lots: lots.size,
          acts: acts.length,
          collects: collects.length,
          collected: sum(collects.map(({ grams }) => grams)),
          lost: sum(acts.map(({ loss }) => loss)),
          collectors: new Set(collects.map(({ giver }) => giver).filter((id) => !named.has(id))).size,
          persons: 0,
          first: acts.length > 0 ? Math.min(...acts.map(({ at }) => at)) : undefined,
          last: acts.length > 0 ? Math.max(...acts.map(({ at }) => at)) : undefined,
        });
        expectFlows(summary, acts, named);
        expectMade(summary, made, lots);
      }
    });
  }

  function figuresOf(summary: Summary): Record<string, unknown> {
    const { lots, acts, collects, collectors, persons, firstCapturedAt: first, lastCapturedAt: last } = summary;
    const lost = summary.losses.reduce((total, { grams }) => total + exactly(grams), 0n);
    return { lots, acts, collects, collected: exactly(summary.collected), lost, collectors, persons, first, last };
  }

  function expectFlows({ flows }: Summary, acts: Generated["acts"], named: Set<Hex>): void {
    const expected = new Map<string, { grams: bigint; acts: number }>();
    for (const { kind, giver, receiver, grams } of acts) {
      if (kind !== "collect" && kind !== "handoff") continue;
      const key = `${named.has(giver) ? giver : "collectors"} ${receiver}`;
      const known = expected.get(key) ?? { grams: 0n, acts: 0 };
      expected.set(key, { grams: known.grams + BigInt(grams), acts: known.acts + 1 });
    }
    const found = new Map(flows.map(({ from, to, grams, acts }) => [`${from} ${to}`, { grams: exactly(grams), acts }]));
    expect(found).to.deep.equal(expected);
  }

  /** What was made and used is that of the lots that transforms made and consumed, whole. */
  function expectMade({ places }: Summary, generated: Generated, lots: Set<number>): void {
    const transforms = new Set(generated.acts.filter(({ kind }) => kind === "transform").map(({ digest }) => digest));
    const mine = generated.lots.filter(({ no, madeBy }) => lots.has(no) && transforms.has(madeBy));
    const grams = places.flatMap(({ classes }) => [...classes.values()].map(({ made }) => exactly(made)));
    expect(grams.reduce((total, each) => total + each, 0n)).to.equal(sum(mine.map((lot) => lot.grams)));
  }

  it("given lots whose grams together pass 2^53, when summed up, then the sum is exact", async () => {
    const lineage = emptyLineage();
    const grams = 2 ** 48 - 1;
    const count = 101;
    appendLots(
      lineage,
      [...Array(count + 1).keys()].map((i) => ({ no: i + 1, class: 1 })),
    );
    appendEdges(
      lineage,
      [...Array(count).keys()].map((i) => ({ child: count + 1, parent: i + 1, grams: 0 })),
    );
    const [giver, receiver] = [`0x${"11".repeat(20)}`, `0x${"22".repeat(20)}`] as const;
    const collect = { kind: "collect", giver, receiver, grams, loss: 0, code: 0, at: 1 } as const;
    appendActs(
      lineage,
      [...Array(count).keys()].map((i) => ({ ...collect, lot: i + 1 })),
    );
    expect(exactly((await summarise(lineage, count + 1, "upstream", [])).collected)).to.equal(101n * (2n ** 48n - 1n));
  });
});

eachDatabase("lineage feed", (open) => {
  const made = generate({ seed: 5, sizes: [60, 60], people: 10 });
  let db: Db;

  beforeEach(async () => {
    db = await open();
    await clearIndex(db);
  });

  /** The rows up to a block, as they stood then; ids and numbers are those of the whole. */
  function until(act: number): Generated {
    const acts = made.acts.slice(0, act);
    const digests = new Set(acts.map(({ digest }) => digest));
    const lots = made.lots.filter(({ madeBy }) => digests.has(madeBy));
    const numbers = new Set(lots.map(({ no }) => no));
    return { ...made, acts, lots, edges: made.edges.filter(({ child }) => numbers.has(child)) };
  }

  const naive = (start: number): number[] => [...reached(made, start, "upstream")].sort((a, b) => b - a);

  it("given rows that grow, when several readers catch up at once, then the memory holds each row once", async () => {
    const feed = createLineageFeed();
    await fillProjections(db, until(100));
    const read = (): Promise<unknown> => db.snapshot((sql) => feed.catchUp(sql));
    await Promise.all([read(), read(), read()]);
    await clearIndex(db);
    await fillProjections(db, made);
    await Promise.all([read(), read(), read()]);
    const lineage = await db.snapshot((sql) => feed.catchUp(sql));
    expect([lineage.lots, lineage.edges, lineage.acts]).to.deep.equal([
      made.lots.length,
      made.edges.length,
      made.acts.length,
    ]);
    expect(feed.rebuilds()).to.equal(0);
    const end = made.ends[1]!.no;
    expect([...walk(lineage, end, "upstream")]).to.deep.equal(naive(end));
    expect((await summarise(lineage, end, "upstream", [])).acts).to.equal(
      actsOf(made, reached(made, end, "upstream"), made.ends[1]!, "upstream").length,
    );
  });

  it("given rows that were written anew with another history, when caught up, then the memory forgets the old one", async () => {
    const feed = createLineageFeed();
    await fillProjections(db, generate({ seed: 6, sizes: [120], people: 10 }));
    await db.snapshot((sql) => feed.catchUp(sql));
    await clearIndex(db);
    await fillProjections(db, made);
    const lineage = await db.snapshot((sql) => feed.catchUp(sql));
    expect(feed.rebuilds()).to.equal(1);
    expect([lineage.lots, lineage.acts]).to.deep.equal([made.lots.length, made.acts.length]);
    const end = made.ends[0]!.no;
    expect([...walk(lineage, end, "upstream")]).to.deep.equal(naive(end));
  });

  it("given a commit, when the upkeep is told of it, then the memory has it without anybody asking", async () => {
    const feed = createLineageFeed();
    const upkeep = keepUp(db, feed, (error) => {
      throw error as Error;
    });
    await fillProjections(db, made);
    upkeep.wake();
    await upkeep.stop();
    // no database is asked here: what it gives is what the upkeep left
    const nothing = ((): Promise<never[]> => Promise.resolve([])) as never;
    expect((await feed.catchUp(nothing)).acts).to.equal(made.acts.length);
  });

  it("given a lot that an auditor declared void, when summed up, then its grams are among the losses", async () => {
    await fillProjections(db, made);
    const lot = made.lots.find(({ endedBy }) => endedBy === null)!;
    await db.sql`
      INSERT INTO ruling (block, idx, lot, kind, set_flags, cleared_flags, grams, auditor, basis, tx)
      VALUES (2, 1000, ${lot.id}, 'void', 0, 0, ${lot.left}, NULL, '0x01', '0x02')`;
    const lineage = await db.snapshot((sql) => createLineageFeed().catchUp(sql));
    const { losses } = await summarise(lineage, lot.no, "downstream", []);
    expect(losses.find(({ by }) => by === "void")?.grams.low).to.equal(lot.left);
  });
});
