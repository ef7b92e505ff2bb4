import { expect } from "chai";
import { Transaction, Wallet, decodeRlp, encodeRlp, id, toBeHex, type TransactionLike } from "ethers";
import { RpcError, type Chain, type Hex } from "../../../server/chain/port.ts";
import { minedReceipt, openEmbedded, type OpenChain } from "../../support/chains.ts";

const walletOf = (name: string): Wallet => new Wallet(id(`tidemark test ${name}`));

const sign = (wallet: Wallet, nonce: number, terms: TransactionLike = {}): Promise<Hex> =>
  wallet.signTransaction({
    ...{ type: 2, chainId: 46112, nonce, gasLimit: 100_000, maxFeePerGas: 0, maxPriorityFeePerGas: 0 },
    ...{ to: wallet.address, ...terms },
  }) as Promise<Hex>;

const send = (chain: Chain, raw: unknown): Promise<Hex> => chain.request<Hex>("eth_sendRawTransaction", [raw]);

/** The code and message with which a request is refused. */
async function refusal(asked: Promise<unknown>): Promise<{ code: number; message: string }> {
  const error: unknown = await asked.then(
    (answer) => new Error(`it was answered with ${String(answer)}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RpcError)) throw error as Error;
  return { code: error.code, message: error.message };
}

/** The same signed transaction with its RLP fields changed and its signature left as it is. */
function tampered(raw: Hex, change: (fields: string[]) => void): Hex {
  const fields = decodeRlp(`0x${raw.slice(4)}`) as string[];
  change(fields);
  return `0x02${encodeRlp(fields).slice(2)}`;
}

describe("chain: admission", function () {
  this.timeout(30_000);
  let open: OpenChain;
  let chain: Chain;
  let sender: Wallet;
  let count = 0;

  before(async () => {
    open = await openEmbedded();
    ({ chain } = open);
  });

  after(() => open.close());

  beforeEach(() => {
    sender = walletOf(`sender ${count++}`);
  });

  /** The sender's next transaction is mined as if the refused one had never been sent. */
  async function expectUntouched(): Promise<void> {
    const { blocks } = open.chain.size();
    const receipt = await minedReceipt(chain, await send(chain, await sign(sender, 0)));
    expect(Number(receipt.blockNumber)).to.equal(blocks + 1);
  }

  describe("given bytes that are not a transaction of this chain", () => {
    const cases: [string, () => unknown, RegExp][] = [
      ["nothing", () => undefined, /type 2/],
      ["empty hex", () => "0x", /type 2/],
      ["no hex", () => "0x02zz", /type 2/],
      ["half a byte", async () => `${await sign(sender, 0)}0`, /type 2/],
      ["a string where the list should be", () => "0x0283aabbcc", /type 2/],
      ["a length beyond its end", () => "0x02f9ffff01", /type 2/],
      ["a length of eight bytes", () => "0x02ffffffffffffffffff", /type 2/],
      ["the first half of one", async () => (await sign(sender, 0)).slice(0, 100), /type 2/],
      ["one with a byte behind it", async () => `${await sign(sender, 0)}00`, /type 2/],
      [
        "one with a field too many",
        async () => tampered(await sign(sender, 0), (fields) => fields.push("0x")),
        /type 2/,
      ],
      [
        "a legacy transaction",
        () => sender.signTransaction({ type: 0, nonce: 0, gasPrice: 0, gasLimit: 21_000 }),
        /type 2/,
      ],
      ["an unsigned one", async () => Transaction.from(await sign(sender, 0)).unsignedSerialized, /type 2/],
      [
        "one for another chain",
        () => sign(sender, 0, { chainId: 1 }),
        /invalid chain id: this chain is 46112.* for 1$/,
      ],
      ["one that moves ether", () => sign(sender, 0, { value: 5n }), /nobody holds ether.* not 5 wei/],
      ["one that offers a fee", () => sign(sender, 0, { maxFeePerGas: 1 }), /gas is free/],
      ["one with gas over the cap", () => sign(sender, 0, { gasLimit: 16_777_217 }), /16777217, the most is 16777216/],
      ["one with gas below its cost", () => sign(sender, 0, { gasLimit: 20_999 }), /requires at least 21000 gas/],
      [
        "one with gas below the floor of its data",
        () => sign(sender, 0, { gasLimit: 40_000, data: `0x${"11".repeat(1000)}` }),
        /gas floor of 61000/,
      ],
      [
        "code that is too long to deploy",
        () => sign(sender, 0, { to: null, gasLimit: 16_000_000, data: `0x${"00".repeat(49_153)}` }),
        /init code length is 49153/,
      ],
      [
        "one with r = 0",
        async () => tampered(await sign(sender, 0), (fields) => (fields[10] = "0x")),
        /invalid signature/,
      ],
      [
        "one with parity 2",
        async () => tampered(await sign(sender, 0), (fields) => (fields[9] = "0x02")),
        /invalid signature/,
      ],
      [
        "one with a high s",
        async () =>
          tampered(await sign(sender, 0), (fields) => {
            const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
            fields[11] = toBeHex(order - BigInt(fields[11] as string));
            fields[9] = fields[9] === "0x" ? "0x01" : "0x";
          }),
        /invalid signature/,
      ],
    ];
    for (const [what, make, expected] of cases) {
      it(`when ${what} is sent, then it is refused in words and nothing else changes`, async () => {
        const { code, message } = await refusal(send(chain, await make()));
        expect(message).to.match(expected);
        expect(code).to.be.oneOf([-32000, -32602]);
        await expectUntouched();
      });
    }

    it("when an authorization list comes along (EIP-7702), then it is refused: it would move others' nonces", async () => {
      const authorizationList = [await sender.authorize({ address: sender.address, nonce: 1, chainId: 46112 })];
      const raw = await sign(sender, 0, { type: 4, authorizationList });
      expect((await refusal(send(chain, raw))).message).to.match(/type 2/);
      await expectUntouched();
    });
  });

  describe("given a sender whose next nonce is 1", () => {
    beforeEach(async () => {
      await minedReceipt(chain, await send(chain, await sign(sender, 0)));
    });

    it("when nonce 2 comes, then it is too high, and 1 is still free", async () => {
      const { code, message } = await refusal(send(chain, await sign(sender, 2)));
      expect(code).to.equal(-32000);
      expect(message).to.match(/^nonce too high: next nonce 1, tx nonce 2/);
      await minedReceipt(chain, await send(chain, await sign(sender, 1)));
    });

    it("when nonce 0 comes with other or the same bytes, then it is too low", async () => {
      const other = await sign(sender, 0, { data: "0x01" });
      for (const raw of [other, await sign(sender, 0)]) {
        expect((await refusal(send(chain, raw))).message).to.match(/^nonce too low: next nonce 1, tx nonce 0/);
      }
    });

    it("when one is refused, then those that counted on it are refused as well", async () => {
      const raws = [
        await sign(sender, 1, { gasLimit: 21_000, data: "0xff" }),
        await sign(sender, 2),
        await sign(sender, 3),
      ];
      const messages = await Promise.all(raws.map(async (raw) => (await refusal(send(chain, raw))).message));
      expect(messages[0]).to.match(/gas/);
      expect(messages[1]).to.match(/^nonce too high: next nonce 1, tx nonce 2/);
      expect(messages[2]).to.match(/^nonce too high: next nonce 1, tx nonce 3/);
    });
  });

  it("given a transaction not yet mined, when its bytes or its nonce come again, then they are refused at once", async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { chain, close } = await openEmbedded(undefined, { reached: () => held });
    const [first, other] = [await sign(sender, 0), await sign(sender, 0, { data: "0x01" })];
    const next = await sign(sender, 1);
    const answers = [send(chain, first), refusal(send(chain, first)), refusal(send(chain, other)), send(chain, next)];
    expect(await answers[1]).to.deep.equal({ code: -32000, message: "already known" });
    expect(await answers[2])
      .to.have.property("message")
      .that.matches(/^replacement refused.* next nonce 1, tx nonce 0/);
    expect(await refusal(send(chain, first.toUpperCase().replace("0X", "0x")))).to.have.property(
      "message",
      "already known",
    );
    release();
    await minedReceipt(chain, (await answers[3]) as Hex);
    await close();
  });

  it("given methods that could rewrite or stall the chain, when they are asked for, then it does not answer them", async () => {
    const methods = ["hardhat_reset", "hardhat_setStorageAt", "evm_mine", "evm_revert", "debug_traceTransaction"];
    for (const method of [...methods, "eth_sendTransaction", "eth_accounts"]) {
      expect(await refusal(chain.request(method, [])), method).to.have.property("code", -32601);
    }
  });

  it("given a wallet that asks what to pay, when it asks, then the answer is nothing", async () => {
    expect(await chain.request("eth_gasPrice")).to.equal("0x0");
    expect(await chain.request("eth_maxPriorityFeePerGas")).to.equal("0x0");
    expect(await chain.request("eth_feeHistory", ["0x1", "latest", []])).to.deep.include({
      baseFeePerGas: ["0x0", "0x0"],
    });
    const call = { from: sender.address, to: sender.address, maxFeePerGas: "0x0" };
    expect(Number(await chain.request("eth_estimateGas", [call]))).to.be.within(21_000, 22_000);
  });

  it("given a call that reverts, when it is made, then the error carries the revert's bytes", async () => {
    const error: unknown = await chain
      .request("eth_call", [{ data: "0x63deadbeef60e01b60005260046000fd" }, "latest"])
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(RpcError).and.to.include({ code: 3, data: "0xdeadbeef" });
  });

  it("given five senders, when they send 200 at once, then each is mined once, in its sender's order", async () => {
    const before = open.chain.size().transactions;
    const senders = Array.from({ length: 5 }, (_, n) => walletOf(`concurrent ${n}`));
    const raws = await Promise.all(
      Array.from({ length: 200 }, (_, n) => sign(senders[n % 5] as Wallet, Math.floor(n / 5))),
    );
    const hashes = await Promise.all(raws.map((raw) => send(chain, raw)));
    const receipts = await Promise.all(hashes.map((hash) => minedReceipt(chain, hash)));
    expect(new Set(hashes).size).to.equal(200);
    expect(receipts.every(({ status }) => status === "0x1")).to.equal(true);
    expect(open.chain.size().transactions - before).to.equal(200);
    for (const { address } of senders) {
      expect(await chain.request("eth_getTransactionCount", [address, "latest"])).to.equal("0x28");
    }
  });

  it("given more gas than one block takes, when it is sent at once, then it is mined in several", async () => {
    const { blocks } = open.chain.size();
    const raws = await Promise.all([0, 1, 2, 3, 4].map((nonce) => sign(sender, nonce, { gasLimit: 16_000_000 })));
    const hashes = await Promise.all(raws.map((raw) => send(chain, raw)));
    await minedReceipt(chain, hashes[4] as Hex);
    expect(open.chain.size().blocks - blocks).to.be.within(3, 5);
    const block = await chain.request<{ baseFeePerGas: Hex }>("eth_getBlockByNumber", ["latest", false]);
    expect(block.baseFeePerGas).to.equal("0x0");
  });
});
