import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { Wallet, id } from "ethers";
import { startHardhatNode, type HardhatNode } from "../../../scripts/stack/hardhatNode.ts";
import { RpcError, type Chain, type Hex } from "../../../server/chain/port.ts";
import { ChainUnavailable, createRpcChain } from "../../../server/chain/rpc.ts";
import { Refusal } from "../../../server/errors.ts";
import { createLog } from "../../../server/log.ts";
import { minedReceipt } from "../../support/chains.ts";

const wallet = new Wallet(id("tidemark test rpc sender"));

const sign = (nonce: number): Promise<Hex> =>
  wallet.signTransaction({
    ...{ type: 2, chainId: 46112, nonce, gasLimit: 100_000, maxFeePerGas: 0, maxPriorityFeePerGas: 0 },
    to: wallet.address,
  }) as Promise<Hex>;

const open = (urls: string[], timeoutMs = 5_000): Chain =>
  createRpcChain({ urls, pollMs: 20, timeoutMs, log: createLog("silent") });

/** Waits until the status says so. */
async function statusThat(chain: Chain, holds: (phase: string, ready: boolean) => boolean): Promise<string> {
  for (;;) {
    const { phase, ready } = chain.status();
    if (holds(phase, ready)) return phase;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function thrown(asked: Promise<unknown>): Promise<Error> {
  return asked.then(
    () => new Error("it was answered"),
    (error: unknown) => error as Error,
  );
}

describe("chain: JSON-RPC", function () {
  this.timeout(30_000);
  let node: HardhatNode;
  const servers: Server[] = [];

  /** An HTTP server that is no good node: it answers `answer` with `status`, or nothing at all. */
  async function badNode(status: number, answer: string | undefined): Promise<string> {
    const server = createServer((_, response) => {
      if (answer !== undefined) response.writeHead(status, { "content-type": "application/json" }).end(answer);
    });
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  before(async () => {
    node = await startHardhatNode();
  });

  after(() => node.stop());

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  it("given a node, when a transaction is sent, then it is mined, and listeners hear of the block", async () => {
    const chain = open([node.url]);
    await chain.ready;
    expect(chain.status()).to.deep.equal({ ready: true, phase: "ready", done: 0, total: 0 });
    expect(await chain.request("eth_chainId")).to.equal("0xb420");
    let tell = (): void => undefined;
    const head = new Promise<void>((resolve) => (tell = resolve));
    const stop = chain.onHead(() => tell());
    const hash = await chain.request<Hex>("eth_sendRawTransaction", [await sign(0)]);
    await head;
    stop();
    expect((await minedReceipt(chain, hash)).status).to.equal("0x1");
    expect(await chain.request("eth_getTransactionReceipt", [`0x${"00".repeat(32)}`])).to.equal(null);
    await chain.close();
  });

  it("given a node, when it answers with an error, then that is thrown with its code, and no other node is asked", async () => {
    let asked = 0;
    const other = await badNode(200, `{"jsonrpc":"2.0","id":1,"result":"0xb420"}`);
    servers[0]?.on("request", () => asked++);
    const chain = open([node.url, other]);
    await chain.ready;
    const before = asked;
    const error = await thrown(chain.request("eth_sendRawTransaction", ["0x1234"]));
    expect(error).to.be.instanceOf(RpcError).and.to.include({ code: -32602 });
    expect(error.message).to.match(/Invalid transaction type 18/);
    expect(await thrown(chain.request("eth_nothing"))).to.include({ name: "RpcError", code: -32004 });
    expect(asked).to.equal(before);
    await chain.close();
  });

  const bad: [string, () => Promise<string>][] = [
    ["that nobody listens at", () => Promise.resolve("http://127.0.0.1:1")],
    ["that answers 503", () => badNode(503, "busy")],
    [
      "that answers 500 with JSON-RPC",
      () => badNode(500, `{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}`),
    ],
    ["that asks for patience (429)", () => badNode(429, "{}")],
    ["that answers something else", () => badNode(200, "<html>")],
    ["that answers null", () => badNode(200, "null")],
    ["that never answers", () => badNode(200, undefined)],
  ];
  for (const [what, make] of bad) {
    it(`given a first URL ${what}, when the chain is asked, then the next one answers`, async () => {
      const chain = open([await make(), node.url], 300);
      expect(await chain.request("eth_chainId")).to.equal("0xb420");
      expect(chain.status()).to.include({ ready: true, phase: "ready" });
      await chain.close();
    });
  }

  it("given nodes of different chains, when it starts, then it refuses and names both", async () => {
    const chain = open([node.url, await badNode(200, `{"jsonrpc":"2.0","id":1,"result":"0x1"}`)]);
    const error = await thrown(chain.ready);
    expect(error).to.be.instanceOf(Refusal);
    expect(error.message).to.match(/127\.0\.0\.1:\d+ is of chain 46112, 127\.0\.0\.1:\d+ is of chain 1\./);
    expect(chain.status()).to.include({ ready: false, phase: `stopped: ${error.message}` });
    await chain.close();
  });

  it("given something that is no URL, when it starts, then it refuses and names it", () => {
    for (const url of ["nonsense", "besu-1:8545", "ws://127.0.0.1:8546"]) {
      expect(() => open([url])).to.throw(Refusal, `"${url}", which is not a URL such as http://`);
    }
  });

  it("given a node that becomes one of another chain, when it is asked, then it is left out", async () => {
    const server = createServer((_, response) => response.end(`{"jsonrpc":"2.0","id":1,"result":"${answer}"}`));
    let answer = "0xb420";
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const chain = open([`http://127.0.0.1:${port}`]);
    await chain.ready;
    const closed = once(server, "close");
    server.closeAllConnections();
    server.close();
    await closed;
    await statusThat(chain, (_, ready) => !ready);
    answer = "0x1";
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    expect(await statusThat(chain, (phase) => phase.includes("chain 1"))).to.match(/a node of chain 1, not 46112/);
    expect(await thrown(chain.request("eth_blockNumber"))).to.be.instanceOf(ChainUnavailable);
    await chain.close();
  });

  it("given two nodes, when the one in use is killed, then the other answers; both down is said; back, it recovers", async () => {
    const first = await startHardhatNode();
    const second = await startHardhatNode();
    const chain = open([first.url, second.url]);
    await chain.ready;
    await first.stop();
    expect(await chain.request("eth_blockNumber")).to.equal("0x0");
    await second.stop();
    const error = await thrown(chain.request("eth_blockNumber"));
    expect(error).to.be.instanceOf(ChainUnavailable);
    expect(error.message).to.match(
      /^No node of the chain answers: .*ECONNREFUSED.*; .*ECONNREFUSED.*Each is asked again/,
    );
    expect(chain.status()).to.deep.include({ ready: false, phase: error.message });
    const back = await startHardhatNode(second.port);
    await statusThat(chain, (phase, ready) => ready && phase === "ready");
    expect(await chain.request("eth_blockNumber")).to.equal("0x0");
    await chain.close();
    await back.stop();
  });

  it("given no node at first, when one starts, then the chain becomes ready by itself", async () => {
    const reserved = await startHardhatNode();
    await reserved.stop();
    const chain = open([reserved.url]);
    expect(await statusThat(chain, (phase) => phase.startsWith("No node"))).to.contain("ECONNREFUSED");
    const started = await startHardhatNode(reserved.port);
    await chain.ready;
    expect(await chain.request("eth_chainId")).to.equal("0xb420");
    await chain.close();
    await started.stop();
  });

  it("given no node, when it is closed, then it ends and says so", async () => {
    const chain = open(["http://127.0.0.1:1"]);
    await statusThat(chain, (phase) => phase.startsWith("No node"));
    await chain.close();
    expect((await thrown(chain.request("eth_chainId"))).message).to.contain("closed");
  });
});
