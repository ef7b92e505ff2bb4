/** What `Projects` and `Credits` say, as rows. */
import {
  decodeCreditLog,
  decodeProjectLog,
  projectEventNames,
  type CreditEvent,
  type ProjectEvent,
} from "../chain/carbonEvents.ts";
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { factLine } from "../indexer/digests.ts";
import type { Outcome, Projection } from "../indexer/port.ts";
import { foldCredits, touchedBatches, touchedBlocks } from "./fold.ts";
import { applyProjectEvent } from "./projectRows.ts";
import { readBatches } from "./queries.ts";
import { tellCarbon } from "./news.ts";
import { carbonRecords } from "./records.ts";
import { readBlockStates, writeChanges } from "./rows.ts";

export type CarbonEvent = ProjectEvent | CreditEvent;

const projectEvents = new Set<string>(projectEventNames);

const isProjectEvent = (event: CarbonEvent): event is ProjectEvent => projectEvents.has(event.name);

/** A recorded statement settles its digest, a skipped one says why. */
function outcomes(event: CarbonEvent): Outcome[] {
  const { name, args, tx, block } = event;
  if (name === "Verified") return [{ digest: args.digest, tx, block }];
  return name === "Skipped" ? [{ digest: args.digest, tx, block, skipped: args.reason }] : [];
}

async function applyCredits(sql: Sql, events: readonly CreditEvent[]): Promise<void> {
  if (events.length === 0) return;
  const touched = touchedBlocks(events);
  const blocks = await readBlockStates(sql, touched);
  const batches = await readBatches(sql, touchedBatches(touched));
  await writeChanges(sql, foldCredits(events, blocks, batches));
  for (const { name, args } of events) {
    if (name !== "PurposesSet") continue;
    await sql`
      INSERT INTO scope_purposes (scope, purposes) VALUES (${args.scope}, ${String(args.purposes)})
      ON CONFLICT (scope) DO UPDATE SET purposes = excluded.purposes`;
  }
}

/** Methodologies, projects, reports, statements, batches, blocks and retirements. */
export function carbonProjection(contracts: { projects: Hex; credits: Hex }): Projection<CarbonEvent> {
  return {
    name: "carbon",
    version: 1,
    tables: [
      ...["retirement_block", "retirement", "block_event", "credit_block", "batch", "scope_purposes"],
      ...["verification", "report", "project_share", "boundary", "project", "methodology"],
    ],
    addresses: [contracts.projects, contracts.credits],
    decode: (log, header) =>
      log.address === contracts.projects ? decodeProjectLog(log, header) : decodeCreditLog(log, header),
    fact: ({ name, args }) => factLine(name, args),
    tell: tellCarbon,
    async apply(sql, events) {
      for (const event of events.filter(isProjectEvent)) await applyProjectEvent(sql, event);
      await applyCredits(
        sql,
        events.filter((event): event is CreditEvent => !isProjectEvent(event)),
      );
    },
    outcomes: (events) => events.flatMap(outcomes),
    records: carbonRecords,
  };
}
