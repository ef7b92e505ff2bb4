/** What the storage point collects, takes away by boat every fortnight, and sells to the sorting centre, which sorts it. */
import { lossKinds, processCodes } from "../../../server/access/vocabulary.ts";
import { evidenceOf, type Book, type BookLot } from "../book.ts";
import { seeded } from "../keys.ts";
import { chunks, draw, portion } from "./draws.ts";
import { DAY, HOUR, YEAR_BEGINS, type Place, type WastePlace } from "./people.ts";
import { codeOf, type Weighing } from "./weighings.ts";

export const LOADS = 26;
/** Inputs of one transform at most. */
export const MOST_INPUTS = 100;
/** Between two lots on a scale, in seconds. */
const EACH = 20;

const [metal, oilyWater] = [codeOf("metal"), codeOf("oily-water")];
const [sortedPet, sortedPlastic, sortingResidue] = [
  codeOf("sorted-pet"),
  codeOf("sorted-plastic"),
  codeOf("sorting-residue"),
];

/** What sorting makes of a class, in 1/10,000 of its mass; the rest is residue. Generated, within the process's bounds. */
const sorted = new Map([
  [codeOf("pet-bottle"), { into: sortedPet, bps: 8_750, lossBps: 200 }],
  [codeOf("mixed-plastic"), { into: sortedPlastic, bps: 6_700, lossBps: 350 }],
  [codeOf("fishing-net"), { into: sortedPlastic, bps: 8_600, lossBps: 150 }],
  [codeOf("foam"), { into: sortedPlastic, bps: 8_950, lossBps: 200 }],
  [codeOf("rope"), { into: sortedPlastic, bps: 8_650, lossBps: 150 }],
]);

/** Morning of a load: every second Sunday. */
export const loadDay = (n: number): number => YEAR_BEGINS + (14 * n + 13) * DAY + 8 * HOUR;

/** Every weighing as a lot in the storage point's hands. */
export function collectAll(book: Book, weighings: readonly Weighing[]): BookLot[] {
  return weighings.map(({ n, collector, capturedAt: at, pieces, place, pricePaidFen, scale, ...weighed }) => {
    const values = { pieces: String(pieces), place, pricePaidFen: String(pricePaidFen), scale };
    const evidence = evidenceOf(String(n), values);
    return book.collect(collector, "point", { ...weighed, at, evidence, salt: seeded(`salt/${n}`) });
  });
}

export interface Haul {
  /** of the manifest: no other haul has it */
  manifest: string;
  by: Place | WastePlace;
  to: Place | WastePlace;
  leavesAt: number;
  /** it stays the sender's property, to be paid for later */
  consigned?: boolean;
  /** nothing runs off on the way */
  sealed?: boolean;
}

/** Every fourteenth lot or so is lighter on the receiver's scale: water ran off. */
function arriving({ no, grams, seq }: BookLot): number {
  if (draw(`gate/${no}/${seq}`, 14) > 0) return grams;
  return grams - portion(grams, 30 + draw(`drained/${no}/${seq}`, 170));
}

/** Lots travel in somebody's custody, not as theirs: sold when they arrive, unless they are consigned. */
export function haul(
  book: Book,
  lots: readonly BookLot[],
  { manifest, by, to, leavesAt, consigned, sealed }: Haul,
): void {
  const loaded = evidenceOf(`${manifest}/loaded`, { manifest, vehicle: `${by}-1` });
  const gate = evidenceOf(`${manifest}/gate`, { manifest, scale: `${to}-gate` });
  const arrivesAt = leavesAt + 5 * HOUR;
  for (const [i, lot] of lots.entries()) {
    book.handOff(lot, by, { bailed: true, at: leavesAt + i * EACH, evidence: loaded });
    const at = arrivesAt + i * EACH;
    if (!consigned) book.passTitle(lot, to, { at, evidence: gate });
    const accepted = sealed ? lot.grams : arriving(lot);
    book.handOff(lot, to, { accepted, bailed: consigned ?? false, at: at + 5, evidence: gate });
  }
}

/** One class of one load becomes a bale and residue; the bale dries, the residue is disposed of. @returns the bale */
function sort(book: Book, lots: readonly BookLot[], name: string, at: number): BookLot {
  const { into, bps, lossBps } = sorted.get(lots[0]!.class)!;
  const grams = lots.reduce((sum, lot) => sum + lot.grams, 0);
  const bale = portion(grams, bps + draw(`bale/${name}`, 300) - 150);
  const residue = grams - bale - portion(grams, lossBps);
  const outputs = [
    { class: into, grams: bale },
    { class: sortingResidue, grams: residue },
  ];
  const evidence = evidenceOf(name, { line: "sorting-1", shift: name });
  const made = book.transform(processCodes.sorting, lots, outputs, { at, evidence }) as [BookLot, BookLot];
  const dried = portion(bale, 50 + draw(`dried/${name}`, 100));
  book.conclude(made[0], dried, lossKinds.dried, {
    at: at + 2 * DAY,
    evidence: evidenceOf(`${name}/dried`, { moistureBpsAfter: "120" }),
  });
  const method = { method: "energy recovery", receipt: `${name}/ash` };
  book.conclude(made[1], residue, lossKinds.disposed, {
    at: at + 3 * DAY,
    evidence: evidenceOf(`${name}/disposed`, method),
  });
  return made[0];
}

/** Oily water goes to a licensed treatment works, and ends there. */
function treat(book: Book, lots: readonly BookLot[], n: number, leavesAt: number): void {
  const manifest = `oily-water/${n}`;
  haul(book, lots, { manifest, by: "boat", to: "treatment", leavesAt });
  for (const [i, lot] of lots.entries()) {
    const when = {
      at: leavesAt + DAY + i * EACH,
      evidence: evidenceOf(`${manifest}/${i}/treated`, { method: "oil separation" }),
    };
    book.conclude(lot, lot.grams, lossKinds.disposed, when);
  }
}

/** The n-th load of what came since the last one. @returns the bales that the sorting centre makes of it */
export function load(book: Book, stock: readonly BookLot[], n: number): BookLot[] {
  const leavesAt = loadDay(n);
  treat(
    book,
    stock.filter((lot) => lot.class === oilyWater),
    n,
    leavesAt,
  );
  const waste = stock.filter((lot) => sorted.has(lot.class));
  haul(book, waste, { manifest: `load/${n}`, by: n % 2 === 0 ? "boat" : "barge", to: "sorter", leavesAt });
  return [...sorted.keys()].flatMap((each) =>
    chunks(
      waste.filter((lot) => lot.class === each),
      MOST_INPUTS,
    ).map((lots, k) => sort(book, lots, `sorted/${n}/${each}/${k}`, leavesAt + DAY + each * HOUR)),
  );
}

/** The point's own losses: metal that somebody stole in August, and what the stock-take of December did not find. */
export function loseMetal(book: Book, stock: readonly BookLot[]): void {
  const metals = stock.filter((lot) => lot.class === metal);
  const [first, last] = [metals[0]!, metals.at(-1)!];
  book.conclude(first, first.grams, lossKinds.stolen, {
    at: YEAR_BEGINS + 226 * DAY + 7 * HOUR,
    evidence: evidenceOf("theft", { report: "Dachen police, 14 August" }),
  });
  book.conclude(last, Math.min(35, last.grams - 1), lossKinds.stockTake, {
    at: YEAR_BEGINS + 366 * DAY + 17 * HOUR,
    evidence: evidenceOf("stock-take", { counted: "31 December" }),
  });
}
