/** The demo's year as it is written down, before anything of it is played: its totals, its yields, its order of arrival. */
import { expect } from "chai";
import { processBounds } from "../../server/access/processes.ts";
import type { Hex } from "../../server/chain/port.ts";
import { createBook, totalsOf, type Act } from "../../scripts/demo/book.ts";
import { deliver } from "../../scripts/demo/deliveries.ts";
import { createCast } from "../../scripts/demo/keys.ts";
import { writeYear, type Year } from "../../scripts/demo/scenario/year.ts";
import { priceFen, totalOf } from "../../scripts/demo/scenario/weighings.ts";

const domain = { chainId: 31_337, authority: `0x${"a1".repeat(20)}` } as const;
const anchor: Hex = `0x${"11".repeat(32)}`;

function yearOf(share: number, authority: Hex = domain.authority): Year {
  const ledger = { ...domain, authority };
  const cast = createCast(ledger, share);
  return writeYear(createBook(ledger, anchor, cast), share);
}

type TransformAct = Extract<Act, { type: "Transform" }>;
const transformsOf = ({ book }: Year): TransformAct[] => book.acts.filter((act) => act.type === "Transform");

describe("the storage point's year", function () {
  this.timeout(30_000);
  let year: Year;
  before(() => {
    year = yearOf(1);
  });

  it("given the whole year, when it is summed up, then its collects come to the gram and the fen, class by class", () => {
    const { weighings, book } = year;
    const grams = new Map<number, number>();
    for (const each of weighings) grams.set(each.class, (grams.get(each.class) ?? 0) + each.grams);
    expect(Object.fromEntries([...grams].sort())).to.deep.equal({
      1: 8_400_000,
      2: 5_900_000,
      3: 5_200_000,
      4: 1_150_000,
      5: 1_900_000,
      6: 700_000,
      [(1 << 10) | 1]: 600_000,
    });
    expect(weighings).to.have.length(3_000);
    expect(weighings.every((each) => each.grams > 0)).to.equal(true);
    // 1.20 yuan a kilogram of 23,250 kg, each collect rounded on its own; oily water is taken for nothing
    const paid = weighings.reduce((sum, { pricePaidFen }) => sum + pricePaidFen, 0n);
    expect([paid, priceFen(1_004), priceFen(1_005)]).to.deep.equal([2_790_007n, 120n, 121n]);
    expect(totalsOf(book).collected).to.equal(23_850_000);
  });

  it("given any share of the year, when it is written, then what was collected is what left and what is live", () => {
    for (const share of [1, 7, 10, 20]) {
      const { book } = share === 1 ? year : yearOf(share);
      const { collected, concluded, live } = totalsOf(book);
      expect([collected, collected], `share ${share}`).to.deep.equal([concluded + live, totalOf(share).grams]);
      expect(book.lots.every(({ grams }) => grams >= 0)).to.equal(true);
    }
  });

  it("given the same ledger, when the year is written twice, then each act has the same digest; under another authority none has", () => {
    const ids = (some: Year): Hex[] => some.book.acts.map(({ id }) => id);
    const small = yearOf(20);
    expect(ids(yearOf(20))).to.deep.equal(ids(small));
    const other = yearOf(20, `0x${"b2".repeat(20)}`);
    expect(new Set([...ids(small), ...ids(other)]).size).to.equal(2 * small.book.acts.length);
    expect(totalsOf(other.book)).to.deep.equal(totalsOf(small.book));
  });

  it("given every process, when its yields are held against their bounds, then one washing alone is outside, and its flakes wait", () => {
    const outside = transformsOf(year).filter(({ act }) => {
      const out = act.outputs.reduce((sum, { grams }) => sum + grams, 0);
      const total = out + act.lossGrams;
      const bounds = processBounds.get(act.process)!;
      const within = (side: number, code: number, grams: number): boolean =>
        bounds.some(
          (bound) =>
            bound.side === side &&
            bound.class === code &&
            grams * 10_000 >= bound.minBps * total &&
            grams * 10_000 <= bound.maxBps * total,
        );
      return !within(2, 0, act.lossGrams) || act.outputs.some((output) => !within(1, output.class, output.grams));
    });
    expect(outside).to.have.length(1);
    expect(year.quarantined.held).to.equal(true);
    const held = year.book.acts.filter((act) => act.held).map(({ type }) => type);
    expect(held).to.deep.equal(["Transform", "Conclude", "Handoff", "Handoff", "PassTitle", "Conclude"]);
    expect(transformsOf(year).every(({ act }) => act.inputs.length <= 100)).to.equal(true);
  });

  it("given what a lost phone had signed, when the year is written, then nothing was made of it", () => {
    const reviewed = year.book.lots.filter(({ review }) => review);
    expect(reviewed.length).to.be.greaterThan(5);
    expect(new Set(reviewed.map((lot) => lot.class))).to.deep.equal(new Set([6]));
  });

  it("given the year's acts, when they arrive in bundles, then each arrives, some twice, and some before what they need", () => {
    const { acts, lots } = year.book;
    const bundles = deliver(acts);
    const arrived = bundles.flat();
    const all = new Set(acts);
    expect([new Set(arrived).size, arrived.every((act) => all.has(act))]).to.deep.equal([acts.length, true]);
    expect(arrived.length).to.be.greaterThan(acts.length + 500);
    expect(Math.max(...bundles.map((bundle) => bundle.length))).to.equal(100);
    // a lot that is acted upon before its collect has come
    const collects = new Set<string>(lots.slice(0, 3_000).map(({ id }) => id));
    const come = new Set<string>();
    let early = 0;
    for (const bundle of bundles) {
      for (const { type, id } of bundle) if (type === "Collect") come.add(id);
      early += bundle.filter(({ act }) => "lot" in act && collects.has(act.lot) && !come.has(act.lot)).length;
    }
    expect(early).to.be.greaterThan(100);
  });
});
