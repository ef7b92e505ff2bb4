/** What two indexers of one history must agree on. */
import type { Db } from "../../server/db/port.ts";

export type Totals = Record<
  "lots" | "grams" | "seqs" | "open" | "acts" | "actGrams" | "flags" | "edges" | "edgeGrams",
  string | number
>;

/** Of our tables. */
export async function totalsOf(db: Db): Promise<Totals> {
  const [totals] = await db.sql<Totals>`
    SELECT * FROM
      (SELECT count(*)::text AS lots, sum(grams)::text AS grams, sum(seq)::text AS seqs,
        (count(*) FILTER (WHERE disposition = 0))::text AS open FROM lot) AS lots,
      (SELECT count(*)::text AS acts, sum(grams)::text AS "actGrams", sum(flags)::text AS flags FROM act) AS acts,
      (SELECT count(*)::text AS edges, sum(grams)::text AS "edgeGrams" FROM edge) AS edges`;
  return totals!;
}

/** @throws naming the first total in which they differ */
export function mustAgree(ours: Totals, theirs: Totals): void {
  for (const [name, value] of Object.entries(ours)) {
    const other = String(theirs[name as keyof Totals]);
    if (String(value) !== other) throw new Error(`the indexers disagree on ${name}: ${value} here, ${other} there`);
  }
}
