/** Grams traced up their lineage, by hand and against fractions; and the roles that follow. */
import { expect } from "chai";
import fc from "fast-check";
import type { Hex } from "../../../server/chain/port.ts";
import { attribute, UNITS_PER_GRAM, type TracedLot } from "../../../server/profit/attribution.ts";
import { entitle, lineageRoles, type EntitlingAct, type LineageRole } from "../../../server/profit/entitlements.ts";
import { compare, minus, plus, whole } from "../../support/fraction.ts";
import { anyHistory, exactWeights, lotId, person } from "../../support/lineages.ts";

const lot = (n: number, parents: Record<number, number> = {}, excluded = false): TracedLot => ({
  id: lotId(n),
  excluded,
  parents: Object.entries(parents).map(([parent, grams]) => ({ id: lotId(Number(parent)), grams: BigInt(grams) })),
});
const grams = (n: number): bigint => BigInt(n) * UNITS_PER_GRAM;
const traced = (lots: TracedLot[], subjects: Record<number, number>): Record<Hex, bigint> => {
  const named = Object.entries(subjects).map(([n, grams]) => ({ lot: lotId(Number(n)), grams: BigInt(grams) }));
  return Object.fromEntries(attribute(lots, named));
};
const seeded = { seed: 1, numRuns: 400 };

describe("attribution", () => {
  it("given two lots mixed, cleaned with loss and split, when a part is traced, then they have it by their grams", () => {
    // 300 g and 100 g become 350 g, of which 150 g and 200 g
    const lots = [lot(0), lot(1), lot(2, { 0: 263, 1: 87 }), lot(3, { 2: 150 }), lot(4, { 2: 200 })];
    const weights = { 0: (grams(150) * 263n) / 350n, 1: (grams(150) * 87n) / 350n };
    expect(traced(lots, { 3: 150 })).to.deep.equal({
      [lotId(3)]: grams(150),
      [lotId(2)]: grams(150),
      [lotId(0)]: weights[0],
      [lotId(1)]: weights[1],
    });
  });

  it("given a lot that is reached over two children, when both are traced, then it has the sum, and passes it up whole", () => {
    const lots = [lot(0), lot(1, { 0: 100 }), lot(2, { 1: 60 }), lot(3, { 1: 40 }), lot(4, { 2: 60, 3: 40 })];
    const found = traced(lots, { 4: 100 });
    expect(found[lotId(1)]).to.equal(grams(100));
    expect(found[lotId(0)]).to.equal(grams(100));
  });

  it("given a subject that stands above another, when both are traced, then it has its own grams and the other's", () => {
    expect(traced([lot(0), lot(1, { 0: 5 })], { 0: 7, 1: 5 })).to.deep.equal({
      [lotId(0)]: grams(12),
      [lotId(1)]: grams(5),
    });
  });

  it("given a quarantined lot between others, when traced, then it and what leads to it alone get nothing, and nobody its part", () => {
    const lots = [lot(0), lot(1, { 0: 10 }, true), lot(2), lot(3, { 1: 10, 2: 30 })];
    expect(traced(lots, { 3: 40 })).to.deep.equal({ [lotId(3)]: grams(40), [lotId(2)]: grams(30) });
  });

  it("given a contested subject, when traced, then nothing has any weight", () => {
    expect(traced([lot(0), lot(1, { 0: 10 }, true)], { 1: 10 })).to.deep.equal({});
  });

  it("given a transform of 5,000 inputs, when traced, then each has its grams", () => {
    const inputs = Array.from({ length: 5_000 }, (_, n) => lot(n));
    const output = lot(5_000, Object.fromEntries(inputs.map((_, n) => [n, n + 1])));
    const whole = (5_000 * 5_001) / 2;
    const found = traced([...inputs, output], { 5000: whole });
    for (const n of [0, 1, 777, 4_999]) expect(found[lotId(n)]).to.equal(grams(n + 1));
  });

  it("given any lineage, when traced, then a lot has at most its exact grams, and lacks less than a unit an edge", () => {
    fc.assert(
      fc.property(anyHistory, ({ lots, subjects }) => {
        const weights = attribute(lots, subjects);
        const exact = exactWeights({ lots, subjects });
        const edges = lots.reduce((sum, { parents }) => sum + parents.length, 0);
        for (const { id } of lots) {
          const lacks = minus(exact.get(id) ?? whole(0), { n: weights.get(id) ?? 0n, d: UNITS_PER_GRAM });
          expect(compare(lacks, whole(0)), id).to.be.at.least(0);
          expect(compare(lacks, plus(whole(0), { n: BigInt(edges), d: UNITS_PER_GRAM })), id).to.be.at.most(0);
        }
      }),
      seeded,
    );
  }).timeout(20_000);

  it("given any lineage, when lots, parents and subjects come in another order, then the weights are the same", () => {
    fc.assert(
      fc.property(anyHistory, ({ lots, subjects }) => {
        const turned = lots.map((lot) => ({ ...lot, parents: lot.parents.toReversed() })).reverse();
        const sorted = (weights: Map<Hex, bigint>): [Hex, bigint][] =>
          [...weights].sort(([a], [b]) => (a < b ? -1 : 1));
        expect(sorted(attribute(turned, subjects.toReversed()))).to.deep.equal(sorted(attribute(lots, subjects)));
      }),
      seeded,
    );
  }).timeout(20_000);

  const refused: [string, TracedLot[], string][] = [
    ["lots that come from one another", [lot(0, { 1: 1 }), lot(1, { 0: 1 }), lot(9, { 0: 1 })], "comes from itself"],
    ["a lot that comes from itself", [lot(9, { 9: 1 })], `lot ${lotId(9)} comes from itself`],
    ["a parent that is missing", [lot(9, { 3: 1 })], `lot ${lotId(3)} is missing`],
    ["no subject", [lot(1)], `lot ${lotId(9)} is missing`],
    ["a lot that stands twice", [lot(9), lot(9)], `lot ${lotId(9)} stands twice`],
    ["parents without grams", [lot(0), lot(9, { 0: 0 })], `lot ${lotId(9)} has parents, but no grams`],
    ["negative grams", [lot(0), lot(1), lot(9, { 0: -1, 1: 2 })], `lot ${lotId(9)} has fewer than no grams`],
  ];
  for (const [what, lots, message] of refused) {
    it(`given ${what}, when traced, then it is refused`, () => {
      expect(() => traced(lots, { 9: 1 })).to.throw(message);
    });
  }

  it("given a subject of negative grams, when traced, then it is refused", () => {
    expect(() => traced([lot(0)], { 0: -1 })).to.throw(`-1 g of lot ${lotId(0)}`);
  });
});

describe("entitlements", () => {
  const weights = new Map([0, 1, 2].map((n) => [lotId(n), grams(10 ** n)]));
  const [collector, keeper, hauler, recycler] = [0, 1, 2, 3].map(person) as [Hex, Hex, Hex, Hex];
  const all: EntitlingAct[] = [
    { kind: "collect", lot: lotId(0), giver: collector, receiver: keeper },
    { kind: "collect", lot: lotId(1), giver: collector, receiver: keeper },
    { kind: "handoff", lot: lotId(1), receiver: hauler, bailment: 1 },
    { kind: "handoff", lot: lotId(1), receiver: recycler, bailment: 0 },
    { kind: "split", lot: lotId(2), operator: keeper },
    { kind: "transform", inputs: [lotId(0), lotId(1)], operator: recycler },
    { kind: "transform", inputs: [lotId(7)], operator: hauler },
  ];
  const shown = (acts: EntitlingAct[]): Record<string, unknown> =>
    Object.fromEntries(
      [...entitle(weights, acts)].map(([role, accounts]) => [
        role,
        [...accounts].map(([account, { weight, lots }]) => [account, weight, [...lots].sort()]),
      ]),
    );

  it("given an act of each kind, when roles are read, then each has the weights of its lots, and lots without any none", () => {
    expect(shown(all)).to.deep.equal({
      collector: [[collector, grams(11), [lotId(0), lotId(1)]]],
      keeper: [[keeper, grams(11), [lotId(0), lotId(1)]]],
      hauler: [[hauler, grams(10), [lotId(1)]]],
      custodian: [[recycler, grams(10), [lotId(1)]]],
      operator: [
        [keeper, grams(100), [lotId(2)]],
        [recycler, grams(11), [lotId(0), lotId(1)]],
      ],
    } satisfies Record<LineageRole, unknown>);
    expect(Object.keys(shown([]))).to.deep.equal([...lineageRoles]);
  });

  it("given a lot that goes back and forth, when roles are read, then it counts once for each", () => {
    const back = { kind: "handoff", lot: lotId(1), receiver: keeper, bailment: 0 } as const;
    expect(shown([back, { ...back, receiver: recycler }, back]).custodian).to.deep.equal([
      [keeper, grams(10), [lotId(1)]],
      [recycler, grams(10), [lotId(1)]],
    ]);
  });
});
