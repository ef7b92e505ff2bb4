import { createHash } from "node:crypto";
import { expect } from "chai";
import { interfaces } from "../../../server/chain/contracts.ts";
import type { Hex } from "../../../server/chain/port.ts";
import type { Db, Sql } from "../../../server/db/port.ts";
import { effectsDigest, stateDigest } from "../../../server/indexer/digests.ts";
import { readDigests } from "../../../server/indexer/queries.ts";
import { replayProjections } from "../../../server/indexer/replay.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { eachDatabase } from "../../support/databases.ts";
import { clearIndex, headOf, indexAll, indexerOf } from "../../support/indexing.ts";
import { openLedger, type Ledger } from "../../support/ledger.ts";
import { collectors, keeper, play, type Played } from "./scenario.ts";

const sha256 = (...parts: (Buffer | string)[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const bytes = (hex: Hex): Buffer => Buffer.from(hex.slice(2), "hex");
const hex = (digest: Buffer): Hex => `0x${digest.toString("hex")}`;

/** The state digest as the protocol words it, with nothing of the server's. */
function naiveStateDigest(records: Record<string, string>): { root: Hex; buckets: Hex[] } {
  const lines = Array.from({ length: 256 }, () => "");
  for (const key of Object.keys(records).sort()) lines[sha256(key)[0]!]! += `${key}=${records[key]!}\n`;
  const buckets = lines.map((text) => sha256(text));
  return { root: hex(sha256(...buckets)), buckets: buckets.map(hex) };
}

describe("effects digest", () => {
  it("given a block with two facts, when linked, then it is sha256 of what the protocol names", () => {
    const [before, block]: [Hex, Hex] = [`0x${"11".repeat(32)}`, `0x${"22".repeat(32)}`];
    const expected = sha256(bytes(before), bytes(block), "v1", "One a=1\nTwo b=0x02");
    expect(effectsDigest(before, block, ["One a=1", "Two b=0x02"])).to.equal(hex(expected));
    expect(effectsDigest(before, block, [])).to.equal(hex(sha256(bytes(before), bytes(block), "v1")));
  });
});

eachDatabase("digests", (open) => {
  let opened: OpenChain;
  let ledger: Ledger;
  let played: Played;
  let db: Db;

  before(async () => {
    db = await open();
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    played = await play(ledger, 3);
  });
  after(() => opened.close());
  beforeEach(async () => {
    await clearIndex(db);
    await indexAll(db, ledger);
  });

  const rootOf = async (): Promise<Hex> => (await stateDigest(db.sql, ledger.projections)).root;

  /** What the protocol says of a block's effects, from facts written out here. */
  async function expectEffects(block: number, facts: string[]): Promise<void> {
    const [row] = await db.sql<{ hash: Hex; effects: Hex; before: Hex | null }>`
      SELECT b.hash, b.effects, p.effects AS before FROM block b LEFT JOIN block p ON p.number = b.number - 1
      WHERE b.number = ${block}`;
    const before = row!.before ?? (`0x${"00".repeat(32)}` as const);
    expect(row!.effects).to.equal(hex(sha256(bytes(before), bytes(row!.hash), "v1", facts.join("\n"))));
  }

  it("given blocks without events, with collects and with skips, when their effects are put together from the protocol's words, then they are the stored ones", async () => {
    await expectEffects(0, []);
    const head = await headOf(ledger);
    const collected = played.recorded.slice(0, 3).map(({ act, lot }, i) => {
      // the third collector is suspended: reason 1, and the lot is for review
      const parties = `lot=${lot} collector=${collectors[i]!.account} keeper=${keeper.account}`;
      const terms = `class=1 grams=${1_000 + i} capturedAt=${act.capturedAt} flags=${i === 2 ? 0x18 : 0}`;
      return `Collected ${parties} ${terms} anchor=${act.anchor} evidence=${act.evidence}`;
    });
    await expectEffects(head - 2, collected);
    const reasons = (["LotExists", "SignatureNotValid"] as const).map(
      (name) => interfaces.LotLedger.getError(name)!.selector,
    );
    await expectEffects(
      head,
      played.skipped.map(({ lot }, i) => `Skipped lot=${lot} digest=${lot} reason=${reasons[i]}`),
    );
  });

  it("given the scenario, when the state is digested, then it is that of its entities, one line each", async () => {
    const records: Record<string, string> = {};
    for (const { key, value } of await allRecords()) records[key] = value;
    const digest = await stateDigest(db.sql, ledger.projections);
    expect(digest).to.deep.include({ block: await headOf(ledger), version: "v1", ...naiveStateDigest(records) });
    const { act, lot } = played.recorded[1]!;
    expect(records[`lot/${lot}`]).to.equal(
      `custodian=${keeper.account} owner=${keeper.account} grams=${act.grams} seq=0 class=1 disposition=0 flags=0 ` +
        `madeBy=${lot} endedBy=`,
    );
    expect(records[`act/${lot}`]).to.equal(
      `kind=collect lot=${lot} seq=0 giver=${collectors[1]!.account} receiver=${keeper.account} grams=${act.grams} ` +
        `declaredGrams= acceptedGrams= lossGrams=0 code=0 capturedAt=${act.capturedAt} flags=0 anchor=${act.anchor} evidence=${act.evidence}`,
    );
  });

  for (const [table, edit] of [
    ["lot", (sql: Sql) => sql`UPDATE lot SET grams = grams + 1 WHERE no = 2`],
    ["act", (sql: Sql) => sql`UPDATE act SET evidence = anchor WHERE idx = 0`],
    ["account", (sql: Sql) => sql`UPDATE account SET status = 1 WHERE status = 2`],
    ["account_key", (sql: Sql) => sql`UPDATE account_key SET valid_until = valid_until + 1`],
    ["licence", (sql: Sql) => sql`UPDATE licence SET capacity_grams = capacity_grams + 1`],
    ["vocabulary", (sql: Sql) => sql`DELETE FROM vocabulary WHERE code = 3`],
  ] as const) {
    it(`given a row of ${table} changed by hand, when digested, then the root differs; and after a replay it is as before`, async () => {
      const untouched = await rootOf();
      await edit(db.sql);
      expect(await rootOf()).not.to.equal(untouched);
      await replayProjections(db, ledger.projections);
      expect(await rootOf()).to.equal(untouched);
    });
  }

  it("given the same acts on another chain in other blocks, when digested, then the states agree and the effects do not", async () => {
    const ours = await stateDigest(db.sql, ledger.projections);
    const { effects } = (await readDigests(db.sql, ours.block))!;
    const other = await openEmbedded();
    try {
      const sibling = await openLedger(other.chain);
      await play(sibling, 1);
      await clearIndex(db);
      await indexAll(db, sibling);
      const theirs = await stateDigest(db.sql, sibling.projections);
      expect(theirs.block).to.be.greaterThan(ours.block);
      expect(theirs.buckets).to.deep.equal(ours.buckets);
      expect(theirs.root).to.equal(ours.root);
      expect((await readDigests(db.sql, theirs.block))!.effects).not.to.equal(effects);
    } finally {
      await other.close();
    }
  });

  it("given a digest every 5 blocks, when all blocks could be one range, then the kept ones are of exactly those blocks", async () => {
    const head = await headOf(ledger);
    expect(head).to.be.greaterThan(15);
    await clearIndex(db);
    await indexAll(db, ledger, { digestEvery: 5 });
    const kept = await db.sql<{ block: bigint }>`SELECT block FROM state_digest ORDER BY block`;
    expect(kept.map(({ block }) => Number(block) / 5)).to.deep.equal(kept.map((_, i) => i + 1));
    const late = Math.floor(head / 5) * 5;
    expect(kept.at(-1)).to.deep.equal({ block: BigInt(late) });
    const [atTen, atLate] = [await readDigests(db.sql, 10), await readDigests(db.sql, late)];
    expect(await readDigests(db.sql, 11)).to.have.property("state", null);
    for (const digests of [atTen!, atLate!]) {
      await clearIndex(db);
      await indexAll(db, ledger, {}, digests.block);
      const { version, root, buckets } = await stateDigest(db.sql, ledger.projections);
      expect(digests.state).to.deep.equal({ version, root, buckets });
    }
  });

  it("given a process that ended between a block and its digest, when started again, then the digest is kept", async () => {
    await clearIndex(db);
    await indexAll(db, ledger, {}, 10);
    const indexer = indexerOf(db, ledger, { digestEvery: 10 });
    await indexer.start();
    await indexer.indexed(11);
    await indexer.stop();
    expect((await readDigests(db.sql, 10))!.state).to.have.property("version", "v1");
  });

  /** All records of all projections, a page of two at a time. */
  async function allRecords(): Promise<{ key: string; value: string }[]> {
    const found = [];
    for (const projection of ledger.projections) {
      for (let after: string | undefined; ;) {
        const page = await projection.records(db.sql, after, 2);
        if (page.length === 0) break;
        found.push(...page);
        after = page.at(-1)!.key;
      }
    }
    return found;
  }
});
