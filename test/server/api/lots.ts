import { expect } from "chai";
import { id } from "ethers";
import type { Hex } from "../../../server/chain/port.ts";
import { problems } from "../../../server/errors.ts";
import { childOf, type Message, type SignedAct } from "../../support/acts.ts";
import { openApi, type TestApi } from "../../support/api.ts";
import { settlePeople, type Party, type People } from "../../support/handIn.ts";

describe("acts on lots at POST /v1/acts", function () {
  this.timeout(30_000);
  let api: TestApi;
  let people: People;
  let collector: Party;
  let keeper: Party;
  let recycler: Party;
  before(async function () {
    this.timeout(60_000);
    api = await openApi();
    people = await settlePeople(api);
    [collector, keeper, recycler] = [people.p256, people.secp, people.wallet];
  });
  after(() => api.close());

  const collectOf = (terms: Message = {}): SignedAct => {
    const act = { class: 1, grams: 1_000, collector: collector.account, keeper: keeper.account, ...terms };
    return people.make("Collect", act, collector, keeper);
  };
  const handoffOf = (lot: Hex, terms: Message = {}, from = keeper, to = recycler): SignedAct => {
    const masses = { declaredGrams: 1_000, acceptedGrams: 1_000, seq: 0, bailment: 0 };
    return people.make("Handoff", { lot, from: from.account, to: to.account, ...masses, ...terms }, from, to);
  };
  const splitOf = (lot: Hex, terms: Message, operator = recycler): SignedAct =>
    people.make("Split", { lot, seq: 0, operator: operator.account, ...terms }, operator);
  const transformOf = (inputs: Hex[], terms: Message = {}, operator = recycler): SignedAct => {
    const flow = { inputs: inputs.sort().map((lot) => ({ lot, seq: 0 })), outputs: [{ class: 7, grams: 1_000 }] };
    return people.make(
      "Transform",
      { process: 1, ...flow, lossGrams: 0, operator: operator.account, ...terms },
      operator,
    );
  };
  const concludeOf = (lot: Hex, terms: Message = {}, operator = recycler): SignedAct =>
    people.make("Conclude", { lot, seq: 0, grams: 10, kind: 2, operator: operator.account, ...terms }, operator);
  const passTitleOf = (lot: Hex, terms: Message = {}, owner = recycler, to = keeper): SignedAct =>
    people.make("PassTitle", { lot, seq: 0, owner: owner.account, to: to.account, ...terms }, owner, to);
  const children = (act: SignedAct, count: number): Hex[] =>
    Array.from({ length: count }, (_, i) => childOf(people.digest(act), i) as Hex);

  /** A lot that stands in the keeper's hands. */
  async function settledLot(): Promise<Hex> {
    const collect = collectOf();
    await people.handIn(collect);
    expect(await people.settled(collect)).to.include({ state: "final" });
    return people.digest(collect);
  }

  it("given the life of a lot under all kinds of acts and keys, when it is handed in last act first and twice, then all of it is recorded", async () => {
    const collect = collectOf();
    const handoff = handoffOf(people.digest(collect));
    const split = splitOf(people.digest(collect), { seq: 1, grams: [400, 600] });
    const transform = transformOf(children(split, 2), {
      outputs: [
        { class: 7, grams: 900 },
        { class: 9, grams: 60 },
      ],
      lossGrams: 40,
    });
    const [sorted, residue] = children(transform, 2) as [Hex, Hex];
    const life = [collect, handoff, split, transform, concludeOf(residue, { grams: 60 }), passTitleOf(sorted)];
    const waiting = [...life].reverse().slice(0, -1);
    for (const act of waiting) expect((await people.handIn(act))[0]).to.include({ status: "waiting" });
    const again = await people.handIn(...waiting, collect);
    expect(again.map(({ status }) => status)).to.deep.equal([...waiting.map(() => "duplicate"), "accepted"]);
    expect(new Set(again.map(({ receipt }) => receipt)).size).to.equal(life.length);
    for (const act of life) expect(await people.settled(act), act.type).to.include({ state: "final", reason: null });
    const lot = await api.ask(`/v1/lots/${sorted}`);
    expect(lot.body).to.deep.include({ massGrams: 900, seq: 1, flags: ["bailed"] });
  });

  it("given two handoffs of one state, when the second comes after the first is recorded, then it is skipped and told which overtook it", async () => {
    const lot = await settledLot();
    const [first, second] = [handoffOf(lot), handoffOf(lot, {}, keeper, people.other)];
    await people.handIn(first);
    expect(await people.settled(first)).to.include({ state: "final", overtakenBy: null });
    expect((await people.handIn(second))[0]).to.include({ status: "accepted" });
    const { state, reason, overtakenBy } = await people.settled(second);
    expect([state, reason!.name, reason!.code, overtakenBy]).to.deep.equal([
      "skipped",
      "SeqNotCurrent",
      "seq-not-current",
      people.digest(first),
    ]);
    expect(reason!.zh).to.match(/\p{Script=Han}/u);
  });

  it("given a lot that a transform took as one of several, when another act on it comes late, then the transform is what overtook it", async () => {
    const lots = [await settledLot(), await settledLot()];
    const transform = transformOf(lots, { outputs: [{ class: 7, grams: 2_000 }] }, keeper);
    await people.handIn(transform);
    expect(await people.settled(transform)).to.include({ state: "final" });
    for (const lot of lots) {
      const late = concludeOf(lot, {}, keeper);
      await people.handIn(late);
      expect(await people.settled(late)).to.deep.include({ state: "skipped", overtakenBy: people.digest(transform) });
    }
  });

  it("given lots as they stand, when acts that they do not bear are handed in, then each is refused by the contract's reason and in words", async () => {
    const [held, other] = [await settledLot(), await settledLot()];
    const lent = await settledLot();
    const bailed = handoffOf(lent, { bailment: 1 });
    const spent = await settledLot();
    const split = splitOf(spent, { grams: [1, 999] }, keeper);
    await people.handIn(bailed, split);
    for (const act of [bailed, split]) expect(await people.settled(act)).to.include({ state: "final" });
    const inputs = [held, other].sort();
    const descending = [...inputs].reverse().map((lot) => ({ lot, seq: 0 }));
    const cases: [string, SignedAct][] = [
      ["NotCustodian", handoffOf(held, {}, people.other)],
      ["NotCustodian", splitOf(held, { grams: [1_000] })],
      ["NotCustodian", concludeOf(held)],
      ["LotNotOpen", concludeOf(spent, { seq: 1 }, keeper)],
      ["NotOwner", concludeOf(lent, { seq: 1 })],
      ["NotOwner", transformOf([lent], { inputs: [{ lot: lent, seq: 1 }] })],
      ["NotOwner", passTitleOf(lent, { seq: 1 })],
      ["LotBailed", handoffOf(lent, { seq: 1 }, recycler, people.other)],
      ["GramsNotMatching", handoffOf(held, { declaredGrams: 999 })],
      ["GramsNotMatching", splitOf(held, { grams: [1, 998] }, keeper)],
      ["GramsNotMatching", concludeOf(held, { grams: 1_001 }, keeper)],
      ["GramsNotMatching", transformOf([held], { lossGrams: 1 }, keeper)],
      ["GramsMissing", collectOf({ grams: 0 })],
      ["GramsMissing", splitOf(held, { grams: [1_000, 0] }, keeper)],
      ["GramsMissing", concludeOf(held, { grams: 0 }, keeper)],
      ["PartsMissing", splitOf(held, { grams: [] }, keeper)],
      ["PartsMissing", transformOf([], {}, keeper)],
      ["InputsNotAscending", transformOf([], { inputs: descending }, keeper)],
      ["InputsNotAscending", transformOf([held, held], {}, keeper)],
      ["AccountNotRegistered", collectOf({ collector: `0x${"0b".repeat(20)}` })],
    ];
    const results = await people.handIn(...cases.map(([, act]) => act));
    expect(results.map(({ problem }) => problem?.reason)).to.deep.equal(cases.map(([reason]) => reason));
    for (const { problem } of results) expect(problem).to.include(problems[problem!.code as keyof typeof problems]);
    const { body } = await api.ask("/v1/reasons");
    const listed = body["skipped"] as { name: string; code: string }[];
    for (const [i, [reason]] of cases.entries()) {
      expect(listed.find(({ name }) => name === reason)?.code).to.equal(results[i]!.problem!.code);
    }
  });

  it("given codes that the vocabulary does not have, when acts name them, then they are refused and the code is told", async () => {
    const cases: [SignedAct, Record<string, unknown>][] = [
      [collectOf({ class: 999 }), { list: "lotClass", unknown: 999 }],
      [transformOf([id("a lot to come") as Hex], { process: 99 }), { list: "process", unknown: 99 }],
      [
        transformOf([id("a lot to come") as Hex], { outputs: [{ class: 998, grams: 1 }] }),
        { list: "lotClass", unknown: 998 },
      ],
      [concludeOf(id("a lot to come") as Hex, { kind: 77 }), { list: "lossKind", unknown: 77 }],
    ];
    const results = await people.handIn(...cases.map(([act]) => act));
    for (const [i, [, values]] of cases.entries()) {
      expect(results[i]!.problem).to.include({ code: "vocabulary-unknown", ...values });
    }
  });

  it("given acts with more parts than one may have, or a seq without successor, when handed in, then their form is refused", async () => {
    const lot = id("a lot to come") as Hex;
    const many = Array.from({ length: 101 }, (_, i) => i + 1);
    const malformed = [
      splitOf(lot, { grams: many }),
      transformOf([], { inputs: many.map((n) => ({ lot: id(`lot ${n}`), seq: 0 })) }),
      transformOf([lot], { outputs: many.map((grams) => ({ class: 7, grams })) }),
      concludeOf(lot, { seq: 2 ** 24 - 1 }),
      { ...handoffOf(lot), act: { ...handoffOf(lot).act, bailment: 256 } },
      { ...concludeOf(lot), type: "Contest" },
      { ...concludeOf(lot), giverSignature: `0x${"11".repeat(64)}` },
      { ...collectOf(), signature: `0x${"11".repeat(64)}` },
    ];
    const results = await people.handIn(...malformed);
    expect(results.map(({ problem }) => problem?.code)).to.deep.equal(malformed.map(() => "act-malformed"));
  });

  it("given a transform of a hundred lots into a hundred, when handed in with its makings, then it is recorded in one transaction", async () => {
    const collect = collectOf({ grams: 10_000 });
    const lot = people.digest(collect);
    const split = splitOf(lot, { grams: Array<number>(100).fill(100) }, keeper);
    const outputs = Array.from({ length: 100 }, () => ({ class: 7, grams: 100 }));
    const transform = transformOf(children(split, 100), { outputs }, keeper);
    const statuses = (await people.handIn(transform, split, collect)).map(({ status }) => status);
    expect(statuses).to.not.include("rejected");
    for (const act of [collect, split, transform]) expect(await people.settled(act)).to.include({ state: "final" });
  });
});
