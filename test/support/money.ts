/** Fen and pools on a test's ledger: banks, payers, divisions and their payout, all by real transactions. */
import { id, type BytesLike } from "ethers";
import { roles } from "../../server/access/roles.ts";
import { toBytes, toHex, uintWord } from "../../server/chain/eip712.ts";
import { readView } from "../../server/chain/contracts.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { Receipt } from "../../server/chain/transactions.ts";
import type { Projection } from "../../server/indexer/port.ts";
import type { Leaf } from "../../server/profit/leaves.ts";
import { profitProjection, type ProfitContracts } from "../../server/profit/projections.ts";
import { buildSumTree, type SumTree, type Top } from "../../server/profit/sumTree.ts";
import { person, type Ledger, type Person } from "./ledger.ts";

export const [bank, allocator, auditor, payer] = ["bank", "allocator", "money auditor", "payer"].map(person) as [
  Person,
  Person,
  Person,
  Person,
];

/** Registers them, and gives them their roles. */
export async function openMoney(ledger: Ledger): Promise<void> {
  await ledger.register(bank, payer, auditor);
  for (const [role, { account }] of [
    [roles.BANK, bank],
    [roles.ALLOCATOR, allocator],
    [roles.AUDITOR, auditor],
  ] as const) {
    await ledger.call(ledger.admin, "AccessManager", "grantRole", [role, account, 0]);
  }
}

export const moneyContracts = ({ deployment: { contracts } }: Ledger): ProfitContracts => ({
  token: contracts.SettlementToken.address,
  pools: contracts.PremiumPools.address,
});

/** All projections of this ledger, money's among them. */
export function withMoney(ledger: Ledger): Projection[] {
  const others = ledger.projections.filter(({ name }) => name !== "profit");
  return [...others, profitProjection(moneyContracts(ledger))] as Projection[];
}

export const deposit = (ledger: Ledger, to: Person, fen: bigint, reference: string): Promise<unknown> =>
  ledger.call(bank, "SettlementToken", "deposit", [to.account, fen, id(reference)]);

export const suspend = (ledger: Ledger, who: Person, status = 2): Promise<unknown> =>
  ledger.call(ledger.registry, "Parties", "setStatus", [who.account, status, id("basis")]);

export interface Purpose {
  /** 1 lots, 2 a batch, 3 a project */
  kind: number;
  subjects: readonly Hex[];
  ruleset: BytesLike;
}

/** Funds a pool from the payer's account. @returns its number */
export async function fund(ledger: Ledger, fen: bigint, purpose: Purpose): Promise<bigint> {
  const subjects = [...purpose.subjects].sort();
  await ledger.call(payer, "PremiumPools", "fund", [purpose.kind, subjects, 1, fen, purpose.ruleset]);
  const contract = { name: "PremiumPools", address: moneyContracts(ledger).pools } as const;
  const [, count] = (await readView(ledger.chain, contract, "settings", [])) as [bigint, bigint];
  return count;
}

/** What `publishRoot` takes of a tree's top. */
export function topBytes(top: Top): Hex {
  if ("leaves" in top) return toHex(top.leaves);
  const words = [top.left, top.right].flatMap(({ hash, sumFen }) => [toBytes(hash), uintWord(sumFen)]);
  return toHex(Buffer.concat(words));
}

/** Publishes leaves as a pool's division of that version. */
export async function publish(
  ledger: Ledger,
  pool: bigint,
  leaves: readonly Leaf[],
  version = 1,
  inputs = id("inputs"),
): Promise<SumTree> {
  const sorted = [...leaves].sort((a, b) => (a.account < b.account ? -1 : 1));
  const tree = buildSumTree({ pool, version }, sorted);
  await ledger.call(allocator, "PremiumPools", "publishRoot", [pool, tree.leafCount, inputs, topBytes(tree.top)]);
  return tree;
}

export async function pay(ledger: Ledger, tree: SumTree, index = 0): Promise<Receipt & { hash: Hex }> {
  const { leaves, siblings } = tree.chunk(index);
  const told = siblings.map(({ hash, sumFen }) => [hash, sumFen]);
  return ledger.call(ledger.carrier, "PremiumPools", "payChunk", [tree.pool, index, toHex(leaves), told]);
}
