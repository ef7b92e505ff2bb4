/** From bales to a product: every quarter the works wash and regranulate, and a brand buys, pays and claims. */
import { lossKinds, processCodes } from "../../../server/access/vocabulary.ts";
import { evidenceOf, type Book, type BookLot } from "../book.ts";
import { draw, portion } from "./draws.ts";
import { DAY, HOUR } from "./people.ts";
import { haul } from "./hauls.ts";
import { codeOf } from "./weighings.ts";

const [flakes, granulate, residue] = [codeOf("plastic-flakes"), codeOf("regranulate"), codeOf("processing-residue")];
const lines = [
  { line: "pet", bales: codeOf("sorted-pet") },
  { line: "polyolefin", bales: codeOf("sorted-plastic") },
];

/** The washing whose yield is far too low: this much of what went in, below the least that is to be expected. */
const BAD = { quarter: 1, line: "polyolefin", bps: 6_100, lossBps: 700 };

export interface Quarter {
  /** from 0 */
  n: number;
  /** the last of its bales lie at the sorting centre */
  at: number;
}

export interface Made {
  line: string;
  /** what the brand has, or had: its granulate of this quarter */
  granulate: BookLot;
  /** what was quarantined, and waits for an auditor */
  quarantined: BookLot | undefined;
}

interface Step {
  process: number;
  into: number;
  /** of the mass that goes in, in 1/10,000; the rest is residue */
  bps: number;
  lossBps: number;
}

/** Lots become one lot and residue, which is disposed of two days later. */
function process(book: Book, lots: readonly BookLot[], name: string, at: number, step: Step): BookLot {
  const grams = lots.reduce((sum, lot) => sum + lot.grams, 0);
  const made = portion(grams, step.bps);
  const rest = grams - made - portion(grams, step.lossBps);
  const outputs = [
    { class: step.into, grams: made },
    { class: residue, grams: rest },
  ];
  const when = { at, evidence: evidenceOf(name, { batch: name }) };
  const [main, filtered] = book.transform(step.process, lots, outputs, when) as [BookLot, BookLot];
  book.conclude(filtered, rest, lossKinds.disposed, {
    at: at + 2 * DAY,
    evidence: evidenceOf(`${name}/disposed`, { method: "energy recovery", receipt: `${name}/ash` }),
  });
  return main;
}

/** Washing, then regranulation, of one line's bales. */
function regranulate(book: Book, bales: readonly BookLot[], line: string, { n, at }: Quarter): Made {
  const bad = n === BAD.quarter && line === BAD.line;
  const name = `${line}/${n}`;
  const washing = bad
    ? BAD
    : { bps: (line === "pet" ? 8_900 : 8_600) + draw(`washed/${name}`, 300) - 150, lossBps: 300 };
  const washed = process(book, bales, `${name}/washing`, at, {
    process: processCodes.washing,
    into: flakes,
    bps: washing.bps,
    lossBps: washing.lossBps,
  });
  // the residue of a quarantined batch may be disposed of; the flakes stay until an auditor has ruled
  washed.held ||= bad;
  const made = process(book, [washed], `${name}/granulating`, at + (bad ? 5 : 1) * DAY, {
    process: processCodes.regranulation,
    into: granulate,
    bps: 9_400 + draw(`granulated/${name}`, 200) - 100,
    lossBps: 200,
  });
  return { line, granulate: made, quarantined: bad ? washed : undefined };
}

/** Delivered on consignment, paid for after a fortnight, then claimed into a product: all of it, or so much. */
function deliver(book: Book, lot: BookLot, name: string, leavesAt: number, claimedBps: number): void {
  haul(book, [lot], { manifest: `delivery/${name}`, by: "van", to: "brand", leavesAt, consigned: true });
  const invoice = evidenceOf(`invoice/${name}`, { invoice: `2024-${name}` });
  book.passTitle(lot, "brand", { at: leavesAt + 14 * DAY, evidence: invoice });
  const product = evidenceOf(`claim/${name}`, { product: "crates, 40 % marine regranulate", order: name });
  const claimed = portion(lot.grams, claimedBps);
  book.conclude(lot, claimed, lossKinds.claimed, { at: leavesAt + 15 * DAY, evidence: product });
}

/** One quarter's bales, from the sorting centre to the brand. The last quarter's are delivered in part, and claimed in part. */
export function workQuarter(book: Book, bales: readonly BookLot[], quarter: Quarter): Made[] {
  const { n, at } = quarter;
  haul(book, bales, { manifest: `bales/${n}`, by: "truck", to: "works", leavesAt: at });
  return lines.map(({ line, bales: code }, i) => {
    const own = bales.filter((lot) => lot.class === code);
    const made = regranulate(book, own, line, { n, at: at + DAY + i * HOUR });
    const last = n === 3;
    const leavesAt = at + 8 * DAY + i * HOUR;
    const part = portion(made.granulate.grams, 6_000);
    const sizes = [part, made.granulate.grams - part];
    const split = { at: leavesAt - DAY, evidence: evidenceOf(`bagged/${line}`, { bags: "big bags of one batch" }) };
    const delivered = last ? book.split(made.granulate, sizes, split)[0]! : made.granulate;
    deliver(book, delivered, `${line}/${n}`, leavesAt, last ? 7_000 : 10_000);
    return { ...made, granulate: delivered };
  });
}
