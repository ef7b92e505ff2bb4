/** What the server answers to everybody: its books' balance, and lots one by one. */
import { createHash } from "node:crypto";
import type { Hex } from "../../server/chain/port.ts";
import type { Api, LotAnswer } from "./api.ts";
import { liveGrams, type Books } from "./books.ts";
import { placeOfRow } from "./checks.ts";
import { creditFigures } from "./creditStorage.ts";
import { moneyFigures } from "./moneyStorage.ts";
import type { Progress } from "./readings.ts";
import type { Reader } from "./reader.ts";
import { serverSays, type Check, type Difference } from "./report.ts";

/** Grams, kilograms and fen ledger-wide: both sides of the server's answer against own sums, and its other checks by their own word. */
export async function checkConservation(api: Api, reader: Reader, books: Books): Promise<Check> {
  const { asOfBlock: block, checks } = await api.conservation();
  await reader.advance(block);
  const live = liveGrams(books);
  const own = new Map([
    ["T1.collected", books.collected],
    ["T1.concluded", books.concluded],
    ["T1.live", live],
    ...creditFigures(books),
    ...moneyFigures(books),
  ]);
  const differences: Difference[] = [];
  const say = (key: string, field: string | null, said: string | null, expected: string | null): unknown =>
    differences.push(serverSays(key, field, said, expected, { block }));
  if (books.collected - books.concluded !== live) {
    say("T1", null, null, `${books.collected} collected, ${books.concluded} concluded, ${live} live`);
  }
  for (const [id, grams] of own) {
    const check = checks.find((each) => each.id === id);
    for (const side of ["left", "right"] as const) {
      if (check?.[side] !== String(grams)) say(id, side, check?.[side] ?? null, String(grams));
    }
  }
  for (const { id, ok, left, right } of checks) {
    if (!own.has(id) && !(ok && left === right)) say(id, null, `${left} and ${right}`, "that they are equal");
  }
  return {
    id: "conservation",
    zh: "守恒",
    en: "sums of grams, kilograms and fen, by the server's own word",
    compared: checks.length,
    differences,
  };
}

/** Lots whose answers are read; all where there are no more. */
const SAMPLE = 200;
const AT_ONCE = 8;
/** How often a lot is asked for again that changes meanwhile. */
const TRIES = 20;

const dispositions = ["open", "consumed", "void"];
const flagNames = ["contested", "quarantined", "bailed", "review"];
const [PERSON, PLACES] = [1n, 14n];

/** Which ones, nobody knows before the block is there. */
function drawn(lots: readonly Hex[], hash: Hex): Hex[] {
  if (lots.length <= SAMPLE) return [...lots];
  const lot = (id: Hex): [string, Hex] => [createHash("sha256").update(hash).update(id).digest("hex"), id];
  const sorted = lots.map(lot).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.slice(0, SAMPLE).map(([, id]) => id);
}

/** What the server should answer; a person's id is not for everybody. */
function expectedOf({ rows }: Books, id: Hex): Record<string, string> {
  const { custodian, grams, seq, class: kind, disposition, flags } = rows.get(`lot/${id}`)!.fields;
  const kinds = (rows.get(`account/${String(custodian)}`)?.fields["kinds"] ?? PERSON) as bigint;
  const named = (kinds & PLACES) !== 0n && (kinds & PERSON) === 0n;
  return {
    custodian: named ? String(custodian) : "",
    grams: String(grams),
    seq: String(seq),
    class: String(kind),
    disposition: dispositions[Number(disposition)]!,
    flags: flagNames.filter((_, i) => ((flags as bigint) >> BigInt(i)) & 1n).join(","),
  };
}

const saidBy = ({ custodian, massGrams, seq, class: kind, disposition, flags }: LotAnswer): Record<string, string> => ({
  custodian: custodian ?? "",
  grams: String(massGrams),
  seq: String(seq),
  class: String(kind.code),
  disposition,
  flags: flags.join(","),
});

function answerDifferences(books: Books, id: Hex, answer: LotAnswer | undefined): Difference[] {
  const key = `/v1/lots/${id}`;
  const { places } = books.rows.get(`lot/${id}`)!;
  if (answer?.id !== id) return [serverSays(key, null, answer?.id ?? null, id, places["madeBy"]!)];
  const [said, expected] = [saidBy(answer), expectedOf(books, id)];
  return Object.keys(expected)
    .filter((field) => said[field] !== expected[field])
    .map((field) => serverSays(key, field, said[field]!, expected[field]!, places[field]!));
}

/**
 * An answer that is not what the books say may be of a later block than they are: they are brought to where the server
 * stands after it, and what did not change in between was answered wrongly.
 */
async function settled(api: Api, reader: Reader, books: Books, id: Hex): Promise<Difference[]> {
  for (let tries = 1; ; tries++) {
    const since = books.block;
    const answer = await api.lot(id);
    await reader.advance(await api.block());
    const differences = answerDifferences(books, id, answer);
    const changed = placeOfRow(books, `lot/${id}`)!.block > since;
    if (differences.length === 0 || !changed || tries === TRIES) return differences;
  }
}

/** A sample of lots, asked for as anybody may: so that a server that answers other than it digests is seen. */
export async function checkAnswers(
  api: Api,
  reader: Reader,
  books: Books,
  hash: Hex,
  progress: Progress,
): Promise<Check> {
  const sample = drawn(books.lots, hash);
  const doubtful: Hex[] = [];
  let done = 0;
  const queue = sample.values();
  async function work(): Promise<void> {
    for (const id of queue) {
      const answer = await api.lot(id);
      if (answerDifferences(books, id, answer).length > 0) doubtful.push(id);
      progress(++done, sample.length);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const differences: Difference[] = [];
  for (const id of doubtful.sort()) differences.push(...(await settled(api, reader, books, id)));
  return { id: "answers", zh: "批次查询抽样", en: "answers about lots", compared: sample.length, differences };
}
