import { expect } from "chai";
import { exportJWK, generateKeyPair } from "jose";
import { readHeader, readLogs } from "../../../server/chain/blocks.ts";
import { decodeProjectLog } from "../../../server/chain/carbonEvents.ts";
import { sendAs } from "../../../server/chain/deploy.ts";
import { RpcError, type Chain, type Hex } from "../../../server/chain/port.ts";
import { createRecoveryPool, type RecoveryPool } from "../../../server/chain/recovery.ts";
import { encodeStatement, statementCarrier } from "../../../server/carbon/carrier.ts";
import { acceptStatement, type StatementResult } from "../../../server/carbon/intake.ts";
import { reasonOf } from "../../../server/carbon/reasons.ts";
import type { SignedVerification } from "../../../server/carbon/statements.ts";
import type { Db } from "../../../server/db/port.ts";
import { createLog } from "../../../server/log.ts";
import { createReceipts } from "../../../server/relayer/receipts.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { eachDatabase } from "../../support/databases.ts";
import { indexAll } from "../../support/indexing.ts";
import { openLedger, type Ledger, type Person } from "../../support/ledger.ts";
import { startCarbon, type Carbon } from "../../support/mussels.ts";

eachDatabase("intake of statements beside the contract's own checks", (open) => {
  let opened: OpenChain;
  let ledger: Ledger;
  let carbon: Carbon;
  let db: Db;
  let pool: RecoveryPool;
  let fresh: Hex;
  let closed: Hex;
  let take: (statement: unknown, more?: { chain?: Chain; caughtUp?: () => boolean }) => Promise<StatementResult>;

  before(async () => {
    db = await open();
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    carbon = await startCarbon(ledger);
    closed = await carbon.report(1_000n);
    await carbon.verify(closed, 900n);
    await carbon.issue(closed, 2016, [[carbon.farmers[0]!, 900n]]);
    fresh = await carbon.report(1_000n, 2023, 1);
    await carbon.verify(fresh, 1_000n, 1);
    await indexAll(db, ledger);
    pool = createRecoveryPool({ workers: 1, log: createLog("silent") });
    const { privateKey } = await generateKeyPair("EdDSA", { extractable: true });
    const { chain, domain } = ledger;
    const keys = [{ ...(await exportJWK(privateKey)), kid: "test" }];
    const receipts = await createReceipts(keys, domain.chainId, domain.authority);
    const silent = { reached: () => Promise.resolve(), wake: () => undefined, caughtUp: () => true };
    const deps = { db, chain, domain, pool, receipts, ...silent };
    take = (statement, more) => acceptStatement({ ...deps, ...more }, statement);
  });
  after(async () => {
    await pool.close();
    await opened.close();
  });

  const signed = (who: Person, report: Hex, kg = 1_000n): SignedVerification => {
    const { act, signature } = carbon.statement(who, report, kg);
    return { type: "Verification", act, signature };
  };
  /** As it travels. */
  const wire = ({ act, ...rest }: SignedVerification): unknown => ({
    ...rest,
    act: { ...act, attestedKg: String(act.attestedKg) },
  });

  it("given statements of all kinds, when the contract is given what intake refuses, then it skips each for the same reason", async () => {
    const { verifiers, buyer, proponent, measurer, farmers } = carbon;
    const statements = [
      signed(verifiers[0], fresh, 1n),
      signed(verifiers[1], fresh, 1_001n),
      signed(verifiers[1], closed),
      signed(verifiers[1], `0x${"ee".repeat(32)}`),
      ...[proponent, measurer, farmers[5]!, buyer].map((who) => signed(who, fresh)),
      // two faults at once: the first that the contract looks for is told
      signed(verifiers[0], closed, 5_000n),
      signed(proponent, fresh, 5_000n),
      signed(buyer, `0x${"ee".repeat(32)}`, 5_000n),
    ];
    const told: unknown[] = [];
    for (const statement of statements) told.push((await take(wire(statement))).problem?.code);
    const carrier = statementCarrier(ledger.deployment.contracts.Projects.address);
    const data = carrier.calldata(statements.map(encodeStatement));
    await sendAs(opened.chain, ledger.carrier.signer, ledger.deployment.chainId, carrier.to, data);
    const head = (await readHeader(opened.chain, "latest"))!;
    const logs = await readLogs(opened.chain, head.number, head.number, [carrier.to]);
    const reasons = logs.map((log) => {
      const event = decodeProjectLog(log, head)!;
      return event.name === "Skipped" ? reasonOf(event.args.reason)!.code : event.name;
    });
    expect(told).to.deep.equal(reasons);
    expect(new Set(told)).to.have.property("size", 6);
    const rows = await db.sql<{ n: bigint }>`SELECT count(*) AS n FROM request`;
    expect(Number(rows[0]!.n)).to.equal(0);
  });

  it("given rows that are behind the chain, when a statement would be refused for them, then it is to come again; a good one is taken", async () => {
    const behind = { caughtUp: () => false };
    const { status, problem } = await take(wire(signed(carbon.buyer, fresh)), behind);
    expect([status, problem?.code, problem?.status]).to.deep.equal(["rejected", "not-ready", 503]);
    expect((await take(wire(signed(carbon.verifiers[1], fresh)), behind)).status).to.equal("accepted");
  });

  it("given a chain that is replaying, or gives no answer, when a statement is handed in, then it is to come again", async () => {
    const { chain } = ledger;
    const away = { ...chain, request: () => Promise.reject(new RpcError(-32_000, "no")) } as Chain;
    const replaying: Chain = {
      ...chain,
      status: () => ({ ...chain.status(), ready: false }),
      request: () => new Promise(() => undefined),
    };
    for (const each of [away, replaying]) {
      const { problem } = await take(wire(signed(carbon.verifiers[2], fresh)), { chain: each });
      expect(problem?.code).to.equal("not-ready");
    }
    expect((await take(wire(signed(carbon.verifiers[2], fresh)))).status).to.equal("accepted");
  });
});
