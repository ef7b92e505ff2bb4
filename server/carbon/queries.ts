/** Reads of projects, reports, batches, blocks and retirements. */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { column } from "../indexer/columns.ts";
import type { Place } from "./blockId.ts";
import type { BatchState, BlockState, RetirementState } from "./changes.ts";

export interface MethodologyRow {
  id: bigint;
  document: Hex;
  scope: number;
  quorum: number;
  bufferBps: number;
}

/** All methodologies, by number. There are few. */
export async function readMethodologies(sql: Sql, after: bigint, limit: number): Promise<MethodologyRow[]> {
  return sql<MethodologyRow>`
    SELECT id, document, scope, quorum, buffer_bps AS "bufferBps" FROM methodology
    WHERE id > ${after} ORDER BY id LIMIT ${limit}`;
}

export interface ProjectRow {
  id: bigint;
  proponent: Hex;
  measurer: Hex;
  document: Hex;
  methodology: bigint;
  /** of the methodology */
  scope: number;
  quorum: number;
}

/** A project with what its methodology asks for; `undefined` where none is indexed. */
export async function readProject(sql: Sql, id: bigint): Promise<ProjectRow | undefined> {
  const [found] = await sql<ProjectRow>`
    SELECT p.id, proponent, measurer, p.document, methodology, scope, quorum
    FROM project p JOIN methodology m ON m.id = methodology WHERE p.id = ${id}`;
  return found;
}

/** Projects by id, from after one on. */
export async function readProjects(sql: Sql, after: bigint, limit: number, proponent?: Hex): Promise<ProjectRow[]> {
  return sql<ProjectRow>`
    SELECT p.id, proponent, measurer, p.document, methodology, scope, quorum
    FROM project p JOIN methodology m ON m.id = methodology
    WHERE p.id > ${after} AND (${proponent ?? null}::text IS NULL OR proponent = ${proponent ?? null})
    ORDER BY p.id LIMIT ${limit}`;
}

/** How a project's proceeds are divided, in 1/10,000, accounts ascending. */
export async function readShares(sql: Sql, project: bigint): Promise<{ account: Hex; bps: number }[]> {
  return sql<{ account: Hex; bps: number }>`
    SELECT account, bps FROM project_share WHERE project = ${project} ORDER BY account`;
}

/** The boundaries of a project, with the last day for which credits were issued in each. */
export async function readBoundaries(sql: Sql, project: bigint): Promise<{ id: Hex; lastDay: number }[]> {
  return sql<{ id: Hex; lastDay: number }>`
    SELECT id, last_day AS "lastDay" FROM boundary WHERE project = ${project} ORDER BY id`;
}

export interface ReportRow {
  id: Hex;
  project: bigint;
  measurer: Hex;
  boundary: Hex;
  /** first day, and `toDay` the last, in days since 1970 */
  fromDay: number;
  toDay: number;
  claimedKg: bigint;
  document: Hex;
  /** null before the first statement */
  leastKg: bigint | null;
  verifications: number;
  issuedKg: bigint;
  issuer: Hex | null;
}

/** Those of the reports that are indexed. */
export async function readReports(sql: Sql, ids: readonly Hex[]): Promise<Map<Hex, ReportRow>> {
  const rows = await sql<ReportRow>`
    SELECT id, project, measurer, boundary, from_day AS "fromDay", to_day AS "toDay", claimed_kg AS "claimedKg", document,
      least_kg AS "leastKg", verifications, issued_kg AS "issuedKg", issuer
    FROM report WHERE id = ANY (${column(ids)}::text[])`;
  return new Map(rows.map((row) => [row.id, row]));
}

/** Ids of a project's reports, by their first day. */
export async function readReportIds(sql: Sql, project: bigint): Promise<Hex[]> {
  const rows = await sql<{ id: Hex }>`SELECT id FROM report WHERE project = ${project} ORDER BY from_day, id`;
  return rows.map(({ id }) => id);
}

/** Reports after an id, by id, of one project or of all. */
export async function readReportsAfter(
  sql: Sql,
  after: Hex,
  limit: number,
  project?: bigint,
): Promise<{ id: Hex; quorum: number }[]> {
  return sql<{ id: Hex; quorum: number }>`
    SELECT r.id, quorum FROM report r JOIN project p ON p.id = r.project JOIN methodology m ON m.id = methodology
    WHERE r.id > ${after} AND (${project ?? null}::bigint IS NULL OR r.project = ${project ?? null})
    ORDER BY r.id LIMIT ${limit}`;
}

export interface StatementRow {
  report: Hex;
  verifier: Hex;
  digest: Hex;
  attestedKg: bigint;
  statement: Hex;
  signedAt: bigint;
}

/** What verifiers stated of these reports, in order of verifiers. */
export async function readStatements(sql: Sql, reports: readonly Hex[]): Promise<StatementRow[]> {
  return sql<StatementRow>`
    SELECT report, verifier, digest, attested_kg AS "attestedKg", statement, signed_at AS "signedAt"
    FROM verification WHERE report = ANY (${column(reports)}::text[]) ORDER BY report, verifier`;
}

/** Those of the digests whose statements are recorded. */
export async function recordedStatements(sql: Sql, digests: readonly Hex[]): Promise<Set<Hex>> {
  const rows = await sql<{ digest: Hex }>`
    SELECT digest FROM verification WHERE digest = ANY (${column(digests)}::text[])`;
  return new Set(rows.map(({ digest }) => digest));
}

/** Those of the batches that are indexed. */
export async function readBatches(sql: Sql, ids: Iterable<bigint>): Promise<Map<bigint, BatchState>> {
  const rows = await sql<BatchState>`
    SELECT id, project, report, vintage, scope, issued_kg AS "issuedKg", retired_kg AS "retiredKg",
      cancelled_kg AS "cancelledKg", exported_kg AS "exportedKg"
    FROM batch WHERE id = ANY (${column([...ids])}::bigint[])`;
  return new Map(rows.map((row) => [row.id, row]));
}

/** Batches after a number, by number, of one project or report or of all. */
export async function readBatchesAfter(
  sql: Sql,
  after: bigint,
  limit: number,
  { project = null, report = null }: { project?: bigint | null | undefined; report?: Hex | null | undefined },
): Promise<BatchState[]> {
  const rows = await sql<{ id: bigint }>`
    SELECT id FROM batch
    WHERE id > ${after} AND (${project}::bigint IS NULL OR project = ${project})
      AND (${report}::text IS NULL OR report = ${report})
    ORDER BY id LIMIT ${limit}`;
  const ids = rows.map(({ id }) => id);
  const batches = await readBatches(sql, ids);
  return ids.map((id) => batches.get(id)!);
}

/** Batches of these reports, by id. */
export async function readBatchIds(sql: Sql, reports: readonly Hex[]): Promise<{ id: bigint; report: Hex }[]> {
  return sql<{ id: bigint; report: Hex }>`
    SELECT id, report FROM batch WHERE report = ANY (${column(reports)}::text[]) ORDER BY id`;
}

/** A block as it stands. */
export type BlockRow = Omit<BlockState, "parentFirst">;

/** A block as it stands; `undefined` where none begins at that serial. */
export async function readBlock(sql: Sql, { batch, first }: Place): Promise<BlockRow | undefined> {
  const [found] = await sql<BlockRow>`
    SELECT batch, first, kg, holder, disposition, locks, retirement, purpose
    FROM credit_block WHERE batch = ${batch} AND first = ${first}`;
  return found;
}

/** Blocks of a batch by their first serial, from after one on. */
export async function readBlocksOf(sql: Sql, { batch, first }: Place, limit: number): Promise<BlockRow[]> {
  return sql<BlockRow>`
    SELECT batch, first, kg, holder, disposition, locks, retirement, purpose
    FROM credit_block WHERE batch = ${batch} AND first > ${first} ORDER BY first LIMIT ${limit}`;
}

/** Live blocks of a holder, oldest first, from after one on. */
export async function readHeld(sql: Sql, holder: Hex, { batch, first }: Place, limit: number): Promise<BlockRow[]> {
  return sql<BlockRow>`
    SELECT batch, first, kg, holder, disposition, locks, retirement, purpose
    FROM credit_block WHERE holder = ${holder} AND disposition = 0 AND (batch, first) > (${batch}::bigint, ${first}::bigint)
    ORDER BY batch, first LIMIT ${limit}`;
}

export interface BlockEventRow {
  block: bigint;
  index: number;
  kind: string;
  first: bigint;
  kg: bigint;
  giver: Hex | null;
  holder: Hex;
  set: number;
  cleared: number;
  basis: Hex | null;
  /** seconds since 1970 */
  at: bigint;
  tx: Hex;
}

/** What happened to a block from its issuance on: before it was split off, what happened to the blocks that it was part of. */
export async function readBlockHistory(sql: Sql, { batch, first }: Place, limit: number): Promise<BlockEventRow[]> {
  return sql<BlockEventRow>`
    WITH RECURSIVE origin AS (
      SELECT b.first, b.parent_first, NULL::bigint AS block, NULL::int AS idx
      FROM credit_block b WHERE batch = ${batch} AND b.first = ${first}
      UNION ALL
      SELECT parent.first, parent.parent_first, cut.block, cut.idx
      FROM origin JOIN credit_block parent ON parent.batch = ${batch} AND parent.first = origin.parent_first
      JOIN block_event cut ON cut.batch = ${batch} AND cut.first = origin.first AND cut.kind = 'split'
    )
    SELECT e.block, e.idx AS index, kind, e.first, kg, giver, holder, set_locks AS set, cleared_locks AS cleared, basis,
      at, tx
    FROM block_event e JOIN origin ON e.first = origin.first
    WHERE e.batch = ${batch} AND (origin.block IS NULL OR (e.block, e.idx) < (origin.block, origin.idx))
    ORDER BY e.block, e.idx, e.pos LIMIT ${limit}`;
}

export interface RetirementRow extends Omit<RetirementState, "at" | "block"> {
  note: Hex | null;
  /** seconds since 1970 */
  at: bigint;
  block: bigint;
  /** in the order in which they are recorded */
  blocks: (Place & { kg: bigint })[];
}

/** Retirements with their blocks, by number, from after one on. */
export async function readRetirements(sql: Sql, after: bigint, limit: number, holder?: Hex): Promise<RetirementRow[]> {
  const rows = await sql<Omit<RetirementRow, "blocks">>`
    SELECT id, holder, beneficiary, purpose, from_month AS "fromMonth", to_month AS "toMonth", country, document, record,
      note, at, block, tx
    FROM retirement WHERE id > ${after} AND (${holder ?? null}::text IS NULL OR holder = ${holder ?? null})
    ORDER BY id LIMIT ${limit}`;
  const blocks = await sql<Place & { retirement: bigint; kg: bigint }>`
    SELECT retirement, batch, first, kg FROM retirement_block
    WHERE retirement = ANY (${column(rows.map(({ id }) => id))}::bigint[]) ORDER BY retirement, pos`;
  const byRetirement = new Map(rows.map(({ id }): [bigint, RetirementRow["blocks"]] => [id, []]));
  for (const { retirement, ...block } of blocks) byRetirement.get(retirement)!.push(block);
  return rows.map((row) => ({ ...row, blocks: byRetirement.get(row.id)! }));
}

/** A retirement with its blocks; `undefined` where none is indexed. */
export async function readRetirement(sql: Sql, id: bigint): Promise<RetirementRow | undefined> {
  const [found] = await readRetirements(sql, id - 1n, 1);
  return found?.id === id ? found : undefined;
}
