/** A small history of credits and money on an audited server: every event of theirs, and divisions that can be recomputed. */
import { id, toBeHex } from "ethers";
import { roles } from "../../server/access/roles.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { Library } from "../../server/documents/port.ts";
import { createDivisions, findPool } from "../../server/profit/divisions.ts";
import { rulesetBytes, rulesetWord, type Ruleset } from "../../server/profit/ruleset.ts";
import { logInAs } from "./api.ts";
import { indexed, type Audited } from "./audited.ts";
import { person, type Ledger } from "./ledger.ts";
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
async function playCredits(ledger: Ledger, carbon: Carbon): Promise<void> {
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
}

/** Uploads through the server's own door, and reads what is there. */
async function openLibrary({
  api,
}: Audited): Promise<Pick<Library, "read"> & { put(bytes: Uint8Array): Promise<void> }> {
  const headers = { ...(await logInAs(api, api.cast.keeper)), "content-type": "application/json" };
  return {
    async put(bytes) {
      await fetch(`${api.running.url}/v1/documents`, { method: "POST", headers, body: Buffer.from(bytes) });
    },
    async read(name) {
      const answer = await fetch(`${api.running.url}/v1/documents/${name}`);
      if (!answer.ok) return undefined;
      const content = new Uint8Array(await answer.arrayBuffer());
      return { content } as Awaited<ReturnType<Library["read"]>>;
    },
  };
}

/** Publishes what the server would, with its document; the tree to pay from. */
type Divide = (pool: bigint) => ReturnType<typeof publish>;

async function createDivide(audited: Audited): Promise<Divide> {
  const { api, ledger } = audited;
  const library = await openLibrary(audited);
  for (const ruleset of [byShares, byLineage]) await library.put(rulesetBytes(ruleset));
  const { db } = api.running;
  const { pools } = moneyContracts(ledger);
  const { chainId } = ledger.deployment;
  const divisions = createDivisions({ db, library: library as unknown as Library, chainId, pools });
  return async (pool) => {
    await indexed(api);
    const { tree, allocation, bytes, inputs } = await divisions.preview(await findPool(db.sql, pool));
    await library.put(bytes);
    const word = `0x${Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(bytes))).toString("hex")}`;
    if (inputs.pool !== String(pool)) throw new Error(`inputs of pool ${inputs.pool}`);
    return publish(ledger, pool, allocation.leaves, tree.version, word);
  };
}

/** Two lots with a past, in which accounts had parts. */
async function someSubjects({ api }: Audited): Promise<Hex[]> {
  const rows = await api.running.db.sql<{ id: Hex }>`
    SELECT lot.id FROM lot JOIN edge ON edge.child = lot.no WHERE disposition < 2 AND flags & 3 = 0
    GROUP BY lot.id ORDER BY count(*) DESC, lot.id LIMIT 2`;
  if (rows.length < 2) throw new Error("the history has no lots with a past");
  return rows.map(({ id }) => id);
}

/** Fen taken in and paid out, and pools in each state: paid with some held aside, published again, and only funded. */
async function playMoney(audited: Audited, { farmers, buyer }: Carbon): Promise<void> {
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
  const tree = await divide(shared);
  for (const farmer of farmers.slice(1, 4)) await suspend(ledger, farmer);
  await pay(ledger, tree);
  await suspend(ledger, farmers[1]!, 1);
  await call(ledger.carrier, "PremiumPools", "release", [shared, farmers[1]!.account]);
  const heir = person("heir");
  await ledger.register(heir);
  await call(auditor, "PremiumPools", "reassign", [shared, farmers[2]!.account, heir.account, id("a will")]);

  const lots = { kind: 1, subjects: await someSubjects(audited), ruleset: rulesetWord(byLineage) };
  await pay(ledger, await divide(await fund(ledger, 70_003n, lots)));
  await call(admin, "PremiumPools", "setDelay", [3_600]);
  const batch = { kind: 2, subjects: [wordOf(1n)], ruleset: rulesetWord(byShares) };
  const twice = await fund(ledger, 999n, batch);
  await divide(twice);
  await divide(twice);
  await fund(ledger, 1n, project);
}

/** Plays credits and money; all is indexed when this returns. */
export async function playCreditsAndMoney(audited: Audited): Promise<void> {
  await openMoney(audited.ledger);
  const carbon = await startCarbon(audited.ledger);
  await playCredits(audited.ledger, carbon);
  await playMoney(audited, carbon);
  await indexed(audited.api);
}
