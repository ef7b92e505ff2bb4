import { expect } from "chai";
import type { LotEvent } from "../../../server/chain/lotEvents.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { startFold } from "../../../server/traceability/fold.ts";

const MOST = 2 ** 48 - 1;
const hash = (n: number): Hex => `0x${n.toString(16).padStart(64, "0")}`;
const [collector, keeper]: Hex[] = [`0x${"c0".repeat(20)}`, `0x${"4e".repeat(20)}`];
const told = { capturedAt: 1, flags: 0, anchor: hash(0), evidence: hash(0) };
const place = (index: number): Pick<LotEvent, "block" | "at" | "index" | "tx"> => ({
  block: 1,
  at: 2,
  index,
  tx: hash(9_999),
});

const collected = (n: number): LotEvent => ({
  name: "Collected",
  args: { lot: hash(n), collector: collector!, keeper: keeper!, class: 1, grams: MOST, ...told },
  ...place(n),
});

describe("folding lots", () => {
  it("given the heaviest lots there are, when a transform takes so many that a number cannot hold them, then it is recorded to the gram", () => {
    const lots = Array.from({ length: 33 }, (_, n) => n + 1);
    const transformed: LotEvent = {
      name: "Transformed",
      args: {
        digest: hash(500),
        operator: keeper!,
        process: 1,
        inputs: lots.map((n) => ({ lot: hash(n), seq: 0 })),
        outputs: lots.map(() => ({ class: 2, grams: MOST - 1 })),
        lossGrams: lots.length,
        ...told,
      },
      ...place(100),
    };
    const folding = startFold(new Map(), 0);
    const acts = folding.fold([...lots.map(collected), transformed]);
    const { made, edges } = folding.changes();
    const all = 33n * BigInt(MOST);
    expect(BigInt(acts.at(-1)!.grams)).to.equal(all);
    expect(made.filter(({ disposition }) => disposition === 0)).to.have.length(33);
    expect(edges.reduce((sum, { grams }) => sum + BigInt(grams), 0n)).to.equal(all - 33n);
  });

  it("given events, when they are folded one by one, then acts and lots are those of all at once", () => {
    const split: LotEvent = {
      name: "LotSplit",
      args: { lot: hash(1), operator: keeper!, digest: hash(600), grams: [MOST - 1, 1], seq: 0, ...told },
      ...place(101),
    };
    const events = [collected(1), collected(2), split, collected(3)];
    const whole = startFold(new Map(), 7);
    const pieces = startFold(new Map(), 7);
    const acts = events.flatMap((event) => pieces.fold([event]));
    expect(acts).to.deep.equal(whole.fold(events)).and.to.have.length(4);
    expect(pieces.changes()).to.deep.equal(whole.changes());
    expect(pieces.changes().made.map(({ no }) => no)).to.deep.equal([8, 9, 10, 11, 12]);
  });
});
