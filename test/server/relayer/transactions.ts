import { expect } from "chai";
import { Transaction, Wallet } from "ethers";
import { RpcError, type Hex } from "../../../server/chain/port.ts";
import {
  createSigner,
  decodeTransaction,
  isKnownTransaction,
  nextNonce,
  readReceipt,
  sendRaw,
} from "../../../server/chain/transactions.ts";
import { Problem } from "../../../server/errors.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { chainId, deployBurner, draw, mined, newSigner, rawOf } from "./rig.ts";

const key: Hex = `0x${"11".repeat(32)}`;
const to: Hex = `0x${"c0".repeat(20)}`;

describe("signing transactions", () => {
  const calls = {
    "a batch": { to, data: `0x${"ab".repeat(60_000)}`, nonce: 300, gasLimit: 12_000_000n, chainId },
    "nonce 0 and no data": { to, data: "0x", nonce: 0, gasLimit: 21_000n, chainId },
    "one byte of data below 0x80": { to, data: "0x7f", nonce: 127, gasLimit: 255n, chainId: 1 },
    "one byte of data from 0x80 on": { to, data: "0x80", nonce: 128, gasLimit: 256n, chainId: 128 },
    "55 bytes of data": { to, data: `0x${"01".repeat(55)}`, nonce: 65_536, gasLimit: 21_000n, chainId },
    "56 bytes of data": { to, data: `0x${"01".repeat(56)}`, nonce: 2 ** 40, gasLimit: 21_000n, chainId },
    "a new contract": { to: undefined, data: "0x00", nonce: 7, gasLimit: 100_000n, chainId },
  } as const;

  for (const [title, call] of Object.entries(calls)) {
    it(`given ${title}, then the bytes are those that ethers signs`, async () => {
      const fees = { type: 2, value: 0, maxFeePerGas: 0, maxPriorityFeePerGas: 0 };
      const expected = await new Wallet(key).signTransaction({ ...call, ...fees, to: call.to ?? null });
      const signed = createSigner(key).sign(call);
      expect(signed.raw).to.equal(expected);
      expect(signed.hash).to.equal(Transaction.from(expected).hash);
    });
  }

  it("given many keys and nonces, when r or s has leading zeros, then the bytes still decode to the sender", () => {
    for (let nonce = 0; nonce < 300; nonce++) {
      const signer = newSigner();
      const { raw, hash } = signer.sign({ to, data: "0x", nonce, gasLimit: 21_000n, chainId });
      expect(decodeTransaction(raw)).to.include({ hash, from: signer.address, nonce });
    }
  }).timeout(10_000);
});

describe("decoding raw transactions", () => {
  const signer = createSigner(key);
  const signed = signer.sign({ to, data: "0xabcd", nonce: 5, gasLimit: 90_000n, chainId });

  it("given signed bytes, then every field is read", () => {
    const fields = { type: 2, from: signer.address, to, nonce: 5, chainId, gasLimit: 90_000n, data: "0xabcd" };
    const expected = { hash: signed.hash, raw: signed.raw, ...fields, value: 0n, feePerGas: 0n };
    expect(decodeTransaction(signed.raw)).to.deep.equal(expected);
    expect(decodeTransaction(Buffer.from(signed.raw.slice(2), "hex"))).to.deep.equal(expected);
  });

  it("given a transaction with value and fees, then it says so", async () => {
    const raw = await new Wallet(key).signTransaction({
      type: 2,
      to,
      value: 3,
      maxFeePerGas: 9,
      gasLimit: 21_000,
      chainId,
    });
    expect(decodeTransaction(raw as Hex)).to.include({ value: 3n, feePerGas: 9n });
  });

  const highS = (): Hex => {
    const transaction = Transaction.from(signed.raw);
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const { s, yParity } = transaction.signature!;
    const flipped = (order - BigInt(s)).toString(16).padStart(64, "0");
    const swapped = signed.raw.replace(s.slice(2), flipped);
    const parityAt = signed.raw.length - 2 * 67;
    expect(swapped.slice(parityAt, parityAt + 2)).to.equal(yParity === 0 ? "80" : "01");
    return (swapped.slice(0, parityAt) + (yParity === 0 ? "01" : "80") + swapped.slice(parityAt + 2)) as Hex;
  };
  const bad: Record<string, () => Hex> = {
    "no bytes": () => "0x",
    "a type alone": () => "0x02",
    noise: () => draw(100),
    "a byte too many": () => `${signed.raw}00`,
    "a byte too few": () => signed.raw.slice(0, -2) as Hex,
    "an unsigned transaction": () =>
      Transaction.from({ type: 2, to, nonce: 1, gasLimit: 21_000, chainId }).unsignedSerialized as Hex,
    "the same signature with a high s": highS,
    "a blob transaction": () => `0x03${signed.raw.slice(4)}`,
  };
  for (const [title, make] of Object.entries(bad)) {
    it(`given ${title}, then it is refused in words`, () => {
      let thrown: unknown;
      try {
        decodeTransaction(make());
      } catch (error) {
        thrown = error;
      }
      expect(thrown).to.be.instanceOf(Problem);
      expect((thrown as Problem).view).to.include({ code: "transaction-malformed", status: 422 });
      expect((thrown as Problem).message).to.match(/^the bytes are not a transaction: \w+/);
    });
  }
});

describe("refusals that mean: it was here before", () => {
  const known = [
    "already known",
    "nonce too low: next nonce 5, tx nonce 4",
    "Known transaction",
    "Nonce too low. Expected nonce to be 5 but got 4. Note that transactions can't be queued when automining.",
    "Known transaction: 0xabc",
    "AlreadyKnown",
    "OldNonce, Current nonce: 5",
    "Transaction with the same hash was already imported.",
  ];
  for (const message of known) {
    it(`given "${message}", then it is one`, () => {
      expect(isKnownTransaction(new RpcError(-32000, message))).to.equal(true);
    });
  }
  for (const message of [
    "nonce too high",
    "replacement transaction underpriced",
    "txpool is full",
    "unknown account",
  ]) {
    it(`given "${message}", then it is none`, () => {
      expect(isKnownTransaction(new RpcError(-32000, message))).to.equal(false);
    });
  }
  it("given words of no chain, then it is none", () => {
    expect(isKnownTransaction(new Error("already known"))).to.equal(false);
  });
});

describe("transactions on the embedded chain", () => {
  let open: OpenChain;
  before(async () => (open = await openEmbedded()));
  after(() => open.close());

  it("given one that succeeds, one that runs out of gas and one never sent, then receipts and nonces tell them apart", async () => {
    const { chain } = open;
    const burner = await deployBurner(chain);
    const signer = newSigner();
    expect(await nextNonce(chain, signer.address)).to.equal(0);
    const good = rawOf(signer, burner, 0);
    const hungry = rawOf(signer, burner, 1, 10_000_000);
    const unsent = rawOf(signer, burner, 2);
    await sendRaw(chain, good.raw);
    await sendRaw(chain, hungry.raw);
    const block = await mined(chain, good.hash);
    expect(await readReceipt(chain, good.hash)).to.deep.include({ status: "ok", block });
    const spent = await mined(chain, hungry.hash);
    expect(await readReceipt(chain, hungry.hash)).to.deep.include({
      status: "reverted",
      block: spent,
      gasUsed: 100_000n,
    });
    expect(await readReceipt(chain, unsent.hash)).to.equal(undefined);
    expect(await nextNonce(chain, signer.address)).to.equal(2);
  });

  it("given bytes that are in a block, when they are sent again, then the refusal is one that means so", async () => {
    const { chain } = open;
    const signer = newSigner();
    const raw = rawOf(signer, to, 0);
    await sendRaw(chain, raw.raw);
    await mined(chain, raw.hash);
    const refusal = await sendRaw(chain, raw.raw).catch((error: unknown) => error);
    expect(isKnownTransaction(refusal)).to.equal(true);
  });
});
