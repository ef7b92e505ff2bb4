import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "chai";
import express from "express";
import { createEvents } from "../../../server/api/events.ts";
import { sendStream } from "../../../server/api/streaming.ts";
import { readConfig } from "../../../server/config.ts";
import { Problem } from "../../../server/errors.ts";
import { createLog } from "../../../server/log.ts";
import { start, type Running } from "../../../server/main.ts";
import type { Route } from "../../../server/route.ts";
import { openApi, type TestApi } from "../../support/api.ts";
import { openStream, type Told } from "../../support/events.ts";
import { allFinal, apiAt } from "../../support/homes.ts";

const actsOf = (events: readonly Told[]): unknown[] =>
  events.filter(({ type }) => type === "act").map(({ data }) => data["digest"]);

const placeOf = (id: string): [number, number] => id.split("-").map(Number) as [number, number];

/** Whether each id is beyond the one before. */
const ascends = (ids: readonly string[]): boolean =>
  ids.every((id, i) => {
    if (i === 0) return true;
    const [[block, index], [before, last]] = [placeOf(id), placeOf(ids[i - 1]!)];
    return block > before || (block === before && index > last);
  });

describe("GET /v1/events", () => {
  let api: TestApi;
  let running: Running;
  const isAct =
    (digest: string) =>
    ({ data }: Told): boolean =>
      data["digest"] === digest;

  before(async function () {
    this.timeout(60_000);
    api = await openApi();
    running = api.running;
  });
  after(async () => {
    await running.stop();
    await rm(api.home, { recursive: true });
  });

  async function handIn(from: number, count: number): Promise<string[]> {
    const acts = api.acts(from, count);
    const body = JSON.stringify(acts.map(({ item }) => item));
    await fetch(`${running.url}/v1/acts`, { method: "POST", headers: { "content-type": "application/json" }, body });
    await allFinal(apiAt(running.url), acts);
    return acts.map(({ digest }) => digest);
  }

  it("given a client that leaves and comes back, also after the server was started again, when it goes on after its last event, then it gets every act once and in order", async function () {
    this.timeout(60_000);
    const got: Told[] = [];
    const digests = await handIn(0, 10);
    let stream = await openStream(running.url, "?after=0-0");
    got.push(...(await stream.until(isAct(digests[4]!))));
    await stream.leave();

    // it takes up again from the event that it handled last, in the middle of a block
    const middle = got.findIndex(isAct(digests[4]!));
    got.splice(middle + 1);
    stream = await openStream(running.url, "", { "last-event-id": got.at(-1)!.id });
    got.push(...(await stream.until(isAct(digests[9]!))));
    const waiting = stream.until(() => false);
    await running.stop();
    got.push(...(await waiting));
    expect(await stream.ended()).to.equal(true);

    running = await start(
      readConfig({ TIDEMARK_HOME: api.home, TIDEMARK_PORT: "0", TIDEMARK_BODY_LIMIT: "1000000" }),
      createLog("silent"),
    );
    await running.ready;
    const again = await openStream(running.url, "", { "last-event-id": stream.lastId() });
    const later = again.until(({ data }) => data["digest"] === api.acts(10, 10).at(-1)!.digest);
    digests.push(...(await handIn(10, 10)));
    got.push(...(await later));
    await again.leave();

    expect(actsOf(got)).to.deep.equal(digests);
    expect(ascends(got.map(({ id }) => id))).to.equal(true);
    const anew = await openStream(running.url, "?after=0-0");
    expect(await anew.until(isAct(digests[19]!))).to.deep.equal(got);
    await anew.leave();
  });

  it("given events of many kinds, when they are read, then each fits the document, and no collector is named", async () => {
    const document = (await (await fetch(`${running.url}/openapi.json`)).json()) as object;
    const ajv = new Ajv2020({ strict: false });
    ajv.addSchema(document, "openapi");
    const stream = await openStream(running.url, "?after=0-0");
    const [last] = await handIn(20, 1);
    const events = await stream.until(isAct(last!));
    for (const { type, data } of events) {
      const validate = ajv.compile({ $ref: `openapi#/components/schemas/Event_${type}` });
      expect(validate(data), `${type} ${JSON.stringify(data)} ${JSON.stringify(validate.errors)}`).to.equal(true);
    }
    for (const { item } of api.acts(0, 21)) expect(stream.text()).to.not.contain(item.act.collector.slice(2));
    await stream.leave();
  });

  it("given types, when only some are asked for, then the others are left out, and the id goes on beyond them", async () => {
    const stream = await openStream(running.url, "?types=retired,pool-funded");
    const before = stream.until(() => false);
    await handIn(21, 1);
    while (!/^id: \d+-\d+\n\nid: /m.test(stream.text())) await sleep(10);
    const marks = [...stream.text().matchAll(/^id: (\S+)$/gm)].map(([, id]) => id!);
    expect(ascends(marks)).to.equal(true);
    expect(stream.text()).to.not.contain("event:");
    await stream.leave();
    await before.catch(() => undefined);
  });

  it("given types or places that are none, when they are asked for, then the answer is 400 and no stream", async () => {
    for (const query of ["?types=gossip", "?types=", "?after=12", "?after=-1-2", "?since=0-0"]) {
      const answer = await fetch(`${running.url}/v1/events${query}`);
      expect([answer.status, ((await answer.json()) as { code: string }).code], query).to.deep.equal([
        400,
        "invalid-request",
      ]);
    }
    const headers = { "last-event-id": "somewhere" };
    expect((await fetch(`${running.url}/v1/events`, { headers })).status).to.equal(400);
  });

  it("given HEAD, when the stream is asked for, then its head comes and the answer ends", async () => {
    const answer = await fetch(`${running.url}/v1/events`, { method: "HEAD" });
    expect([answer.status, answer.headers.get("content-type")?.split(";")[0]]).to.deep.equal([
      200,
      "text/event-stream",
    ]);
    expect(answer.headers.get("cache-control")).to.equal("no-cache, no-transform");
    expect(await answer.text()).to.equal("");
  });

  it("given as many streams as there may be, when one more is asked for, then it is told to come later; when one leaves, it may", async () => {
    const events = createEvents({
      ...{ db: running.db, projections: [], kinds: {}, log: createLog("silent"), mostStreams: 1 },
    });
    const [route] = events.routes as [Route];
    const ask = { query: {}, headers: {} } as Parameters<Route["handle"]>[0];
    const leaving = new AbortController();
    const first = (await route.handle(ask)).stream!(leaving.signal)[Symbol.asyncIterator]();
    expect((await first.next()).value).to.contain("retry: ");
    let refusal: unknown;
    try {
      await route.handle(ask);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).to.be.instanceOf(Problem).with.nested.property("view.code", "busy");
    leaving.abort();
    expect((await first.next()).done).to.equal(true);
    expect((await route.handle(ask)).status).to.equal(200);
  });

  it("given nothing that becomes final, when time passes, then a comment shows that the stream lives", async () => {
    const events = createEvents({
      ...{ db: running.db, projections: [], kinds: {}, log: createLog("silent"), heartbeatMs: 5 },
    });
    const gone = new AbortController();
    const reply = await events.routes[0]!.handle({ query: {}, headers: {} } as Parameters<Route["handle"]>[0]);
    const stream = reply.stream!(gone.signal)[Symbol.asyncIterator]();
    await stream.next();
    expect((await stream.next()).value).to.match(/^: \d+-\d+\nid: \d+-\d+\n\n$/);
    gone.abort();
    await stream.next();
  });
});

describe("sendStream", () => {
  it("given a client that reads nothing, when a stream has more for it, then the stream waits, and the client is dropped", async () => {
    let produced = 0;
    const app = express();
    const ended = new Promise<void>((resolve) => {
      app.get("/", (request, response, next) => {
        async function* endless(): AsyncGenerator<string> {
          for (;;) {
            produced++;
            yield await Promise.resolve("x".repeat(65_536));
          }
        }
        sendStream(request, response, endless, 200).then(resolve, next);
      });
    });
    const server = createServer(app).listen(0, "127.0.0.1");
    await once(server, "listening");
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.pause();
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await ended;
    // what the kernel takes on both sides of a local connection, and no more
    expect(produced).to.be.within(2, 400);
    socket.destroy();
    server.close();
    server.closeAllConnections();
  });
});
