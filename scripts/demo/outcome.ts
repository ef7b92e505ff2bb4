/** What came of a run: the figures of its last line, and in words what is not as it should be. */
import type { Hex } from "../../server/chain/port.ts";
import type { ProblemView } from "../../server/errors.ts";
import type { RequestState } from "../../server/relayer/requests.ts";
import { totalsOf, type Act, type Book, type BookLot } from "./book.ts";
import { eachOf, type Api, type Conservation, type Lot } from "./client.ts";
import type { Credits } from "./playCredits.ts";
import type { Expected } from "./scenario/expected.ts";
import { count } from "./screen.ts";

/** What is counted from the answers of the API, whatever the order in which things came: the demo's last line, but its name. */
export interface Figures extends Expected {
  seconds: number;
}

export interface Outcome {
  figures: Figures;
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
  credits: Credits;
  /** what it must come to */
  expected: Expected;
  seconds: number;
}

/** What must have been looked at, each with the invariant that it is of (DESIGN.md §5). */
export const namedChecks = [
  ...["T1.collected", "T1.concluded", "T1.live", "T1.acts", "T1.lots", "T2.mass", "T2.words"],
  ...["C1.issued", "C1.retired", "C1.ended", "C1.live", "C1.words", "C1.batches"],
  ...["C2.issued", "C2.attested", "C2.periods", "C3.ranges", "C3.words"],
  ...["M1.count", "M1.paid", "M1.closed", "M1.pools", "M1.words", "M2.chunks", "M2.roots"],
  ...["M3.deposited", "M3.withdrawn", "M3.supply", "M3.balances", "M3.negative", "M3.words", "M4.once"],
];

/** Every named check was made, and both of its sides agree. */
export function conserves({ ok, checks }: Conservation): boolean {
  const made = new Set(checks.map(({ id }) => id));
  return namedChecks.every((id) => made.has(id)) && ok && checks.every((check) => check.ok);
}

type Money = Pick<Figures, "issuedKg" | "retiredKg" | "fundedFen" | "paidFen">;

const sumOf = (amounts: readonly string[]): number => Number(amounts.reduce((sum, each) => sum + BigInt(each), 0n));

function moneyOf({ played, retired, paid }: Credits): Money {
  const heldFen = sumOf(paid.map(({ pool }) => pool.heldFen));
  return {
    issuedKg: sumOf(played.map(({ report }) => report.issuedKg)),
    retiredKg: sumOf(retired.map(({ retirement }) => retirement.kg)),
    fundedFen: sumOf(paid.map(({ pool }) => pool.amountFen)),
    paidFen: sumOf(paid.map(({ pool }) => pool.paidFen)) - heldFen,
  };
}

/** What of sinks, retirements and pools does not stand as it should, in words. */
function creditFaults({ played, retired, paid }: Credits): string[] {
  const differs = (who: string, what: string, found: string, expected: number): string[] =>
    found === String(expected) ? [] : [`${who}: ${found} kg are ${what}, not ${expected} kg`];
  const sinks = played.flatMap(({ sink, report }) => {
    const wanted = sink.vintages.reduce((sum, { kg }) => sum + kg, 0);
    return differs(sink.name.en, "issued", report.issuedKg, wanted);
  });
  const held = played.flatMap(({ sink, batches }) => {
    const blocks = batches.flatMap((batch) => batch.blocks);
    const free = sink.deposit ? blocks.filter(({ locks }) => !locks.includes("court-hold")) : [];
    return free.map(({ serials }) => `${sink.name.en}: ${serials} is not held by the court`);
  });
  const retirements = retired.flatMap(({ retiring, retirement }) =>
    differs(retiring.beneficiary.en, "retired", retirement.kg, retiring.kg),
  );
  const pools = paid.flatMap(({ fund, pool }) => {
    const whole = pool.state === "closed" && pool.paidFen === String(fund.amountFen);
    return whole
      ? []
      : [`${fund.name.en}: pool ${pool.id} is ${pool.state}, ${pool.paidFen} of ${fund.amountFen} fen paid`];
  });
  return [...sinks, ...held, ...retirements, ...pools];
}

/** Which figures are not those of the scenario, in words. */
export function figureFaults(figures: Figures, expected: Expected): string[] {
  return (Object.keys(expected) as (keyof Expected)[])
    .filter((key) => figures[key] !== expected[key])
    .map((key) => `${key} is ${figures[key]}, not ${expected[key]}`);
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

export function outcomeOf(readBack: ReadBack): Outcome {
  const { book, parties, ended, rejected, conservation, lotFaults, credits, expected, seconds } = readBack;
  const final = book.acts.filter(({ id }) => ended.get(id) === "final");
  const unfinished = [...ended].filter(([, state]) => state !== "final");
  const figures: Figures = {
    parties,
    lots: final.reduce((sum, act) => sum + lotsOf(act), 0),
    acts: final.length,
    skipped: [...ended.values()].filter((state) => state === "skipped").length,
    ...moneyOf(credits),
    conservation: conserves(conservation),
    seconds,
  };
  return {
    figures,
    faults: [
      ...rejected.map(({ title, detail, remedy }) => `rejected: ${title} (${detail}). ${remedy}`),
      ...unfinished.map(([id, state]) => `act ${id} is ${state}`),
      ...gramFaults(book, conservation),
      ...lotFaults,
      ...creditFaults(credits),
      ...figureFaults(figures, expected),
    ],
  };
}

/** The ledger's grams, held against the book's. */
function gramFaults(book: Book, { checks }: Conservation): string[] {
  const ofId = new Map(checks.map(({ id, left }) => [id, left]));
  return Object.entries(totalsOf(book)).flatMap(([what, expected]) => {
    const found = ofId.get(`T1.${what}`);
    return found === String(expected) ? [] : [`${found} g are ${what}, not ${count(expected)} g`];
  });
}
