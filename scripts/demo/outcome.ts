/** What came of a run: the figures of its last line, and in words what is not as it should be. */
import type { ProblemView } from "../../server/errors.ts";
import type { RequestView } from "./client.ts";
import { TOTAL_GRAMS } from "./scenario.ts";
import { count } from "./screen.ts";

/** What is counted from the answers of the API. */
export interface Outcome {
  lots: number;
  acts: number;
  skipped: number;
  conservation: boolean;
  seconds: number;
  /** in words, what is not as it should be */
  faults: string[];
}

/** @param conservation every check of T1 was made and holds; it is a fault of its own where it is false */
export function outcomeOf(
  settled: readonly RequestView[],
  rejected: readonly ProblemView[],
  lots: readonly { id: string; massGrams: number }[],
  conservation: boolean,
  seconds: number,
): Outcome {
  const inState = (state: string): RequestView[] => settled.filter((view) => view.state === state);
  const ids = new Set(lots.map(({ id }) => id));
  const final = inState("final");
  const grams = lots.reduce((sum, { massGrams }) => sum + massGrams, 0);
  const unfinished = settled.filter(({ state }) => state !== "final");
  const faults = [
    ...rejected.map(({ title, detail, remedy }) => `rejected: ${title} (${detail}). ${remedy}`),
    ...unfinished.map(({ digest, state, reason }) => `${digest} is ${state}: ${reason?.en ?? "no reason given"}`),
    ...(grams === TOTAL_GRAMS ? [] : [`the lots weigh ${count(grams)} g in all, not ${count(TOTAL_GRAMS)} g`]),
    ...(conservation ? [] : ["the books do not balance"]),
  ];
  return {
    lots: final.filter(({ digest }) => ids.has(digest)).length,
    acts: final.length,
    skipped: inState("skipped").length,
    conservation,
    seconds,
    faults,
  };
}
