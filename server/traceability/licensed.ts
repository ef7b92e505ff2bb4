/** Acts that the chain flagged for want of a licence, held against each licence's own dates. */
import { licencesHeld } from "../access/queries.ts";
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { column } from "../indexer/columns.ts";

/** The bit of an act's flags that says that its custodian lacks the licence. */
export const LICENCE_REASON = 0x20;

/**
 * Those of the acts flagged `licence` whose custodian did hold every licence that the lots need at `capturedAt`: the
 * chain's flag stands, and views say that it is answered.
 * @param digests of acts of any kind
 */
export async function licensedAfterAll(sql: Sql, digests: readonly Hex[]): Promise<Set<Hex>> {
  // a transform's outputs need the licence, of other acts the lot itself; after each the receiver has custody
  const needs = await sql<{ digest: Hex; account: Hex; at: bigint; kind: number }>`
    SELECT DISTINCT act.digest, act.receiver AS account, act.captured_at AS at, needed.class >> 10 AS kind
    FROM act JOIN lot ON lot.id = act.lot LEFT JOIN edge ON act.kind = 'transform' AND edge.parent = lot.no
      JOIN lot needed ON needed.no = coalesce(edge.child, lot.no)
    WHERE act.digest = ANY (${column(digests)}::text[]) AND act.flags & ${LICENCE_REASON} <> 0`;
  const held = await licencesHeld(
    sql,
    needs.map(({ account, kind, at }) => ({ account, kind, at: Number(at) })),
  );
  const answered = new Set(needs.map(({ digest }) => digest));
  needs.forEach(({ digest }, i) => held[i] || answered.delete(digest));
  return answered;
}
