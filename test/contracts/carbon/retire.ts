import { expect } from "chai";
import { AbiCoder, id, keccak256, toBeHex, toUtf8Bytes, ZeroHash, type ContractTransactionResponse } from "ethers";
import {
  batchWord,
  blockId,
  blockWord,
  createBay,
  ends,
  locks,
  purposes,
  type Bay,
  type Claim,
  type Piece,
} from "../../support/carbon.ts";

const load = await createBay();
const basis = id("basis");

/** ERC-7201: keccak256(abi.encode(uint256(keccak256(name)) - 1)) & ~0xff, the place of the certificates. */
const namespace = BigInt(keccak256(toUtf8Bytes("tidemark.storage.Retirements"))) - 1n;
const place = BigInt(keccak256(toBeHex(namespace, 32))) & ~0xffn;

/** Where the record of a certificate is stored; its note is one further. */
const storageKey = (retirement: number): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(["uint64", "uint256"], [retirement, place]));

const preimage = [
  ...["uint64", "address", "bytes32", "uint16", "uint32", "uint32", "uint16", "bytes32"],
  ...["uint256[]", "uint64[]", "uint40"],
];

describe("Credits.retire", () => {
  let bay: Bay;
  let credits: Bay["credits"];
  let block: bigint;

  beforeEach(async () => {
    bay = await load();
    ({ credits } = bay);
    [block] = (await bay.blocks(bay.holder, 1_000)) as [bigint];
  });

  const retire = (pieces: Piece[], claim: Partial<Claim> = {}, by = bay.holder) =>
    credits.connect(by).retire(pieces, bay.claim(claim));

  /** The record as the certificate's bearer computes it. */
  const recordOf = async (call: ContractTransactionResponse, c: Claim, ids: bigint[], kg: number[], of = 1) => {
    const time = (await call.getBlock())!.timestamp;
    const { beneficiary, purpose, fromMonth, toMonth, country, document } = c;
    const fields = [of, bay.holder.address, beneficiary, purpose, fromMonth, toMonth, country, document];
    return keccak256(AbiCoder.defaultAbiCoder().encode(preimage, [...fields, ids, kg, time]));
  };

  it("given a whole block, when it is retired, then its word and its batch's say so and nothing else moved", async () => {
    let call: ContractTransactionResponse;
    const changes = await bay.changes(async () => (call = await retire([{ id: block, kg: 1_000 }])));
    expect(changes).to.deep.equal({
      [`word ${block}`]: blockWord({ kg: 1_000, disposition: ends.retired, retirement: 1 }),
      "batch 1": batchWord(1_000, 1_000),
      "record 1": await recordOf(call!, bay.claim(), [block], [1_000]),
      "note 1": ZeroHash,
    });
    expect(await credits.locked(block)).to.equal(true);
    expect(await credits.ownerOf(block)).to.equal(bay.holder.address);
  });

  it("given a part of a block, when it is retired, then the tail ends and the head lives on", async () => {
    const child = blockId(1, 876);
    const claim = bay.claim({ country: 702, document: id("contract"), fromMonth: 202_312, toMonth: 202_312 });
    const call = await retire([{ id: block, kg: 125 }], claim);
    const record = await recordOf(call, claim, [child], [125]);
    await expect(call)
      .to.emit(credits, "Retired")
      .withArgs(
        ...[1, bay.holder, claim.beneficiary, [child], [125], purposes.offset, 202_312, 202_312, 702],
        ...[id("contract"), record],
      );
    await expect(call).to.emit(credits, "Locked").withArgs(child);
    expect(await credits.blocks(block)).to.equal(blockWord({ kg: 875 }));
    expect(await credits.blocks(child)).to.equal(blockWord({ kg: 125, disposition: ends.retired, retirement: 1 }));
    expect((await credits.batches(1)).word).to.equal(batchWord(1_000, 125));
    expect((await credits.retirements(1)).record).to.equal(record);
    expect([await credits.locked(block), await credits.locked(child)]).to.deep.equal([false, true]);
  });

  it("given blocks of many batches, whole, in part and twice, when they are retired, then in one certificate", async () => {
    const [other] = (await bay.blocks(bay.holder, 40)) as [bigint];
    const pieces = [
      { id: block, kg: 10 },
      { id: other, kg: 40 },
      { id: block, kg: 20 },
    ];
    const ids = [blockId(1, 991), other, blockId(1, 971)];
    const call = await retire(pieces);
    const { record } = await credits.retirements(1);
    expect(record).to.equal(await recordOf(call, bay.claim(), ids, [10, 40, 20]));
    expect((await credits.batches(1)).word).to.equal(batchWord(1_000, 30));
    expect((await credits.batches(2)).word).to.equal(batchWord(40, 40));
    for (const [i, one] of ids.entries()) {
      const kg = pieces[i]!.kg;
      expect(await credits.blocks(one)).to.equal(blockWord({ kg, disposition: ends.retired, retirement: 1 }));
    }
    expect(await credits.counts()).to.deep.equal([2n, 1n]);
  });

  it("given a certificate, then it is stored under its ERC-7201 key, and its note after it", async () => {
    const provider = bay.world.admin.provider!;
    await retire([{ id: block, kg: 1 }]);
    await retire([{ id: block, kg: 1 }]);
    await credits.connect(bay.world.auditor).annotate(2, id("note"));
    for (const retirement of [1, 2]) {
      const { record, note } = await credits.retirements(retirement);
      const key = storageKey(retirement);
      expect(await provider.getStorage(credits, key))
        .to.equal(record)
        .and.not.equal(ZeroHash);
      expect(await provider.getStorage(credits, BigInt(key) + 1n)).to.equal(note);
    }
  });

  it("given the same whole block twice, then nothing is retired", async () => {
    const whole = { id: block, kg: 1_000 };
    await expect(retire([whole, whole]))
      .to.be.revertedWithCustomError(credits, "BlockNotLive")
      .withArgs(block, ends.retired);
    expect(await credits.counts()).to.deep.equal([1n, 0n]);
  });

  it("given another's block, alone or beside one's own, then it is refused", async () => {
    const [foreign] = (await bay.blocks(bay.buyer, 5)) as [bigint];
    for (const pieces of [
      [{ id: foreign, kg: 5 }],
      [
        { id: block, kg: 5 },
        { id: foreign, kg: 5 },
      ],
    ]) {
      await expect(retire(pieces))
        .to.be.revertedWithCustomError(credits, "NotHolder")
        .withArgs(foreign, bay.holder, bay.buyer);
    }
  });

  it("given a keeper of locks, when blocks of two holders are to be one certificate, then it is refused", async () => {
    const [foreign] = (await bay.blocks(bay.buyer, 5)) as [bigint];
    const pieces = [
      { id: block, kg: 5 },
      { id: foreign, kg: 5 },
    ];
    for (const piece of [{ id: block, kg: 1_000 }, pieces[1]!]) await bay.lock(locks.courtHold, piece);
    await expect(retire(pieces, {}, bay.world.keepers[4]))
      .to.be.revertedWithCustomError(credits, "NotHolder")
      .withArgs(foreign, bay.holder, bay.buyer);
    await retire([pieces[0]!], {}, bay.world.keepers[4]);
    const retired = { kg: 5, disposition: ends.retired, locks: locks.courtHold, retirement: 1 };
    expect(await credits.blocks(blockId(1, 996))).to.equal(blockWord(retired));
  });

  it("given a lock, when its holder retires the block, then it is refused", async () => {
    for (const bit of [locks.listed, locks.pledged, locks.inTransit, locks.frozen, locks.courtHold]) {
      const [one] = (await bay.blocks(bay.holder, 10)) as [bigint];
      await bay.lock(bit, { id: one, kg: 10 });
      await expect(retire([{ id: one, kg: 1 }]))
        .to.be.revertedWithCustomError(credits, "BlockLocked")
        .withArgs(one, bit);
    }
  });

  it("given a purpose that does not go with the batch's scope, then it is refused", async () => {
    for (const purpose of [0, purposes.elsewhere, 255, 256, 257, 65_535]) {
      await expect(retire([{ id: block, kg: 1 }], { purpose }), `${purpose}`)
        .to.be.revertedWithCustomError(credits, "PurposeNotInScope")
        .withArgs(purpose, 1);
    }
    await retire([{ id: block, kg: 1 }], { purpose: purposes.gift });
    await credits.setPurposes(1, 1 << purposes.offset);
    await expect(retire([{ id: block, kg: 1 }], { purpose: purposes.gift })).to.be.revertedWithCustomError(
      credits,
      "PurposeNotInScope",
    );
  });

  it("given a dedicated block, when it is retired, then for its purpose and no other", async () => {
    await credits.connect(bay.world.keepers[5]).dedicate([{ id: block, kg: 1_000 }], purposes.gift, basis);
    await expect(retire([{ id: block, kg: 1 }]))
      .to.be.revertedWithCustomError(credits, "BlockLocked")
      .withArgs(block, locks.dedicated);
    await retire([{ id: block, kg: 1 }], { purpose: purposes.gift });
    const retired = { kg: 1, disposition: ends.retired, retirement: 1, locks: locks.dedicated, purpose: purposes.gift };
    expect(await credits.blocks(blockId(1, 1_000))).to.equal(blockWord(retired));
    await bay.lock(locks.pledged, { id: block, kg: 999 });
    await expect(retire([{ id: block, kg: 1 }], { purpose: purposes.gift }))
      .to.be.revertedWithCustomError(credits, "BlockLocked")
      .withArgs(block, locks.dedicated | locks.pledged);
  });

  it("given months that are none, or in the wrong order, then it is refused; the year's ends are taken", async () => {
    for (const [fromMonth, toMonth] of [
      [202_400, 202_412],
      [202_413, 202_512],
      [202_412, 202_411],
      [202_401, 202_499],
      [0, 202_401],
      [202_401, 1_000_001],
      [24_01, 24_12],
    ] as const) {
      await expect(retire([{ id: block, kg: 1 }], { fromMonth, toMonth }), `${fromMonth} ${toMonth}`)
        .to.be.revertedWithCustomError(credits, "MonthsNotPossible")
        .withArgs(fromMonth, toMonth);
    }
    await retire([{ id: block, kg: 1 }], { fromMonth: 202_412, toMonth: 202_412 });
    await retire([{ id: block, kg: 1 }], { fromMonth: 100_001, toMonth: 999_912 });
  });

  it("given nobody as beneficiary, no pieces, no kilograms or too many, then it is refused", async () => {
    const refused = (call: Promise<unknown>, error: string, ...args: unknown[]) =>
      expect(call)
        .to.be.revertedWithCustomError(credits, error)
        .withArgs(...args);
    await refused(retire([{ id: block, kg: 1 }], { beneficiary: ZeroHash }), "BeneficiaryMissing");
    await refused(retire([]), "PiecesMissing");
    await refused(retire([{ id: block, kg: 0 }]), "KgMissing", block);
    await refused(retire([{ id: block, kg: 1_001 }]), "KgAboveBlock", block, 1_001, 1_000);
    await refused(retire([{ id: blockId(9, 1), kg: 1 }]), "KgAboveBlock", blockId(9, 1), 1, 0);
    await refused(retire([{ id: block, kg: 1 }], {}, bay.world.stranger), "ActorUnknown", bay.world.stranger);
  });

  it("given a block that has ended, whichever way, then it is refused", async () => {
    const [gone] = (await bay.blocks(bay.holder, 10)) as [bigint];
    await credits.connect(bay.holder).cancel([{ id: gone, kg: 10 }], ZeroHash);
    await expect(retire([{ id: gone, kg: 1 }]))
      .to.be.revertedWithCustomError(credits, "BlockNotLive")
      .withArgs(gone, ends.cancelled);
  });
});
