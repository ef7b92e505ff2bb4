/** Reads of lots and acts. */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { column } from "../indexer/columns.ts";
import { readCursor } from "../indexer/queries.ts";

/** A lot as it stands. */
export interface LotRow {
  id: Hex;
  custodian: Hex;
  grams: bigint;
  seq: number;
  /** licence kind (6 bits) and material (10 bits) */
  class: number;
  /** 0 open, 1 consumed, 2 void */
  disposition: number;
  /** bits: 1 contested, 2 quarantined, 4 bailed, 8 review */
  flags: number;
}

/** An act as it was recorded. */
export interface ActRow {
  digest: Hex;
  kind: string;
  lot: Hex;
  seq: number;
  giver: Hex;
  receiver: Hex;
  grams: bigint;
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

/** Grams that went from one lot into another. */
export interface EdgeRow {
  child: Hex;
  parent: Hex;
  grams: bigint;
}

export interface ProvenancePage {
  /** the block this is as of */
  asOfBlock: number;
  /** lots with the acts upon them, nearest in time to the lot asked for first */
  nodes: (LotRow & { acts: ActRow[] })[];
  /** between a node of this page and the lots it came from (upstream) or went into (downstream) */
  edges: EdgeRow[];
  /** the lot to go on after; `undefined` on the last page */
  next: Hex | undefined;
}

/** Lots in one page of provenance. */
const MOST_NODES = 1_000;

/** A lot as it stands; `undefined` where none is indexed. */
export async function readLot(sql: Sql, id: Hex): Promise<LotRow | undefined> {
  const [lot] = await sql<LotRow>`
    SELECT id, custodian, grams, seq, class, disposition, flags FROM lot WHERE id = ${id}`;
  return lot;
}

interface Numbered extends LotRow {
  no: number;
}

/** A lot's number is greater than those of all lots it came from: so numbers order a walk, and pages of it. */
function walkUpstream(sql: Sql, start: number, after: number, limit: number): Promise<Numbered[]> {
  return sql<Numbered>`
    WITH RECURSIVE walk (no) AS (
      SELECT ${start}::int UNION SELECT edge.parent FROM walk JOIN edge ON edge.child = walk.no
    )
    SELECT lot.* FROM walk JOIN lot USING (no) WHERE no < ${after} ORDER BY no DESC LIMIT ${limit}`;
}

function walkDownstream(sql: Sql, start: number, after: number, limit: number): Promise<Numbered[]> {
  return sql<Numbered>`
    WITH RECURSIVE walk (no) AS (
      SELECT ${start}::int UNION SELECT edge.child FROM walk JOIN edge ON edge.parent = walk.no
    )
    SELECT lot.* FROM walk JOIN lot USING (no) WHERE no > ${after} ORDER BY no LIMIT ${limit}`;
}

async function readActs(sql: Sql, lots: readonly Hex[]): Promise<Map<Hex, ActRow[]>> {
  const acts = await sql<ActRow>`
    SELECT act.digest, act.kind, act.lot, act.seq, act.giver, act.receiver, act.grams, act.captured_at AS "capturedAt",
      act.flags, act.anchor, act.evidence, act.tx, act.block, block.at AS "recordedAt"
    FROM act JOIN block ON block.number = act.block
    WHERE act.lot = ANY (${column(lots)}::text[]) ORDER BY act.block, act.idx`;
  const byLot = new Map<Hex, ActRow[]>(lots.map((lot) => [lot, []]));
  for (const act of acts) byLot.get(act.lot)?.push(act);
  return byLot;
}

function edgesUpstream(sql: Sql, nos: readonly number[]): Promise<EdgeRow[]> {
  return sql<EdgeRow>`
    SELECT child.id AS child, parent.id AS parent, edge.grams
    FROM edge JOIN lot child ON child.no = edge.child JOIN lot parent ON parent.no = edge.parent
    WHERE edge.child = ANY (${column(nos)}::int[]) ORDER BY edge.child, edge.parent`;
}

function edgesDownstream(sql: Sql, nos: readonly number[]): Promise<EdgeRow[]> {
  return sql<EdgeRow>`
    SELECT child.id AS child, parent.id AS parent, edge.grams
    FROM edge JOIN lot child ON child.no = edge.child JOIN lot parent ON parent.no = edge.parent
    WHERE edge.parent = ANY (${column(nos)}::int[]) ORDER BY edge.parent, edge.child`;
}

export type Direction = "upstream" | "downstream";

/** `first` makes a lot's own number come after the point to go on after. */
const ways = {
  upstream: { walk: walkUpstream, edges: edgesUpstream, first: 1 },
  downstream: { walk: walkDownstream, edges: edgesDownstream, first: -1 },
} as const;

/**
 * One page of what a lot came from, or of what became of it, the lot itself included.
 * @param after the `next` of the page before; `undefined` for the first
 * @param limit lots in the page, at most 1,000
 * @returns `undefined` when the lot, or `after`, is not indexed
 */
export async function readProvenance(
  sql: Sql,
  id: Hex,
  direction: Direction,
  after: Hex | undefined,
  limit: number,
): Promise<ProvenancePage | undefined> {
  const cursor = await readCursor(sql);
  const [start, last] = await readNumbers(sql, [id, after ?? id]);
  if (!cursor || start === undefined || last === undefined) return undefined;
  const size = Math.min(limit, MOST_NODES);
  const { walk, edges, first } = ways[direction];
  const found = await walk(sql, start, after === undefined ? start + first : last, size + 1);
  const page = found.slice(0, size);
  const acts = await readActs(
    sql,
    page.map((lot) => lot.id),
  );
  return {
    asOfBlock: cursor.block,
    nodes: page.map(({ no: _, ...lot }) => ({ ...lot, acts: acts.get(lot.id) ?? [] })),
    edges: await edges(
      sql,
      page.map(({ no }) => no),
    ),
    next: found.length > size ? page.at(-1)!.id : undefined,
  };
}

/** The numbers of lots, in the order asked; `undefined` where one is not indexed. */
async function readNumbers(sql: Sql, ids: readonly Hex[]): Promise<(number | undefined)[]> {
  const rows = await sql<{ id: Hex; no: number }>`SELECT id, no FROM lot WHERE id = ANY (${column(ids)}::text[])`;
  const numbers = new Map(rows.map(({ id, no }) => [id, no]));
  return ids.map((id) => numbers.get(id));
}

/** Those of the digests whose acts are recorded. */
export async function recordedDigests(sql: Sql, digests: readonly Hex[]): Promise<Set<Hex>> {
  const rows = await sql<{ digest: Hex }>`SELECT digest FROM act WHERE digest = ANY (${column(digests)}::text[])`;
  return new Set(rows.map(({ digest }) => digest));
}

/** The right-hand side of T1: what the rows say of all grams ever collected. */
export interface Totals {
  collectedGrams: bigint;
  /** in open lots */
  liveGrams: bigint;
  concludedGrams: bigint;
  lots: bigint;
  acts: bigint;
}

export async function conservationTotals(sql: Sql): Promise<Totals> {
  const [totals] = await sql<Totals>`
    SELECT * FROM (
      SELECT coalesce(sum(grams) FILTER (WHERE kind = 'collect'), 0)::bigint AS "collectedGrams",
        coalesce(sum(grams) FILTER (WHERE kind = 'conclude'), 0)::bigint AS "concludedGrams", count(*) AS acts
      FROM act
    ) AS all_acts, (
      SELECT coalesce(sum(grams) FILTER (WHERE disposition = 0), 0)::bigint AS "liveGrams", count(*) AS lots FROM lot
    ) AS all_lots`;
  return totals!;
}
