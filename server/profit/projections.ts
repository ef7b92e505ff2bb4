/** What `SettlementToken` and `PremiumPools` say, as rows. */
import { decodePoolLog, decodeTokenLog } from "../chain/profitEvents.ts";
import type { Hex } from "../chain/port.ts";
import { factLine } from "../indexer/digests.ts";
import type { Projection } from "../indexer/port.ts";
import { foldProfit, type ProfitEvent } from "./fold.ts";
import { tellProfit } from "./news.ts";
import { profitRecords } from "./records.ts";
import { writeChanges } from "./rows.ts";

export interface ProfitContracts {
  /** address of `SettlementToken` */
  token: Hex;
  /** address of `PremiumPools` */
  pools: Hex;
}

/** Fen, banks' references, pools with their divisions, and what was paid of them. */
export function profitProjection({ token, pools }: ProfitContracts): Projection<ProfitEvent> {
  return {
    name: "profit",
    version: 1,
    tables: ["held_aside", "payout", "pool_chunk", "pool_root", "pool_subject", "pool", "fen", "bank_reference"],
    addresses: [token, pools],
    decode: (log, header) => (log.address === token ? decodeTokenLog(log, header) : decodePoolLog(log, header)),
    fact: ({ name, args }) => factLine(name, args),
    tell: tellProfit,
    apply: (sql, events) => writeChanges(sql, foldProfit(pools, events)),
    outcomes: () => [],
    records: profitRecords,
  };
}
