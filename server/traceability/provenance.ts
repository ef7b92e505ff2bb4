/** A lot's whole history, near to far: which lots belong to it is known in memory, what they are stands in the rows. */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { column } from "../indexer/columns.ts";
import { readCursor } from "../indexer/queries.ts";
import { edgesDown, edgesUp, walk, type Direction, type Lineage } from "./lineage.ts";
import type { LineageFeed } from "./lineageFeed.ts";
import type { LotRow } from "./queries.ts";

/** An act as it was recorded. */
export interface ActRow {
  digest: Hex;
  kind: string;
  lot: Hex;
  seq: number;
  giver: Hex;
  receiver: Hex;
  grams: bigint;
  /** of a handoff, as its giver declared them */
  declaredGrams: bigint | null;
  /** that left the ledger by it */
  lossGrams: bigint;
  /** process of a transform, loss kind of a conclusion, bailment byte of a handoff */
  code: number;
  /** seconds since 1970, by the device that captured it */
  capturedAt: bigint;
  /** `reasons 4 | lot flags 4` */
  flags: number;
  anchor: Hex;
  evidence: Hex;
  tx: Hex;
  block: bigint;
  /** seconds since 1970, of the block */
  recordedAt: bigint;
}

export interface NodeRow extends LotRow {
  owner: Hex;
  /** digests of the act that made it and of the one that consumed it */
  madeBy: Hex;
  endedBy: Hex | null;
  /** upon it, in their order; a transform stands with each of its inputs */
  acts: ActRow[];
}

/** Grams that went from one lot into another. */
export interface EdgeRow {
  child: Hex;
  parent: Hex;
  grams: number;
}

export interface ProvenancePage {
  /** lots with the acts upon them, nearest in time to the lot asked for first */
  nodes: NodeRow[];
  /** between a node of this page and the lots it came from (upstream) or went into (downstream) */
  edges: EdgeRow[];
  /** the lot to go on after; `undefined` on the last page */
  next: Hex | undefined;
}

/** Lots in one page of provenance. */
export const MOST_NODES = 1_000;

/** A lot's place in memory. */
export interface Found {
  lineage: Lineage;
  /** its number */
  no: number;
  /** the block all of this is as of */
  asOfBlock: number;
}

/** Finds a lot, with the memory as far as `sql` sees; `undefined` where it is not indexed. */
export async function findLot(sql: Sql, feed: LineageFeed, id: Hex): Promise<Found | undefined> {
  const cursor = await readCursor(sql);
  const [no] = await readNumbers(sql, [id]);
  if (!cursor || no === undefined) return undefined;
  return { lineage: await feed.catchUp(sql), no, asOfBlock: cursor.block };
}

/**
 * One page of what a lot came from, or of what became of it, the lot itself included.
 * @param after the `next` of the page before; `undefined` for the first
 * @param limit lots in the page, at most 1,000
 * @returns `undefined` when `after` is not indexed
 */
export async function readPage(
  sql: Sql,
  { lineage, no }: Found,
  direction: Direction,
  after: Hex | undefined,
  limit: number,
): Promise<ProvenancePage | undefined> {
  const [last] = after === undefined ? [undefined] : await readNumbers(sql, [after]);
  if (after !== undefined && last === undefined) return undefined;
  const size = Math.min(limit, MOST_NODES);
  const numbers = pageOf(lineage, no, direction, last, size + 1);
  const page = numbers.slice(0, size);
  const edges = edgesOf(lineage, page, direction);
  const rows = await readNodes(sql, page);
  const ids = await readIds(sql, [...new Set(edges.flatMap(({ child, parent }) => [child, parent]))]);
  // lots that the memory met and this snapshot does not see yet are left out
  const nodes = page.flatMap((number) => rows.get(number) ?? []);
  return {
    nodes,
    edges: edges.flatMap(({ child, parent, grams }) => {
      const [from, to] = [ids.get(child), ids.get(parent)];
      return from && to ? [{ child: from, parent: to, grams }] : [];
    }),
    next: numbers.length > size ? nodes.at(-1)?.id : undefined,
  };
}

/** The numbers of a walk that come after `last`, as many as asked for. */
function pageOf(
  lineage: Lineage,
  start: number,
  direction: Direction,
  last: number | undefined,
  most: number,
): number[] {
  const page: number[] = [];
  for (const lot of walk(lineage, start, direction)) {
    if (last !== undefined && (direction === "upstream" ? lot >= last : lot <= last)) continue;
    if (page.push(lot) === most) break;
  }
  return page;
}

interface NumberedEdge {
  child: number;
  parent: number;
  grams: number;
}

function edgesOf(lineage: Lineage, lots: readonly number[], direction: Direction): NumberedEdge[] {
  const edges = direction === "upstream" ? edgesUp : edgesDown;
  return lots.flatMap((lot) =>
    [...edges(lineage, lot)].map((edge) => ({
      child: lineage.child[edge]!,
      parent: lineage.parent[edge]!,
      grams: lineage.edgeGrams[edge]!,
    })),
  );
}

async function readNodes(sql: Sql, numbers: readonly number[]): Promise<Map<number, NodeRow>> {
  const rows = await sql<Omit<NodeRow, "acts"> & { no: number }>`
    SELECT no, id, custodian, owner, grams, seq, class, disposition, flags, made_by AS "madeBy", ended_by AS "endedBy"
    FROM lot WHERE no = ANY (${column(numbers)}::int[])`;
  const acts = await readActs(
    sql,
    rows.map(({ id }) => id),
    rows.flatMap(({ endedBy }) => endedBy ?? []),
  );
  const upon = new Map<Hex, ActRow[]>();
  const byDigest = new Map(acts.map((act) => [act.digest, act]));
  for (const act of acts) {
    const others = upon.get(act.lot);
    if (others) others.push(act);
    else upon.set(act.lot, [act]);
  }
  return new Map(
    rows.map(({ no, ...lot }) => {
      const own = upon.get(lot.id) ?? [];
      const end = lot.endedBy === null ? undefined : byDigest.get(lot.endedBy);
      return [no, { ...lot, acts: end && end.lot !== lot.id ? [...own, end] : own }];
    }),
  );
}

/** Acts upon lots, and those that ended lots without standing with them, in the order of events. */
function readActs(sql: Sql, lots: readonly Hex[], ends: readonly Hex[]): Promise<ActRow[]> {
  return sql<ActRow>`
    SELECT act.digest, act.kind, act.lot, act.seq, act.giver, act.receiver, act.grams,
      act.declared_grams AS "declaredGrams", act.loss_grams AS "lossGrams", act.code, act.captured_at AS "capturedAt",
      act.flags, act.anchor, act.evidence, act.tx, act.block, block.at AS "recordedAt"
    FROM (
      SELECT * FROM act WHERE lot = ANY (${column(lots)}::text[])
      UNION SELECT * FROM act WHERE digest = ANY (${column([...new Set(ends)])}::text[])
    ) AS act JOIN block ON block.number = act.block ORDER BY act.block, act.idx`;
}

/** The numbers of lots, in the order asked; `undefined` where one is not indexed. */
async function readNumbers(sql: Sql, ids: readonly Hex[]): Promise<(number | undefined)[]> {
  const rows = await sql<{ id: Hex; no: number }>`SELECT id, no FROM lot WHERE id = ANY (${column(ids)}::text[])`;
  const numbers = new Map(rows.map(({ id, no }) => [id, no]));
  return ids.map((id) => numbers.get(id));
}

async function readIds(sql: Sql, numbers: readonly number[]): Promise<Map<number, Hex>> {
  const rows = await sql<{ id: Hex; no: number }>`SELECT id, no FROM lot WHERE no = ANY (${column(numbers)}::int[])`;
  return new Map(rows.map(({ id, no }) => [no, id]));
}

/** Whether any of the accounts holds or owns the lot, or took part in an act upon it, or in the one that made it. */
export async function wasParty(sql: Sql, lot: Hex, accounts: readonly Hex[]): Promise<boolean> {
  const ids = column(accounts);
  const [row] = await sql<{ party: boolean }>`
    SELECT (custodian = ANY (${ids}::text[]) OR owner = ANY (${ids}::text[]) OR EXISTS (
      SELECT FROM act WHERE (act.lot = lot.id OR digest IN (made_by, ended_by))
        AND (giver = ANY (${ids}::text[]) OR receiver = ANY (${ids}::text[]))
    )) AS party FROM lot WHERE id = ${lot}`;
  return row?.party ?? false;
}
