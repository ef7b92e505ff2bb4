import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { createApp } from "../../../server/api/app.ts";
import { rpcDoor, type RpcDeps } from "../../../server/api/rpc.ts";
import { interfaces } from "../../../server/chain/contracts.ts";
import { createEmbeddedChain } from "../../../server/chain/embedded.ts";
import type { Chain, Hex } from "../../../server/chain/port.ts";
import { createLog } from "../../../server/log.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { openLedger, person, type Ledger } from "../../support/ledger.ts";

interface Reply {
  jsonrpc: string;
  id: unknown;
  result?: unknown;
  error?: { code: number; message: string };
}

interface Answer {
  status: number;
  text: string;
  body: Reply & Reply[] & { code?: string };
}

/** An application with no routes but the door. */
async function openDoor(chain: Chain, deps: Partial<RpcDeps> = {}): Promise<Server> {
  const bodyLimitBytes = 20_000;
  const callerOf = (): Promise<never> => Promise.reject(new Error("nobody logs in here"));
  const doors = [rpcDoor({ chain, bodyLimitBytes, ...deps })];
  const app = createApp({ routes: [], doors, plain: [], callerOf, bodyLimitBytes, log: createLog("silent") });
  const server = createServer(app);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** Sends a body as it is, or as JSON. */
async function send(server: Server, body: unknown): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/rpc`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, text, body: (text === "" ? {} : JSON.parse(text)) as Answer["body"] };
}

const asked = (method: string, ...params: unknown[]): object => ({ jsonrpc: "2.0", id: 7, method, params });

describe("POST /rpc", function () {
  this.timeout(60_000);
  let opened: OpenChain;
  let ledger: Ledger;
  let server: Server;
  let tx: Hex;

  before(async () => {
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    const people = Array.from({ length: 6 }, (_, n) => person(`somebody ${n}`));
    await ledger.register(people[0]!);
    const [collector, keeper] = people as [(typeof people)[0], (typeof people)[0]];
    await ledger.register(...people.slice(1));
    tx = (await ledger.record(ledger.collect(collector, keeper), ledger.collect(collector, keeper))).hash;
    server = await openDoor(opened.chain);
  });
  after(async () => {
    server.close();
    await opened.close();
  });

  const rpc = (method: string, ...params: unknown[]): Promise<Answer> => send(server, asked(method, ...params));
  const parties = (): Hex => ledger.deployment.contracts.Parties.address;

  it("given each method that is allowed, when asked, then the answer is the chain's own", async () => {
    const { hash } = await opened.chain.request<{ hash: Hex }>("eth_getBlockByNumber", ["latest", false]);
    const standing = interfaces.Parties.encodeFunctionData("standing", [person("somebody 0").account]);
    const calls: [string, ...unknown[]][] = [
      ["eth_chainId"],
      ["eth_blockNumber"],
      ["eth_getBlockByNumber", "0x1", false],
      ["eth_getBlockByHash", hash, true],
      ["eth_getLogs", { fromBlock: "0x0", toBlock: "latest", address: parties() }],
      ["eth_getLogs", { blockHash: hash }],
      ["eth_call", { to: parties(), data: standing }, "latest"],
      ["eth_getCode", parties(), "latest"],
      ["eth_getStorageAt", parties(), "0x0", "latest"],
      ["eth_getTransactionReceipt", tx],
    ];
    for (const [method, ...params] of calls) {
      const result = await opened.chain.request(method, params);
      expect(result, method).to.not.be.oneOf([null, "0x"]);
      expect(await rpc(method, ...params), method).to.deep.include({
        status: 200,
        body: { jsonrpc: "2.0", id: 7, result },
      });
    }
    const batch = await send(
      server,
      calls.map(([method, ...params], id) => ({ jsonrpc: "2.0", id, method, params })),
    );
    expect(batch.body.map(({ id }) => id)).to.deep.equal(calls.map((_, id) => id));
  });

  it("given methods that write, rewrite or cost, when asked, then each is refused by the standard's code, in words", async () => {
    const before = await opened.chain.request("eth_blockNumber");
    const raw = ledger.carrier.signer.sign({
      to: parties(),
      data: "0x",
      nonce: 99,
      gasLimit: 21_000n,
      chainId: ledger.domain.chainId,
    });
    for (const method of [
      "eth_sendRawTransaction",
      "eth_sendTransaction",
      "eth_estimateGas",
      "eth_getProof",
      "eth_newFilter",
      "evm_mine",
      "hardhat_setBalance",
      "debug_traceTransaction",
      "constructor",
    ]) {
      const { status, body } = await rpc(method, raw.raw);
      expect([status, body.error?.code], method).to.deep.equal([200, -32601]);
      expect(body.error!.message).to.include(`${method} is not answered here, only eth_chainId`);
    }
    expect(await opened.chain.request("eth_blockNumber")).to.equal(before);
  });

  it("given bodies that are no JSON-RPC, when sent, then each is answered by the standard's code", async () => {
    const cases: [body: unknown, code: number][] = [
      ["{", -32700],
      ["", -32700],
      ["null", -32600],
      ["[]", -32600],
      ['"eth_chainId"', -32600],
      [{ id: 1, method: "eth_chainId" }, -32600],
      [{ jsonrpc: "2.0", id: 1, method: 5 }, -32600],
      [{ jsonrpc: "2.0", id: {}, method: "eth_chainId" }, -32600],
      [{ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: {} }, -32602],
      [Array.from({ length: 51 }, () => asked("eth_chainId")), -32600],
      [asked("eth_getLogs", null), -32602],
      [asked("eth_getLogs", { fromBlock: 1 }), -32602],
      [asked("eth_getLogs", { fromBlock: "first" }), -32602],
      [asked("eth_call", []), -32602],
    ];
    for (const [body, code] of cases) {
      const answer = await send(server, body);
      expect([answer.status, answer.body.error?.code], answer.text).to.deep.equal([200, code]);
      expect(answer.body.error!.message).to.match(/\w+ .*\.$/);
    }
    const mixed = await send(server, [asked("eth_chainId"), 5, { jsonrpc: "2.0", method: "eth_chainId" }]);
    expect(mixed.body.map(({ id, error }) => [id, error?.code])).to.deep.equal([
      [7, undefined],
      [null, -32600],
    ]);
    expect(await send(server, { jsonrpc: "2.0", method: "eth_chainId" })).to.include({ status: 204, text: "" });
    const large = await send(server, " ".repeat(20_001));
    expect([large.status, large.body.code]).to.deep.equal([413, "body-too-large"]);
  });

  it("given fifty requests, when sent as a batch, then all are answered in order", async () => {
    const requests = Array.from({ length: 50 }, (_, id) => ({ ...asked("eth_chainId"), id }));
    expect((await send(server, requests)).body.map(({ id }) => id)).to.deep.equal(requests.map(({ id }) => id));
  });

  it("given logs of more blocks, or more logs, than are told at once, when asked, then it is refused by the limit's code", async () => {
    const wide = (toBlock: string): Promise<Answer> => rpc("eth_getLogs", { fromBlock: "0x1", toBlock });
    expect((await wide("0x3e8")).body.error).to.equal(undefined);
    expect((await wide("0x3e9")).body.error).to.deep.equal({
      code: -32005,
      message: "Ask for the logs of at most 1000 blocks at once.",
    });
    const narrow = await openDoor(opened.chain, { mostLogs: 4 });
    const { blockNumber } = await opened.chain.request<{ blockNumber: Hex }>("eth_getTransactionReceipt", [tx]);
    const five = `0x${(Number(blockNumber) - 1).toString(16)}`;
    const logsOf = async (fromBlock: string, toBlock: string): Promise<Reply> =>
      (await send(narrow, asked("eth_getLogs", { fromBlock, toBlock, address: parties() }))).body;
    try {
      expect((await logsOf("0x0", "latest")).error).to.deep.equal({
        code: -32005,
        message: "These are more than 4 logs: ask for fewer blocks at once.",
      });
      expect((await logsOf(five, five)).result).to.have.length(5);
    } finally {
      narrow.close();
    }
  });

  it("given a call without bounds, when asked, then it runs with a view's gas at most, and on the chain's own state", async () => {
    // returns what GAS says
    const gasLeft = "0x5a5f5260205ff3";
    const gasOf = async (gas?: Hex): Promise<number> =>
      Number((await rpc("eth_call", { data: gasLeft, ...(gas ? { gas } : {}) }, "latest")).body.result);
    for (const gas of [undefined, "0xffffffffffff"] as const) expect(await gasOf(gas)).to.be.within(900_000, 1_000_000);
    expect(await gasOf("0x186a0")).to.be.lessThan(100_000);
    const standing = {
      to: parties(),
      data: interfaces.Parties.encodeFunctionData("standing", [`0x${"99".repeat(20)}`]),
    };
    const overridden = await rpc("eth_call", standing, "latest", { [parties()]: { code: "0x60ff5f5260205ff3" } });
    expect(overridden.body.result).to.equal(`0x${"0".repeat(64)}`);
  });

  it("given many batches at once, when sent, then the chain is asked by two at a time, and all are answered", async () => {
    let [asking, most] = [0, 0];
    const watched: Chain = {
      ...opened.chain,
      async request(method, params) {
        most = Math.max(most, ++asking);
        return opened.chain.request<never>(method, params).finally(() => asking--);
      },
    };
    const door = await openDoor(watched);
    const batch = Array.from({ length: 20 }, () => asked("eth_getCode", parties(), "latest"));
    try {
      const answers = await Promise.all(Array.from({ length: 10 }, () => send(door, batch)));
      expect(answers.map(({ body }) => body.length)).to.deep.equal(Array.from({ length: 10 }, () => 20));
      expect(most).to.equal(2);
    } finally {
      door.close();
    }
  });

  it("given more requests than may wait for their turn, when sent, then the last are told to come later", async () => {
    let open = (): void => undefined;
    const opening = new Promise<void>((resolve) => (open = resolve));
    const slow: Chain = {
      ...opened.chain,
      request: (method, params) => opening.then(() => opened.chain.request<never>(method, params)),
    };
    const door = await openDoor(slow, { mostWaiting: 1 });
    try {
      const answers = Array.from({ length: 4 }, () => send(door, asked("eth_chainId")));
      const refused = await Promise.race(answers);
      expect([refused.status, refused.body.code]).to.deep.equal([503, "busy"]);
      open();
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      expect(statuses.sort()).to.deep.equal([200, 200, 200, 503]);
    } finally {
      door.close();
    }
  });

  it("given a call that reverts, when asked, then the chain's error is passed on", async () => {
    const data = interfaces.Parties.encodeFunctionData("register", [[]]);
    const { status, body } = await rpc("eth_call", { to: parties(), data }, "latest");
    expect([status, typeof body.error?.code]).to.deep.equal([200, "number"]);
    expect(body.error!.message).to.match(/revert/i);
  });

  it("given a chain that still replays its journal, when asked, then it is not ready", async () => {
    const { folder } = opened;
    await opened.chain.close();
    const contracts: Hex = `0x${"c0".repeat(32)}`;
    const reached = (): Promise<void> => Promise.resolve();
    const chain = await createEmbeddedChain({ folder, contracts, reached, log: createLog("silent") });
    const waiting = await openDoor(chain);
    const early = await send(waiting, asked("eth_chainId"));
    expect([early.status, early.body.code]).to.deep.equal([503, "not-ready"]);
    await chain.ready;
    expect((await send(waiting, asked("eth_chainId"))).status).to.equal(200);
    waiting.close();
    await chain.close();
  });
});
