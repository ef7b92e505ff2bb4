import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { Db } from "../../../server/db/port.ts";
import { stateDigest } from "../../../server/indexer/digests.ts";
import { accept } from "../../../server/relayer/accept.ts";
import { createRelayer } from "../../../server/relayer/relayer.ts";
import type { NewRequest } from "../../../server/relayer/requests.ts";
import { settle } from "../../../server/relayer/settle.ts";
import type { SignedAct } from "../../../server/traceability/acts.ts";
import { traceabilityCarriers } from "../../../server/traceability/carriers.ts";
import { lotOrder } from "../../../server/traceability/order.ts";
import { requestOf } from "../../../server/traceability/requests.ts";
import { batchOf, recorders } from "../../support/acts.ts";
import { openEmbedded } from "../../support/chains.ts";
import { domainOf, randomFrom } from "../../support/dag.ts";
import { eachDatabase } from "../../support/databases.ts";
import { planHistory, type History, type PlannedAct } from "../../support/history.ts";
import { headOf, indexerOf } from "../../support/indexing.ts";
import { openLedger, registrationOf, type Ledger } from "../../support/ledger.ts";
import { newSigner, nothingReached, silent, states } from "./rig.ts";

const SEED = 20_261_121;
const ACTS = 240;
const DEVICES = 200;

/** A server's write and read path over a chain of its own: the same addresses, and so the same acts, every time. */
interface Running {
  db: Db;
  ledger: Ledger;
  handIn(acts: readonly PlannedAct[]): Promise<unknown>;
  /** Resolves when nothing moves any more. */
  quiet(): Promise<void>;
  digest(): Promise<string>;
  stop(): Promise<void>;
}

const asRequest = (act: PlannedAct): NewRequest => ({
  ...requestOf({ id: act.digest, signed: act as unknown as SignedAct }),
  receipt: `receipt of ${act.digest}`,
  acceptedAt: Date.now(),
});

async function run(db: Db, seed: number): Promise<Running & { history: History }> {
  const opened = await openEmbedded();
  const ledger = await openLedger(opened.chain);
  const history = planHistory(domainOf(ledger), seed, ACTS);
  await ledger.call(ledger.registry, "Parties", "register", [history.people.map((account) => registrationOf(account))]);
  const { chainId, contracts } = ledger.deployment;
  const carriers = traceabilityCarriers(contracts.LotLedger.address);
  const common = { db, chain: opened.chain, log: silent, reached: nothingReached };
  const relayer = createRelayer({ ...common, carriers, signer: newSigner(), chainId, orphanDays: 30 });
  const indexer = indexerOf(db, ledger, {
    settle: (sql, outcomes) => settle(sql, outcomes, lotOrder),
    afterCommit: relayer.wake,
  });
  await indexer.start();
  await relayer.start();
  return {
    db,
    ledger,
    history,
    async handIn(acts) {
      await accept(db, acts.map(asRequest), lotOrder);
      relayer.wake();
    },
    async quiet() {
      for (let still = 0; still < 3; await sleep(50)) {
        await indexer.indexed(await headOf(ledger));
        const { queued = 0, signed = 0, sent = 0, mined = 0 } = await states(db);
        still = queued + signed + sent + mined === 0 ? still + 1 : 0;
      }
    },
    digest: async () => (await stateDigest(db.sql, ledger.projections)).root,
    async stop() {
      await relayer.stop();
      await indexer.stop();
      await opened.close();
    },
  };
}

/** Each device has some acts, several devices the same ones; it sends them in whatever order, in bundles that break off. */
function deliveries(acts: readonly PlannedAct[], random: (n: number) => number): PlannedAct[][] {
  const devices = Array.from({ length: DEVICES }, (): PlannedAct[] => []);
  for (const act of acts) {
    for (let copies = 1 + random(3); copies > 0; copies--) devices[random(DEVICES)]!.push(act);
  }
  const shuffled = <T>(some: readonly T[]): T[] =>
    some
      .map((one) => ({ one, at: random(2 ** 30) }))
      .sort((a, b) => a.at - b.at)
      .map(({ one }) => one);
  const bundles = devices.flatMap((own) => {
    const whole = shuffled(own);
    const sent = whole.slice(0, random(whole.length + 1));
    // a bundle that broke off comes again, whole
    return [sent, whole].filter((bundle) => bundle.length > 0);
  });
  return shuffled(bundles);
}

eachDatabase("acts in whatever order", (open) => {
  it("given a random history, when 200 devices deliver it shuffled, repeated and broken off, and strangers carry some, then it ends as in order", async () => {
    const inOrder = await run(await open(), SEED);
    const { acts } = inOrder.history;
    for (let from = 0; from < ACTS; from += 50) await inOrder.handIn(acts.slice(from, from + 50));
    await inOrder.quiet();
    expect(await states(inOrder.db)).to.deep.equal({ final: ACTS });
    const expected = await inOrder.digest();
    await inOrder.stop();

    const random = randomFrom(SEED + 1);
    const other = await run(await open(), SEED);
    const strangers = new Set(acts.filter(({ type }) => type === "Collect" && random(6) === 0));
    const bundles = deliveries(
      acts.filter((act) => !strangers.has(act)),
      random,
    );
    const half = bundles.length / 2;
    for (let from = 0; from < bundles.length; from += 8) {
      await Promise.all(bundles.slice(from, from + 8).map((bundle) => other.handIn(bundle)));
      if (from <= half && from + 8 > half) {
        await other.ledger.call(other.ledger.carrier, "LotLedger", recorders.Collect, batchOf([...strangers].slice(1)));
      }
    }
    await other.quiet();
    // what rests on the one collect that nobody has carried still waits, and nothing else
    const before = await states(other.db);
    expect(Object.keys(before).sort()).to.deep.equal(["final", "waiting"]);
    await other.ledger.call(other.ledger.carrier, "LotLedger", recorders.Collect, batchOf([...strangers].slice(0, 1)));
    await other.quiet();
    expect(await states(other.db)).to.deep.equal({ final: ACTS - strangers.size });
    expect(await other.digest()).to.equal(expected);
    await other.stop();
  });
});
