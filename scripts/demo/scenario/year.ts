/** The storage point's and the harbours' year, or the n-th part of it, written down as acts: nothing of it depends on when it is played. */
import type { Book, BookLot } from "../book.ts";
import { writeCalls, type Harboured } from "./calls.ts";
import { LOADS, collectAll, load, loadDay, loseMetal } from "./hauls.ts";
import { DAY } from "./people.ts";
import { weighings, type Weighing } from "./weighings.ts";
import { workQuarter } from "./works.ts";

export interface Year {
  book: Book;
  weighings: Weighing[];
  /** what Ocean Cloud Warehouse did */
  harboured: Harboured;
  /** granulate of the last quarter, delivered to the brand and claimed in part */
  delivered: BookLot;
  /** all granulate that the brand claimed, whole or in part */
  claimed: BookLot[];
  /** the batch with the bad yield */
  quarantined: BookLot;
}

const QUARTERS = 4;
const quarterOf = (n: number): number => Math.floor((n * QUARTERS) / LOADS);

/** @param share one n-th of the year's collects is played, on all its days */
export function writeYear(book: Book, share: number): Year {
  const weighed = weighings(share);
  const collected = collectAll(book, weighed);
  const loads = Array.from({ length: LOADS }, (_, n) => {
    const [after, until] = [n === 0 ? 0 : loadDay(n - 1), loadDay(n)];
    const stock = collected.filter((_, i) => after <= weighed[i]!.capturedAt && weighed[i]!.capturedAt < until);
    return { n, bales: load(book, stock, n) };
  });
  const made = Array.from({ length: QUARTERS }, (_, n) => {
    const own = loads.filter((each) => quarterOf(each.n) === n);
    const bales = own.flatMap((each) => each.bales);
    return workQuarter(book, bales, { n, at: loadDay(own.at(-1)!.n) + 5 * DAY });
  }).flat();
  loseMetal(book, collected);
  return {
    book,
    weighings: weighed,
    harboured: writeCalls(book, share),
    delivered: made.findLast(({ line }) => line === "pet")!.granulate,
    claimed: made.map(({ granulate }) => granulate),
    quarantined: made.find(({ quarantined }) => quarantined)!.quarantined!,
  };
}
