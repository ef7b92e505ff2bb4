/** Thousands of requests over two hundred connections, reads and writes, good and bad: all are answered, and the books balance. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { SignedItem } from "../../../scripts/bench/acts.ts";
import { eachOf } from "../../../scripts/demo/client.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { createCrowd, stall, watchHealth, type Question, type Reply } from "../../support/crowd.ts";
import { eachServerDatabase } from "../../support/databases.ts";
import { allFinal, apiAt, prepareHome, type PreparedHome } from "../../support/homes.ts";
import { startServer, type ServerProcess } from "../../support/server.ts";

const CONNECTIONS = 200;
const REQUESTS = Number(process.env["TIDEMARK_TEST_REQUESTS"] ?? 2_500);
const BODY_LIMIT = 4_194_304;
const MOST_BYTES = 2 ** 30;

/** Collects that are there before, and those that are handed in by bundles of four. */
const OLD = 400;
const BUNDLES = Math.ceil((REQUESTS * 12) / 100);

const textOf = (acts: readonly SignedItem[]): string => JSON.stringify(acts.map(({ item }) => item));

/** The most memory the process ever had, in bytes: its threads and both databases' drivers with it. */
function peakBytes(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
  return Number(kilobytes) * 1_024;
}

interface Scene {
  old: readonly SignedItem[];
  bundles: readonly SignedItem[][];
  accounts: readonly Hex[];
}

/** The n-th request: of a hundred, so many of each kind. Every valid bundle is posted, some of them twice or given up. */
function questionOf({ old, bundles, accounts }: Scene, n: number): Question {
  const [turn, round] = [n % 100, Math.floor(n / 100)];
  const lot = old[(n * 7) % old.length]!.digest;
  const bundle = bundles[(round * 12 + (turn % 12)) % bundles.length]!;
  const post = (body: string | Buffer, ...right: number[]): Question => ({ path: "/v1/acts", body, right });
  const valid = post(textOf(bundle), 202);
  if (turn < 12) return valid;
  if (turn < 18) return valid;
  if (turn < 21) return { ...valid, manner: "slow" };
  if (turn < 24) return { ...valid, manner: "gone" };
  if (turn < 26) return { path: `/v1/lots/${lot}/provenance`, right: [200], manner: "gone" };
  if (turn < 28) return post(textOf(bundle).slice(0, -20), 400);
  if (turn < 30) return post(`[{"type":"Collect"},7]`, 422);
  if (turn < 32) return post(spoiled(bundle), 422);
  if (turn < 33) return post(Buffer.alloc(BODY_LIMIT + 1, "["), 413);
  if (turn < 34) return { ...post("[1]", 415), contentType: "text/plain" };
  if (turn < 35) return post(JSON.stringify(Array(2_001).fill(0)), 400);
  if (turn < 36) return { path: "/v1/audit/digest", right: [200] };
  if (turn < 38) return { path: "/v1/audit/conservation", right: [200] };
  if (turn < 40) return { path: "/v1/lots/nobody", right: [400] };
  if (turn < 43) return { path: `/v1/lots/0x${String(n).padStart(64, "0")}`, right: [404] };
  if (turn < 55) return { path: `/v1/lots/${lot}/provenance`, right: [200] };
  if (turn < 70) return { path: `/v1/accounts/${accounts[n % accounts.length]}`, right: [200] };
  if (turn < 80) return { path: `/v1/requests/${lot}`, right: [200] };
  return { path: `/v1/lots/${lot}`, right: [200] };
}

/** Signed by the wrong hand: the collector's signature in the keeper's place. */
const spoiled = (bundle: readonly SignedItem[]): string =>
  JSON.stringify(bundle.map(({ item }) => ({ ...item, receiverSignature: item.giverSignature })));

/** Whether it is the answer there must be, or the one that a server with its hands full may give. */
const isRight = ({ question, status, headers }: Reply): boolean =>
  status === undefined
    ? question.manner === "gone"
    : question.right.includes(status) || (status === 503 && Number(headers["retry-after"]) > 0);

async function handIn(url: string, bundles: readonly (readonly SignedItem[])[]): Promise<void> {
  const crowd = createCrowd(url, 4);
  await eachOf(bundles, 4, async (bundle) => {
    expect((await crowd.ask({ path: "/v1/acts", body: textOf(bundle), right: [202] })).status).to.equal(202);
  });
  crowd.close();
}

/** Waits until everything that was ever posted is in the books: once, as grams that are another number for each show. */
async function booksHold(server: ServerProcess, acts: readonly SignedItem[]): Promise<void> {
  const api = apiAt(server.url);
  const grams = String(acts.reduce((sum, { item }) => sum + item.act.grams, 0));
  let conservation = await api.conservation();
  const collected = (): string => conservation.checks.find(({ id }) => id === "T1.collected")!.right;
  for (; Number(collected()) < Number(grams); conservation = await api.conservation()) await sleep(100);
  expect(collected()).to.equal(grams);
  expect(conservation.ok, JSON.stringify(conservation.checks)).to.equal(true);
}

eachServerDatabase("a server under load", (database) => {
  let prepared: PreparedHome;
  let scene: Scene;

  before(async function () {
    this.timeout(120_000);
    prepared = await prepareHome();
    const acts = prepared.acts(0, OLD + 4 * BUNDLES);
    scene = {
      old: acts.slice(0, OLD),
      bundles: Array.from({ length: BUNDLES }, (_, i) => acts.slice(OLD + 4 * i, OLD + 4 * i + 4)),
      accounts: prepared.cast.parties.map(({ account }) => account),
    };
  });
  after(() => prepared.remove());

  let server: ServerProcess | undefined;
  afterEach(() => server?.kill());

  const start = async (): Promise<ServerProcess> =>
    (server = await startServer(await prepared.copy(), {
      ...(await database.fresh()),
      TIDEMARK_BODY_LIMIT: String(BODY_LIMIT),
    }));

  it(`given ${CONNECTIONS} connections, some slow, stalled or broken off, when ${REQUESTS} requests come over them, then each has its answer, /health too, and the books balance`, async function () {
    this.timeout(300_000);
    const server = await start();
    await handIn(server.url, [scene.old]);
    await allFinal(apiAt(server.url), scene.old);

    const stalled = await stall(server.url, 20);
    const health = watchHealth(server.url);
    const crowd = createCrowd(server.url, CONNECTIONS);
    const wrong: string[] = [];
    let busy = 0;
    const judge = (n: number, reply: Reply): void => {
      if (!isRight(reply)) wrong.push(`${n} ${reply.question.path}: ${reply.status} ${reply.body.slice(0, 200)}`);
      else if (reply.status === 503) busy++;
    };
    const numbers = Array.from({ length: REQUESTS }, (_, n) => n);
    await eachOf(numbers, CONNECTIONS, (n) =>
      crowd.ask(questionOf(scene, n)).then(
        (reply) => judge(n, reply),
        (error: unknown) => void wrong.push(`${n} ${String(error)}`),
      ),
    );
    crowd.close();
    const statuses = await health.stop();
    expect(wrong.slice(0, 5), `${wrong.length} of ${REQUESTS}`).to.deep.equal([]);
    expect(busy, "refused for a while").to.be.lessThan(REQUESTS / 10);
    expect(statuses.length).to.be.greaterThan(10);
    expect(statuses.filter((status) => status !== 200)).to.deep.equal([]);

    // those that were given up may or may not have arrived
    await handIn(server.url, scene.bundles);
    await booksHold(server, [...scene.old, ...scene.bundles.flat()]);
    expect(peakBytes(server.pid), "bytes at the most").to.be.lessThan(MOST_BYTES);
    // the stalled ones still hold their connections
    expect(await server.stop()).to.equal(0);
    for (const socket of stalled) socket.destroy();
  });

  it(`given ${CONNECTIONS} connections, when each sends the largest body there is at once, then some are told to come later, small acts are taken meanwhile, and memory stays below 1 GB`, async function () {
    this.timeout(300_000);
    const { url, pid, stop } = await start();
    const crowd = createCrowd(url, CONNECTIONS);
    const health = watchHealth(url);
    const largest: Question = { path: "/v1/acts", body: `["${"a".repeat(BODY_LIMIT - 4)}"]`, right: [422] };
    const replies = Promise.all(Array.from({ length: CONNECTIONS }, () => crowd.ask(largest)));
    await handIn(url, scene.bundles.slice(0, 20));
    const answers = await replies;
    // there is room again
    expect((await crowd.ask(largest)).status).to.equal(422);
    crowd.close();
    expect(await health.stop()).to.include(200);
    expect(answers.filter((reply) => !isRight(reply))).to.deep.equal([]);
    expect(answers.map(({ status }) => status)).to.include.members([422, 503]);
    expect(peakBytes(pid), "bytes at the most").to.be.lessThan(MOST_BYTES);
    expect(await stop()).to.equal(0);
  });
});
