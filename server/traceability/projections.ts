/** What `LotLedger` says, as rows: lots as they stand, the acts and rulings that made them so, and what came from what. */
import { decodeLotLog, type LotEvent } from "../chain/lotEvents.ts";
import type { Hex } from "../chain/port.ts";
import { factLine } from "../indexer/digests.ts";
import type { Outcome, Projection } from "../indexer/port.ts";
import { startFold, touchedLots } from "./fold.ts";
import { tellLot } from "./news.ts";
import { traceabilityRecords } from "./records.ts";
import { readLastNo, readLotStates, writeFolded } from "./rows.ts";

/** A recorded act settles its digest, a skipped one says why. A ruling is no act. */
function outcomes({ name, args, tx, block }: LotEvent): Outcome[] {
  if (name === "FlagsChanged" || name === "LotVoided") return [];
  if (name === "Skipped") return [{ digest: args.digest, tx, block, skipped: args.reason }];
  return [{ digest: name === "Collected" ? args.lot : args.digest, tx, block }];
}

/** Lots, their acts, the edges between them and rulings, from the logs of one `LotLedger`. */
export function traceabilityProjection(ledger: Hex): Projection<LotEvent> {
  return {
    name: "traceability",
    version: 2,
    tables: ["edge", "act", "ruling", "lot"],
    readerIndexes: ["act_by_lot", "lot_open_by_custodian", "lot_by_maker", "edge_by_parent"],
    digestIndexes: ["act_by_digest"],
    addresses: [ledger],
    decode: decodeLotLog,
    fact: ({ name, args }) => factLine(name, args),
    tell: tellLot,
    async apply(sql, events) {
      const before = await readLotStates(sql, touchedLots(events));
      await writeFolded(sql, startFold(before, await readLastNo(sql)), events);
    },
    outcomes: (events) => events.flatMap(outcomes),
    records: traceabilityRecords,
  };
}
