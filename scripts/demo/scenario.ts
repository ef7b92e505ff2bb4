/**
 * What the demo plays: a sample of one storage point's year. Published of such points ("Xiaolan Home", Taizhou): about
 * 1.2 yuan a kilogram on the spot, over 20 t a year, some 20 regular collectors and many occasional ones. Single weights,
 * hours and names of places are not published: they are drawn from a fixed seed so that the totals below come out to the gram.
 */
import { keccakText } from "../../server/chain/eip712.ts";
import { terms, lists } from "../../server/access/vocabulary.ts";

export const storagePoint = { en: "Xiaolan Home, Dachen", zh: "小蓝之家·大陈" };

export const REGULARS = 20;
export const OCCASIONALS = 40;

/** How often each comes in the sample. */
const VISITS = { regular: 16, occasional: 2 };

/** The sample by class: collects and their exact grams together; pieces are counted by weight where `pieceGrams` is known. */
const mix = [
  { term: "pet-bottle", collects: 150, grams: 420_000, pieceGrams: 24 },
  { term: "mixed-plastic", collects: 90, grams: 310_000 },
  { term: "fishing-net", collects: 60, grams: 250_000 },
  { term: "foam", collects: 40, grams: 60_000 },
  { term: "rope", collects: 40, grams: 100_000 },
  { term: "metal", collects: 20, grams: 60_000 },
];

export const COLLECTS = mix.reduce((sum, { collects }) => sum + collects, 0);
export const TOTAL_GRAMS = mix.reduce((sum, { grams }) => sum + grams, 0);

const FEN_PER_KILOGRAM = 120n;

const places = [
  "Upper Dachen, harbour",
  "Upper Dachen, north shore",
  "Lower Dachen, harbour",
  "Lower Dachen, west bay",
];

/** One handing over at the scale, in the words of the people there. */
export interface Weighing {
  /** 0 … COLLECTS − 1, in the order of time */
  n: number;
  collector: { kind: "regular" | "occasional"; n: number };
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

/** A number in [0, bound), always the same for the same words. @param bound far below 2^48, so that no value is favoured */
function draw(words: string, bound: number): number {
  return Buffer.from(keccakText(`tidemark.demo/draw/${words}`)).readUIntBE(0, 6) % bound;
}

/** The same items in an order that depends on the words alone. */
function shuffled<T>(words: string, items: readonly T[]): T[] {
  return items
    .map((item, i) => ({ item, at: draw(`${words}/${i}`, 2 ** 40) }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Splits a total by weights in whole numbers: floors first, then one more for the largest remainders. */
export function apportion(total: number, weights: readonly number[]): number[] {
  const all = BigInt(weights.reduce((sum, weight) => sum + weight, 0));
  const exact = weights.map((weight) => BigInt(total) * BigInt(weight));
  const parts = exact.map((value) => Number(value / all));
  const missing = total - parts.reduce((sum, part) => sum + part, 0);
  const byRemainder = exact
    .map((value, i) => ({ i, remainder: value % all }))
    .sort((a, b) => (a.remainder === b.remainder ? a.i - b.i : a.remainder < b.remainder ? 1 : -1));
  for (const { i } of byRemainder.slice(0, missing)) parts[i]! += 1;
  return parts;
}

/** 1.2 yuan a kilogram in whole fen, half a fen rounded up. */
export const priceFen = (grams: number): bigint => (BigInt(grams) * FEN_PER_KILOGRAM + 500n) / 1000n;

/** Weights of one class: from a fifth to nearly twice the mean, their sum exact. */
function weigh({ term, collects, grams }: (typeof mix)[number]): number[] {
  const weights = Array.from({ length: collects }, (_, i) => 1_000 + draw(`weight/${term}/${i}`, 9_000));
  return apportion(grams, weights);
}

const codeOf = (word: string): number => {
  const found = terms.find(({ list, term }) => list === lists.lotClass && term === word);
  if (!found) throw new Error(`the vocabulary has no class ${word}`);
  return found.code;
};

/** Seconds since 1970 of midnight, 1 January 2024, in China. */
export const YEAR_BEGINS = Date.UTC(2023, 11, 31, 16) / 1000;
const OPENS = 6 * 3_600 + 1_800;
const OPEN_SECONDS = 11 * 3_600;

/** Moments of 2024 while the point is open (6:30 to 17:30, China), in order. */
function moments(): number[] {
  const all = Array.from(
    { length: COLLECTS },
    (_, i) => YEAR_BEGINS + draw(`day/${i}`, 366) * 86_400 + OPENS + draw(`time/${i}`, OPEN_SECONDS),
  );
  return all.sort((a, b) => a - b);
}

function visitors(): Weighing["collector"][] {
  const visits = (kind: "regular" | "occasional", people: number): Weighing["collector"][] =>
    Array.from({ length: people * VISITS[kind] }, (_, i) => ({ kind, n: i % people }));
  return shuffled("visitor", [...visits("regular", REGULARS), ...visits("occasional", OCCASIONALS)]);
}

/** All weighings of the sample, the same in every run. */
export function weighings(): Weighing[] {
  const things = shuffled(
    "thing",
    mix.flatMap((kind) => weigh(kind).map((grams) => ({ ...kind, grams }))),
  );
  const [times, people] = [moments(), visitors()];
  return things.map(({ term, grams, pieceGrams }, n) => ({
    n,
    collector: people[n]!,
    class: codeOf(term),
    grams,
    capturedAt: times[n]!,
    pieces: pieceGrams ? Math.ceil(grams / pieceGrams) : 1 + draw(`pieces/${n}`, 12),
    place: places[draw(`place/${n}`, places.length)]!,
    pricePaidFen: priceFen(grams),
    scale: `dachen-${1 + draw(`scale/${n}`, 2)}`,
  }));
}
