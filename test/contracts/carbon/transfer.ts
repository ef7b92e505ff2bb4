import { expect } from "chai";
import { id, ZeroHash } from "ethers";
import { batchWord, blockId, blockWord, createBay, ends, locks, purposes, type Bay } from "../../support/carbon.ts";

const load = await createBay();
const basis = id("contract of sale");

describe("Credits.transfer", () => {
  let bay: Bay;
  let credits: Bay["credits"];
  let block: bigint;

  beforeEach(async () => {
    bay = await load();
    ({ credits } = bay);
    [block] = (await bay.blocks(bay.holder, 1_000)) as [bigint];
  });

  const give = (pieces: { id: bigint; kg: number }[], by = bay.holder, to: { address: string } = bay.buyer) =>
    credits.connect(by).transfer(pieces, to.address, basis);

  it("given a whole block, when its holder gives it away, then it has another holder and the same word", async () => {
    const changes = await bay.changes(() => give([{ id: block, kg: 1_000 }]));
    expect(changes).to.deep.equal({ [`holder ${block}`]: bay.buyer.address });
  });

  it("given a part of a block, when it is given away, then the tail leaves and the head keeps its id", async () => {
    const child = blockId(1, 701);
    const call = give([{ id: block, kg: 300 }]);
    await expect(call).to.emit(credits, "Split").withArgs(block, child, 300);
    await expect(call).to.emit(credits, "Moved").withArgs(child, bay.holder, bay.buyer, basis);
    expect(await credits.blocks(block)).to.equal(blockWord({ kg: 700 }));
    expect(await credits.blocks(child)).to.equal(blockWord({ kg: 300 }));
    expect([await credits.ownerOf(block), await credits.ownerOf(child)]).to.deep.equal([
      bay.holder.address,
      bay.buyer.address,
    ]);
    expect((await credits.batches(1)).word).to.equal(batchWord(1_000));
  });

  it("given many pieces, two of one block, when they are given away, then each tail leaves in turn", async () => {
    const [second] = (await bay.blocks(bay.holder, 50)) as [bigint];
    const pieces = [
      { id: block, kg: 300 },
      { id: second, kg: 50 },
      { id: block, kg: 200 },
    ];
    const changes = await bay.changes(() => give(pieces));
    expect(changes).to.deep.equal({
      [`word ${block}`]: blockWord({ kg: 500 }),
      [`holder ${second}`]: bay.buyer.address,
      [`word ${blockId(1, 701)}`]: blockWord({ kg: 300 }),
      [`holder ${blockId(1, 701)}`]: bay.buyer.address,
      [`word ${blockId(1, 501)}`]: blockWord({ kg: 200 }),
      [`holder ${blockId(1, 501)}`]: bay.buyer.address,
    });
    expect([await credits.balanceOf(bay.holder), await credits.balanceOf(bay.buyer)]).to.deep.equal([1n, 3n]);
  });

  it("given a whole block twice in one call, when it is given away, then its new holder alone may give it", async () => {
    const whole = { id: block, kg: 1_000 };
    await expect(give([whole, whole]))
      .to.be.revertedWithCustomError(credits, "NotHolder")
      .withArgs(block, bay.holder, bay.buyer);
  });

  it("given a receiver that is not registered, suspended or nobody, then it is refused", async () => {
    const piece = [{ id: block, kg: 1_000 }];
    const strangers = [bay.world.stranger, { address: `0x${"00".repeat(20)}` }];
    await bay.world.Parties.connect(bay.world.registry).setStatus(bay.buyer, 2, basis);
    for (const to of [...strangers, bay.buyer]) {
      await expect(give(piece, bay.holder, to))
        .to.be.revertedWithCustomError(credits, "AccountNotActive")
        .withArgs(to.address);
    }
  });

  it("given a sender without an account, or a suspended one, then it is refused", async () => {
    const piece = [{ id: block, kg: 1 }];
    await expect(give(piece, bay.world.stranger))
      .to.be.revertedWithCustomError(credits, "ActorUnknown")
      .withArgs(bay.world.stranger);
    await bay.world.Parties.connect(bay.world.registry).setStatus(bay.holder, 2, basis);
    await expect(give(piece)).to.be.revertedWithCustomError(credits, "AccountNotActive").withArgs(bay.holder);
  });

  it("given another's block, then it is refused", async () => {
    await expect(give([{ id: block, kg: 1 }], bay.buyer))
      .to.be.revertedWithCustomError(credits, "NotHolder")
      .withArgs(block, bay.buyer, bay.holder);
  });

  it("given a good piece and a bad one, then neither moves", async () => {
    const pieces = [
      { id: block, kg: 400 },
      { id: block, kg: 601 },
    ];
    await expect(give(pieces)).to.be.revertedWithCustomError(credits, "KgAboveBlock").withArgs(block, 601, 600);
    expect(await credits.blocks(block)).to.equal(blockWord({ kg: 1_000 }));
    expect(await credits.blocks(blockId(1, 601))).to.equal(0);
  });

  it("given no kilograms, too many, no block or no pieces, then it is refused", async () => {
    const refused = (pieces: { id: bigint; kg: number }[], error: string, ...args: unknown[]) =>
      expect(give(pieces))
        .to.be.revertedWithCustomError(credits, error)
        .withArgs(...args);
    await refused([{ id: block, kg: 0 }], "KgMissing", block);
    await refused([{ id: block, kg: 1_001 }], "KgAboveBlock", block, 1_001, 1_000);
    await refused([{ id: block + 1n, kg: 1 }], "KgAboveBlock", block + 1n, 1, 0);
    await refused([], "PiecesMissing");
  });

  it("given a block that has ended, then it is refused", async () => {
    const pieces = (await bay.blocks(bay.holder, 10, 10, 10)).map((one) => ({ id: one, kg: 10 }));
    const [retired, cancelled, exported] = pieces as [
      { id: bigint; kg: number },
      (typeof pieces)[0],
      (typeof pieces)[0],
    ];
    await credits.connect(bay.holder).retire([retired], bay.claim());
    await credits.connect(bay.holder).cancel([cancelled], ZeroHash);
    await bay.lock(locks.inTransit, exported);
    await credits.connect(bay.world.keepers[2]).exportOut([exported], basis);
    for (const [piece, end] of [
      [retired, ends.retired],
      [cancelled, ends.cancelled],
      [exported, ends.exported],
    ] as const) {
      await expect(give([piece]))
        .to.be.revertedWithCustomError(credits, "BlockNotLive")
        .withArgs(piece.id, end);
    }
  });

  it("given a block that one lock bars, then its holder may not, other keepers neither, and its keeper may", async () => {
    for (const [i, bit] of [locks.listed, locks.pledged, locks.inTransit, locks.frozen, locks.courtHold].entries()) {
      const [locked] = (await bay.blocks(bay.holder, 10)) as [bigint];
      await bay.lock(bit, { id: locked, kg: 10 });
      for (const by of [bay.holder, bay.world.keepers[(i + 1) % 6]!]) {
        await expect(give([{ id: locked, kg: 5 }], by), `${bit}`)
          .to.be.revertedWithCustomError(credits, "BlockLocked")
          .withArgs(locked, bit);
      }
      expect(await bay.events(give([{ id: locked, kg: 4 }], bay.world.keepers[i]))).to.deep.equal(
        // the part is a new token, and locked as the whole is
        ["Transfer", "Split", "Locked", "Moved"],
      );
      const child = locked + 6n;
      expect(await credits.blocks(child)).to.equal(blockWord({ kg: 4, locks: bit }));
      expect(await credits.ownerOf(child)).to.equal(bay.buyer.address);
    }
  });

  it("given two locks, then the keeper of one may not, and who keeps both may", async () => {
    await bay.lock(locks.listed, { id: block, kg: 1_000 });
    await bay.lock(locks.pledged, { id: block, kg: 1_000 });
    const [listing] = bay.world.keepers as [(typeof bay.world.keepers)[0]];
    await expect(give([{ id: block, kg: 1_000 }], listing))
      .to.be.revertedWithCustomError(credits, "BlockLocked")
      .withArgs(block, locks.listed | locks.pledged);
    await bay.world.manager.grantRole(17n, listing, 0);
    const changes = await bay.changes(() => give([{ id: block, kg: 1_000 }], listing));
    expect(changes).to.deep.equal({ [`holder ${block}`]: bay.buyer.address });
  });

  it("given a dedicated block, then it does not move, but by the keeper", async () => {
    const keeper = bay.world.keepers[5]!;
    await credits.connect(keeper).dedicate([{ id: block, kg: 1_000 }], purposes.gift, basis);
    await expect(give([{ id: block, kg: 1 }]))
      .to.be.revertedWithCustomError(credits, "BlockLocked")
      .withArgs(block, locks.dedicated);
    await give([{ id: block, kg: 1 }], keeper);
    const child = blockWord({ kg: 1, locks: locks.dedicated, purpose: purposes.gift });
    expect(await credits.blocks(blockId(1, 1_000))).to.equal(child);
  });
});

describe("Credits.split", () => {
  let bay: Bay;
  let credits: Bay["credits"];
  let block: bigint;

  beforeEach(async () => {
    bay = await load();
    ({ credits } = bay);
    [block] = (await bay.blocks(bay.holder, 1_000)) as [bigint];
  });

  const split = (kg: number, by = bay.holder) => credits.connect(by).split({ id: block, kg });

  it("given a block, when its holder splits it, then the tail is a block of its own, of the same holder", async () => {
    const changes = await bay.changes(() => split(1));
    expect(changes).to.deep.equal({
      [`word ${block}`]: blockWord({ kg: 999 }),
      [`word ${blockId(1, 1_000)}`]: blockWord({ kg: 1 }),
      [`holder ${blockId(1, 1_000)}`]: bay.holder.address,
    });
  });

  it("given a dedicated block, when its holder splits it, then both parts are dedicated and locked", async () => {
    await credits.connect(bay.world.keepers[5]).dedicate([{ id: block, kg: 1_000 }], purposes.gift, basis);
    expect(await bay.events(split(400))).to.deep.equal(["Transfer", "Split", "Locked"]);
    const dedicated = { locks: locks.dedicated, purpose: purposes.gift };
    expect(await credits.blocks(block)).to.equal(blockWord({ kg: 600, ...dedicated }));
    expect(await credits.blocks(blockId(1, 601))).to.equal(blockWord({ kg: 400, ...dedicated }));
    expect(await credits.locked(blockId(1, 601))).to.equal(true);
  });

  it("given a locked block, when its keeper splits it, then both parts are locked; its holder may not", async () => {
    await bay.lock(locks.pledged, { id: block, kg: 1_000 });
    await expect(split(400)).to.be.revertedWithCustomError(credits, "BlockLocked").withArgs(block, locks.pledged);
    await split(400, bay.world.keepers[1]);
    expect(await credits.blocks(block)).to.equal(blockWord({ kg: 600, locks: locks.pledged }));
    expect(await credits.blocks(blockId(1, 601))).to.equal(blockWord({ kg: 400, locks: locks.pledged }));
    expect(await credits.ownerOf(blockId(1, 601))).to.equal(bay.holder.address);
  });

  it("given all of a block, more or nothing, then it is refused", async () => {
    for (const [kg, most] of [
      [1_000, 999],
      [1_001, 1_000],
    ] as const) {
      await expect(split(kg)).to.be.revertedWithCustomError(credits, "KgAboveBlock").withArgs(block, kg, most);
    }
    await expect(split(0)).to.be.revertedWithCustomError(credits, "KgMissing").withArgs(block);
  });

  it("given another's block, or nobody's account, then it is refused", async () => {
    await expect(split(1, bay.buyer))
      .to.be.revertedWithCustomError(credits, "NotHolder")
      .withArgs(block, bay.buyer, bay.holder);
    await expect(split(1, bay.world.stranger)).to.be.revertedWithCustomError(credits, "ActorUnknown");
  });
});
