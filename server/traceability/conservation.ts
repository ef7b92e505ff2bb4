/** Invariant T1 live: the left side from contract storage, the right side from the projections, at one block. */
import { readView } from "../chain/contracts.ts";
import type { Chain, Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { conservationTotals } from "./queries.ts";

/** One side-by-side comparison; amounts as decimal text, since they may exceed 2^53. */
export interface Check {
  id: string;
  what: string;
  ok: boolean;
  left: string;
  right: string;
}

const check = (id: string, what: string, left: bigint, right: bigint): Check => ({
  id,
  what,
  ok: left === right,
  left: String(left),
  right: String(right),
});

/**
 * T1 in grams, ledger-wide.
 * @param block the block the projections stand at; storage is read at the same one
 */
export async function lotChecks(chain: Chain, ledger: Hex, sql: Sql, block: number): Promise<Check[]> {
  const [collected, concluded] = (await readView(
    chain,
    { name: "LotLedger", address: ledger },
    "totals",
    [],
    block,
  )) as [bigint, bigint];
  const projected = await conservationTotals(sql);
  return [
    check("T1.collected", "grams collected", collected, projected.collectedGrams),
    check("T1.concluded", "grams concluded", concluded, projected.concludedGrams),
    check("T1.live", "grams collected less concluded = grams of live lots", collected - concluded, projected.liveGrams),
  ];
}
