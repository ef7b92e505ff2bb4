import { once } from "node:events";
import type { Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { expect } from "chai";
import { createApp } from "../../../server/api/app.ts";
import { logAnswered } from "../../../server/api/answered.ts";
import { createCounts, limitCallers, type Limits } from "../../../server/api/limits.ts";
import { createDoor, usualLimits, type DoorLimits } from "../../../server/api/listening.ts";
import { guardAnswers } from "../../../server/api/origins.ts";
import { createLog } from "../../../server/log.ts";
import { route } from "../../../server/route.ts";
import { z } from "zod";

const answers = { 200: { description: "", schema: z.unknown() } };
const handle = (): Promise<{ status: number; body: unknown }> => Promise.resolve({ status: 200, body: {} });
const common = { summary: "", access: "public", answers, problems: [], handle } as const;
const body = z.unknown();
const routes = [
  route({ ...common, method: "get", path: "/health" }),
  route({ ...common, method: "get", path: "/v1/things" }),
  route({ ...common, method: "post", path: "/v1/acts", body }),
  route({ ...common, method: "post", path: "/v1/login", body }),
  route({ ...common, method: "post", path: "/rpc", body }),
  route({
    ...common,
    method: "get",
    path: "/large",
    handle: () => Promise.resolve({ status: 200, body: "x".repeat(20_000_000) }),
  }),
];

interface Given {
  limits?: Partial<Limits>;
  proxies?: number;
  origins?: string[];
  door?: Partial<DoorLimits>;
}

interface Opened {
  url: string;
  port: number;
  server: Server;
  log: string[];
}

/** A server without ledger, behind the doors that are looked at. */
async function withDoor(given: Given, work: (opened: Opened) => Promise<void>): Promise<void> {
  const lines: string[] = [];
  const log = createLog("info", { write: (line) => void lines.push(line) });
  const limits = { reads: 0, writes: 0, logins: 0, rpc: 0, ...given.limits };
  const app = createApp({
    routes,
    gates: [guardAnswers(given.origins ?? []), limitCallers(limits)],
    plain: [],
    callerOf: () => Promise.reject(new Error("nobody")),
    bodyLimitBytes: 1_000,
    proxies: given.proxies ?? 0,
    answered: logAnswered(log),
    log,
  });
  const server = createDoor(app, log, { ...usualLimits, ...given.door });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    await work({ url: `http://127.0.0.1:${port}`, port, server, log: lines });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const post = (url: string): Promise<Response> =>
  fetch(url, { method: "POST", body: "{}", headers: { "content-type": "application/json" } });

async function statuses(times: number, ask: () => Promise<Response>): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < times; i++) all.push((await ask()).status);
  return all;
}

describe("limits of callers", () => {
  it("given two reads a minute, when a third comes, then it is told when to come again, and what is left is always said", () =>
    withDoor({ limits: { reads: 2 } }, async ({ url, log }) => {
      const first = await fetch(`${url}/v1/things`);
      expect(first.headers.get("ratelimit")).to.match(/^"reads"; r=1; t=(60|59)$/);
      expect(first.headers.get("ratelimit-policy")).to.match(/^"reads"; q=2; w=60; pk=:.+:$/);
      expect((await fetch(`${url}/V1/THINGS/`)).status).to.equal(200);
      const third = await fetch(`${url}/v1/things`);
      const problem = (await third.json()) as Record<string, unknown>;
      expect([third.status, third.headers.get("content-type")]).to.deep.equal([
        429,
        "application/problem+json; charset=utf-8",
      ]);
      expect(Number(third.headers.get("retry-after"))).to.be.within(58, 60);
      expect(problem).to.include({ code: "rate-limited", budget: "reads", limit: 2 });
      // the first refusal is logged, a flood of them is not
      await statuses(3, () => fetch(`${url}/nowhere`));
      expect(log.filter((line) => line.includes("rate-limited"))).to.have.length(1);
      expect((await fetch(`${url}/health`)).status).to.equal(200);
    }));

  it("given one of each kind a minute, when each kind is asked twice, then each has a budget of its own", () =>
    withDoor({ limits: { reads: 1, writes: 1, logins: 1, rpc: 1 } }, async ({ url }) => {
      for (const path of ["/v1/acts", "/V1/Login", "/rpc"])
        expect(await statuses(2, () => post(url + path)), path).to.deep.equal([200, 429]);
      expect(await statuses(2, () => fetch(`${url}/v1/things`))).to.deep.equal([200, 429]);
    }));

  it("given no limit, when much is asked, then all of it is answered", () =>
    withDoor({}, async ({ url }) => {
      expect(new Set(await statuses(50, () => fetch(`${url}/v1/things`)))).to.deep.equal(new Set([200]));
    }));

  const forwarded = (url: string, address: string): Promise<Response> =>
    fetch(`${url}/v1/things`, { headers: { "x-forwarded-for": address } });

  it("given no proxy in front, when a client names other addresses than its own, then it is believed none", () =>
    withDoor({ limits: { reads: 2 } }, async ({ url }) => {
      let n = 0;
      expect(await statuses(3, () => forwarded(url, `203.0.113.${n++}`))).to.deep.equal([200, 200, 429]);
    }));

  it("given one proxy, when it tells addresses, then the one it saw counts, whatever the client wrote before it", () =>
    withDoor({ limits: { reads: 1 }, proxies: 1 }, async ({ url }) => {
      let n = 0;
      expect(await statuses(2, () => forwarded(url, `198.51.100.${n++}, 203.0.113.1`))).to.deep.equal([200, 429]);
      expect((await forwarded(url, "198.51.100.1, 203.0.113.2")).status).to.equal(200);
      // of one home: the addresses of its network are one caller
      expect((await forwarded(url, "2001:db8:1:100::1")).status).to.equal(200);
      expect((await forwarded(url, "2001:db8:1:1ff::2")).status).to.equal(429);
      expect((await forwarded(url, "2001:db8:1:200::2")).status).to.equal(200);
    }));

  it("given more callers than are counted at a time, when they come, then memory holds so many, the newest", async () => {
    const counts = createCounts(100);
    for (let n = 0; n < 1_000; n++) await counts.increment(`caller ${n}`);
    expect(counts.size()).to.equal(100);
    expect((await counts.increment("caller 999")).totalHits).to.equal(2);
    expect((await counts.increment("caller 0")).totalHits).to.equal(1);
  });
});

describe("other sites' pages", () => {
  const preflight = (url: string, origin: string): Promise<Response> =>
    fetch(`${url}/v1/acts`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
    });
  const allowed = ({ headers }: Response): string | null => headers.get("access-control-allow-origin");

  it("given no origins, when another site's page asks, then nothing allows it to read the answer", () =>
    withDoor({}, async ({ url }) => {
      const origin = "https://app.example";
      const answers = [await preflight(url, origin), await fetch(`${url}/v1/things`, { headers: { origin } })];
      for (const { headers } of answers)
        expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).to.deep.equal([]);
    }));

  it("given an origin, when its pages ask, then they may read; others, and what only begins like it, may not", () =>
    withDoor({ origins: ["https://app.example"], limits: { reads: 5 } }, async ({ url }) => {
      const asked = await preflight(url, "https://app.example");
      expect([asked.status, allowed(asked)]).to.deep.equal([204, "https://app.example"]);
      expect(asked.headers.get("access-control-allow-methods")).to.contain("POST");
      expect(asked.headers.get("access-control-allow-headers")).to.contain("Authorization");
      const read = await fetch(`${url}/v1/things`, { headers: { origin: "https://app.example" } });
      expect([read.status, allowed(read), read.headers.get("vary")]).to.deep.equal([
        200,
        "https://app.example",
        "Origin",
      ]);
      expect(read.headers.get("access-control-expose-headers")).to.contain("Retry-After");
      expect(read.headers.get("access-control-allow-credentials")).to.equal(null);
      for (const origin of ["https://app.example.evil", "http://app.example", "https://app.exampl", "null"]) {
        expect(allowed(await preflight(url, origin)), origin).to.equal(null);
      }
      // a page is told that it asked too much, too
      const refused = await fetch(`${url}/v1/things`, { headers: { origin: "https://app.example" } });
      expect([refused.status, allowed(refused)]).to.deep.equal([429, "https://app.example"]);
    }));

  it("given any answer, when a browser gets it, then it sniffs no type, runs nothing, and keeps nothing that was for somebody", () =>
    withDoor({}, async ({ url }) => {
      const { headers } = await fetch(`${url}/v1/things`);
      expect(headers.get("x-content-type-options")).to.equal("nosniff");
      expect(headers.get("content-security-policy")).to.contain("default-src 'none'");
      expect(headers.get("x-powered-by")).to.equal(null);
      const personal = await fetch(`${url}/v1/things`, { headers: { authorization: "Bearer x" } });
      expect(personal.headers.get("cache-control")).to.equal("private, no-store");
      expect((await fetch(`${url}/nowhere`)).headers.get("cache-control")).to.equal("no-store");
    }));
});

describe("slow clients", function () {
  this.timeout(10_000);
  const short = { headMs: 150, requestMs: 300, stalledMs: 300, lookMs: 30 };

  /** What a connection says until the server closes it, for what was sent. */
  async function said(port: number, send: string): Promise<{ text: string; ms: number }> {
    const began = performance.now();
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.on("data", (piece: Buffer) => (text += piece.toString()));
    socket.on("error", () => undefined);
    socket.write(send);
    await once(socket, "close");
    return { text, ms: performance.now() - began };
  }

  it("given a head that never ends, when its time is over, then it is refused, and logged without what it said", () =>
    withDoor({ door: short }, async ({ port, log }) => {
      const { text, ms } = await said(port, "GET /v1/things HTTP/1.1\r\nHost: a\r\nX-Secret: 1234");
      expect(text)
        .to.match(/^HTTP\/1\.1 408 /)
        .and.to.contain('"code":"request-timeout"');
      expect(ms).to.be.within(100, 2_000);
      expect(log.join("")).to.contain("request-timeout").and.to.not.contain("1234");
    }));

  it("given a body that never ends, when its time is over, then it is refused", () =>
    withDoor({ door: { ...short, stalledMs: 5_000 } }, async ({ port }) => {
      const head = "POST /v1/acts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n";
      const { text } = await said(port, `${head}{"a":`);
      expect(text).to.match(/^HTTP\/1\.1 408 /);
    }));

  it("given an answer that nobody reads, when nothing moved for a while, then the connection is dropped", () =>
    withDoor({ door: short }, async ({ port, server }) => {
      const socket = connect(port, "127.0.0.1").pause();
      socket.on("error", () => undefined);
      socket.write("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
      const connections = (): Promise<number> =>
        new Promise((resolve, reject) => server.getConnections((error, n) => (error ? reject(error) : resolve(n))));
      await once(server, "request");
      expect(await connections()).to.equal(1);
      while ((await connections()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      socket.destroy();
    }));

  it("given all connections that there may be, when one more comes, then it is closed and the others go on", () =>
    withDoor({ door: { connections: 2 } }, async ({ port }) => {
      const open = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
      await Promise.all(open.map((socket) => once(socket, "connect")));
      const request = "GET /v1/things HTTP/1.1\r\nHost: a\r\n\r\n";
      open[0]!.write(request);
      await once(open[0]!, "data");
      expect((await said(port, request)).text).to.equal("");
      open[1]!.write(request);
      expect(String(((await once(open[1]!, "data")) as [Buffer])[0])).to.match(/^HTTP\/1\.1 200 /);
      for (const socket of open) socket.destroy();
    }));
});
