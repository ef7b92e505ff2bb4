/** What accounts hold, against what their licences allow. It is a matter for review, not a rule: acts arrive out of order. */
import { readLicences } from "../access/queries.ts";
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { readCursor } from "../indexer/queries.ts";

/** The open lots in an account's custody that need one kind of licence. */
export interface Stock {
  /** 0: needs none */
  licenceKind: number;
  grams: bigint;
  /** by the licence as it stands at the indexed block: 0 without one; `undefined` where none is needed */
  capacityGrams: bigint | undefined;
}

/** Whether more is held than may be. */
export const isOver = ({ grams, capacityGrams }: Stock): boolean =>
  capacityGrams !== undefined && grams > capacityGrams;

async function heldByKind(sql: Sql, account: Hex): Promise<Map<number, bigint>> {
  const rows = await sql<{ kind: number; grams: bigint }>`
    SELECT class >> 10 AS kind, sum(grams)::bigint AS grams
    FROM lot WHERE custodian = ${account} AND disposition = 0 GROUP BY class >> 10`;
  return new Map(rows.map(({ kind, grams }) => [kind, grams]));
}

/**
 * An account's stock by licence kind, ascending: kinds it holds lots or a licence of.
 * @param sql of a snapshot
 * @returns `undefined` while no block is indexed
 */
export async function readStock(sql: Sql, account: Hex): Promise<{ asOfBlock: number; stock: Stock[] } | undefined> {
  const cursor = await readCursor(sql);
  if (!cursor) return undefined;
  const [block] = await sql<{ at: bigint }>`SELECT at FROM block WHERE number = ${cursor.block}`;
  const now = Number(block!.at);
  const held = await heldByKind(sql, account);
  const capacities = new Map<number, bigint>();
  for (const { kind, validFrom, validUntil, capacityGrams } of await readLicences(sql, account)) {
    capacities.set(kind, now >= validFrom && now < validUntil ? capacityGrams : 0n);
  }
  const kinds = [...new Set([...held.keys(), ...capacities.keys()])].sort((a, b) => a - b);
  const stock = kinds.map((kind) => ({
    licenceKind: kind,
    grams: held.get(kind) ?? 0n,
    capacityGrams: kind === 0 ? undefined : (capacities.get(kind) ?? 0n),
  }));
  return { asOfBlock: cursor.block, stock };
}
