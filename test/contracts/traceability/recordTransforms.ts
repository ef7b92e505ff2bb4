import { expect } from "chai";
import { id, ZeroHash } from "ethers";
import { childOf, secp, type Message, type SignedAct } from "../../support/acts.ts";
import {
  createCoast,
  hauler,
  keyId,
  packed,
  plant,
  review,
  stranger,
  strangerKey,
  type Coast,
} from "../../support/coast.ts";

const load = await createCoast();

describe("recordTransforms", () => {
  let coast: Coast;
  let ledger: Coast["ledger"];
  let point: string;
  let lots: string[];

  beforeEach(async () => {
    coast = await load();
    ({ ledger, point } = coast);
    lots = [await coast.lot(), await coast.lot({ grams: 2_500n })].toSorted();
    // classes 1 in, 2 and 3 out, half of it lost at most
    await coast.world.Processes.setProcess(7, [
      { side: 0, class: 1, minBps: 0, maxBps: 10_000 },
      { side: 1, class: 2, minBps: 5_000, maxBps: 10_000 },
      { side: 1, class: 3, minBps: 0, maxBps: 5_000 },
      { side: 2, class: 0, minBps: 0, maxBps: 1_000 },
    ]);
  });

  const quarantined = 2;
  const sign = (outputs: number[], terms: Message = {}): SignedAct =>
    coast.sign("Transform", coast.transform(lots, outputs, terms));

  function argsOf(signed: SignedAct, flags = 0): unknown[] {
    const act = signed.act as Record<string, number> & { inputs: Message[]; outputs: Message[] };
    const { operator, process, lossGrams, capturedAt, anchor, evidence } = act;
    const terms = packed([lossGrams!, 48], [capturedAt!, 40], [flags, 8]);
    const inputs = act.inputs.map(({ lot, seq }) => [lot, seq]);
    const outputs = act.outputs.map((output) => [output["class"], output["grams"]]);
    return [coast.digest(signed), operator, process, inputs, outputs, terms, anchor, evidence];
  }

  async function expectTransformed(signed: SignedAct, flags = 0, inputFlags = [0, 0]) {
    const other = await coast.lot({ salt: id("another") });
    const [collected, concluded] = await ledger.totals();
    await coast.expectOnly(coast.carry(signed), "Transformed", argsOf(signed, flags));
    for (const [i, lot] of lots.entries()) {
      await coast.expectLot(lot, { custodian: point, grams: 0, seq: 1, disposition: 1, flags: inputFlags[i]! });
    }
    const outputs = signed.act["outputs"] as { class: number; grams: number }[];
    for (const [i, output] of outputs.entries()) {
      const child = childOf(coast.digest(signed), i);
      await coast.expectLot(child, { custodian: point, ...output, flags: flags & 0xf });
      expect(await ledger.ownerOf(child)).to.equal(point);
    }
    await coast.expectLot(other, { custodian: point, grams: 1_500 });
    expect(await ledger.totals()).to.deep.equal([collected, concluded + BigInt(signed.act["lossGrams"] as number)]);
  }

  it("given lots of one custodian, when it has signed, then they are consumed and the outputs are its lots", async () => {
    await expectTransformed(sign([3_000, 600], { lossGrams: 400 }));
  });

  it("when there is no loss, then the totals stay", async () => {
    await expectTransformed(sign([4_000]));
  });

  for (const [what, outputs, terms] of [
    ["too much loss", [3_000, 599], { lossGrams: 401 }],
    ["too little of a product", [1_999, 2_001], {}],
    ["a class that the process does not make", [2_000, 1_000, 1_000], {}],
    ["a process that nobody described", [4_000], { process: 8 }],
  ] as [string, number[], Message][]) {
    it(`when the yield is out of bounds, then every output is quarantined: ${what}`, async () => {
      await expectTransformed(sign(outputs, terms), quarantined);
    });
  }

  it("when an input's class is not the process's, then every output is quarantined", async () => {
    lots = [await coast.lot({ class: 9 })];
    const signed = sign([1_500]);
    await coast.expectOnly(coast.carry(signed), "Transformed", argsOf(signed, quarantined));
  });

  it("given flags of several inputs, then each output has them all", async () => {
    await coast.auditor.ruleOnFlags(lots[0]!, 1, 0, id("basis"));
    await coast.auditor.ruleOnFlags(lots[1]!, 8, 0, id("basis"));
    await expectTransformed(sign([4_000]), 9, [1, 8]);
  });

  it("given a suspended operator, or an output that needs a licence, then the outputs are under review", async () => {
    const outputs = [{ class: 7 << 10, grams: 4_000 }];
    const signed = coast.sign("Transform", coast.transform(lots, [], { outputs, process: 8 }));
    await coast.registry.setStatus(point, 2, id("basis"));
    await coast.expectOnly(coast.carry(signed), "Transformed", argsOf(signed, 0x30 | review | quarantined));
  });

  it("given a bad act between good ones, then it is skipped, and an output can go on in the same batch", async () => {
    const first = sign([2_000, 2_000]);
    const again = coast.sign("Transform", coast.transform([childOf(coast.digest(first), 0)], [2_000]));
    const call = coast.carry(sign([1]), first, first, again);
    const logs = (await (await call).wait())?.logs.map((log) => ledger.interface.parseLog(log)?.name);
    expect(logs).to.deep.equal(["Skipped", "Transformed", "Skipped", "Transformed"]);
  });

  describe("skips what cannot be true, and tells why", () => {
    it("no inputs, no outputs", async () => {
      await coast.expectSkipped(coast.sign("Transform", coast.transform([], [1])), "PartsMissing", [ZeroHash]);
      await coast.expectSkipped(sign([], { lossGrams: 4_000 }), "PartsMissing", [lots[0]]);
    });

    it("inputs that do not ascend, or stand there twice", async () => {
      const [low, high] = [
        { lot: lots[0]!, seq: 0 },
        { lot: lots[1]!, seq: 0 },
      ];
      const down = sign([4_000], { inputs: [high, low] });
      await coast.expectSkipped(down, "InputsNotAscending", [high.lot, low.lot]);
      await coast.expectSkipped(sign([3_000], { inputs: [low, low] }), "InputsNotAscending", [low.lot, low.lot]);
    });

    it("an input that does not exist, in the order of the inputs", async () => {
      const inputs = [lots[0]!, id("nothing")].toSorted().map((lot) => ({ lot, seq: 0 }));
      await coast.expectSkipped(sign([1], { inputs }), "LotUnknown", [id("nothing")]);
    });

    it("another seq than an input's; a replay", async () => {
      const inputs = [
        { lot: lots[0]!, seq: 0 },
        { lot: lots[1]!, seq: 1 },
      ];
      await coast.expectSkipped(sign([1], { inputs }), "SeqNotCurrent", [lots[1], 1, 0]);
      await coast.carry(sign([4_000]));
      await coast.expectSkipped(sign([4_000]), "SeqNotCurrent", [lots[0], 0, 1]);
    });

    it("an input that is consumed or void", async () => {
      await coast.auditor.voidLot(lots[1]!, id("basis"));
      await coast.expectSkipped(sign([4_000]), "LotNotOpen", [lots[1], 2]);
    });

    it("an input that the operator does not hold, or has no title to", async () => {
      await coast.expectSkipped(sign([1], { operator: plant }), "NotCustodian", [lots[0], plant, point]);
      const handoff = coast.handoff(lots[0]!, { to: hauler, bailment: 1 });
      const grams = ((await ledger.lots(lots[0]!)) >> 48n) & (2n ** 48n - 1n);
      await coast.carry(coast.sign("Handoff", { ...handoff, declaredGrams: grams, acceptedGrams: grams }));
      const inputs = [{ lot: lots[0]!, seq: 1 }];
      const untitled = sign([Number(grams)], { inputs, operator: hauler });
      await coast.expectSkipped(untitled, "NotOwner", [lots[0], hauler, point]);
    });

    it("an output without mass", async () => {
      await coast.expectSkipped(sign([4_000, 0]), "GramsMissing", [lots[0]]);
    });

    it("grams that do not balance, before the signature is looked at", async () => {
      for (const [outputs, lossGrams] of [
        [[4_000], 1],
        [[3_999], 0],
        [[2 ** 48 - 1, 2 ** 48 - 1], 2 ** 48 - 1],
      ] as const) {
        const stated = outputs.reduce((sum, part) => sum + BigInt(part), BigInt(lossGrams));
        const act = coast.transform(lots, [...outputs], { lossGrams });
        const signed = coast.sign("Transform", act, secp(strangerKey));
        await coast.expectSkipped(signed, "GramsNotMatching", [lots[0], stated, 4_000]);
      }
    });

    it("a signature by a key that does not sign for the operator", async () => {
      const signed = coast.sign("Transform", coast.transform(lots, [4_000]), secp(strangerKey));
      await coast.expectSkipped(signed, "SignatureNotValid", [point, keyId(stranger)]);
    });
  });
});
