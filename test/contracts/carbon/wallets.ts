import { expect } from "chai";
import { id, ZeroAddress } from "ethers";
import { blockId, createBay, type Bay } from "../../support/carbon.ts";

const load = await createBay();

/** What wallets and explorers ask of a token. */
describe("Credits, as wallets read it", () => {
  let bay: Bay;
  let credits: Bay["credits"];
  let block: bigint;

  beforeEach(async () => {
    bay = await load();
    ({ credits } = bay);
    [block] = (await bay.blocks(bay.holder, 1_000)) as [bigint];
  });

  it("names itself, and who holds what", async () => {
    expect([await credits.name(), await credits.symbol()]).to.deep.equal(["Tidemark Credits", "TIDE"]);
    expect(await credits.ownerOf(block)).to.equal(bay.holder.address);
    expect(await credits.balanceOf(bay.holder)).to.equal(1);
    expect(await credits.tokenURI(block)).to.equal("");
    expect(await credits.getApproved(block)).to.equal(ZeroAddress);
    expect(await credits.isApprovedForAll(bay.holder, bay.buyer)).to.equal(false);
  });

  it("answers for ERC-165, ERC-721, its metadata and ERC-5192, and for nothing else", async () => {
    for (const known of ["0x01ffc9a7", "0x80ac58cd", "0x5b5e139f", "0xb45a3c0e"]) {
      expect(await credits.supportsInterface(known), known).to.equal(true);
    }
    // ERC721Enumerable, none
    for (const other of ["0x780e9d63", "0xffffffff"]) expect(await credits.supportsInterface(other)).to.equal(false);
  });

  it("given a block that does not exist, then nobody holds it and ERC-5192 has no answer", async () => {
    const none = blockId(1, 2);
    await expect(credits.ownerOf(none)).to.be.revertedWithCustomError(credits, "ERC721NonexistentToken").withArgs(none);
    await expect(credits.locked(none)).to.be.revertedWithCustomError(credits, "ERC721NonexistentToken").withArgs(none);
    expect(await credits.blocks(none)).to.equal(0);
  });

  it("given its holder or anybody, when a token is approved or moved as wallets do, then it is refused", async () => {
    const { holder, buyer } = bay;
    for (const by of [holder, buyer, bay.world.admin, ...bay.world.keepers]) {
      const as = credits.connect(by);
      const from = [holder.address, buyer.address, block] as const;
      for (const call of [
        () => as.approve.staticCall(buyer, block),
        () => as.setApprovalForAll.staticCall(buyer, true),
        () => as.transferFrom.staticCall(...from),
        () => as["safeTransferFrom(address,address,uint256)"].staticCall(...from),
        () => as["safeTransferFrom(address,address,uint256,bytes)"].staticCall(...from, id("data")),
      ]) {
        await expect(call()).to.be.revertedWithCustomError(credits, "NotTransferable");
      }
    }
  });

  it("given a transfer of ours, then wallets see one of ERC-721", async () => {
    const call = credits.connect(bay.holder).transfer([{ id: block, kg: 1_000 }], bay.buyer, id("basis"));
    await expect(call).to.emit(credits, "Transfer").withArgs(bay.holder, bay.buyer, block);
  });
});
