/** C1 to C3 live: the left side from contract storage, the right side from the rows, at one block. */
import { readView } from "../chain/contracts.ts";
import type { Chain, Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { check, sampled, type Check } from "../indexer/checks.ts";
import { readCursor } from "../indexer/queries.ts";
import { blockHex, idOf, type Place } from "./blockId.ts";
import type { BlockState } from "./changes.ts";

/** Batches and blocks whose rows are held against storage each time; which ones, the block's hash draws. */
const SAMPLE = 8;

type ReadView = (contract: "Credits" | "Projects", view: string, ...args: unknown[]) => Promise<unknown[]>;

/** The word of a batch, and that of a block, as the contract packs them. */
const pack = (...fields: [value: bigint, bits: bigint][]): bigint =>
  fields.reduce((word, [value, bits]) => (word << bits) | value, 0n);

interface BatchRow {
  id: bigint;
  issued: bigint;
  retired: bigint;
  cancelled: bigint;
  exported: bigint;
}

/** All batches' figures as storage has them, and as rows have them, summed. */
async function figures(read: ReadView, sql: Sql): Promise<{ left: BatchRow; right: BatchRow; differing: bigint[] }> {
  const rows = await sql<BatchRow>`
    SELECT id, issued_kg AS issued, retired_kg AS retired, cancelled_kg AS cancelled, exported_kg AS exported
    FROM batch ORDER BY id`;
  const [count] = (await read("Credits", "counts")) as [bigint, bigint];
  const left = { id: count, issued: 0n, retired: 0n, cancelled: 0n, exported: 0n };
  const right = { ...left, id: BigInt(rows.length) };
  const differing: bigint[] = [];
  for (let id = 1n; id <= count; id++) {
    const [word] = (await read("Credits", "batches", id)) as [bigint, bigint];
    const row = rows[Number(id) - 1];
    const mask = (1n << 64n) - 1n;
    const stored = [word >> 192n, (word >> 128n) & mask, (word >> 64n) & mask, word & mask] as const;
    const [issued, retired, cancelled, exported] = stored;
    left.issued += issued;
    left.retired += retired;
    left.cancelled += cancelled;
    left.exported += exported;
    if (!row || pack(...stored.map((value): [bigint, bigint] => [value, 64n])) !== rowWord(row)) differing.push(id);
  }
  for (const row of rows) {
    right.issued += row.issued;
    right.retired += row.retired;
    right.cancelled += row.cancelled;
    right.exported += row.exported;
  }
  return { left, right, differing };
}

const rowWord = ({ issued, retired, cancelled, exported }: BatchRow): bigint =>
  pack([issued, 64n], [retired, 64n], [cancelled, 64n], [exported, 64n]);

/** Batches whose blocks are not what they must be: live kilograms, and a range without gaps or overlaps. */
async function wrongBatches(sql: Sql): Promise<{ unbalanced: bigint; gapped: bigint; live: bigint }> {
  const [found] = await sql<{ unbalanced: bigint; gapped: bigint; live: bigint }>`
    WITH laid AS (
      SELECT batch, first, kg, disposition,
        first - lag(first + kg, 1, 1::bigint) OVER (PARTITION BY batch ORDER BY first) AS gap
      FROM credit_block
    ), summed AS (
      SELECT batch, sum(kg) AS kg, sum(kg) FILTER (WHERE disposition = 0) AS live,
        sum(kg) FILTER (WHERE disposition = 1) AS retired, sum(kg) FILTER (WHERE disposition = 2) AS cancelled,
        sum(kg) FILTER (WHERE disposition = 3) AS exported, bool_or(gap <> 0) AS gapped
      FROM laid GROUP BY batch
    )
    SELECT count(*) FILTER (WHERE coalesce(retired, 0) <> retired_kg OR coalesce(cancelled, 0) <> cancelled_kg
        OR coalesce(exported, 0) <> exported_kg
        OR coalesce(live, 0) <> issued_kg - retired_kg - cancelled_kg - exported_kg) AS unbalanced,
      count(*) FILTER (WHERE summed.batch IS NULL OR gapped OR kg <> issued_kg) AS gapped,
      coalesce(sum(live), 0)::bigint AS live
    FROM batch FULL JOIN summed ON summed.batch = batch.id`;
  return found!;
}

type BlockRow = Omit<BlockState, "parentFirst">;

const blockLine = (place: Place, word: bigint, holder: string): string =>
  `${blockHex(place)} ${word.toString(16).padStart(64, "0")} ${holder.toLowerCase()}`;

/** A sample of blocks as storage and as rows have them, side by side, where they differ; how many there are, where not. */
async function sampleSides(read: ReadView, sql: Sql): Promise<[left: string, right: string]> {
  const cursor = await readCursor(sql);
  if (!cursor) return ["0 blocks", "0 blocks"];
  const rows = await sql<BlockRow>`
    SELECT batch, first, kg, holder, disposition, locks, retirement, purpose FROM credit_block
    ORDER BY md5(${cursor.hash} || batch || '/' || first) LIMIT ${SAMPLE}`;
  const left = await Promise.all(
    rows.map(async (row) => {
      const id = idOf(row);
      const [[word], [holder]] = await Promise.all([read("Credits", "blocks", id), read("Credits", "ownerOf", id)]);
      return blockLine(row, word as bigint, holder as string);
    }),
  );
  const right = rows.map((row) => {
    const { kg, disposition, locks, retirement, purpose, holder } = row;
    const fields: [bigint, bigint][] = [
      [kg, 64n],
      [BigInt(disposition), 8n],
      [BigInt(locks), 8n],
      [retirement, 64n],
      [BigInt(purpose), 16n],
      [0n, 96n],
    ];
    return blockLine(row, pack(...fields), holder);
  });
  return sampled(left, right, "blocks");
}

/** Reports for which more was issued than the least that was attested, or other than their batches; storage has a side of each. */
async function reportSides(read: ReadView, sql: Sql): Promise<{ left: bigint; right: bigint; above: bigint }> {
  const rows = await sql<{ id: Hex; issued: bigint; batches: bigint; least: bigint | null }>`
    SELECT id, issued_kg AS issued, least_kg AS least,
      coalesce((SELECT sum(issued_kg) FROM batch WHERE report = report.id), 0)::bigint AS batches
    FROM report WHERE issued_kg > 0 ORDER BY id`;
  let [left, right, above] = [0n, 0n, 0n];
  for (const { id, issued, batches, least } of rows) {
    const [state] = (await read("Projects", "reportOf", id)) as [{ issuedKg: bigint; leastKg: bigint }];
    left += state.issuedKg;
    right += batches;
    if (issued !== batches || least === null || issued > least || issued > state.leastKg) above++;
  }
  return { left, right, above };
}

/** Issued periods of one boundary that overlap another's. */
async function overlaps(sql: Sql): Promise<bigint> {
  const [found] = await sql<{ n: bigint }>`
    SELECT count(*) AS n FROM report a JOIN report b ON a.boundary = b.boundary AND a.id < b.id
    WHERE a.issued_kg > 0 AND b.issued_kg > 0 AND a.from_day <= b.to_day AND b.from_day <= a.to_day`;
  return found!.n;
}

/**
 * C1 (issued = live + retired + cancelled + exported, per batch), C2 (issued at most what was attested, once, periods
 * apart) and C3 (blocks of a batch are disjoint and cover its range).
 * @param block the block the projections stand at; storage is read at the same one
 * @param sql of a snapshot
 */
export async function creditChecks(
  chain: Chain,
  contracts: { credits: Hex; projects: Hex },
  sql: Sql,
  block: number,
): Promise<Check[]> {
  const at = { Credits: contracts.credits, Projects: contracts.projects };
  const read: ReadView = (name, view, ...args) => readView(chain, { name, address: at[name] }, view, args, block);
  const { left, right, differing } = await figures(read, sql);
  const wrong = await wrongBatches(sql);
  const reports = await reportSides(read, sql);
  const [leftSample, rightSample] = await sampleSides(read, sql);
  const live = left.issued - left.retired - left.cancelled - left.exported;
  return [
    check("C1.issued", "kg issued in all batches", left.issued, right.issued),
    check("C1.retired", "kg retired", left.retired, right.retired),
    check("C1.ended", "kg cancelled and exported", left.cancelled + left.exported, right.cancelled + right.exported),
    check("C1.live", "kg issued less what has ended = Σ kg of live blocks", live, wrong.live),
    check("C1.words", "batches whose figures are not those of storage", 0n, BigInt(differing.length)),
    check(
      "C1.batches",
      "batches whose blocks are not issued, retired, cancelled and exported as they say",
      0n,
      wrong.unbalanced,
    ),
    check("C2.issued", "kg issued for reports = Σ kg of their batches", reports.left, reports.right),
    check(
      "C2.attested",
      "reports for which more was issued than the least attested, or other than their batches",
      0n,
      reports.above,
    ),
    check("C2.periods", "issued periods of one boundary that overlap", 0n, await overlaps(sql)),
    check("C3.ranges", "batches whose blocks overlap, or do not cover their range", 0n, wrong.gapped),
    check("C3.words", "word and holder of blocks that the block's hash draws", leftSample, rightSample),
  ];
}
