/** Clients that mean harm, against a real process: each is refused in words or cut off, logged, and the server goes on. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { copyPglite } from "../../support/databases.ts";
import { startServer, type ServerProcess } from "../../support/server.ts";

const BODY_LIMIT = 1_000_000;

describe("hostile clients", function () {
  this.timeout(180_000);
  let home: string;
  let server: ServerProcess;
  let port: number;

  before(async () => {
    home = await mkdtemp(join(tmpdir(), "tidemark-hostile-"));
    await copyPglite(join(home, "db"));
    server = await startServer(home, { TIDEMARK_BODY_LIMIT: String(BODY_LIMIT) });
    port = Number(new URL(server.url).port);
  });
  after(async () => {
    expect(await server.stop()).to.equal(0);
    await rm(home, { recursive: true });
  });
  afterEach("the server is up and failed at nothing", async () => {
    expect((await fetch(`${server.url}/v1/ledger`)).status).to.equal(200);
    expect(server.log()).to.not.contain('"level":50');
  });

  /** What comes back for bytes, until the server closes or is quiet for a while. */
  async function send(...pieces: (string | Buffer)[]): Promise<string> {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.on("data", (piece: Buffer) => (text += piece.toString()));
    socket.on("error", () => undefined);
    for (const piece of pieces) socket.write(piece);
    socket.setTimeout(20_000, () => socket.destroy());
    await once(socket, "close");
    return text;
  }
  /** The answer may be here before the log's line is. */
  async function logged(words: string): Promise<void> {
    while (!server.log().includes(words)) await sleep(10);
  }
  const statusOf = (text: string): number[] =>
    [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code));
  async function post(path: string, body: string | Uint8Array<ArrayBuffer>, more: Record<string, string> = {}) {
    const headers = { "content-type": "application/json", ...more };
    const answer = await fetch(server.url + path, { method: "POST", headers, body });
    return { status: answer.status, code: ((await answer.json()) as { code: string }).code };
  }

  const heads: [string, string, number, string][] = [
    ["headers of 20 kB", `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${"a".repeat(20_000)}\r\n\r\n`, 431, "headers-too-large"],
    ["1,000 headers", `GET / HTTP/1.1\r\nHost: a\r\n${"X: 1\r\n".repeat(1_000)}\r\n`, 431, "headers-too-large"],
    [
      "an address of 10,000 segments",
      `GET ${"/a".repeat(10_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      431,
      "headers-too-large",
    ],
    [
      "two lengths of the body",
      "POST /v1/acts HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\n[1]GE",
      400,
      "malformed-request",
    ],
    [
      "a length and chunks",
      "POST /v1/acts HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
      400,
      "malformed-request",
    ],
    [
      "chunks in a strange coding",
      "POST /v1/acts HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n",
      400,
      "malformed-request",
    ],
    [
      "a header that goes on in the next line",
      "GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n b: 2\r\n: x\r\n\r\n",
      400,
      "malformed-request",
    ],
    ["another protocol", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "malformed-request"],
  ];
  for (const [what, bytes, status, code] of heads) {
    it(`given ${what}, when it comes, then it is refused as a problem, logged, and the connection is closed`, async () => {
      const text = await send(bytes);
      expect(statusOf(text)).to.deep.equal([status]);
      expect(text).to.contain(`"code":"${code}"`).and.to.contain("Connection: close");
      const { instance } = JSON.parse(text.slice(text.indexOf("{"))) as { instance: string };
      await logged(instance.replace("urn:uuid:", ""));
    });
  }

  const bodies: [string, string | Uint8Array<ArrayBuffer>, Record<string, string>, number, string][] = [
    ["JSON 400,000 deep", "[".repeat(400_000) + "]".repeat(400_000), {}, 422, "nothing-accepted"],
    ["JSON that opens and never closes", "[".repeat(900_000), {}, 400, "malformed-json"],
    ["an array of 400,000", `[${"0,".repeat(400_000)}0]`, {}, 400, "invalid-request"],
    [
      "a prototype",
      '[{"__proto__":{"type":"Collect"},"constructor":{"prototype":{"type":1}}}]',
      {},
      422,
      "nothing-accepted",
    ],
    [
      "a field twice, and a number beyond all",
      '[{"type":"Collect","type":"Conclude","act":{"seq":1e400}}]',
      {},
      422,
      "nothing-accepted",
    ],
    ["text that is no UTF-8", new Uint8Array([0x5b, 0x22, 0xc3, 0x28, 0x22, 0x5d]), {}, 400, "malformed-json"],
    [
      "50 MB in 50 kB",
      Uint8Array.from(gzipSync(Buffer.alloc(50_000_000, "["))),
      { "content-encoding": "gzip" },
      413,
      "body-too-large",
    ],
    ["another charset", "[]", { "content-type": "application/json; charset=utf-7" }, 415, "unsupported-media-type"],
  ];
  for (const [what, body, headers, status, code] of bodies) {
    it(`given ${what}, when it is handed in, then it is refused as a problem`, async () => {
      expect(await post("/v1/acts", body, headers)).to.deep.equal({ status, code });
    });
  }

  it("given more statements than a bundle may hold, when they are handed in, then those beyond are not even judged", async () => {
    const body = JSON.stringify(Array(102).fill({ type: "Verification" }));
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${server.url}/v1/acts`, { method: "POST", headers, body });
    const { results } = (await answer.json()) as { results: { problem: { code: string } }[] };
    const codes = results.map(({ problem }) => problem.code);
    expect(codes).to.deep.equal([...Array<string>(100).fill("act-malformed"), "busy", "busy"]);
  });

  it("given addresses that climb out of where documents lie, when they are asked for, then none leads anywhere", async () => {
    const climbing = [
      "..%2f..%2fkeys.json",
      "..%2f",
      "%2e%2e%2fjournal",
      "..%5c..%5ckeys.json",
      "%00",
      "%ff",
      "bafy%2f..%2f..%2fkeys.json",
    ];
    for (const name of climbing) {
      const text = await send(`GET /v1/documents/${name} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      expect(statusOf(text)[0], name).to.be.oneOf([400, 404]);
      expect(text, name).to.contain("application/problem+json");
    }
    const raw = await send("GET /web/../../../package.json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(statusOf(raw)[0]).to.be.oneOf([400, 403, 404]);
  });

  it("given a method that pretends to be another, when it comes, then it is what it is", async () => {
    const headers = { "x-http-method-override": "POST", "x-method-override": "POST" };
    expect((await fetch(`${server.url}/v1/acts?_method=POST`, { headers })).status).to.equal(405);
  });

  it("given each kind of address, when HEAD, OPTIONS or an old client asks, then the answer is in order", async () => {
    for (const [path, head] of [
      ["/v1/ledger", 200],
      ["/v1/acts", 405],
      ["/", 200],
      ["/rpc", 405],
      ["/nowhere", 404],
    ] as const) {
      const answer = await fetch(server.url + path, { method: "HEAD" });
      expect([answer.status, await answer.text()], path).to.deep.equal([head, ""]);
      expect((await fetch(server.url + path, { method: "OPTIONS" })).status, path).to.be.lessThan(500);
      expect((await fetch(server.url + path, { method: "DELETE" })).status, path).to.be.oneOf([404, 405]);
    }
    expect(statusOf(await send("GET /health HTTP/1.0\r\n\r\n"))).to.deep.equal([200]);
    expect(statusOf(await send("GET /health HTTP/1.1\r\n\r\n"))).to.deep.equal([400]);
  });

  it("given hundreds of requests in one piece, when they come, then each is answered, in order", async () => {
    const text = await send(
      "GET /health HTTP/1.1\r\nHost: a\r\n\r\n".repeat(300),
      "GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    expect(statusOf(text)).to.deep.equal([...Array<number>(300).fill(200), 404]);
  });

  it("given 300 clients that dribble heads and bodies, when others ask, then these are answered at once", async () => {
    const slow: Socket[] = [];
    for (let n = 0; n < 300; n++) {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write(
        n % 2
          ? "GET / HTTP/1.1\r\nHos"
          : `POST /v1/acts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n[`,
      );
      slow.push(socket);
    }
    await Promise.all(slow.filter((socket) => socket.connecting).map((socket) => once(socket, "connect")));
    expect((await fetch(`${server.url}/v1/ledger`)).status).to.equal(200);
    // what is small is always let in, whatever is promised by the large
    expect((await post("/v1/acts", "[{}]")).code).to.equal("nothing-accepted");
    for (const socket of slow) socket.destroy();
  });
});
