import { expect } from "chai";
import { createWorld, type World } from "../../support/contracts.ts";

const load = await createWorld();

/** side, class, minBps, maxBps */
type Bound = [number, number, number, number];
/** class, grams */
type Portion = [number, number];

const bound = ([side, kind, minBps, maxBps]: Bound) => ({ side, class: kind, minBps, maxBps });
const portion = ([kind, grams]: Portion) => ({ class: kind, grams });

describe("Processes", () => {
  let processes: World["Processes"];
  let world: World;

  beforeEach(async () => {
    world = await load();
    processes = world.Processes.connect(world.admin);
  });

  const boundsOf = async (process: number) => (await processes.boundsOf(process)).map((b) => [...b].map(Number));

  describe("setProcess", () => {
    const first: Bound[] = [
      [0, 1, 10_000, 10_000],
      [1, 2, 0, 10_000],
      [2, 0, 0, 500],
    ];

    it("given anybody but an administrator, then it is refused", async () => {
      for (const signer of [world.registry, world.auditor, world.stranger]) {
        await expect(processes.connect(signer).setProcess(1, []))
          .to.be.revertedWithCustomError(processes, "AccessManagedUnauthorized")
          .withArgs(signer.address);
      }
    });

    it("when a process has no bounds, then it has these, and no other process does", async () => {
      const call = await processes.setProcess(1, first.map(bound));
      await expect(call).to.emit(processes, "ProcessSet").withArgs(1, first);
      expect((await call.wait())?.logs).to.have.length(1);
      expect(await boundsOf(1)).to.deep.equal(first);
      expect(await boundsOf(2)).to.deep.equal([]);
    });

    it("given bounds, when fewer or none come, then they stand in place of those", async () => {
      await processes.setProcess(1, first.map(bound));
      await processes.setProcess(1, [bound([1, 9, 1, 2])]);
      expect(await boundsOf(1)).to.deep.equal([[1, 9, 1, 2]]);
      await processes.setProcess(1, []);
      expect(await boundsOf(1)).to.deep.equal([]);
      expect(await processes.within(1, [portion([1, 1])], [portion([1, 1])], 0)).to.equal(false);
    });

    for (const [what, wrong] of [
      ["an unknown side", [3, 0, 0, 0]],
      ["a loss with a class", [2, 1, 0, 0]],
      ["a minimum above its maximum", [0, 1, 2, 1]],
      ["a maximum above the whole", [1, 1, 0, 10_001]],
    ] as [string, Bound][]) {
      it(`when a bound is ${what}, then nothing is set`, async () => {
        await processes.setProcess(1, first.map(bound));
        await expect(processes.setProcess(1, [bound([0, 1, 0, 1]), bound(wrong)]))
          .to.be.revertedWithCustomError(processes, "BoundNotPossible")
          .withArgs(1, 1);
        expect(await boundsOf(1)).to.deep.equal(first);
      });
    }
  });

  describe("within", () => {
    const within = (inputs: Portion[], outputs: Portion[], loss: number) =>
      processes.within(1, inputs.map(portion), outputs.map(portion), loss);

    beforeEach(async () => {
      const bounds: Bound[] = [
        [0, 1, 2_500, 10_000],
        [0, 2, 0, 7_500],
        [1, 3, 5_000, 9_000],
        [1, 4, 0, 4_000],
        [2, 0, 100, 1_000],
      ];
      await processes.setProcess(1, bounds.map(bound));
    });

    for (const [what, inputs, outputs, loss, expected] of [
      [
        "each share on its bound",
        [
          [1, 2_500],
          [2, 7_500],
        ],
        [
          [3, 5_900],
          [4, 4_000],
        ],
        100,
        true,
      ],
      [
        "shares added up over portions",
        [
          [1, 1_250],
          [2, 7_500],
          [1, 1_250],
        ],
        [
          [3, 2_900],
          [3, 3_000],
          [4, 4_000],
        ],
        100,
        true,
      ],
      [
        "an input class below its minimum",
        [
          [1, 2_499],
          [2, 7_501],
        ],
        [
          [3, 5_900],
          [4, 4_000],
        ],
        100,
        false,
      ],
      ["an output class below its minimum, though it is not there", [[1, 10_000]], [[4, 4_000]], 1_000, false],
      [
        "an output class above its maximum",
        [[1, 10_000]],
        [
          [3, 5_899],
          [4, 4_001],
        ],
        100,
        false,
      ],
      [
        "too little loss",
        [[1, 10_000]],
        [
          [3, 5_901],
          [4, 4_000],
        ],
        99,
        false,
      ],
      ["too much loss", [[1, 10_000]], [[3, 8_999]], 1_001, false],
      [
        "an input class that is not listed",
        [
          [1, 9_999],
          [3, 1],
        ],
        [[3, 9_000]],
        1_000,
        false,
      ],
      [
        "an output class that is not listed",
        [[1, 10_000]],
        [
          [3, 8_999],
          [1, 1],
        ],
        1_000,
        false,
      ],
      [
        "the largest masses there are",
        [
          [1, 2 ** 48 - 1],
          [2, 2 ** 48 - 1],
        ],
        [
          [3, 2 ** 48 - 1],
          [4, 2 ** 47],
        ],
        2 ** 45,
        true,
      ],
    ] as [string, Portion[], Portion[], number, boolean][]) {
      it(`when there is ${what}, then ${expected}`, async () => {
        expect(await within(inputs, outputs, loss)).to.equal(expected);
      });
    }

    it("given no bound of the loss, then it must be zero", async () => {
      await processes.setProcess(1, [bound([0, 1, 0, 10_000]), bound([1, 3, 0, 10_000])]);
      expect(await within([[1, 10]], [[3, 10]], 0)).to.equal(true);
      expect(await within([[1, 10]], [[3, 9]], 1)).to.equal(false);
    });
  });
});
