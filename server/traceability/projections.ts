/** What `LotLedger` says, as rows: lots as they stand, and the acts that made them so. */
import { decodeLotLog, type LotEvent } from "../chain/events.ts";
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { column } from "../indexer/columns.ts";
import { factLine } from "../indexer/digests.ts";
import type { Outcome, Projection, StateRecord } from "../indexer/port.ts";
import { recordsByKind } from "../indexer/records.ts";

type Collected = Extract<LotEvent, { name: "Collected" }>;

/** The lower half of an event's flags are the lot's own; the upper half are the reasons for its review. */
const LOT_FLAGS = 0x0f;

const isCollected = (event: LotEvent): event is Collected => event.name === "Collected";

// Rows go in by the order of their hashes: a sixth less work for the indexes, whose keys are random.

/** A collect's lot is its digest, its keeper the custodian; it is open. Lots are numbered in the order of events. */
async function addLots(sql: Sql, events: readonly Collected[]): Promise<void> {
  await sql`
    INSERT INTO lot (no, id, custodian, owner, grams, seq, class, disposition, flags, made_by)
    SELECT last.no + new.n, new.id, new.custodian, new.custodian, new.grams, 0, new.class, 0, new.flags, new.id
    FROM unnest(
      ${column(events.map(({ args }) => args.lot))}::text[], ${column(events.map(({ args }) => args.keeper))}::text[],
      ${column(events.map(({ args }) => args.grams))}::bigint[], ${column(events.map(({ args }) => args.class))}::int[],
      ${column(events.map(({ args }) => args.flags & LOT_FLAGS))}::smallint[]
    ) WITH ORDINALITY AS new (id, custodian, grams, class, flags, n),
    (SELECT coalesce(max(no), 0) AS no FROM lot) AS last
    ORDER BY new.id`;
}

async function addActs(sql: Sql, events: readonly Collected[]): Promise<void> {
  await sql`
    INSERT INTO act (block, idx, digest, kind, lot, seq, giver, receiver, grams, captured_at, flags, anchor, evidence, tx, loss_grams)
    SELECT block, idx, lot, 'collect', lot, 0, giver, receiver, grams, captured_at, flags, anchor, evidence, tx, 0
    FROM unnest(
      ${column(events.map(({ block }) => block))}::bigint[], ${column(events.map(({ index }) => index))}::int[],
      ${column(events.map(({ args }) => args.lot))}::text[], ${column(events.map(({ args }) => args.collector))}::text[],
      ${column(events.map(({ args }) => args.keeper))}::text[], ${column(events.map(({ args }) => args.grams))}::bigint[],
      ${column(events.map(({ args }) => args.capturedAt))}::bigint[], ${column(events.map(({ args }) => args.flags))}::smallint[],
      ${column(events.map(({ args }) => args.anchor))}::text[], ${column(events.map(({ args }) => args.evidence))}::text[],
      ${column(events.map(({ tx }) => tx))}::text[]
    ) AS new (block, idx, lot, giver, receiver, grams, captured_at, flags, anchor, evidence, tx)
    ORDER BY lot`;
}

function outcome({ name, args, tx, block }: LotEvent): Outcome {
  if (name === "Skipped") return { digest: args.digest, tx, block, skipped: args.reason };
  return { digest: args.lot, tx, block };
}

/** Acts are records too, so that a provenance row changed by hand shows in the digest. */
async function actRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const rows = await sql<Record<string, string | number | bigint>>`
    SELECT digest, kind, lot, seq, giver, receiver, grams, captured_at, flags, anchor, evidence
    FROM act WHERE digest > ${after} ORDER BY digest LIMIT ${limit}`;
  return rows.map((row) => ({
    key: `act/${row["digest"]}`,
    value:
      `kind=${row["kind"]} lot=${row["lot"]} seq=${row["seq"]} giver=${row["giver"]} receiver=${row["receiver"]} grams=${row["grams"]} ` +
      `capturedAt=${row["captured_at"]} flags=${row["flags"]} anchor=${row["anchor"]} evidence=${row["evidence"]}`,
  }));
}

async function lotRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const rows = await sql<Record<string, string | number | bigint>>`
    SELECT id, custodian, grams, seq, class, disposition, flags FROM lot WHERE id > ${after} ORDER BY id LIMIT ${limit}`;
  return rows.map((row) => ({
    key: `lot/${row["id"]}`,
    value:
      `custodian=${row["custodian"]} grams=${row["grams"]} seq=${row["seq"]} class=${row["class"]} ` +
      `disposition=${row["disposition"]} flags=${row["flags"]}`,
  }));
}

/** Lots, their acts and the edges between them, from the logs of one `LotLedger`. */
export function traceabilityProjection(ledger: Hex): Projection<LotEvent> {
  return {
    name: "traceability",
    version: 2,
    tables: ["edge", "act", "lot"],
    addresses: [ledger],
    decode: decodeLotLog,
    fact: ({ name, args }) => factLine(name, args),
    async apply(sql, events) {
      const collected = events.filter(isCollected);
      if (collected.length === 0) return;
      await addLots(sql, collected);
      await addActs(sql, collected);
    },
    outcomes: (events) => events.map(outcome),
    records: recordsByKind([
      ["act/", actRecords],
      ["lot/", lotRecords],
    ]),
  };
}
