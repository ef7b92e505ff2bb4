/**
 * The server is killed at every step of the write path and at seeded moments. Whatever was accepted must come out once:
 * the same state as a run nobody disturbed, and digests that a fresh reader of the same chain finds too.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { SignedItem } from "../../../scripts/bench/acts.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { steps } from "../../../server/relayer/port.ts";
import { eachServerDatabase, type ServerDatabase } from "../../support/databases.ts";
import { allFinal, apiAt, prepareHome, type PreparedHome } from "../../support/homes.ts";
import { startServer, type ServerProcess } from "../../support/server.ts";

const KILLS = Number(process.env["TIDEMARK_TEST_KILLS"] ?? 5);
const SEED = Number(process.env["TIDEMARK_FUZZ_SEED"] ?? 1) >>> 0;
const ACTS = 120;

/** Sends acts without waiting for the answer to be read; a server that dies in between is what these tests are about. */
async function hand(url: string, acts: readonly SignedItem[]): Promise<boolean> {
  try {
    const response = await fetch(`${url}/v1/acts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(acts.map(({ item }) => item)),
    });
    return response.status === 202;
  } catch {
    return false;
  }
}

interface Outcome {
  block: number;
  effects: Hex;
  state: Hex;
}

/** Waits for all acts, checks the books, and returns the digests. */
async function outcome(server: ServerProcess, acts: readonly SignedItem[]): Promise<Outcome> {
  const api = apiAt(server.url);
  await allFinal(api, acts);
  const { ok, checks } = await api.conservation();
  expect(ok, JSON.stringify(checks)).to.equal(true);
  const grams = acts.reduce((sum, { item }) => sum + item.act.grams, 0);
  expect(checks.find(({ id }) => id === "T1.collected")?.left).to.equal(String(grams));
  const { block, effects, state } = await api.digest();
  return { block, effects, state: state!.root };
}

/** The same chain read by a server whose database is empty: its digests at that block and of its state. */
async function rebuilt(home: string, database: ServerDatabase, block: number): Promise<{ effects: Hex; state: Hex }> {
  const server = await startServer(home, await database.freshFor(home));
  const api = apiAt(server.url);
  while ((await api.conservation()).asOfBlock < block) await sleep(25);
  const [then, now] = [await api.digest(block), await api.digest()];
  await server.stop();
  return { effects: then.effects, state: now.state!.root };
}

/** Small, seeded and good enough to spread kills over time (mulberry32). */
function seeded(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

eachServerDatabase("a killed server", (database) => {
  let prepared: PreparedHome;
  let acts: SignedItem[];
  let undisturbed: Hex;

  before(async function () {
    this.timeout(120_000);
    prepared = await prepareHome();
    acts = prepared.acts(0, ACTS);
    const server = await startServer(await prepared.copy(), await database.fresh());
    expect(await hand(server.url, acts)).to.equal(true);
    undisturbed = (await outcome(server, acts)).state;
    expect(await server.stop()).to.equal(0);
  });
  after(() => prepared.remove());

  it(`given acts that have come to each of "${steps.join(", ")}", when it is killed there and started again, then each is recorded once`, async function () {
    this.timeout(300_000);
    const home = await prepared.copy();
    const env = await database.fresh();
    const each = ACTS / steps.length;
    const bundles = steps.map((_, i) => acts.slice(i * each, (i + 1) * each));
    const unanswered: SignedItem[] = [];
    // the last step first: what a kill before it left behind would come to it, and be held there, before the server is up
    for (const [i, step] of [...steps.entries()].reverse()) {
      const held = await startServer(home, { ...env, TIDEMARK_HOLD_AT: step });
      const answered = hand(held.url, bundles[i]!);
      await held.reached(step);
      // whoever was answered need not send again; whoever was not, does
      const accepted = step === "accepted" ? false : await Promise.race([answered, sleep(5_000, false)]);
      if (!accepted) unanswered.push(...bundles[i]!);
      await held.kill();
    }
    const again = await startServer(home, env);
    expect(await hand(again.url, unanswered)).to.equal(true);
    const found = await outcome(again, acts);
    expect(await again.stop()).to.equal(0);
    expect(found.state).to.equal(undisturbed);
    expect(await rebuilt(home, database, found.block)).to.deep.equal({ effects: found.effects, state: undisturbed });
  });

  it(`given a client that keeps sending, when the server is killed ${KILLS} times (seed ${SEED}), then nothing accepted is lost or doubled`, async function () {
    this.timeout(60_000 + KILLS * 20_000);
    const home = await prepared.copy();
    const env = await database.fresh();
    const random = seeded(SEED);
    const accepted = new Set<Hex>();
    const bundles = Array.from({ length: ACTS / 4 }, (_, i) => acts.slice(i * 4, i * 4 + 4));
    let next = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      // now and then while the journal still replays
      const server = await startServer(home, env, random() < 0.3 ? "listening" : "ready");
      const killed = sleep(random() * 400).then(() => server.kill());
      const until = Math.ceil(((kill + 1) * bundles.length) / KILLS);
      while (next < until && (await hand(server.url, bundles[next]!))) {
        for (const { digest } of bundles[next]!) accepted.add(digest);
        next++;
      }
      await killed;
    }
    const server = await startServer(home, env);
    const api = apiAt(server.url);
    await allFinal(
      api,
      acts.filter(({ digest }) => accepted.has(digest)),
    );
    for (const bundle of bundles) expect(await hand(server.url, bundle)).to.equal(true);
    const found = await outcome(server, acts);
    expect(await server.stop()).to.equal(0);
    expect(found.state).to.equal(undisturbed);
    expect(await rebuilt(home, database, found.block)).to.deep.equal({ effects: found.effects, state: undisturbed });
  });
});
