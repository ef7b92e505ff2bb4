import { expect } from "chai";
import { id, ZeroHash } from "ethers";
import { blockId, blockWord, createBay, ends, locks, purposes, type Bay, type Piece } from "../../support/carbon.ts";

const load = await createBay();
const basis = id("court order");

describe("Credits.changeLocks", () => {
  let bay: Bay;
  let credits: Bay["credits"];
  let block: bigint;
  let whole: Piece;

  beforeEach(async () => {
    bay = await load();
    ({ credits } = bay);
    [block] = (await bay.blocks(bay.holder, 1_000)) as [bigint];
    whole = { id: block, kg: 1_000 };
  });

  const change = (keeper: number, pieces: Piece[], set: number, cleared: number, on = basis) =>
    credits.connect(bay.world.keepers[keeper]).changeLocks(pieces, set, cleared, on);

  for (const [keeper, [name, bit]] of Object.entries(locks).entries()) {
    if (bit === locks.dedicated) continue;
    it(`${name}: given its keeper, then they alone set it and clear it`, async () => {
      for (const [i, other] of [...bay.world.keepers, bay.holder, bay.world.admin].entries()) {
        if (i === keeper) continue;
        for (const [set, cleared] of [
          [bit, 0],
          [0, bit],
        ] as const) {
          await expect(credits.connect(other).changeLocks([whole], set, cleared, basis))
            .to.be.revertedWithCustomError(credits, "NotKeeper")
            .withArgs(other, bit);
        }
      }
      const set = await change(keeper, [whole], bit, 0);
      await expect(set).to.emit(credits, "LocksChanged").withArgs(block, bit, 0, basis);
      expect(await credits.blocks(block)).to.equal(blockWord({ kg: 1_000, locks: bit }));
      expect(await bay.events(Promise.resolve(set))).to.deep.equal(["Locked", "LocksChanged"]);
      expect(await credits.locked(block)).to.equal(true);
      const changes = await bay.changes(() => change(keeper, [whole], 0, bit));
      expect(changes).to.deep.equal({ [`word ${block}`]: blockWord({ kg: 1_000 }) });
      expect(await credits.locked(block)).to.equal(false);
    });
  }

  it("given locks of several keepers, then a wallet is told of the first that is set and the last that is cleared", async () => {
    const told = [
      await bay.events(change(0, [whole], locks.listed, 0)),
      await bay.events(change(1, [whole], locks.pledged, 0)),
      await bay.events(change(0, [whole], 0, locks.listed)),
      await bay.events(change(1, [whole], 0, locks.pledged)),
    ];
    expect(told).to.deep.equal([
      ["Locked", "LocksChanged"],
      ["LocksChanged"],
      ["LocksChanged"],
      ["Unlocked", "LocksChanged"],
    ]);
  });

  it("given a part of a block without locks, when it is locked, then it is cut off and the rest stays free", async () => {
    const child = blockId(1, 601);
    expect(await bay.events(change(1, [{ id: block, kg: 400 }], locks.pledged, 0))).to.deep.equal([
      "Transfer",
      "Split",
      "Locked",
      "LocksChanged",
    ]);
    expect(await credits.blocks(block)).to.equal(blockWord({ kg: 600 }));
    expect(await credits.blocks(child)).to.equal(blockWord({ kg: 400, locks: locks.pledged }));
    expect(await credits.ownerOf(child)).to.equal(bay.holder.address);
  });

  it("given a part of a block that its keeper locked, when it is cleared, then the part is free and the rest not", async () => {
    await change(1, [whole], locks.pledged, 0);
    await change(1, [{ id: block, kg: 400 }], 0, locks.pledged);
    expect(await credits.blocks(block)).to.equal(blockWord({ kg: 600, locks: locks.pledged }));
    expect(await credits.blocks(blockId(1, 601))).to.equal(blockWord({ kg: 400 }));
  });

  it("given a block that others locked, then it is locked whole and not in part, unless it is but dedicated", async () => {
    await change(1, [whole], locks.pledged, 0);
    await expect(change(3, [{ id: block, kg: 999 }], locks.frozen, 0))
      .to.be.revertedWithCustomError(credits, "BlockLocked")
      .withArgs(block, locks.pledged);
    await change(3, [whole], locks.frozen, 0);
    expect(await credits.blocks(block)).to.equal(blockWord({ kg: 1_000, locks: locks.pledged | locks.frozen }));
    const [other] = (await bay.blocks(bay.holder, 10)) as [bigint];
    await credits.connect(bay.world.keepers[5]).dedicate([{ id: other, kg: 10 }], purposes.gift, basis);
    await change(3, [{ id: other, kg: 4 }], locks.frozen, 0);
    const both = { kg: 4, locks: locks.frozen | locks.dedicated, purpose: purposes.gift };
    expect(await credits.blocks(other + 6n)).to.equal(blockWord(both));
  });

  it("given who keeps two locks, when they set one and clear the other in one call, then both change", async () => {
    await bay.world.manager.grantRole(17n, bay.world.keepers[0]!, 0);
    await change(0, [whole], locks.listed, 0);
    await change(0, [whole], locks.pledged, locks.listed);
    expect(await credits.blocks(block)).to.equal(blockWord({ kg: 1_000, locks: locks.pledged }));
    await expect(change(0, [whole], locks.pledged | locks.frozen, 0))
      .to.be.revertedWithCustomError(credits, "NotKeeper")
      .withArgs(bay.world.keepers[0], locks.pledged | locks.frozen);
  });

  it("given locks that do not exist, the same both ways, none, or Dedicated without a purpose, then it is refused", async () => {
    for (const [set, cleared] of [
      [0, 0],
      [64, 0],
      [0, 128],
      [locks.listed, locks.listed],
      [locks.dedicated, 0],
    ] as const) {
      await expect(change(0, [whole], set, cleared), `${set} ${cleared}`)
        .to.be.revertedWithCustomError(credits, "LocksNotPossible")
        .withArgs(set, cleared);
    }
  });

  it("given no basis, no pieces, no kilograms, too many, or a block that ended, then it is refused", async () => {
    const refused = (call: Promise<unknown>, error: string, ...args: unknown[]) =>
      expect(call)
        .to.be.revertedWithCustomError(credits, error)
        .withArgs(...args);
    await refused(change(0, [whole], locks.listed, 0, ZeroHash), "BasisMissing");
    await refused(change(0, [], locks.listed, 0), "PiecesMissing");
    await refused(change(0, [{ id: block, kg: 0 }], locks.listed, 0), "KgMissing", block);
    await refused(change(0, [{ id: block, kg: 1_001 }], locks.listed, 0), "KgAboveBlock", block, 1_001, 1_000);
    await credits.connect(bay.holder).cancel([whole], ZeroHash);
    await refused(change(0, [whole], locks.listed, 0), "BlockNotLive", block, ends.cancelled);
  });
});

describe("Credits.dedicate", () => {
  let bay: Bay;
  let credits: Bay["credits"];
  let block: bigint;

  beforeEach(async () => {
    bay = await load();
    ({ credits } = bay);
    [block] = (await bay.blocks(bay.holder, 1_000)) as [bigint];
  });

  const dedicate = (kg: number, purpose: number, on = basis) =>
    credits.connect(bay.world.keepers[5]).dedicate([{ id: block, kg }], purpose, on);

  it("given a part of a block, when it is dedicated, then the part is, and says what to", async () => {
    const child = blockId(1, 901);
    const call = dedicate(100, purposes.gift);
    await expect(call).to.emit(credits, "Dedicated").withArgs(child, purposes.gift);
    await expect(call).to.emit(credits, "LocksChanged").withArgs(child, locks.dedicated, 0, basis);
    expect(await credits.blocks(block)).to.equal(blockWord({ kg: 900 }));
    const dedicated = { kg: 100, locks: locks.dedicated, purpose: purposes.gift };
    expect(await credits.blocks(child)).to.equal(blockWord(dedicated));
  });

  it("given a dedicated block, when its keeper dedicates it anew, then the last counts; cleared, it has no purpose", async () => {
    await dedicate(1_000, purposes.gift);
    await dedicate(1_000, purposes.offset);
    const again = { kg: 1_000, locks: locks.dedicated, purpose: purposes.offset };
    expect(await credits.blocks(block)).to.equal(blockWord(again));
    await credits.connect(bay.world.keepers[5]).changeLocks([{ id: block, kg: 1_000 }], 0, locks.dedicated, basis);
    expect(await credits.blocks(block)).to.equal(blockWord({ kg: 1_000 }));
  });

  it("given no purpose, no basis, or a part of what others locked, then it is refused", async () => {
    await expect(dedicate(1, 0)).to.be.revertedWithCustomError(credits, "PurposeNotInScope").withArgs(0, 0);
    await expect(dedicate(1, purposes.gift, ZeroHash)).to.be.revertedWithCustomError(credits, "BasisMissing");
    await bay.lock(locks.listed, { id: block, kg: 1_000 });
    await expect(dedicate(1, purposes.gift))
      .to.be.revertedWithCustomError(credits, "BlockLocked")
      .withArgs(block, locks.listed);
  });
});
