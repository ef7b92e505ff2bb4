/** The layout of the picture of flows, which needs no browser. */
import { expect } from "chai";

describe("the picture of flows", () => {
  const load = async (): Promise<{ layOutFlows: LayOutFlows }> =>
    (await import(new URL("../../../server/web/flows.js", import.meta.url).href)) as { layOutFlows: LayOutFlows };

  interface Bar {
    id: string;
    grams: number;
    count: number;
    x: number;
    y: number;
    height: number;
  }
  interface FlowPicture {
    layers: Bar[][];
    ribbons: { from: string; to: string; width: number }[];
    height: number;
    back: unknown[];
  }
  type LayOutFlows = (
    flows: { from: string; to: string; grams: number; acts: number }[],
    room: { width: number; height: number; most: number; keep?: string[] },
  ) => FlowPicture;
  const flow = (from: string, to: string, grams: number): Parameters<LayOutFlows>[0][number] => ({
    from,
    to,
    grams,
    acts: 1,
  });

  it("given flows with a loop, when laid out, then they run from left to right and what leads back is left out", async () => {
    const { layOutFlows } = await load();
    const flows = [flow("collectors", "a", 60), flow("collectors", "b", 40), flow("a", "c", 50), flow("b", "c", 40)];
    const loop = flow("c", "a", 10);
    const { layers, ribbons, back } = layOutFlows([loop, ...flows], { width: 600, height: 200, most: 7 });
    expect(layers.map((nodes) => nodes.map(({ id, grams }) => [id, grams]))).to.deep.equal([
      [["collectors", 100]],
      [
        ["a", 60],
        ["b", 40],
      ],
      [["c", 90]],
    ]);
    expect(layers.map(([first]) => first!.x)).to.deep.equal([0, 196, 392]);
    expect(ribbons.map(({ from, to, width }) => `${from} ${to} ${width}`).sort()).to.deep.equal([
      "a c 100",
      "b c 80",
      "collectors a 120",
      "collectors b 80",
    ]);
    expect(back).to.deep.equal([loop]);
  });

  it("given more places than a layer has room for, when laid out, then the smallest are one and nothing is lost or overlaps", async () => {
    const { layOutFlows } = await load();
    const points = Array.from({ length: 20 }, (_, i) => `point ${i}`);
    const flows = points.flatMap((point, i) => [flow("collectors", point, 10 + i), flow(point, "plant", 10 + i)]);
    const { layers, height } = layOutFlows(flows, { width: 600, height: 200, most: 5, keep: ["point 0"] });
    const [, middle] = layers;
    expect(middle!.map(({ id, count }) => [id, count])).to.deep.equal([
      ["point 19", 1],
      ["point 18", 1],
      ["point 17", 1],
      ["point 0", 1],
      ["others/1", 16],
    ]);
    expect(middle!.reduce((sum, { grams }) => sum + grams, 0)).to.equal(390);
    for (const [i, { y, height: tall }] of middle!.entries()) {
      expect(y + tall).to.be.at.most(middle![i + 1]?.y ?? height);
    }
  });
});
