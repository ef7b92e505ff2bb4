/** The yields that are to be expected of each process: what the admin sets in `Processes`, and what readers explain it by. */
import { lotClass, processCodes } from "./vocabulary.ts";

/** A share of the mass of all inputs, in 1/10,000: between `minBps` and `maxBps`, both included. */
export interface Bound {
  /** 0 of the inputs, 1 of the outputs, 2 the loss (class 0) */
  side: 0 | 1 | 2;
  class: number;
  minBps: number;
  maxBps: number;
}

const input = (material: number): Bound => ({ side: 0, class: lotClass(0, material), minBps: 0, maxBps: 10_000 });
const output = (material: number, minBps: number, maxBps: number): Bound => {
  return { side: 1, class: lotClass(0, material), minBps, maxBps };
};
const loss = (maxBps: number): Bound => ({ side: 2, class: 0, minBps: 0, maxBps });

/**
 * Bounds by process code. Generated values, not published ones: wide enough for beach plastic, narrow enough that a
 * yield above what went in, or a vanished third, is seen.
 */
export const processBounds: ReadonlyMap<number, readonly Bound[]> = new Map([
  [
    processCodes.sorting,
    [...[1, 2, 3, 4, 5].map(input), output(7, 0, 10_000), output(8, 0, 10_000), output(9, 0, 4_000), loss(500)],
  ],
  [processCodes.washing, [input(7), input(8), output(10, 6_500, 9_800), output(12, 0, 3_000), loss(1_500)]],
  [
    processCodes.regranulation,
    [input(7), input(8), input(10), output(11, 7_000, 9_900), output(12, 0, 2_000), loss(1_500)],
  ],
  // what lies together in a tank is weighed as it was: nothing is made of it and nothing is lost
  [
    processCodes.consolidation,
    [lotClass(1, 1), lotClass(0, 13), lotClass(0, 14)].flatMap((each): Bound[] => [
      { side: 0, class: each, minBps: 0, maxBps: 10_000 },
      { side: 1, class: each, minBps: 0, maxBps: 10_000 },
    ]),
  ],
]);
