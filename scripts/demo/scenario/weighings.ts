/**
 * The collects of one storage point's year. Published of such points ("Xiaolan Home", Taizhou): about 1.2 yuan a kilogram
 * on the spot, over 20 t a year, some 20 regular collectors and a few hundred occasional ones. Single weights, hours and
 * places are not published: they are drawn from a fixed seed so that the totals below come out to the gram.
 */
import { lists, terms } from "../../../server/access/vocabulary.ts";
import { apportion, draw, shuffled } from "./draws.ts";
import { DAY, LOSER, REGULARS, YEAR_BEGINS, occasionalsOf, type Collector } from "./people.ts";

/** The year by class: collects and their exact grams together; pieces are counted by weight where `pieceGrams` is known. */
const mix = [
  { term: "pet-bottle", collects: 1_120, grams: 8_400_000, pieceGrams: 24 },
  { term: "mixed-plastic", collects: 680, grams: 5_900_000 },
  { term: "fishing-net", collects: 450, grams: 5_200_000 },
  { term: "foam", collects: 300, grams: 1_150_000 },
  { term: "rope", collects: 290, grams: 1_900_000 },
  { term: "metal", collects: 140, grams: 700_000 },
  // brought by boats, for nothing
  { term: "oily-water", collects: 20, grams: 600_000, free: true },
];

const FEN_PER_KILOGRAM = 120n;

const places = [
  "Upper Dachen, harbour",
  "Upper Dachen, north shore",
  "Lower Dachen, harbour",
  "Lower Dachen, west bay",
];

/** One handing over at the scale, in the words of the people there. */
export interface Weighing {
  /** from 0, in the order of time */
  n: number;
  collector: Collector;
  class: number;
  grams: number;
  /** seconds since 1970 */
  capturedAt: number;
  pieces: number;
  /** coarse on purpose: no person's place stands in evidence */
  place: string;
  pricePaidFen: bigint;
  scale: string;
}

/** 1.20 yuan a kilogram, to the nearest fen, half a fen rounded up. */
export const priceFen = (grams: number): bigint => (BigInt(grams) * FEN_PER_KILOGRAM + 500n) / 1000n;

/** Code of a lot class. @throws where the vocabulary has no such term */
export function codeOf(word: string): number {
  const found = terms.find(({ list, term }) => list === lists.lotClass && term === word);
  if (!found) throw new Error(`the vocabulary has no class ${word}`);
  return found.code;
}

/** What is collected of each class in one n-th of the year. */
const mixOf = (share: number): typeof mix =>
  mix.map((kind) => ({
    ...kind,
    collects: Math.ceil(kind.collects / share),
    grams: Math.ceil(kind.grams / share),
  }));

/** Collects and grams of one n-th of the year. */
export function totalOf(share: number): { collects: number; grams: number } {
  const kinds = mixOf(share);
  return {
    collects: kinds.reduce((sum, { collects }) => sum + collects, 0),
    grams: kinds.reduce((sum, { grams }) => sum + grams, 0),
  };
}

/** Weights of one class: from a fifth to nearly twice the mean, their sum exact. */
function weigh({ term, collects, grams }: (typeof mix)[number]): number[] {
  const weights = Array.from({ length: collects }, (_, i) => 1_000 + draw(`weight/${term}/${i}`, 9_000));
  return apportion(grams, weights);
}

const OPENS = 6 * 3_600 + 1_800;
const OPEN_SECONDS = 11 * 3_600;

/** Moments of 2024 while the point is open (6:30 to 17:30, China), in order. */
function moments(count: number): number[] {
  const all = Array.from(
    { length: count },
    (_, i) => YEAR_BEGINS + draw(`day/${i}`, 366) * DAY + OPENS + draw(`time/${i}`, OPEN_SECONDS),
  );
  return all.sort((a, b) => a - b);
}

/** Who comes: three times in five a regular. */
function visitors(count: number, share: number): Collector[] {
  const occasionals = occasionalsOf(share);
  const visits = Array.from({ length: count }, (_, i): Collector => {
    const turn = Math.floor(i / 5);
    const kind = i % 5;
    return kind < 3 ? `regular/${(turn * 3 + kind) % REGULARS}` : `occasional/${(turn * 2 + kind - 3) % occasionals}`;
  });
  return shuffled("visitor", visits);
}

/**
 * Who brings it. What the lost phone signed is recorded years after the phone was given up, so it comes under review, and
 * with it all that is made of it: its owner brings metal only, which stays as it is.
 */
function broughtBy(visitor: Collector, term: string, n: number): Collector {
  if (term === "metal" && draw(`metal/${n}`, 4) === 0) return LOSER;
  return visitor === LOSER && term !== "metal" ? "regular/0" : visitor;
}

/** All weighings of one n-th of the year, the same in every run. */
export function weighings(share: number): Weighing[] {
  const things = shuffled(
    "thing",
    mixOf(share).flatMap((kind) => weigh(kind).map((grams) => ({ ...kind, grams }))),
  );
  const times = moments(things.length);
  const people = visitors(things.length, share);
  return things.map(({ term, grams, pieceGrams, free }, n) => ({
    n,
    collector: broughtBy(people[n]!, term, n),
    class: codeOf(term),
    grams,
    capturedAt: times[n]!,
    pieces: pieceGrams ? Math.ceil(grams / pieceGrams) : 1 + draw(`pieces/${n}`, 12),
    place: places[draw(`place/${n}`, places.length)]!,
    pricePaidFen: free ? 0n : priceFen(grams),
    scale: `dachen-${1 + draw(`scale/${n}`, 2)}`,
  }));
}
