/** Rows of projects and credits as the API shows them. */
import type { z } from "zod";
import { claimScopeName, purposeName } from "../access/queries.ts";
import type { Hex } from "../chain/port.ts";
import { blockHex, serials } from "./blockId.ts";
import { dispositions, locks, type BatchState } from "./changes.ts";
import type { BlockEventRow, BlockRow, ProjectRow, ReportRow, RetirementRow, StatementRow } from "./queries.ts";
import type {
  batchesView,
  batchView,
  blockEventView,
  blockView,
  projectView,
  reportView,
  retirementsView,
  retirementView,
} from "./schemas.ts";

const MS_PER_DAY = 86_400_000;

/** A day since 1970 as `2016-01-31`. */
export const dayText = (day: number): string => new Date(day * MS_PER_DAY).toISOString().slice(0, 10);
/** Days since 1970 of `2016-01-31`. */
export const dayNumber = (text: string): number => Date.parse(text) / MS_PER_DAY;

/** `year × 100 + month` as `2025-01`, and back. */
export const monthText = (month: number): string =>
  `${Math.floor(month / 100)}-${String(month % 100).padStart(2, "0")}`;
export const monthNumber = (text: string): number => Number(text.replace("-", ""));

type Lock = (typeof locks)[number];

/** Names of the locks in a byte of them, and back. */
export const lockNames = (bits: number): Lock[] => locks.filter((_, i) => (bits >> i) & 1);
export const lockBits = (names: readonly Lock[]): number =>
  names.reduce((bits, name) => bits | (1 << locks.indexOf(name)), 0);

const dispositionNames = Object.keys(dispositions) as (keyof typeof dispositions)[];

export const presentProject = (row: ProjectRow): z.input<typeof projectView> => ({
  id: String(row.id),
  proponent: row.proponent,
  measurer: row.measurer,
  document: row.document,
  methodology: String(row.methodology),
  scope: claimScopeName(row.scope),
  quorum: row.quorum,
});

/** A report with what was stated of it and what came of it. */
export function presentReport(
  row: ReportRow,
  quorum: number,
  statements: readonly StatementRow[],
  batches: readonly { id: bigint; report: Hex }[],
): z.input<typeof reportView> {
  const attested = row.verifications >= quorum ? "verified" : "submitted";
  const open = row.leastKg === 0n ? "refused" : attested;
  return {
    id: row.id,
    project: String(row.project),
    measurer: row.measurer,
    boundary: row.boundary,
    fromDay: dayText(row.fromDay),
    toDay: dayText(row.toDay),
    claimedKg: String(row.claimedKg),
    document: row.document,
    state: row.issuedKg > 0n ? "issued" : open,
    attestedKg: row.leastKg === null ? null : String(row.leastKg),
    issuedKg: String(row.issuedKg),
    issuer: row.issuer,
    statements: statements.flatMap(({ report, verifier, attestedKg, statement, signedAt, digest }) =>
      report === row.id
        ? [{ verifier, attestedKg: String(attestedKg), statement, signedAt: Number(signedAt), digest }]
        : [],
    ),
    batches: batches.flatMap(({ id, report }) => (report === row.id ? [String(id)] : [])),
  };
}

/** @param vintage of its batch */
export const presentBlock = (row: BlockRow, vintage: number): z.input<typeof blockView> => ({
  id: blockHex(row),
  serials: serials(row, row.kg, vintage),
  batch: String(row.batch),
  first: String(row.first),
  kg: String(row.kg),
  holder: row.holder,
  disposition: dispositionNames[row.disposition]!,
  locks: lockNames(row.locks),
  purpose: row.purpose === 0 ? null : purposeName(row.purpose),
  retirement: row.retirement === 0n ? null : String(row.retirement),
});

export const presentEvent = (batch: bigint, row: BlockEventRow): z.input<typeof blockEventView> => ({
  kind: row.kind as z.input<typeof blockEventView>["kind"],
  block: blockHex({ batch, first: row.first }),
  kg: String(row.kg),
  from: row.giver,
  holder: row.holder,
  set: lockNames(row.set),
  cleared: lockNames(row.cleared),
  basis: row.basis,
  at: Number(row.at),
  tx: row.tx,
});

/** A batch with one page of its blocks. */
export function presentBatch(
  row: BatchState,
  blocks: readonly BlockRow[],
  next: Hex | null,
): z.input<typeof batchView> {
  const live = row.issuedKg - row.retiredKg - row.cancelledKg - row.exportedKg;
  return {
    id: String(row.id),
    project: String(row.project),
    report: row.report,
    vintage: row.vintage,
    scope: claimScopeName(row.scope),
    issuedKg: String(row.issuedKg),
    liveKg: String(live),
    retiredKg: String(row.retiredKg),
    cancelledKg: String(row.cancelledKg),
    exportedKg: String(row.exportedKg),
    blocks: blocks.map((block) => presentBlock(block, row.vintage)),
    next,
  };
}

/** The same without its blocks, for lists. */
export function presentBatchAlone(row: BatchState): z.input<typeof batchesView>["batches"][number] {
  const told: Partial<z.input<typeof batchView>> = presentBatch(row, [], null);
  delete told.blocks;
  delete told.next;
  return told as z.input<typeof batchesView>["batches"][number];
}

const NONE: Hex = `0x${"0".repeat(64)}`;

/** A retirement without its blocks. */
export const presentClaim = (row: RetirementRow): z.input<typeof retirementsView>["retirements"][number] => ({
  id: String(row.id),
  holder: row.holder,
  beneficiary: row.beneficiary,
  kg: String(row.blocks.reduce((sum, { kg }) => sum + kg, 0n)),
  purpose: purposeName(row.purpose),
  fromMonth: monthText(row.fromMonth),
  toMonth: monthText(row.toMonth),
  country: row.country,
  document: row.document === NONE ? null : row.document,
  record: row.record,
  note: row.note,
  at: Number(row.at),
  tx: row.tx,
});

/** @param batches those of its blocks */
export const presentRetirement = (
  row: RetirementRow,
  batches: ReadonlyMap<bigint, BatchState>,
): z.input<typeof retirementView> => ({
  ...presentClaim(row),
  blocks: row.blocks.map(({ kg, ...place }) => ({
    id: blockHex(place),
    serials: serials(place, kg, batches.get(place.batch)!.vintage),
    kg: String(kg),
  })),
});
