/** What came of a run: the figures of its last line, and in words what is not as it should be. */
import type { Hex } from "../../server/chain/port.ts";
import type { ProblemView } from "../../server/errors.ts";
import type { RequestState } from "../../server/relayer/requests.ts";
import { totalsOf, type Act, type Book, type BookLot } from "./book.ts";
import { eachOf, type Api, type Conservation, type Lot } from "./client.ts";
import { count } from "./screen.ts";

/** What is counted from the answers of the API, all of it whatever the order in which things came. */
export interface Outcome {
  parties: number;
  lots: number;
  acts: number;
  skipped: number;
  collectedGrams: number;
  concludedGrams: number;
  liveGrams: number;
  conservation: boolean;
  seconds: number;
  /** in words, what is not as it should be */
  faults: string[];
}

/** Everything that is read back once all is settled. */
export interface ReadBack {
  book: Book;
  parties: number;
  /** the state that each act ended in; none of those that were rejected */
  ended: ReadonlyMap<Hex, RequestState>;
  rejected: readonly ProblemView[];
  conservation: Conservation;
  /** where a lot that should be there does not stand as it should, in words */
  lotFaults: readonly string[];
  seconds: number;
}

/** Every named check of T1 was made, and both of its sides agree. */
export function conserves({ ok, checks }: Conservation): boolean {
  const made = new Set(checks.map(({ id }) => id));
  const named = ["T1.collected", "T1.concluded", "T1.live"].every((id) => made.has(id));
  return named && ok && checks.every((check) => check.ok);
}

/** Lots that an act brings about. */
function lotsOf({ type, act }: Act): number {
  if (type === "Collect") return 1;
  if (type === "Split") return act.grams.length;
  return type === "Transform" ? act.outputs.length : 0;
}

/** The open lots of the book, each held against the server's. @returns what differs, in words */
export async function lotFaultsOf(api: Api, book: Book, progress: (done: number) => void): Promise<string[]> {
  const faults: string[] = [];
  let looked = 0;
  await eachOf(openLots(book), 8, async (lot) => {
    const fault = lotFault(lot, await api.lot(lot.id));
    if (fault) faults.push(fault);
    progress(++looked);
  });
  return faults;
}

export const openLots = ({ lots }: Book): BookLot[] => lots.filter(({ grams }) => grams > 0);

function lotFault({ id, grams, seq, class: code }: BookLot, found: Lot | undefined): string | undefined {
  if (!found) return `lot ${id} is not there`;
  const wanted = `${grams} g, seq ${seq}, class ${code}, open`;
  const had = `${found.massGrams} g, seq ${found.seq}, class ${found.class.code}, ${[found.disposition, ...found.flags].join(" ")}`;
  return wanted === had ? undefined : `lot ${id} is ${had}, not ${wanted}`;
}

export function outcomeOf({ book, parties, ended, rejected, conservation, lotFaults, seconds }: ReadBack): Outcome {
  const ofId = new Map(conservation.checks.map(({ id, left }) => [id, left]));
  const gramsOf = (id: string): number => Number(ofId.get(id) ?? Number.NaN);
  const final = book.acts.filter(({ id }) => ended.get(id) === "final");
  const unfinished = [...ended].filter(([, state]) => state !== "final");
  const grams = {
    collectedGrams: gramsOf("T1.collected"),
    concludedGrams: gramsOf("T1.concluded"),
    liveGrams: gramsOf("T1.live"),
  };
  const wanted = totalsOf(book);
  const amiss = (what: string, found: number, expected: number): string[] =>
    found === expected ? [] : [`${count(found)} g are ${what}, not ${count(expected)} g`];
  const conserved = conserves(conservation);
  return {
    parties,
    lots: final.reduce((sum, act) => sum + lotsOf(act), 0),
    acts: final.length,
    skipped: [...ended.values()].filter((state) => state === "skipped").length,
    ...grams,
    conservation: conserved,
    seconds,
    faults: [
      ...rejected.map(({ title, detail, remedy }) => `rejected: ${title} (${detail}). ${remedy}`),
      ...unfinished.map(([id, state]) => `act ${id} is ${state}`),
      ...amiss("collected", grams.collectedGrams, wanted.collected),
      ...amiss("concluded", grams.concludedGrams, wanted.concluded),
      ...amiss("live", grams.liveGrams, wanted.live),
      ...lotFaults,
      ...(conserved ? [] : ["the books do not balance"]),
    ],
  };
}
