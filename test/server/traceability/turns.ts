import { expect } from "chai";
import { mapInTurns } from "../../../server/traceability/turns.ts";

const MS_EACH = 4;

function busy(): void {
  const until = performance.now() + MS_EACH;
  while (performance.now() < until);
}

describe("mapInTurns", () => {
  it("given work of 80 ms, when it is done in turns, then others come between its items, and the results stand in order", async () => {
    let turns = 0;
    const between = new Set<number>();
    const others = (): void => {
      turns++;
      timer = setImmediate(others);
    };
    let timer = setImmediate(others);
    const items = Array.from({ length: 20 }, (_, i) => i);
    const doubled = await mapInTurns(items, (item, i) => {
      busy();
      between.add(turns);
      return item + i;
    });
    clearImmediate(timer);
    expect(doubled).to.deep.equal(items.map((item) => 2 * item));
    expect(between.size, "groups of items with nothing between them").to.be.within(4, 20);
  });

  it("given nothing to do, when it is done in turns, then there are no results", async () => {
    expect(await mapInTurns([], () => 1)).to.deep.equal([]);
  });
});
