/**
 * What the rows of credits say in the state digest. Numbers in keys have leading zeros, so that they sort as text. A
 * retirement enters by what it claims, without its number and time; it is named by the first block that it retired.
 */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import type { StateRecord } from "../indexer/port.ts";
import { recordsByKind, valueOf, type RecordValue } from "../indexer/records.ts";

const DIGITS = 20;
const padded = (value: bigint | number): string => String(value).padStart(DIGITS, "0");

/** The number that a key's text begins after; the lowest there is for none. */
const numberAfter = (after: string): bigint => (after === "" ? -1n : BigInt(after));

async function batchRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const rows = await sql<Record<string, RecordValue> & { id: bigint }>`
    SELECT id, project, report, vintage, scope, issued_kg AS issued, retired_kg AS retired, cancelled_kg AS cancelled,
      exported_kg AS exported
    FROM batch WHERE id > ${numberAfter(after)} ORDER BY id LIMIT ${limit}`;
  return rows.map(({ id, ...row }) => ({ key: `batch/${padded(id)}`, value: valueOf(row) }));
}

/** Two numbers of a key, `batch/first`. */
const pairAfter = (after: string): [bigint, bigint] =>
  after === "" ? [-1n, -1n] : (after.split("/").map(BigInt) as [bigint, bigint]);

async function blockRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const [batch, first] = pairAfter(after);
  const rows = await sql<Record<string, RecordValue> & { batch: bigint; first: bigint }>`
    SELECT batch, first, kg, holder, disposition, locks, purpose
    FROM credit_block WHERE (batch, first) > (${batch}::bigint, ${first}::bigint) ORDER BY batch, first LIMIT ${limit}`;
  return rows.map(({ batch, first, ...row }) => ({
    key: `block/${padded(batch)}/${padded(first)}`,
    value: valueOf(row),
  }));
}

async function boundaryRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const rows = await sql<Record<string, RecordValue> & { id: Hex }>`
    SELECT id, project, last_day AS "lastDay" FROM boundary WHERE id > ${after} ORDER BY id LIMIT ${limit}`;
  return rows.map(({ id, ...row }) => ({ key: `boundary/${id}`, value: valueOf(row) }));
}

async function methodologyRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const rows = await sql<Record<string, RecordValue> & { id: bigint }>`
    SELECT id, document, scope, quorum, buffer_bps AS "bufferBps"
    FROM methodology WHERE id > ${numberAfter(after)} ORDER BY id LIMIT ${limit}`;
  return rows.map(({ id, ...row }) => ({ key: `methodology/${padded(id)}`, value: valueOf(row) }));
}

async function projectRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const rows = await sql<Record<string, RecordValue> & { id: bigint }>`
    SELECT id, proponent, methodology, measurer, document, (
        SELECT array_agg(account::text || ':' || bps ORDER BY account) FROM project_share WHERE project = project.id
      ) AS shares
    FROM project WHERE id > ${numberAfter(after)} ORDER BY id LIMIT ${limit}`;
  return rows.map(({ id, ...row }) => ({ key: `project/${padded(id)}`, value: valueOf(row) }));
}

async function purposeRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const rows = await sql<Record<string, RecordValue> & { scope: number }>`
    SELECT scope, purposes FROM scope_purposes WHERE scope > ${numberAfter(after)} ORDER BY scope LIMIT ${limit}`;
  return rows.map(({ scope, ...row }) => ({ key: `purposes/${padded(scope)}`, value: valueOf(row) }));
}

async function reportRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const rows = await sql<Record<string, RecordValue> & { id: Hex }>`
    SELECT id, project, measurer, boundary, from_day AS "fromDay", to_day AS "toDay", claimed_kg AS claimed, document,
      least_kg AS least, verifications, issued_kg AS issued, issuer
    FROM report WHERE id > ${after} ORDER BY id LIMIT ${limit}`;
  return rows.map(({ id, ...row }) => ({ key: `report/${id}`, value: valueOf(row) }));
}

async function retirementRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const [batch, first] = pairAfter(after);
  const rows = await sql<Record<string, RecordValue> & { batch: bigint; first: bigint }>`
    SELECT head.batch, head.first, holder, beneficiary, purpose, from_month AS "fromMonth", to_month AS "toMonth", country,
      document, note, (
        SELECT array_agg(batch || ':' || first || ':' || kg ORDER BY pos) FROM retirement_block
        WHERE retirement = retirement.id
      ) AS blocks
    FROM retirement JOIN retirement_block head ON head.retirement = id AND head.pos = 0
    WHERE (head.batch, head.first) > (${batch}::bigint, ${first}::bigint) ORDER BY 1, 2 LIMIT ${limit}`;
  return rows.map(({ batch, first, ...row }) => ({
    key: `retirement/${padded(batch)}/${padded(first)}`,
    value: valueOf(row),
  }));
}

/** `verification/report/verifier` */
async function verificationRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const [report, verifier] = after === "" ? ["", ""] : (after.split("/") as [string, string]);
  const rows = await sql<Record<string, RecordValue> & { report: Hex; verifier: Hex }>`
    SELECT report, verifier, digest, attested_kg AS attested, statement, signed_at AS "signedAt"
    FROM verification WHERE (report, verifier) > (${report}::hex, ${verifier}::hex)
    ORDER BY report, verifier LIMIT ${limit}`;
  return rows.map(({ report, verifier, ...row }) => ({
    key: `verification/${report}/${verifier}`,
    value: valueOf(row),
  }));
}

/** All records of the room, by key. */
export const carbonRecords = recordsByKind([
  ["batch/", batchRecords],
  ["block/", blockRecords],
  ["boundary/", boundaryRecords],
  ["methodology/", methodologyRecords],
  ["project/", projectRecords],
  ["purposes/", purposeRecords],
  ["report/", reportRecords],
  ["retirement/", retirementRecords],
  ["verification/", verificationRecords],
]);
