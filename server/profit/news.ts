/** What everybody is told of pools as it becomes final. Who was paid is told by the pool's division, not here. */
import { z } from "zod";
import type { PoolEvent, TokenEvent } from "../chain/profitEvents.ts";
import type { News } from "../indexer/port.ts";
import { address, hash, seconds, shownAmount } from "../wire.ts";
import { poolKinds } from "./queries.ts";

const pool = z.string().meta({ description: "number of the pool: GET /v1/pools/{id}" });
const fen = shownAmount("fen (1/100 yuan)");

/** The news of this room, by type. */
export const poolNews = {
  "pool-funded": z
    .strictObject({ pool, kind: z.enum(poolKinds), payer: address, amountFen: fen, ruleset: hash })
    .meta({ description: "A pool was opened with money for the people of lots, a batch or a project" }),
  "pool-published": z
    .strictObject({ pool, version: z.int(), root: hash, leafCount: z.int(), inputs: hash, opensAt: seconds })
    .meta({ description: "How a pool is divided was published" }),
  "pool-paid": z
    .strictObject({ pool, chunk: z.int(), sumFen: fen })
    .meta({ description: "A chunk of a division was paid, or held aside for those who could not be paid" }),
  "pool-released": z
    .strictObject({ pool, amountFen: fen, basis: hash })
    .meta({ description: "What had been held aside was paid" }),
  "pool-closed": z.strictObject({ pool }).meta({ description: "All chunks of a pool are paid" }),
};

type Types = typeof poolNews;

const news = <Type extends keyof Types>(type: Type, data: z.input<Types[Type]>): News => ({ type, data });

/** The news of an event of `PremiumPools`; fen that pass from account to account are nobody else's business. */
export function tellProfit({ name, args }: TokenEvent | PoolEvent): News | undefined {
  switch (name) {
    case "Funded": {
      const { payer, ruleset } = args;
      const kind = poolKinds[args.kind - 1] ?? "lots";
      return news("pool-funded", { pool: String(args.pool), kind, payer, amountFen: String(args.amountFen), ruleset });
    }
    case "RootPublished":
      return news("pool-published", { ...args, pool: String(args.pool) });
    case "ChunkPaid":
      return news("pool-paid", { pool: String(args.pool), chunk: args.chunk, sumFen: String(args.sum) });
    case "Released": {
      const { basis } = args;
      return news("pool-released", { pool: String(args.pool), amountFen: String(args.amountFen), basis });
    }
    case "Closed":
      return news("pool-closed", { pool: String(args.pool) });
    case "Transfer":
    case "Deposited":
    case "Withdrawn":
    case "HeldAside":
    case "DelaySet":
      return undefined;
  }
}
