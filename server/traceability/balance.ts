/** The right-hand side of T1 and T2: what the rows say of all grams, and rows that cannot be right. */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";

/** Sums over all rows, in grams. */
export interface Balance {
  collectedGrams: bigint;
  /** in open lots */
  liveGrams: bigint;
  /** that left the ledger: variance, losses of processes, conclusions, void lots */
  concludedGrams: bigint;
  /** lots with mass that are not open, without mass that are, or with less than none */
  wrongMasses: bigint;
}

/** Sums are `numeric`, which come as text: they may exceed 63 bits. */
export async function readBalance(sql: Sql): Promise<Balance> {
  const [sums] = await sql<Record<"collected" | "live" | "lost" | "voided", string> & { wrong: bigint }>`
    SELECT * FROM (
      SELECT coalesce(sum(grams) FILTER (WHERE kind = 'collect'), 0) AS collected, coalesce(sum(loss_grams), 0) AS lost FROM act
    ) AS acts, (SELECT coalesce(sum(grams), 0) AS voided FROM ruling) AS rulings, (
      SELECT coalesce(sum(grams) FILTER (WHERE disposition = 0), 0) AS live,
        count(*) FILTER (WHERE grams < 0 OR (grams > 0) <> (disposition = 0)) AS wrong
      FROM lot
    ) AS lots`;
  const { collected, live, lost, voided, wrong } = sums!;
  return {
    collectedGrams: BigInt(collected),
    liveGrams: BigInt(live),
    concludedGrams: BigInt(lost) + BigInt(voided),
    wrongMasses: wrong,
  };
}

/** How grams left the ledger. */
export interface Ending {
  by: "handoff" | "transform" | "conclude" | "void";
  /** loss kind of a conclusion, process of a transform; 0 for others */
  code: number;
  grams: bigint;
}

/** What {@link Balance.concludedGrams} is made of. */
export async function readEndings(sql: Sql): Promise<Ending[]> {
  const rows = await sql<Omit<Ending, "grams"> & { grams: string }>`
    SELECT kind AS by, CASE WHEN kind = 'handoff' THEN 0 ELSE code END AS code, sum(loss_grams) AS grams
    FROM act WHERE loss_grams > 0 GROUP BY 1, 2
    UNION ALL SELECT 'void', 0, sum(grams) FROM ruling WHERE kind = 'void' HAVING count(*) > 0 ORDER BY 1, 2`;
  return rows.map((row) => ({ ...row, grams: BigInt(row.grams) }));
}

/**
 * Goes through all flows: what a lot was made with, less what it lost, is what it holds, or what the split or transform
 * that consumed it took in; and what such an act took in is what it made, and its loss.
 * @returns how many lots, and how many splits and transforms, do not come out so
 */
export async function countUnbalanced(sql: Sql): Promise<{ lots: bigint; acts: bigint }> {
  const [found] = await sql<{ lots: bigint; acts: bigint }>`
    WITH born AS (
      SELECT lot.id, act.grams FROM act JOIN lot ON lot.id = act.digest WHERE kind = 'collect'
      UNION ALL SELECT lot.id, sum(edge.grams) FROM edge JOIN lot ON lot.no = edge.child GROUP BY lot.id
    ), gone AS (
      SELECT id, sum(grams) AS grams FROM (
        SELECT lot AS id, loss_grams AS grams FROM act WHERE kind IN ('handoff', 'conclude')
        UNION ALL SELECT lot, grams FROM ruling WHERE kind = 'void'
      ) AS each GROUP BY id
    ), kept AS (
      SELECT lot.id, lot.grams, lot.made_by, taker.digest AS taker, born.grams AS born, born.grams - coalesce(gone.grams, 0) AS rest
      FROM lot LEFT JOIN born USING (id) LEFT JOIN gone USING (id)
        LEFT JOIN act taker ON taker.digest = lot.ended_by AND taker.kind IN ('split', 'transform')
    ), taken AS (
      SELECT taker AS digest, sum(rest) AS grams FROM kept WHERE taker IS NOT NULL GROUP BY taker
    ), given AS (
      SELECT made_by AS digest, sum(born) AS grams FROM kept GROUP BY made_by
    )
    SELECT
      (SELECT count(*) FROM kept WHERE rest IS NULL OR grams <> CASE WHEN taker IS NULL THEN rest ELSE 0 END) AS lots,
      (SELECT count(*) FROM act LEFT JOIN taken USING (digest) LEFT JOIN given USING (digest)
        WHERE kind IN ('split', 'transform')
          AND (act.grams <> coalesce(taken.grams, 0) OR act.grams <> coalesce(given.grams, 0) + loss_grams)) AS acts`;
  return found!;
}

/** A lot as both sides have it. */
export interface Sample {
  id: Hex;
  /** `custodian 160 | massGrams 48 | seq 24 | class 16 | disposition 4 | flags 4` */
  word: bigint;
  owner: Hex;
}

/** The first lots from a place on, round the end: a random place gives a random sample. */
export async function sampleLots(sql: Sql, from: Hex, count: number): Promise<Sample[]> {
  const rows = await sql<
    Record<"custodian" | "owner" | "id", Hex> &
      Record<"seq" | "class" | "disposition" | "flags", number> & { grams: bigint }
  >`
    SELECT id, custodian, owner, grams, seq, class, disposition, flags FROM (
      (SELECT 0 AS part, * FROM lot WHERE id >= ${from} ORDER BY id LIMIT ${count})
      UNION ALL (SELECT 1, * FROM lot WHERE id < ${from} ORDER BY id LIMIT ${count})
    ) AS around ORDER BY part, id LIMIT ${count}`;
  return rows.map(({ id, owner, custodian, grams, seq, class: kind, disposition, flags }) => {
    const tail = (BigInt(seq) << 24n) | (BigInt(kind) << 8n) | (BigInt(disposition) << 4n) | BigInt(flags);
    return { id, owner, word: (BigInt(custodian) << 96n) | (BigInt.asUintN(48, grams) << 48n) | tail };
  });
}
