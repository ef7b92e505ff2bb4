/** M1 to M4 live: the left side from contract storage where it has one, the right side from the rows, at one block. */
import { readView } from "../chain/contracts.ts";
import type { Chain, Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { check, sampled, type Check } from "../indexer/checks.ts";
import { readCursor } from "../indexer/queries.ts";
import {
  countPaidTwice,
  countWrongPools,
  readBalance,
  sampleBalances,
  samplePools,
  type PoolSample,
} from "./balance.ts";
import type { ProfitContracts } from "./projections.ts";

/** Pools and balances whose rows are held against storage each time; which ones, the block's hash draws. */
const SAMPLE = 8;

type Contract = "SettlementToken" | "PremiumPools";
type ReadView = (contract: Contract, view: string, ...args: unknown[]) => Promise<unknown[]>;

const poolLine = ({ id, totalFen, paidFen, leafCount, version, opensAt, root, state }: PoolSample): string =>
  `${id}: ${paidFen} of ${totalFen} fen paid, state ${state}, version ${version} of ${leafCount} leaves from ${opensAt} on, ${root}`;

async function storedPool(read: ReadView, id: bigint): Promise<PoolSample> {
  const [pool] = (await read("PremiumPools", "poolOf", id)) as [
    Record<"totalFen" | "paidFen" | "leafCount" | "opensAt" | "version" | "state", bigint>,
  ];
  const { totalFen, paidFen, leafCount, opensAt, version, state } = pool;
  const [root] = (await read("PremiumPools", "rootOf", id, version)) as [Hex];
  return { id, totalFen, paidFen, leafCount, opensAt, root, version: Number(version), state: Number(state) };
}

async function poolSides(read: ReadView, sql: Sql, seed: Hex): Promise<[left: string, right: string]> {
  const rows = await samplePools(sql, seed, SAMPLE);
  const stored = await Promise.all(rows.map(({ id }) => storedPool(read, id)));
  return sampled(stored.map(poolLine), rows.map(poolLine), "pools");
}

async function balanceSides(read: ReadView, sql: Sql, seed: Hex): Promise<[left: string, right: string]> {
  const rows = await sampleBalances(sql, seed, SAMPLE);
  const stored = await Promise.all(
    rows.map(async ({ account }) => {
      const [fen] = (await read("SettlementToken", "balanceOf", account)) as [bigint];
      return `${account} ${fen}`;
    }),
  );
  const right = rows.map(({ account, fen }) => `${account} ${fen}`);
  return sampled(stored, right, "balances");
}

/** What the token's own figures say beside what banks and balances say. */
async function fenChecks(read: ReadView, sql: Sql, pools: Hex): Promise<Check[]> {
  const { depositedFen, withdrawnFen, accountsFen, unpaidFen, heldFen, negative } = await readBalance(sql);
  const [deposited, withdrawn] = (await read("SettlementToken", "totals")) as [bigint, bigint];
  const [supply] = (await read("SettlementToken", "totalSupply")) as [bigint];
  const [inPools] = (await read("SettlementToken", "balanceOf", pools)) as [bigint];
  return [
    check("M1.pools", "fen in the pools' hands = what they did not pay, and hold aside", inPools, unpaidFen + heldFen),
    check("M3.deposited", "fen that banks took in", deposited, depositedFen),
    check("M3.withdrawn", "fen that banks paid out", withdrawn, withdrawnFen),
    check("M3.supply", "fen that exist = deposits less withdrawals", supply, depositedFen - withdrawnFen),
    check("M3.balances", "fen that exist = fen in all accounts", supply, accountsFen),
    check("M3.negative", "balances below zero", 0n, negative),
  ];
}

/** What the rows of pools say of themselves, where storage has no side of its own: 0 of them may be wrong. */
async function poolChecks(read: ReadView, sql: Sql): Promise<Check[]> {
  const { unbalanced, unclosed, unsummed, rootless } = await countWrongPools(sql);
  const [, count] = (await read("PremiumPools", "settings")) as [bigint, bigint];
  const [rows] = await sql<{ n: bigint }>`SELECT count(*) AS n FROM pool`;
  return [
    check("M1.count", "pools", count, rows!.n),
    check("M1.paid", "pools whose payouts and what they hold aside are not what they paid", 0n, unbalanced),
    check("M1.closed", "pools closed before all was paid, open after, or that paid more than they have", 0n, unclosed),
    check("M2.chunks", "pools whose chunks do not come to what was paid", 0n, unsummed),
    check("M2.roots", "pools without the division that holds, or without one before it", 0n, rootless),
    check("M4.once", "leaves that were paid more than once", 0n, await countPaidTwice(sql)),
  ];
}

/**
 * M1 (payouts and what is held aside are what was paid, all of it when a pool closes), M2 (a root's sum is what was
 * funded: the contract takes no other, so the root itself is compared), M3 (fen that exist = deposits − withdrawals) and
 * M4 (each leaf is paid at most once).
 * @param block the block the projections stand at; storage is read at the same one
 * @param sql of a snapshot
 */
export async function profitChecks(
  chain: Chain,
  { token, pools }: ProfitContracts,
  sql: Sql,
  block: number,
): Promise<Check[]> {
  const at = { SettlementToken: token, PremiumPools: pools };
  const read: ReadView = (name, view, ...args) => readView(chain, { name, address: at[name] }, view, args, block);
  const seed = (await readCursor(sql))?.hash ?? `0x${"0".repeat(64)}`;
  const [leftPools, rightPools] = await poolSides(read, sql, seed);
  const [leftBalances, rightBalances] = await balanceSides(read, sql, seed);
  return [
    ...(await poolChecks(read, sql)),
    ...(await fenChecks(read, sql, pools)),
    check("M1.words", "pools that the block's hash draws, with their roots", leftPools, rightPools),
    check("M3.words", "balances that the block's hash draws", leftBalances, rightBalances),
  ];
}
