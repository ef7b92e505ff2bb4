/** C1 to C3 from the storage of `Projects` and `Credits`: every batch, block, report and retirement. Amounts in kg. */
import type { Hex } from "../../server/chain/port.ts";
import { rowsOf, type Books, type Row } from "./books.ts";
import { CANCELLED, EXPORTED, LIVE, RETIRED } from "./credits.ts";
import type { Told } from "./events.ts";
import type { Node } from "./node.ts";
import { readAll, type Progress, type Reading } from "./readings.ts";
import type { Check, Difference } from "./report.ts";

type Rows = [key: string, row: Row][];

const lastOf = (key: string): string => key.slice(key.lastIndexOf("/") + 1);
const kgOf = (rows: readonly Row[], field = "kg"): bigint =>
  rows.reduce((sum, { fields }) => sum + (fields[field] as bigint), 0n);

/** Blocks of each batch, by ascending serial. */
function blocksByBatch(blocks: Rows): Map<bigint, Row[]> {
  const found = new Map<bigint, Row[]>();
  for (const [, row] of blocks) {
    const batch = (row.kept!["id"] as bigint) >> 128n;
    const others = found.get(batch);
    if (others) others.push(row);
    else found.set(batch, [row]);
  }
  return found;
}

/** C1: the figures of a batch are those of its blocks, which are looked at one by one. */
function batchReading([key, row]: Rows[number], blocks: readonly Row[]): Reading {
  const { project, vintage, scope } = row.fields;
  const ended = (disposition: bigint): bigint =>
    kgOf(blocks.filter(({ fields }) => fields["disposition"] === disposition));
  const ends = { retired: ended(RETIRED), cancelled: ended(CANCELLED), exported: ended(EXPORTED) };
  const expected = { issued: kgOf(blocks), ...ends, project, vintage, scope, deficitKg: 0n, spare: 0n };
  return {
    contract: "Credits",
    view: "batches",
    args: [row.kept!["id"]],
    key,
    expected: expected as Reading["expected"],
    row,
  };
}

function blockReadings([key, row]: Rows[number]): Reading[] {
  const { kg, holder, disposition, locks, purpose } = row.fields;
  const { id, retirement } = row.kept as Reading["expected"];
  const about = { contract: "Credits" as const, args: [id], key, row };
  return [
    {
      ...about,
      view: "blocks",
      expected: {
        kg: kg!,
        disposition: disposition!,
        locks: locks!,
        retirement: retirement!,
        purpose: purpose!,
        spare: 0n,
      },
    },
    { ...about, view: "ownerOf", expected: { holder: holder! } },
  ];
}

/** C2: what was issued for a report is what its batches were issued with. */
function reportReading([key, row]: Rows[number], batches: Rows): Reading {
  const id = lastOf(key);
  const { project, claimed, least, verifications, fromDay, toDay, boundary } = row.fields;
  const issued = kgOf(
    batches.filter(([, { fields }]) => fields["report"] === id).map(([, batch]) => batch),
    "issued",
  );
  const expected = { project, claimed, least, verifications, fromDay, toDay, issued, boundary } as Reading["expected"];
  return { contract: "Projects", view: "reportOf", args: [id], key, expected, row };
}

function projectReadings([key, row]: Rows[number]): Reading[] {
  const { methodology, proponent, measurer, shares } = row.fields;
  const project = BigInt(lastOf(key));
  const about = { contract: "Projects" as const, key, row };
  const expected = { methodology, proponent, measurer } as Reading["expected"];
  return [
    { ...about, view: "projectOf", args: [project], expected },
    ...sharesOf(shares as string).map(([account, bps]): Reading => {
      return { ...about, view: "shareOf", args: [project, account], expected: { [`share of ${account}`]: bps } };
    }),
  ];
}

/** The shares of a project as its row has them: `[0x…:2000,0x…:8000]`. */
export const sharesOf = (text: string): [account: Hex, bps: bigint][] =>
  text
    .slice(1, -1)
    .split(",")
    .filter(Boolean)
    .map((pair) => [pair.slice(0, 42) as Hex, BigInt(pair.slice(43))]);

/** All that storage has of credits. */
function readings(books: Books): Reading[] {
  const [batches, blocks, projects] = [rowsOf(books, "batch"), rowsOf(books, "block"), rowsOf(books, "project")];
  const [methodologies, reports] = [rowsOf(books, "methodology"), rowsOf(books, "report")];
  const byBatch = blocksByBatch(blocks);
  const counted = (rows: Rows): bigint => BigInt(rows.length);
  const counts = { batches: counted(batches), retirements: BigInt(books.retirements.length) };
  const projectCounts = { methodologies: counted(methodologies), projects: counted(projects) };
  return [
    { contract: "Credits", view: "counts", args: [], key: "counts", expected: counts },
    { contract: "Projects", view: "counts", args: [], key: "counts", expected: projectCounts },
    ...methodologies.map(([key, row]): Reading => {
      return {
        contract: "Projects",
        view: "methodologyOf",
        args: [BigInt(lastOf(key))],
        key,
        expected: row.fields,
        row,
      };
    }),
    ...projects.flatMap(projectReadings),
    ...rowsOf(books, "boundary").map(([key, row]): Reading => {
      return { contract: "Projects", view: "boundaryOf", args: [lastOf(key)], key, expected: row.fields, row };
    }),
    ...reports.map((report) => reportReading(report, batches)),
    ...rowsOf(books, "purposes").map(([key, row]): Reading => {
      return { contract: "Credits", view: "purposesOf", args: [BigInt(lastOf(key))], key, expected: row.fields, row };
    }),
    ...batches.map((batch) => batchReading(batch, byBatch.get(batch[1].kept!["id"] as bigint) ?? [])),
    ...blocks.flatMap(blockReadings),
    ...rowsOf(books, "retirement").map(([key, row]): Reading => {
      const expected = { record: row.kept!["record"]!, note: row.fields["note"]! };
      return { contract: "Credits", view: "retirements", args: [row.kept!["id"]], key, expected, row };
    }),
  ];
}

/** C3: the blocks of a batch lie end to end, from its first serial to its last. */
function rangeDifferences(books: Books): Difference[] {
  const byBatch = blocksByBatch(rowsOf(books, "block"));
  return rowsOf(books, "batch").flatMap(([key, { fields, kept, places }]) => {
    let next = 1n;
    const serials = (byBatch.get(kept!["id"] as bigint) ?? []).map((block) => {
      const first = BigInt.asUintN(128, block.kept!["id"] as bigint);
      const follows = first === next;
      next = first + (block.fields["kg"] as bigint);
      return follows;
    });
    if (serials.every(Boolean) && next === (fields["issued"] as bigint) + 1n) return [];
    const [said, expected] = [`blocks up to ${next - 1n}, or with gaps`, `1 to ${String(fields["issued"])}`];
    return [{ key, field: "serials", who: "log", said, expected, place: places["issued"]! }];
  });
}

/** Every word of credits in contract storage at the books' block, and that they add up. */
export async function checkCredits(
  node: Node,
  contracts: Record<Told, Hex>,
  books: Books,
  progress: Progress,
): Promise<Check> {
  const wanted = readings(books);
  const differences = [...(await readAll(node, contracts, books, wanted, progress)), ...rangeDifferences(books)];
  const en = "words and holders of batches, blocks, reports, retirements (C1-C3)";
  return { id: "credits", zh: "碳信用合约存储", en, compared: wanted.length, differences };
}

/** The figures that the server's C1 and C2 must have on both sides, in kg. */
export function creditFigures(books: Books): [id: string, figure: bigint][] {
  const batches = rowsOf(books, "batch").map(([, row]) => row);
  const of = (field: string): bigint => kgOf(batches, field);
  const live = rowsOf(books, "block").filter(([, { fields }]) => fields["disposition"] === LIVE);
  const reports = rowsOf(books, "report").map(([, row]) => row);
  return [
    ["C1.issued", of("issued")],
    ["C1.retired", of("retired")],
    ["C1.ended", of("cancelled") + of("exported")],
    ["C1.live", kgOf(live.map(([, row]) => row))],
    ["C2.issued", kgOf(reports, "issued")],
  ];
}
