import { expect } from "chai";
import { interfaces } from "../../../server/chain/contracts.ts";
import type { Hex } from "../../../server/chain/port.ts";
import type { Db } from "../../../server/db/port.ts";
import { createIndexer, type Indexer } from "../../../server/indexer/indexer.ts";
import { accept } from "../../../server/relayer/accept.ts";
import { readRequest, type RequestView } from "../../../server/relayer/queries.ts";
import { createRelayer, type Relayer } from "../../../server/relayer/relayer.ts";
import { settle } from "../../../server/relayer/settle.ts";
import { traceabilityCarriers } from "../../../server/traceability/carriers.ts";
import { encodeAct } from "../../../server/traceability/encoding.ts";
import { lotOrder } from "../../../server/traceability/order.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { eachDatabase } from "../../support/databases.ts";
import { openLedger, person, type Ledger, type MadeCollect } from "../../support/ledger.ts";
import { draw, newSigner, nothingReached, requestOf, silent } from "./rig.ts";

const collector = person("collector");
const keeper = person("keeper");

eachDatabase("relayer and indexer over the real contracts", (open) => {
  let db: Db;
  let opened: OpenChain;
  let ledger: Ledger;
  let indexer: Indexer;
  let relayer: Relayer;
  before(async () => {
    db = await open();
    opened = await openEmbedded();
    const { chain } = opened;
    ledger = await openLedger(chain);
    await ledger.register(collector, keeper);
    const { chainId, contracts } = ledger.deployment;
    const { projections } = ledger;
    const common = { db, chain, log: silent, reached: nothingReached };
    const settling = (
      ...[sql, outcomes]: [Parameters<typeof settle>[0], Parameters<typeof settle>[1]]
    ): Promise<void> => settle(sql, outcomes, lotOrder);
    indexer = createIndexer({ ...common, finality: "instant", projections, settle: settling });
    const carriers = traceabilityCarriers(contracts.LotLedger.address);
    relayer = createRelayer({ ...common, carriers, signer: newSigner(), chainId, orphanDays: 30 });
    await indexer.start();
  });
  after(async () => {
    await relayer.stop();
    await indexer.stop();
    await opened.close();
  });

  const handIn = (acts: readonly MadeCollect[]): ReturnType<typeof accept> => {
    const requests = acts.map((act) => requestOf({ digest: act.lot, kind: "collect", body: encodeAct(act) }));
    return accept(db, requests, lotOrder);
  };

  /** The same act as anybody could send it on, with a signature that is none. */
  const spoiled = (act: MadeCollect): MadeCollect => ({ ...act, giverSignature: `0x${"11".repeat(64)}` });

  const indexed = async (): Promise<void> => {
    await indexer.indexed(Number(await opened.chain.request<Hex>("eth_blockNumber")));
  };

  async function ended(digest: Hex): Promise<RequestView> {
    for (;;) {
      const view = (await readRequest(db.sql, digest))!;
      if (["final", "skipped", "rejected"].includes(view.state)) return view;
      await new Promise<void>((resolve) => {
        const stop = opened.chain.onHead(() => {
          stop();
          resolve();
        });
        void indexed().then(resolve);
      });
    }
  }

  it("given strangers who carry copies of the acts, good and spoiled, before and after, then each request tells what the chain recorded", async () => {
    const collect = (): MadeCollect => ledger.collect(collector, keeper);
    const [plain, spoiledBefore, carriedBefore, spoiledAfter, known] = [
      collect(),
      collect(),
      collect(),
      collect(),
      collect(),
    ];
    const unregistered = ledger.collect(person("nobody"), keeper);

    await ledger.record(known);
    await indexed();
    const acts = [plain, spoiledBefore, carriedBefore, spoiledAfter, known, unregistered];
    const accepted = await handIn(acts);
    expect(accepted.map(({ state }) => state)).to.deep.equal([
      "queued",
      "queued",
      "queued",
      "queued",
      "final",
      "queued",
    ]);

    const spoiling = await ledger.record(spoiled(spoiledBefore));
    const strangers = await ledger.record(carriedBefore);
    await indexed();
    expect(await readRequest(db.sql, spoiledBefore.lot)).to.include({ state: "queued", tx: null });
    expect(await readRequest(db.sql, carriedBefore.lot)).to.include({ state: "final", tx: strangers.hash });

    await relayer.start();
    const ours = (await ended(plain.lot)).tx;
    await ledger.record(spoiled(spoiledAfter), spoiledAfter, plain);
    await indexed();
    for (const act of [plain, spoiledBefore, spoiledAfter]) {
      expect(await ended(act.lot)).to.include({ state: "final", tx: ours, reason: null });
    }
    expect(ours).not.to.be.oneOf([spoiling.hash, strangers.hash]);
    expect(await readRequest(db.sql, carriedBefore.lot)).to.include({ state: "final", tx: strangers.hash });
    const skipped = await ended(unregistered.lot);
    expect(skipped).to.include({ state: "skipped", tx: ours });
    expect(interfaces.LotLedger.getError(skipped.reason!)?.name ?? skipped.reason).to.match(
      /Unregistered|Account|Party/,
    );
    const [lots] = await db.sql<{ n: bigint }>`SELECT count(*) AS n FROM lot`;
    expect(lots!.n).to.equal(5n);
  });

  it("given an act that waits for one that never comes, then it is counted, and expires when the clock says so", async () => {
    const orphan = requestOf({ subject: draw(), seq: 0, acceptedAt: Date.now() });
    expect((await accept(db, [orphan], lotOrder))[0]).to.include({ state: "waiting" });
    const { chainId } = ledger.deployment;
    const common = {
      db,
      chain: opened.chain,
      log: silent,
      reached: nothingReached,
      carriers: [],
      chainId,
      orphanDays: 30,
    };
    for (const [later, counts] of [
      [30 * 86_400_000, { waiting: 1, expired: 0 }],
      [30 * 86_400_000 + 1, { waiting: 0, expired: 1 }],
    ] as const) {
      let idle = (): void => undefined;
      const quiet = new Promise<void>((resolve) => (idle = resolve));
      const now = (): number => orphan.acceptedAt + later;
      const watching = createRelayer({ ...common, signer: newSigner(), now, onIdle: idle });
      await watching.start();
      await quiet;
      expect(watching.status()).to.include(counts);
      await watching.stop();
    }
    expect((await readRequest(db.sql, orphan.digest))!.state).to.equal("expired");
  });
});
