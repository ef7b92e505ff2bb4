/** What the lots' rows say of the order of acts, as the relayer asks it. */
import { interfaces } from "../chain/contracts.ts";
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { column } from "../indexer/columns.ts";
import type { Order } from "../relayer/requests.ts";
import { recordedDigests } from "./queries.ts";

interface Stand {
  id: Hex;
  seq: number;
}

const bySubject = (rows: readonly Stand[]): Map<Hex, number> => new Map(rows.map(({ id, seq }) => [id, seq]));

async function seqs(sql: Sql, lots: readonly Hex[]): Promise<Map<Hex, number>> {
  return bySubject(await sql<Stand>`SELECT id, seq FROM lot WHERE id = ANY (${column(lots)}::text[])`);
}

/** The lots acted upon, what the acts made of them, and all that these were made of (a transform's row names one input). */
async function moved(sql: Sql, digests: readonly Hex[]): Promise<Map<Hex, number>> {
  return bySubject(
    await sql<Stand>`
    WITH made AS (SELECT no, id, seq FROM lot WHERE made_by <> id AND made_by = ANY (${column(digests)}::text[]))
    SELECT lot.id, lot.seq FROM act JOIN lot ON lot.id = act.lot WHERE act.digest = ANY (${column(digests)}::text[])
    UNION SELECT id, seq FROM made
    UNION SELECT lot.id, lot.seq FROM made JOIN edge ON edge.child = made.no JOIN lot ON lot.no = edge.parent`,
  );
}

const selector = (error: string): Hex => interfaces.LotLedger.getError(error)!.selector as Hex;

export const lotOrder: Order = {
  recorded: recordedDigests,
  seqs,
  moved,
  early: new Set([selector("LotUnknown"), selector("SeqNotCurrent")]),
};
