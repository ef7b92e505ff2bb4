/** Whole allocations: from random histories to leaves, against fractions from end to end; and by hand. */
import { expect } from "chai";
import fc from "fast-check";
import type { Hex } from "../../../server/chain/port.ts";
import { Problem } from "../../../server/errors.ts";
import { allocateByLineage, allocateByShares, type Allocation } from "../../../server/profit/allocate.ts";
import { attribute, UNITS_PER_GRAM } from "../../../server/profit/attribution.ts";
import { entitle, lineageRoles, type EntitlingAct, type LineageRole } from "../../../server/profit/entitlements.ts";
import type { Leaf } from "../../../server/profit/leaves.ts";
import type { LineageRuleset } from "../../../server/profit/ruleset.ts";
import { buildSumTree } from "../../../server/profit/sumTree.ts";
import { compare, minus, over, plus, sumOf, text, times, whole, type Fraction } from "../../support/fraction.ts";
import { anyHistory, exactWeights, lotId, person, type History } from "../../support/lineages.ts";

type Roles = LineageRuleset["roles"];
const rulesetOf = (roles: Roles): LineageRuleset => ({ kind: "lineage", name: { zh: "规则", en: "rule" }, roles });

const allocated = ({ lots, subjects, acts }: History, roles: Roles, amountFen: bigint): Allocation =>
  allocateByLineage(rulesetOf(roles), amountFen, entitle(attribute(lots, subjects), acts));

/** Which lots an account had in a role, read from the acts one role at a time. */
function lotsIn(role: LineageRole, acts: readonly EntitlingAct[], account: Hex): Set<Hex> {
  const found = new Set<Hex>();
  for (const act of acts) {
    if (act.kind === "collect" && role === "collector" && act.giver === account) found.add(act.lot);
    if (act.kind === "collect" && role === "keeper" && act.receiver === account) found.add(act.lot);
    if (act.kind === "handoff" && role === (act.bailment > 0 ? "hauler" : "custodian") && act.receiver === account)
      found.add(act.lot);
    if (act.kind === "split" && role === "operator" && act.operator === account) found.add(act.lot);
    if (act.kind === "transform" && role === "operator" && act.operator === account)
      for (const input of act.inputs) found.add(input);
  }
  return found;
}

/** What each of the twelve people is due, as fractions all the way; undefined when nobody is due anything. */
function exactly(history: History, roles: Roles, amountFen: bigint): Map<Hex, Fraction> | undefined {
  const weights = exactWeights(history);
  const people = Array.from({ length: 12 }, (_, n) => person(n));
  const due = new Map(people.map((account) => [account, whole(0)]));
  const tables = Object.entries(roles).map(([role, bps]) => {
    const lots = people.map((account) => lotsIn(role as LineageRole, history.acts, account));
    const mine = lots.map((ids) => sumOf([...ids].map((id) => weights.get(id) ?? whole(0))));
    return { bps, mine, all: sumOf(mine) };
  });
  const filled = tables.filter(({ all }) => all.n > 0n);
  if (filled.length === 0) return undefined;
  const allBps = whole(filled.reduce((sum, { bps }) => sum + bps, 0));
  for (const { bps, mine, all } of filled)
    for (const [n, weight] of mine.entries()) {
      const part = times(over(times(whole(amountFen), whole(bps)), allBps), over(weight, all));
      due.set(people[n]!, plus(due.get(people[n]!)!, part));
    }
  return due;
}

const anyRoles = fc
  .tuple(
    fc.subarray([...lineageRoles], { minLength: 1 }),
    fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 5, maxLength: 5 }),
  )
  .map(([roles, drawn]): Roles => {
    const parts = roles.map((role, i) => [role, drawn[i]!] as const);
    const rest = 10_000 - parts.slice(1).reduce((sum, [, bps]) => sum + bps, 0);
    return Object.fromEntries(parts.map(([role, bps], i) => [role, i === 0 ? rest : bps]));
  });
/** up to 10,000,000,000 yuan: above, 10^-18 g may be worth more than a fen */
const anyAmount = fc.oneof(fc.bigInt(1n, 300n), fc.bigInt(1n, 10n ** 12n));
const seeded = { seed: 1, numRuns: 500 };
const sum = (leaves: readonly Leaf[]): bigint => leaves.reduce((all, { amountFen }) => all + amountFen, 0n);

describe("allocation by lineage", function () {
  this.timeout(30_000);

  it("given any history, roles and amount, when allocated, then it is paid to the fen and no leaf is a fen off its exact share", () => {
    let played = 0;
    fc.assert(
      fc.property(anyHistory, anyRoles, anyAmount, (history, roles, amountFen) => {
        const due = exactly(history, roles, amountFen);
        if (!due) return void expect(() => allocated(history, roles, amountFen)).to.throw(Problem);
        played++;
        const { leaves } = allocated(history, roles, amountFen);
        expect(sum(leaves)).to.equal(amountFen);
        const paid = new Map(leaves.map(({ account, amountFen }) => [account, amountFen]));
        for (const [account, exact] of due) {
          const off = minus(whole(paid.get(account) ?? 0n), exact);
          expect(compare(off, whole(1)) <= 0 && compare(off, whole(-1)) >= 0, account).to.equal(true);
        }
        expect([...paid.keys()]).to.deep.equal([...due.keys()].filter((account) => paid.has(account)));
        expect(paid).not.to.include(0n);
        expect(buildSumTree({ pool: 1n, version: 1 }, leaves).totalFen).to.equal(amountFen);
      }),
      seeded,
    );
    expect(played).to.be.above(250);
  });

  it("given any history, when lots, acts, subjects and roles come in another order, then leaves and parts are the same", () => {
    fc.assert(
      fc.property(anyHistory, anyRoles, anyAmount, (history, roles, amountFen) => {
        if (!exactly(history, roles, amountFen)) return;
        const { lots, subjects, acts } = history;
        const turned = { lots: lots.toReversed(), subjects: subjects.toReversed(), acts: acts.toReversed() };
        const turnedRoles = Object.fromEntries(Object.entries(roles).reverse());
        const [one, other] = [allocated(history, roles, amountFen), allocated(turned, turnedRoles, amountFen)];
        expect(other.leaves).to.deep.equal(one.leaves);
        for (const { account } of one.leaves) expect(other.partsOf(account)).to.have.deep.members(one.partsOf(account));
      }),
      { ...seeded, numRuns: 200 },
    );
  });

  it("given any allocation, when all parts of all accounts are summed, then they are the amount, and lots give the weights", () => {
    fc.assert(
      fc.property(anyHistory, anyRoles, anyAmount, (history, roles, amountFen) => {
        if (!exactly(history, roles, amountFen)) return;
        const weights = attribute(history.lots, history.subjects);
        const { partsOf } = allocated(history, roles, amountFen);
        const parts = Array.from({ length: 12 }, (_, n) => partsOf(person(n))).flat();
        const fractions = parts.map(({ exactFen }) => {
          const [n, d] = exactFen.split("/").map(BigInt) as [bigint, bigint];
          return { n, d };
        });
        expect(text(sumOf(fractions))).to.equal(`${amountFen}/1`);
        for (const { lots, weight } of parts)
          expect(lots.reduce((all, id) => all + weights.get(id)!, 0n)).to.equal(weight);
      }),
      { ...seeded, numRuns: 200 },
    );
  });

  const point: History = {
    lots: [
      { id: lotId(0), excluded: false, parents: [] },
      { id: lotId(1), excluded: false, parents: [] },
      {
        id: lotId(2),
        excluded: false,
        parents: [
          { id: lotId(0), grams: 2_000n },
          { id: lotId(1), grams: 1_000n },
        ],
      },
    ],
    subjects: [{ lot: lotId(2), grams: 3_000n }],
    acts: [
      { kind: "collect", lot: lotId(0), giver: person(5), receiver: person(1) },
      { kind: "collect", lot: lotId(1), giver: person(4), receiver: person(1) },
      { kind: "transform", inputs: [lotId(0), lotId(1)], operator: person(1) },
    ],
  };

  it("given a storage point's people, when 100.00 yuan are allocated, then each has its part and the reasons for it", () => {
    const { leaves, partsOf } = allocated(point, { collector: 6_000, keeper: 2_000, operator: 2_000 }, 10_000n);
    expect(leaves).to.deep.equal([
      { account: person(1), amountFen: 4_000n },
      { account: person(4), amountFen: 2_000n },
      { account: person(5), amountFen: 4_000n },
    ]);
    const kg = 1_000n * UNITS_PER_GRAM;
    const whole = { ofBps: 10_000, ofWeight: 3n * kg };
    expect(partsOf(person(4))).to.deep.equal([
      { role: "collector", bps: 6_000, weight: kg, lots: [lotId(1)], exactFen: "2000/1", ...whole },
    ]);
    expect(partsOf(person(1))).to.deep.equal([
      { role: "keeper", bps: 2_000, weight: 3n * kg, lots: [lotId(0), lotId(1)], exactFen: "2000/1", ...whole },
      { role: "operator", bps: 2_000, weight: 3n * kg, lots: [lotId(0), lotId(1)], exactFen: "2000/1", ...whole },
    ]);
    expect(partsOf(person(9))).to.deep.equal([]);
  });

  it("given roles that nobody had, when allocated, then their parts fall to the others, and the reasons say so", () => {
    const { leaves, partsOf } = allocated(point, { collector: 3_000, hauler: 6_000, keeper: 1_000 }, 10_000n);
    expect(leaves.map(({ amountFen }) => amountFen)).to.deep.equal([2_500n, 2_500n, 5_000n]);
    expect(partsOf(person(1))[0]).to.include({ bps: 1_000, ofBps: 4_000, exactFen: "2500/1" });
  });

  it("given roles that nobody had alone, when allocated, then the problem says that nobody is entitled", () => {
    expect(() => allocated(point, { hauler: 10_000 }, 1n))
      .to.throw(Problem)
      .with.nested.property("view.code", "nobody-entitled");
  });

  it("given less than a fen for somebody, when allocated, then there is no leaf of 0 fen", () => {
    const { leaves } = allocated(point, { collector: 10_000 }, 1n);
    expect(leaves).to.deep.equal([{ account: person(5), amountFen: 1n }]);
  });

  it("given no fen, when allocated, then it is refused", () => {
    expect(() => allocated(point, { collector: 10_000 }, 0n)).to.throw("0 fen cannot be allocated");
  });
});

describe("allocation by shares", () => {
  // six farmers' shares in a project, and the price of 2,223 t
  const shares = new Map([2_500, 2_000, 1_833, 1_667, 1_334, 666].map((bps, n) => [person(n), bps]));

  it("given six farmers' shares, when the price is allocated, then each has its part to the fen, and why", () => {
    const { leaves, partsOf } = allocateByShares(10_050_001n, shares);
    expect(leaves.map(({ amountFen }) => amountFen)).to.deep.equal([
      2_512_501n,
      2_010_000n,
      1_842_165n,
      1_675_335n,
      1_340_670n,
      669_330n,
    ]);
    expect(sum(leaves)).to.equal(10_050_001n);
    const why = { role: "share", bps: 10_000, ofBps: 10_000, weight: 666n, ofWeight: 10_000n, lots: [] };
    expect(partsOf(person(5))).to.deep.equal([{ ...why, exactFen: "3346650333/5000" }]);
  });

  it("given shares that are not 10,000 in all, when allocated, then they are refused", () => {
    expect(() => allocateByShares(1n, new Map([[person(0), 9_999]]))).to.throw("9999 in all, not 10000");
    const negative = new Map([
      [person(0), 10_001],
      [person(1), -1],
    ]);
    expect(() => allocateByShares(1n, negative)).to.throw("a weight of -1");
  });
});
