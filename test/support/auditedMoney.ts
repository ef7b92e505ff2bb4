/** A small history of credits and money on an audited server: every event of theirs, and divisions that can be recomputed. */
import { id, toBeHex } from "ethers";
import { roles } from "../../server/access/roles.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { Library } from "../../server/documents/port.ts";
import { createDivisions, findPool } from "../../server/profit/divisions.ts";
import { inputsBytes } from "../../server/profit/inputs.ts";
import { rulesetBytes, rulesetWord, type Ruleset } from "../../server/profit/ruleset.ts";
import { logInAs } from "./api.ts";
import { indexed, type Audited } from "./audited.ts";
import { person, type Ledger } from "./ledger.ts";
import type { SumTree } from "../../server/profit/sumTree.ts";
import { auditor, bank, deposit, fund, moneyContracts, openMoney, pay, payer, publish, suspend } from "./money.ts";
import { startCarbon, type Carbon } from "./mussels.ts";

const block = (batch: bigint, first: bigint): bigint => (batch << 128n) | first;
const wordOf = (n: bigint): Hex => toBeHex(n, 32) as Hex;

const byShares: Ruleset = { kind: "project", name: { zh: "按份额", en: "By shares" } };
const byLineage: Ruleset = {
  kind: "lineage",
  name: { zh: "按来源", en: "By lineage" },
  roles: { collector: 5_000, keeper: 2_500, custodian: 1_500, operator: 1_000 },
};

/** Credits: issued, sold, locked, dedicated, cut up, and ended in each way. */
async function playCredits(ledger: Ledger, carbon: Carbon): Promise<Hex> {
  const { call, admin } = ledger;
  const { farmers, buyer, verifiers } = carbon;
  const [first, second] = farmers as [Carbon["buyer"], Carbon["buyer"]];
  const keeper = verifiers[0];
  for (const role of [roles.TRANSIT, roles.COURT, roles.DEDICATION]) {
    await call(admin, "AccessManager", "grantRole", [role, keeper.account, 0]);
  }
  const report = await carbon.report(2_000n);
  await carbon.verify(report, 1_900n, 3);
  // they have stated before
  await carbon.verify(report, 1_800n, 1);
  await carbon.issue(report, 2016, [
    [first, 1_000n],
    [second, 900n],
  ]);
  await carbon.verify(await carbon.report(500n, 2023, 1), 400n, 1);
  const piece = (serial: bigint, kg: bigint): [bigint, bigint] => [block(1n, serial), kg];
  await call(first, "Credits", "transfer", [[piece(1n, 400n)], buyer.account, id("a sale")]);
  await carbon.retire(buyer, [piece(601n, 150n)]);
  await call(second, "Credits", "cancel", [[piece(1_001n, 100n)], id("a decision")]);
  await call(second, "Credits", "transfer", [[piece(1_001n, 200n)], buyer.account, id("a gift")]);
  await carbon.retire(buyer, [piece(601n, 50n), piece(1_601n, 200n)]);
  await call(auditor, "Credits", "annotate", [2, id("a correction")]);
  await call(keeper, "Credits", "changeLocks", [[piece(1_001n, 60n)], 4, 0, id("a journey")]);
  await call(keeper, "Credits", "exportOut", [[piece(1_541n, 60n)], id("a receipt")]);
  await call(keeper, "Credits", "dedicate", [[piece(1_001n, 40n)], 6, id("a promise")]);
  await call(keeper, "Credits", "changeLocks", [[piece(1n, 600n)], 16, 0, id("a court order")]);
  await call(buyer, "Credits", "split", [piece(601n, 10n)]);
  return report;
}

interface Upload {
  /** @returns its sha256 */
  put(bytes: Uint8Array): Promise<Hex>;
}

/** Uploads through the server's own door, and reads what is there. */
async function openLibrary({ api }: Audited): Promise<Pick<Library, "read"> & Upload> {
  const headers = { ...(await logInAs(api, api.cast.keeper)), "content-type": "application/json" };
  return {
    async put(bytes) {
      const post = { method: "POST", headers, body: Buffer.from(bytes) };
      return ((await (await fetch(`${api.running.url}/v1/documents`, post)).json()) as { sha256: Hex }).sha256;
    },
    async read(name) {
      const answer = await fetch(`${api.running.url}/v1/documents/${name}`);
      if (!answer.ok) return undefined;
      const content = new Uint8Array(await answer.arrayBuffer());
      return { content } as Awaited<ReturnType<Library["read"]>>;
    },
  };
}

/** Publishes what the server would, with its document. @param meanwhile between the two */
type Divide = (pool: bigint, meanwhile?: () => Promise<unknown>) => Promise<{ tree: SumTree; inputs: Hex }>;

async function createDivide(audited: Audited): Promise<Divide> {
  const { api, ledger } = audited;
  const library = await openLibrary(audited);
  for (const ruleset of [byShares, byLineage]) await library.put(rulesetBytes(ruleset));
  const { db } = api.running;
  const { pools } = moneyContracts(ledger);
  const { chainId } = ledger.deployment;
  const divisions = createDivisions({ db, library: library as unknown as Library, chainId, pools });
  return async (pool, meanwhile) => {
    await indexed(api);
    const { tree, allocation, bytes } = await divisions.preview(await findPool(db.sql, pool));
    const inputs = await library.put(bytes);
    await meanwhile?.();
    return { inputs, tree: await publish(ledger, pool, allocation.leaves, tree.version, inputs) };
  };
}

/** Lots with the longest pasts, and a lot that one of them came from. */
async function someSubjects({ api }: Audited): Promise<{ lots: Hex[]; past: Hex }> {
  const { sql } = api.running.db;
  const rows = await sql<{ id: Hex; no: number }>`
    WITH RECURSIVE up (lot, no) AS (
      SELECT no, no FROM lot WHERE flags & 3 = 0 AND disposition < 2
      UNION SELECT up.lot, parent FROM up JOIN edge ON child = up.no
    )
    SELECT lot.id, lot.no FROM up JOIN lot ON lot.no = up.lot GROUP BY 1, 2 ORDER BY count(*) DESC, 1 LIMIT 4`;
  const [past] = await sql<{ id: Hex }>`
    SELECT id FROM edge JOIN lot ON no = parent WHERE child = ${rows[0]!.no} AND flags & 3 = 0 ORDER BY id LIMIT 1`;
  return { lots: rows.map(({ id }) => id), past: past!.id };
}

/** Fen taken in and paid out, and pools in each state: paid with some held aside, published again, and only funded. */
async function playMoney(
  audited: Audited,
  { farmers, buyer }: Carbon,
): Promise<Pick<Played, "inputs" | "paidByLineage">> {
  const { ledger } = audited;
  const { call, admin } = ledger;
  const divide = await createDivide(audited);
  await deposit(ledger, payer, 1_000_000n, "deposit 1");
  await deposit(ledger, buyer, 5_000n, "deposit 2");
  await call(bank, "SettlementToken", "withdraw", [buyer.account, 2_000n, id("withdrawal 1")]);
  await call(buyer, "SettlementToken", "transfer", [farmers[0]!.account, 3_000n]);

  // whoever starts a server may have it wait
  await call(admin, "PremiumPools", "setDelay", [0]);
  const project = { kind: 3, subjects: [wordOf(1n)], ruleset: rulesetWord(byShares) };
  const shared = await fund(ledger, 100_001n, project);
  const { tree, inputs } = await divide(shared);
  for (const farmer of farmers.slice(1, 4)) await suspend(ledger, farmer);
  await pay(ledger, tree);
  await suspend(ledger, farmers[1]!, 1);
  await call(ledger.carrier, "PremiumPools", "release", [shared, farmers[1]!.account]);
  const heir = person("heir");
  await ledger.register(heir);
  await call(auditor, "PremiumPools", "reassign", [shared, farmers[2]!.account, heir.account, id("a will")]);

  const subjects = await someSubjects(audited);
  const lots = { kind: 1, subjects: subjects.lots, ruleset: rulesetWord(byLineage) };
  // contested while the division is worked out, and only then
  await call(auditor, "LotLedger", "ruleOnFlags", [subjects.past, 1, 0, id("a doubt")]);
  const cleared = (): Promise<unknown> =>
    call(auditor, "LotLedger", "ruleOnFlags", [subjects.past, 0, 1, id("no doubt")]);
  const traced = await divide(await fund(ledger, 70_003n, lots), cleared);
  await pay(ledger, traced.tree);
  await call(admin, "PremiumPools", "setDelay", [3_600]);
  const batch = { kind: 2, subjects: [wordOf(1n)], ruleset: rulesetWord(byShares) };
  const twice = await fund(ledger, 999n, batch);
  await divide(twice);
  await divide(twice);
  await fund(ledger, 1n, project);
  return { inputs: [inputs, traced.inputs], paidByLineage: traced.tree.leafCount };
}

/** What of the history tests name. */
export interface Played {
  /** the one that was issued, and who stated last on it */
  report: Hex;
  lastVerifier: Hex;
  /** key of the second retirement, and of the buyer's deposit */
  second: string;
  deposit: string;
  /** paid by the first pool's chunk, last of all; and somebody whose part of it is held aside */
  payee: Hex;
  held: Hex;
  /** documents of the first and the second pool's divisions */
  inputs: [shares: Hex, lineage: Hex];
  /** accounts that the second pool pays */
  paidByLineage: number;
}

/** Plays credits and money; all is indexed when this returns. */
export async function playCreditsAndMoney(audited: Audited): Promise<Played> {
  const { ledger, api } = audited;
  await openMoney(ledger);
  const carbon = await startCarbon(ledger);
  const report = await playCredits(ledger, carbon);
  const money = await playMoney(audited, carbon);
  await indexed(api);
  return {
    ...money,
    report,
    lastVerifier: carbon.verifiers[2].account,
    second: `retirement/${digits(1n)}/${digits(801n)}`,
    deposit: `bank/${bank.account}/${id("deposit 2")}`,
    payee: carbon.farmers[5]!.account,
    held: carbon.farmers[3]!.account,
  };
}

const digits = (n: bigint): string => String(n).padStart(20, "0");

/** A pool divided and paid by an allocator who moves a share from one farmer to another, and writes down that it is so. */
export async function publishFalsely(
  audited: Audited,
): Promise<{ pool: bigint; inputs: Hex; lucky: Hex; unlucky: Hex }> {
  const { ledger, api } = audited;
  await ledger.call(ledger.admin, "PremiumPools", "setDelay", [0]);
  const project = { kind: 3, subjects: [wordOf(1n)], ruleset: rulesetWord(byShares) };
  const pool = await fund(ledger, 10_000n, project);
  await indexed(api);
  const library = await openLibrary(audited);
  const { chainId } = ledger.deployment;
  const { pools } = moneyContracts(ledger);
  const divisions = createDivisions({ db: api.running.db, library: library as unknown as Library, chainId, pools });
  const { inputs: honest } = await divisions.preview(await findPool(api.running.db.sql, pool));
  if (honest.kind !== "project") throw new Error(`inputs of kind ${honest.kind}`);
  const [a, b] = [person("farmer 4").account, person("farmer 5").account];
  const shift = new Map([
    [a, 100],
    [b, -100],
  ]);
  const shares = honest.shares.map(({ account, bps }) => ({ account, bps: bps + (shift.get(account) ?? 0) }));
  const inputs = await library.put(inputsBytes({ ...honest, shares }));
  const leaves = shares.map(({ account, bps }) => ({ account, amountFen: BigInt(bps) }));
  await pay(ledger, await publish(ledger, pool, leaves, 1, inputs));
  await indexed(api);
  return { pool, inputs, lucky: a, unlucky: b };
}
