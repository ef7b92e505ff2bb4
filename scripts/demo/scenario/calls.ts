/**
 * The calls at Ocean Cloud Warehouse in a year. Published: 4,328 calls, 1,140.2 t of ship waste. Single weights, hours, kinds
 * of waste and how often a tank is emptied are not: they are drawn from a fixed seed so that the totals come out to the gram.
 */
import { lossKinds, processCodes } from "../../../server/access/vocabulary.ts";
import { evidenceOf, type Book, type BookLot } from "../book.ts";
import { seeded } from "../keys.ts";
import { apportion, chunks, draw, shuffled } from "./draws.ts";
import { harbourNames, homeOf, vesselsOf } from "./harbours.ts";
import { MOST_INPUTS, haul } from "./hauls.ts";
import { DAY, HOUR, YEAR_BEGINS, type Vessel } from "./people.ts";
import { codeOf } from "./weighings.ts";

/** The year by kind of waste: calls, their exact grams together, and after how many weeks a tank of it is emptied. */
const kinds = [
  { term: "oily-water", calls: 2_596, grams: 742_200_000, weeks: 1, method: "oil separation" },
  { term: "ship-garbage", calls: 1_082, grams: 148_000_000, weeks: 4, method: "energy recovery" },
  { term: "ship-sewage", calls: 650, grams: 250_000_000, weeks: 4, method: "biological treatment" },
];

/** In a share of the year a tank is emptied less often, but at least four times a year. */
const LONGEST_WEEKS = 13;
const DAYS = 366;

/** One boat's waste, as it is weighed in a harbour. */
export interface Call {
  /** from 0, in the order of time */
  n: number;
  vessel: Vessel;
  /** from 0 */
  harbour: number;
  term: string;
  grams: number;
  /** seconds since 1970 */
  capturedAt: number;
}

/** A harbour's tank of one kind, once it has been emptied and its waste treated. */
export interface Tank {
  harbour: number;
  lot: BookLot;
  grams: number;
}

/** What Ocean Cloud Warehouse did in its year. */
export interface Harboured {
  calls: Call[];
  tanks: Tank[];
}

/** Every boat once, then whoever comes again. */
function callers(count: number, share: number): number[] {
  const vessels = vesselsOf(share);
  const all = Array.from({ length: count }, (_, i) => (i < vessels ? i : draw(`again/${i}`, vessels)));
  return shuffled("caller", all);
}

/** All calls of one n-th of the year, the same in every run. */
export function callsOf(share: number): Call[] {
  const wastes = kinds.flatMap(({ term, calls, grams }) => {
    const weights = Array.from(
      { length: Math.ceil(calls / share) },
      (_, i) => 1_000 + draw(`waste/${term}/${i}`, 9_000),
    );
    return apportion(Math.ceil(grams / share), weights).map((each) => ({ term, grams: each }));
  });
  const vessels = callers(wastes.length, share);
  const times = wastes.map((_, i) => YEAR_BEGINS + draw(`call/day/${i}`, DAYS) * DAY + draw(`call/time/${i}`, DAY));
  times.sort((a, b) => a - b);
  return shuffled("waste", wastes).map((waste, n) => {
    const vessel = vessels[n]!;
    const elsewhere = draw(`elsewhere/${n}`, 5) === 0;
    const harbour = elsewhere ? draw(`harbour/${n}`, harbourNames.length) : homeOf(vessel);
    return { n, vessel: `vessel/${vessel}`, harbour, capturedAt: times[n]!, ...waste };
  });
}

/** What lies in a harbour of one kind goes into a tank, with a truck to the works, and ends there. */
function empty(book: Book, lots: readonly BookLot[], name: string, at: number, method: string): BookLot {
  const grams = lots.reduce((sum, lot) => sum + lot.grams, 0);
  const outputs = [{ class: lots[0]!.class, grams }];
  const filled = { at, evidence: evidenceOf(name, { tank: name }) };
  const [tank] = book.transform(processCodes.consolidation, lots, outputs, filled) as [BookLot];
  const leavesAt = at + HOUR;
  haul(book, [tank], { manifest: `waste/${name}`, by: "tanker", to: "disposal", leavesAt, sealed: true });
  const treated = { at: leavesAt + DAY, evidence: evidenceOf(`${name}/treated`, { method }) };
  book.conclude(tank, grams, lossKinds.disposed, treated);
  return tank;
}

/** Writes the calls of one n-th of the year: each weighed and signed by boat and harbour, then tank by tank to its end. */
export function writeCalls(book: Book, share: number): Harboured {
  const calls = callsOf(share);
  const lots = calls.map(({ n, vessel, harbour, term, grams, capturedAt: at }) => {
    const evidence = evidenceOf(`call/${n}`, { harbour: harbourNames[harbour]!.en, scale: `${harbour}` });
    return book.collect(vessel, `harbour/${harbour}`, {
      class: codeOf(term),
      grams,
      at,
      evidence,
      salt: seeded(`salt/call/${n}`),
    });
  });
  const tanks = kinds.flatMap(({ term, weeks, method }) => {
    const period = Math.min(weeks * share, LONGEST_WEEKS) * 7 * DAY;
    return Array.from({ length: Math.ceil((DAYS * DAY) / period) }, (_, p) => {
      const until = YEAR_BEGINS + (p + 1) * period;
      const own = calls.filter(
        (call) => call.term === term && until - period <= call.capturedAt && call.capturedAt < until,
      );
      return harbourNames.flatMap((_, harbour) =>
        chunks(
          own.filter((call) => call.harbour === harbour),
          MOST_INPUTS,
        ).map((some, k): Tank => {
          const grams = some.reduce((sum, call) => sum + call.grams, 0);
          const name = `${term}/${harbour}/${p}/${k}`;
          return {
            harbour,
            grams,
            lot: empty(
              book,
              some.map(({ n }) => lots[n]!),
              name,
              until + harbour * HOUR,
              method,
            ),
          };
        }),
      );
    }).flat();
  });
  return { calls, tanks };
}
