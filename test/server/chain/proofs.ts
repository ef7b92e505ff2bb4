import { RLP, type Input } from "@ethereumjs/rlp";
import { expect } from "chai";
import { createEdr } from "../../../server/chain/edr.ts";
import { keccak, toBytes, toHex } from "../../../server/chain/eip712.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { createProver, headerBytes, NotProvable } from "../../../server/chain/proofs.ts";
import { openEmbedded } from "../../support/chains.ts";

type Header = Parameters<typeof headerBytes>[0];

/** The first block of a chain under the rules of one fork. */
async function headerOf(hardfork: string): Promise<Header> {
  const edr = await createEdr({
    hardfork,
    ...{ chainId: 46112, blockGasLimit: 30_000_000, baseFeePerGas: 0, initialDate: 1_760_000_000 },
  });
  try {
    await edr.mine(1_760_000_100);
    return await edr.request<Header>("eth_getBlockByNumber", ["0x1", false]);
  } finally {
    await edr.close();
  }
}

/** A header as Besu's QBFT has it: its hash is of what the validators sealed, without their seals and their round. */
function sealed(header: Header, round: number, seals: string[]): Header {
  const given: Input[] = [new Uint8Array(32), [toBytes(`0x${"11".repeat(20)}`)], []];
  const before = { ...header, extraData: toHex(RLP.encode([...given, new Uint8Array(), []])) };
  const fields = RLP.decode(toBytes(headerBytes(header))) as Uint8Array[];
  fields[12] = toBytes(before.extraData);
  const seal = seals.map((each) => toBytes(`0x${each.repeat(65)}`));
  const extraData = toHex(RLP.encode([...given, Uint8Array.of(round), seal]));
  return { ...header, extraData, hash: toHex(keccak(RLP.encode(fields))) };
}

describe("proofs", function () {
  this.timeout(60_000);

  for (const [hardfork, fields] of [
    ["shanghai", 17],
    ["cancun", 20],
    ["prague", 21],
    ["osaka", 21],
  ] as const) {
    it(`given a block under the rules of ${hardfork}, when its header is rebuilt, then the bytes have the block's hash`, async () => {
      const header = await headerOf(hardfork);
      const bytes = toBytes(headerBytes(header));
      expect(toHex(keccak(bytes))).to.equal(header.hash);
      expect(RLP.decode(bytes)).to.have.length(fields);
    });
  }

  it("given a header of QBFT, when it is rebuilt, then it is the one that was sealed, whoever sealed it", async () => {
    const header = await headerOf("cancun");
    const [first, second] = [sealed(header, 0, ["aa", "bb"]), sealed(header, 2, ["cc"])];
    expect(first.extraData).to.not.equal(second.extraData);
    expect(headerBytes(first)).to.equal(headerBytes(second));
    expect(toHex(keccak(toBytes(headerBytes(first))))).to.equal(first.hash);
  });

  it("given a header that does not have its hash, when it is rebuilt, then that is said", async () => {
    const header = await headerOf("osaka");
    for (const wrong of [
      { ...header, gasUsed: "0x1" as Hex },
      { ...header, requestsHash: undefined },
      { ...header, extraData: "0x00" as Hex },
    ]) {
      expect(() => headerBytes(wrong)).to.throw(NotProvable, /block 1, .* does not have its hash/);
    }
  });

  it("given a chain, when storage is to be proved at a block that it does not have, then that is said", async () => {
    const { chain, close } = await openEmbedded();
    try {
      const prover = createProver(chain);
      const [nobody, key] = [`0x${"11".repeat(20)}`, `0x${"00".repeat(32)}`] as const;
      const { hash } = await chain.request<{ hash: Hex }>("eth_getBlockByNumber", ["0x0", false]);
      const absent = await prover.prove(nobody, [key], { block: 0, hash });
      expect(absent.storage.map(({ value }) => value)).to.deep.equal([key]);
      for (const at of [
        { block: 7, hash },
        { block: 0, hash: key },
      ]) {
        const refused = await prover.prove(nobody, [key], at).catch((error: unknown) => error);
        expect(refused).to.be.instanceOf(NotProvable);
      }
    } finally {
      await close();
    }
  });
});
