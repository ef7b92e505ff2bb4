/** T1 and T2 live: the left side from contract storage where it has one, the right side from the rows, at one block. */
import { readView } from "../chain/contracts.ts";
import type { Chain, Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { check, sampled, type Check } from "../indexer/checks.ts";
import { readCursor } from "../indexer/queries.ts";
import { countUnbalanced, readBalance, sampleLots, type Sample } from "./balance.ts";

/** Lots whose rows are held against storage each time; which ones, the block's hash draws. */
const SAMPLE = 8;

const lotLine = ({ id, word, owner }: Sample): string => `${id} ${word.toString(16).padStart(64, "0")} ${owner}`;

/** A sample of lots as rows and as storage have them, side by side, where they differ; how many there are, where not. */
async function sampleSides(read: ReadView, sql: Sql): Promise<[left: string, right: string]> {
  const cursor = await readCursor(sql);
  const rows = cursor ? await sampleLots(sql, cursor.hash, SAMPLE) : [];
  const stored = await Promise.all(
    rows.map(async ({ id }): Promise<Sample> => {
      const [[word], [owner]] = (await Promise.all([read("lots", id), read("ownerOf", id)])) as [[bigint], [string]];
      return { id, word, owner: owner.toLowerCase() as Hex };
    }),
  );
  return sampled(stored.map(lotLine), rows.map(lotLine), "lots");
}

type ReadView = (view: string, ...args: unknown[]) => Promise<unknown[]>;

/**
 * T1 (grams collected = live + concluded; of one act, in = out + loss) and T2 (a lot never gives more than it has),
 * ledger-wide. Where storage has no side of its own, the left is 0: so many rows may be wrong.
 * @param block the block the projections stand at; storage is read at the same one
 * @param sql of a snapshot
 */
export async function lotChecks(chain: Chain, ledger: Hex, sql: Sql, block: number): Promise<Check[]> {
  const read: ReadView = (view, ...args) => readView(chain, { name: "LotLedger", address: ledger }, view, args, block);
  const [collected, concluded] = (await read("totals")) as [bigint, bigint];
  const { collectedGrams, concludedGrams, liveGrams, wrongMasses } = await readBalance(sql);
  const unbalanced = await countUnbalanced(sql);
  const [left, right] = await sampleSides(read, sql);
  return [
    check("T1.collected", "grams collected", collected, collectedGrams),
    check("T1.concluded", "grams concluded", concluded, concludedGrams),
    check("T1.live", "grams collected less concluded = grams of live lots", collected - concluded, liveGrams),
    check("T1.acts", "splits and transforms whose inputs are not outputs and loss", 0n, unbalanced.acts),
    check("T1.lots", "lots that do not hold what they were made with, less what left them", 0n, unbalanced.lots),
    check("T2.mass", "lots below zero, open without mass, or not open with mass", 0n, wrongMasses),
    check("T2.words", "word and title of lots that the block's hash draws", left, right),
  ];
}
