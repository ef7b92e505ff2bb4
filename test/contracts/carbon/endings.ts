import { expect } from "chai";
import { id, ZeroHash } from "ethers";
import {
  batchWord,
  blockId,
  blockWord,
  createBay,
  ends,
  locks,
  purposes,
  type Bay,
  type Piece,
} from "../../support/carbon.ts";

const load = await createBay();
const basis = id("receipt of the other registry");

describe("Credits.cancel", () => {
  let bay: Bay;
  let credits: Bay["credits"];
  let block: bigint;

  beforeEach(async () => {
    bay = await load();
    ({ credits } = bay);
    [block] = (await bay.blocks(bay.holder, 1_000)) as [bigint];
  });

  const cancel = (pieces: Piece[], by = bay.holder) => credits.connect(by).cancel(pieces, ZeroHash);

  it("given a whole block and a part, when they are cancelled, then they end without a certificate", async () => {
    const [other] = (await bay.blocks(bay.holder, 7)) as [bigint];
    const child = blockId(1, 971);
    const pieces = [
      { id: other, kg: 7 },
      { id: block, kg: 30 },
    ];
    const changes = await bay.changes(() => cancel(pieces));
    expect(changes).to.deep.equal({
      [`word ${other}`]: blockWord({ kg: 7, disposition: ends.cancelled }),
      [`word ${block}`]: blockWord({ kg: 970 }),
      [`word ${child}`]: blockWord({ kg: 30, disposition: ends.cancelled }),
      [`holder ${child}`]: bay.holder.address,
      "batch 1": batchWord(1_000, 0, 30),
      "batch 2": batchWord(7, 0, 7),
    });
    await expect(cancel([{ id: block, kg: 1 }]))
      .to.emit(credits, "Cancelled")
      .withArgs(blockId(1, 970), bay.holder, ZeroHash);
  });

  it("given another's block, a locked, dedicated or ended one, then it is refused", async () => {
    const piece = { id: block, kg: 5 };
    await expect(cancel([piece], bay.buyer))
      .to.be.revertedWithCustomError(credits, "NotHolder")
      .withArgs(block, bay.buyer, bay.holder);
    await credits.connect(bay.world.keepers[5]).dedicate([{ id: block, kg: 1_000 }], purposes.gift, basis);
    await expect(cancel([piece]))
      .to.be.revertedWithCustomError(credits, "BlockLocked")
      .withArgs(block, locks.dedicated);
    await bay.lock(locks.courtHold, { id: block, kg: 1_000 });
    await expect(cancel([piece]))
      .to.be.revertedWithCustomError(credits, "BlockLocked")
      .withArgs(block, locks.dedicated | locks.courtHold);
    const [other] = (await bay.blocks(bay.holder, 7)) as [bigint];
    await cancel([{ id: other, kg: 7 }]);
    await expect(cancel([{ id: other, kg: 7 }]))
      .to.be.revertedWithCustomError(credits, "BlockNotLive")
      .withArgs(other, ends.cancelled);
  });

  it("given no pieces, no kilograms, too many, or nobody's account, then it is refused", async () => {
    await expect(cancel([])).to.be.revertedWithCustomError(credits, "PiecesMissing");
    await expect(cancel([{ id: block, kg: 0 }]))
      .to.be.revertedWithCustomError(credits, "KgMissing")
      .withArgs(block);
    await expect(cancel([{ id: block, kg: 1_001 }]))
      .to.be.revertedWithCustomError(credits, "KgAboveBlock")
      .withArgs(block, 1_001, 1_000);
    await expect(cancel([{ id: block, kg: 1 }], bay.world.stranger))
      .to.be.revertedWithCustomError(credits, "ActorUnknown")
      .withArgs(bay.world.stranger);
  });
});

describe("Credits.exportOut", () => {
  let bay: Bay;
  let credits: Bay["credits"];
  let block: bigint;

  beforeEach(async () => {
    bay = await load();
    ({ credits } = bay);
    [block] = (await bay.blocks(bay.holder, 1_000)) as [bigint];
  });

  const exportOut = (pieces: Piece[], on = basis) => credits.connect(bay.world.keepers[2]).exportOut(pieces, on);

  it("given a block in transit, when a part is exported, then it ends and keeps its lock", async () => {
    await bay.lock(locks.inTransit, { id: block, kg: 1_000 });
    const child = blockId(1, 751);
    const exported = { kg: 250, disposition: ends.exported, locks: locks.inTransit };
    const changes = await bay.changes(() => exportOut([{ id: block, kg: 250 }]));
    expect(changes).to.deep.equal({
      [`word ${block}`]: blockWord({ kg: 750, locks: locks.inTransit }),
      [`word ${child}`]: blockWord(exported),
      [`holder ${child}`]: bay.holder.address,
      "batch 1": batchWord(1_000, 0, 0, 250),
    });
    await expect(exportOut([{ id: block, kg: 750 }]))
      .to.emit(credits, "Exported")
      .withArgs(block, bay.holder, basis);
  });

  it("given a block that is not in transit, then it is refused, whoever holds it", async () => {
    await expect(exportOut([{ id: block, kg: 1 }])).to.be.revertedWithCustomError(credits, "NotHolder");
    await credits.connect(bay.holder).transfer([{ id: block, kg: 10 }], bay.world.keepers[2]!, basis);
    await expect(exportOut([{ id: blockId(1, 991), kg: 1 }]))
      .to.be.revertedWithCustomError(credits, "BlockLocked")
      .withArgs(blockId(1, 991), 0);
  });

  it("given a block in transit that others have locked too, then it is refused", async () => {
    await bay.lock(locks.inTransit, { id: block, kg: 1_000 });
    await bay.lock(locks.frozen, { id: block, kg: 1_000 });
    await expect(exportOut([{ id: block, kg: 1 }]))
      .to.be.revertedWithCustomError(credits, "BlockLocked")
      .withArgs(block, locks.inTransit | locks.frozen);
  });

  it("given no basis, no pieces, or the same block twice, then it is refused", async () => {
    await bay.lock(locks.inTransit, { id: block, kg: 1_000 });
    const whole = { id: block, kg: 1_000 };
    await expect(exportOut([whole], ZeroHash)).to.be.revertedWithCustomError(credits, "BasisMissing");
    await expect(exportOut([])).to.be.revertedWithCustomError(credits, "PiecesMissing");
    await expect(exportOut([whole, whole]))
      .to.be.revertedWithCustomError(credits, "BlockNotLive")
      .withArgs(block, ends.exported);
  });
});
