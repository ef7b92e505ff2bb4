/**
 * What the rows of lots say in the state digest. Rows of acts, edges and rulings are records too, so that one changed
 * by hand shows. NULL is an empty value.
 */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import type { StateRecord } from "../indexer/port.ts";
import { recordsByKind, valueOf, type RecordValue } from "../indexer/records.ts";

async function actRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const rows = await sql<Record<string, RecordValue> & { digest: Hex }>`
    SELECT digest, kind, lot, seq, giver, receiver, grams, declared_grams AS "declaredGrams",
      accepted_grams AS "acceptedGrams", loss_grams AS "lossGrams", code, captured_at AS "capturedAt", flags, anchor, evidence
    FROM act WHERE digest > ${after} ORDER BY digest LIMIT ${limit}`;
  return rows.map(({ digest, ...row }) => ({ key: `act/${digest}`, value: valueOf(row) }));
}

/** `edge/child/parent`, by ids: numbers never leave the database. */
async function edgeRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const [child, parent] = after === "" ? ["", ""] : (after.split("/") as [string, string]);
  const rows = await sql<{ child: Hex; parent: Hex; grams: bigint }>`
    SELECT child.id AS child, parent.id AS parent, edge.grams
    FROM lot child JOIN edge ON edge.child = child.no JOIN lot parent ON parent.no = edge.parent
    WHERE child.id >= ${child} AND (child.id > ${child} OR parent.id > ${parent})
    ORDER BY child.id, parent.id LIMIT ${limit}`;
  return rows.map((row) => ({ key: `edge/${row.child}/${row.parent}`, value: `grams=${row.grams}` }));
}

async function lotRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const rows = await sql<Record<string, RecordValue> & { id: Hex }>`
    SELECT id, custodian, owner, grams, seq, class, disposition, flags, made_by AS "madeBy", ended_by AS "endedBy"
    FROM lot WHERE id > ${after} ORDER BY id LIMIT ${limit}`;
  return rows.map(({ id, ...row }) => ({ key: `lot/${id}`, value: valueOf(row) }));
}

/** `ruling/lot/n`: the n-th of its lot, from 000001. There are few. */
async function rulingRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const [lot, n] = after === "" ? ["", 0] : [after.split("/")[0]!, Number(after.split("/")[1])];
  const rows = await sql<Record<string, RecordValue> & { lot: Hex; n: bigint }>`
    SELECT * FROM (
      SELECT lot, row_number() OVER (PARTITION BY lot ORDER BY block, idx) AS n, kind, set_flags AS set,
        cleared_flags AS cleared, grams, auditor, basis
      FROM ruling WHERE lot >= ${lot}
    ) AS numbered
    WHERE lot > ${lot} OR n > ${n} ORDER BY lot, n LIMIT ${limit}`;
  return rows.map(({ lot, n, ...row }) => ({
    key: `ruling/${lot}/${String(n).padStart(6, "0")}`,
    value: valueOf(row),
  }));
}

/** All records of the room, by key. */
export const traceabilityRecords = recordsByKind([
  ["act/", actRecords],
  ["edge/", edgeRecords],
  ["lot/", lotRecords],
  ["ruling/", rulingRecords],
]);
