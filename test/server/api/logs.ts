import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { z } from "zod";
import { signedLogin, type LoginTerms } from "../../../scripts/demo/login.ts";
import { logAnswered } from "../../../server/api/answered.ts";
import { createApp } from "../../../server/api/app.ts";
import { createLog, scrub } from "../../../server/log.ts";
import { route } from "../../../server/route.ts";
import { openApi, type TestApi } from "../../support/api.ts";

interface Line {
  level: number;
  msg: string;
  id?: string;
  route?: string;
  status?: number;
  code?: string;
  from?: string;
  err?: { message: string; stack: string };
}

const [INFO, WARN, ERROR] = [30, 40, 50];

/** Somewhere for a log to go. */
function createPaper(): { write(line: string): void; text(): string; lines(): Line[] } {
  let text = "";
  return {
    write: (line) => void (text += line),
    text: () => text,
    lines: () =>
      text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Line),
  };
}

describe("the log of requests", function () {
  this.timeout(60_000);
  const paper = createPaper();
  let api: TestApi;

  before(async () => {
    api = await openApi({}, createLog("debug", paper));
  });
  after(() => api.close());

  /** The line of a request that was answered with this id. */
  async function lineOf(id: string): Promise<Line> {
    for (;;) {
      const found = paper.lines().find((line) => line.msg === "answered" && line.id === id);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  const idOf = (headers: Headers): string => headers.get("x-request-id")!;

  it("given a request, when it is answered, then one line tells of it by its template, with the id that the client got", async () => {
    const lot = `0x${"ab".repeat(32)}`;
    const { headers, body } = await api.ask(`/v1/lots/${lot}`);
    const line = await lineOf(idOf(headers));
    expect(line).to.include({ level: WARN, method: "GET", route: "/v1/lots/{id}", status: 404, code: "not-found" });
    expect(line).to.have.keys([
      "level",
      "time",
      "msg",
      "id",
      "method",
      "route",
      "status",
      "code",
      "bytes",
      "ms",
      "from",
    ]);
    expect(body["instance"]).to.equal(`urn:uuid:${line.id}`);
    expect(paper.text()).to.not.contain(lot);
    const good = await api.ask("/v1/ledger?secret=in-the-query");
    expect(await lineOf(idOf(good.headers))).to.include({ level: INFO, route: "/v1/ledger", status: 200 });
    const nowhere = await fetch(`${api.running.url}/a-secret-path`);
    expect(await lineOf(idOf(nowhere.headers))).to.include({ route: "none", status: 404 });
  });

  it("given requests that bring keys, tokens, signatures and logins, when all of the log is searched, then it has none", async () => {
    const key = "9f".repeat(32);
    const apiKey = `tmk_0011_${"c2VjcmV0".repeat(5)}`;
    const jwt = `eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIweCJ9.${"s1g".repeat(20)}`;
    const drawn = (await api.ask("/v1/login/nonce", {})).body as unknown as LoginTerms;
    const login = signedLogin(drawn, api.cast.keeper);
    const token = String((await api.ask("/v1/login", login)).body["token"]);
    const [act] = api.acts(0, 1);
    await api.ask("/v1/acts", [act!.item]);
    const signatures = JSON.stringify(act!.item).match(/0x[0-9a-f]{128,}/g)!;
    const provenance = `/v1/lots/${act!.digest}/provenance?view=full`;
    for (const word of [apiKey, jwt, token]) await api.ask(provenance, undefined, { authorization: `Bearer ${word}` });
    for (const body of [{ raw: `0x${key}` }, { privateKey: key }, `{"raw":"0x${key}"`, [{ privateKey: key }]]) {
      await api.ask("/v1/transactions", body, { "x-api-key": apiKey, cookie: `session=${jwt}` });
      await api.ask("/v1/acts", body);
      await api.ask("/v1/login", body);
    }
    const { headers } = await api.ask(`/v1/requests/${apiKey}?key=${key}`);
    await lineOf(idOf(headers));
    expect(signatures.length).to.be.greaterThan(0);
    const secrets = [key, apiKey, jwt, token, login.signature.slice(2), drawn.nonce, ...signatures];
    const found = secrets.filter((secret) => paper.text().includes(secret.replace(/^0x/, "")));
    expect(found).to.deep.equal([]);
    // nor is the log empty, nor does it know where its callers live
    expect(paper.lines().filter(({ route }) => route === "/v1/login").length).to.be.greaterThan(4);
    expect(paper.text().replace(api.running.url, "")).to.not.match(/127\.0\.0\.1"|::1/);
  });

  it("given what watches the server, when it asks and all is well, then that is told to who debugs only", async () => {
    const { headers } = await api.ask("/health");
    expect((await lineOf(idOf(headers))).level).to.be.lessThan(INFO);
  });
});

describe("the log of a failure", () => {
  it("given an error that holds a key, when a request fails with it, then the log has its place and the client's id, not the key", async () => {
    const paper = createPaper();
    const log = createLog("info", paper);
    const key = "c7".repeat(32);
    const fails = route({
      method: "get",
      path: "/v1/fails/{id}",
      access: "public",
      summary: "",
      params: z.object({ id: z.string() }),
      answers: {},
      problems: [],
      handle: () =>
        Promise.reject(
          Object.assign(new Error(`cannot sign with 0x${key}`), { key, cause: new Error(`Bearer ${key}`) }),
        ),
    });
    const app = createApp({
      routes: [fails],
      plain: [],
      callerOf: () => Promise.reject(new Error("nobody")),
      bodyLimitBytes: 1_000,
      answered: logAnswered(log),
      log,
    });
    const server = createServer(app).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/fails/${key}`);
      const { instance, detail } = (await answer.json()) as { instance: string; detail: string };
      while (paper.lines().length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
      const [failed, answered] = paper.lines();
      expect(failed).to.include({ level: ERROR, route: "/v1/fails/{id}" });
      expect([`urn:uuid:${failed!.id}`, `urn:uuid:${answered!.id}`]).to.deep.equal([instance, instance]);
      expect(answered).to.include({ level: ERROR, status: 500, code: "internal" });
      expect(failed!.err!.message).to.equal("cannot sign with 0xc7c7c7c7…");
      expect(failed!.err!.stack).to.contain("logs.ts");
      expect(paper.text() + detail).to.not.contain(key);
    } finally {
      server.close();
    }
  });

  it("given words with a secret of each kind, when they are scrubbed, then the secret is gone and the rest stays", () => {
    const kinds: [string, string][] = [
      ["Authorization: Bearer abc.def", "Authorization: Bearer …"],
      ["key tmk_1_aGVsbG8 is old", "key tmk_… is old"],
      ["postgres://ledger:pass@db/ledger", "postgres://…@db/ledger"],
      [`block 0x${"12".repeat(32)} differs`, "block 0x12121212… differs"],
      ["token eyJhbGciOi.eyJzdWIi.c2ln ended", "token eyJ… ended"],
    ];
    for (const [words, left] of kinds) expect(scrub(words)).to.equal(left);
  });
});
