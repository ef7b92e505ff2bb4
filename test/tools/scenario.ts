/** The demo's scenario as it is written down, before anything of it is played: its totals, its yields, its order of arrival, its figures. */
import { expect } from "chai";
import { processBounds } from "../../server/access/processes.ts";
import type { Hex } from "../../server/chain/port.ts";
import { createBook, totalsOf, type Act } from "../../scripts/demo/book.ts";
import { deliver } from "../../scripts/demo/deliveries.ts";
import { createCast } from "../../scripts/demo/keys.ts";
import type { Conservation } from "../../scripts/demo/client.ts";
import { conserves, figureFaults, namedChecks } from "../../scripts/demo/outcome.ts";
import { callsOf } from "../../scripts/demo/scenario/calls.ts";
import { everybody } from "../../scripts/demo/scenario/everybody.ts";
import { MOST_SHARE, expectedOf } from "../../scripts/demo/scenario/expected.ts";
import { retirementsOf } from "../../scripts/demo/scenario/retirements.ts";
import { writeYear, type Year } from "../../scripts/demo/scenario/year.ts";
import { priceFen, totalOf } from "../../scripts/demo/scenario/weighings.ts";

const domain = { chainId: 31_337, authority: `0x${"a1".repeat(20)}` } as const;
const anchor: Hex = `0x${"11".repeat(32)}`;

function yearOf(share: number, authority: Hex = domain.authority): Year {
  const ledger = { ...domain, authority };
  const cast = createCast(ledger, everybody(share));
  return writeYear(createBook(ledger, anchor, cast), share);
}

type TransformAct = Extract<Act, { type: "Transform" }>;
const transformsOf = ({ book }: Year): TransformAct[] => book.acts.filter((act) => act.type === "Transform");

describe("the scenario", function () {
  this.timeout(120_000);
  let year: Year;
  const cast = createCast(domain, everybody(1));
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
    expect(totalsOf(book).collected).to.equal(23_850_000 + 1_140_200_000);
  });

  it("given the whole year, when the harbours are summed up, then every boat called, and every gram of their waste was disposed of", () => {
    const { calls, tanks } = year.harboured;
    const received = calls.reduce((sum, { grams }) => sum + grams, 0);
    const vessels = new Set(calls.map(({ vessel }) => vessel));
    const harbours = new Set(calls.map(({ harbour }) => harbour));
    expect([calls.length, vessels.size, harbours.size, received]).to.deep.equal([4_328, 2_165, 6, 1_140_200_000]);
    expect(calls.every(({ grams }) => grams > 0)).to.equal(true);
    // what the ledger will say: what harbours took in, and what the works concluded as disposed of
    const keepers = new Set([0, 1, 2, 3, 4, 5].map((n) => cast.of(`harbour/${n}`).account));
    const works = cast.of("disposal").account;
    const [taken, ended] = [new Map<Hex, number>(), new Map<Hex, number>()];
    for (const { type, act } of year.book.acts) {
      if (type === "Collect" && keepers.has(act.keeper))
        taken.set(act.keeper, (taken.get(act.keeper) ?? 0) + act.grams);
      if (type === "Conclude" && act.operator === works && act.kind === 2) ended.set(act.lot, act.grams);
    }
    const total = (grams: Map<Hex, number>): number => [...grams.values()].reduce((sum, each) => sum + each, 0);
    expect([taken.size, total(taken), ended.size, total(ended)]).to.deep.equal([
      6,
      1_140_200_000,
      tanks.length,
      1_140_200_000,
    ]);
    expect(tanks.every(({ lot }) => lot.grams === 0 && lot.holder === "disposal")).to.equal(true);
  });

  it("given any share, when it is written, then its parties, lots, acts, retirements and premium are those written down", () => {
    for (const share of [1, 3, MOST_SHARE]) {
      const { book } = share === 1 ? year : yearOf(share);
      const { parties, lots, acts, retiredKg, fundedFen } = expectedOf(share);
      const retired = retirementsOf(share).reduce((sum, { kg }) => sum + kg, 0);
      // 1.50 yuan for each kilogram claimed, beside the two sales
      const premium = Number((BigInt(book.losses.get(1)!) * 150n) / 1_000n);
      const written = [everybody(share).length, book.lots.length, book.acts.length, retired, premium + 220_050_000];
      expect(written, `share ${share}`).to.deep.equal([parties, lots, acts, retiredKg, fundedFen]);
    }
    expect(expectedOf(1).issuedKg).to.equal(2_223_000 + 193_000_000 + 422_500);
  });

  it("given figures, when one of them is not what is written down, then that one is named", () => {
    const expected = expectedOf(20);
    expect(figureFaults({ ...expected, seconds: 1 }, expected)).to.deep.equal([]);
    for (const key of [
      "parties",
      "lots",
      "acts",
      "skipped",
      "issuedKg",
      "retiredKg",
      "fundedFen",
      "paidFen",
    ] as const) {
      const said = figureFaults({ ...expected, seconds: 1, [key]: 7 }, expected);
      expect(said).to.deep.equal([`${key} is 7, not ${expected[key]}`]);
    }
  });

  it("given the server's conservation, when a named check is missing, is not ok, or the whole is not, then the books do not balance", () => {
    const check = (id: string): Conservation["checks"][number] => ({ id, what: "", ok: true, left: "0", right: "0" });
    const checks = namedChecks.map(check);
    const given = { asOfBlock: 1, ok: true, checks };
    expect([namedChecks.length, new Set(namedChecks).size, conserves(given)]).to.deep.equal([32, 32, true]);
    for (const id of namedChecks) {
      expect(conserves({ ...given, checks: checks.filter((each) => each.id !== id) }), id).to.equal(false);
      const spoiled = checks.map((each) => (each.id === id ? { ...each, ok: false } : each));
      expect(conserves({ ...given, checks: spoiled }), id).to.equal(false);
    }
    expect(conserves({ ...given, ok: false })).to.equal(false);
  });

  it("given any share of the year, when it is written, then what was collected is what left and what is live", () => {
    for (const share of [1, 7, 10, 20]) {
      const { book } = share === 1 ? year : yearOf(share);
      const { collected, concluded, live } = totalsOf(book);
      const brought = totalOf(share).grams + callsOf(share).reduce((sum, { grams }) => sum + grams, 0);
      expect([collected, collected], `share ${share}`).to.deep.equal([concluded + live, brought]);
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
      const lost = act.lossGrams > 0 && !within(2, 0, act.lossGrams);
      return lost || act.outputs.some((output) => !within(1, output.class, output.grams));
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
