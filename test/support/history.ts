/** Random histories of lots planned off the chain: every kind of act, each valid if those before it are recorded. */
import { id, type SigningKey, type TypedDataDomain } from "ethers";
import type { Hex } from "../../server/chain/port.ts";
import {
  addressOf,
  childOf,
  digestOf,
  keyOf,
  secp,
  signAct,
  type ActName,
  type Message,
  type SignedAct,
} from "./acts.ts";
import { randomFrom } from "./dag.ts";

export interface PlannedAct extends SignedAct {
  digest: Hex;
}

export interface History {
  /** to be registered */
  people: Hex[];
  /** in an order in which they can be recorded */
  acts: PlannedAct[];
}

/** A lot that may be acted upon further. */
interface Open {
  id: Hex;
  holder: Hex;
  grams: number;
  seq: number;
}

const PEOPLE = 4;
const captured = Date.UTC(2025, 11, 31) / 1_000;

/** The same for the same seed and domain. */
export function planHistory(domain: TypedDataDomain, seed: number, count: number): History {
  const random = randomFrom(seed);
  const keys = new Map<Hex, SigningKey>();
  for (let n = 0; n < PEOPLE; n++) keys.set(addressOf(keyOf("history", n)).toLowerCase() as Hex, keyOf("history", n));
  const people = [...keys.keys()];
  const open: Open[] = [];
  const acts: PlannedAct[] = [];
  const somebody = (): Hex => people[random(PEOPLE)]!;

  function add(type: ActName, terms: Message, giver: Hex, receiver?: Hex): Hex {
    const tail = { capturedAt: captured + acts.length, anchor: id("anchor"), evidence: id(`evidence ${acts.length}`) };
    const salt = type === "Collect" || type === "Transform" ? { salt: id(`salt ${seed} ${acts.length}`) } : {};
    const act = { ...terms, ...tail, ...salt };
    const signed = signAct(domain, type, act, secp(keys.get(giver)!), receiver && secp(keys.get(receiver)!));
    const digest = digestOf(domain, type, act) as Hex;
    acts.push({ ...signed, digest });
    return digest;
  }

  const take = (): Open => open.splice(random(open.length), 1)[0]!;

  /** Grams as two parts, or one where there is but one gram. */
  function halves(grams: number): number[] {
    if (grams < 2) return [grams];
    const first = 1 + random(grams - 1);
    return [first, grams - first];
  }

  function children(digest: Hex, holder: Hex, grams: readonly number[]): void {
    grams.forEach((part, i) => open.push({ id: childOf(digest, i) as Hex, holder, grams: part, seq: 0 }));
  }

  const steps: (() => void)[] = [
    function collect() {
      const [collector, keeper, grams] = [somebody(), somebody(), 2 + random(9_000)];
      const digest = add("Collect", { class: 1 + random(3), grams, collector, keeper }, collector, keeper);
      open.push({ id: digest, holder: keeper, grams, seq: 0 });
    },
    function handoff() {
      const { id: lot, holder, grams, seq } = take();
      const to = somebody();
      const accepted = grams - (random(3) === 0 ? random(Math.ceil(grams / 20)) : 0);
      const terms = { lot, from: holder, to, declaredGrams: grams, acceptedGrams: accepted, seq, bailment: 0 };
      add("Handoff", terms, holder, to);
      open.push({ id: lot, holder: to, grams: accepted, seq: seq + 1 });
    },
    function split() {
      const { id: lot, holder, grams, seq } = take();
      const parts = halves(grams);
      children(add("Split", { lot, seq, grams: parts, operator: holder }, holder), holder, parts);
    },
    function transform() {
      const first = take();
      const { holder } = first;
      const others = open.filter((lot) => lot.holder === holder).slice(0, random(4));
      for (const lot of others) open.splice(open.indexOf(lot), 1);
      const sorted = [first, ...others].sort((a, b) => (a.id < b.id ? -1 : 1));
      const grams = sorted.reduce((sum, lot) => sum + lot.grams, 0);
      const lossGrams = random(Math.ceil(grams / 10));
      const parts = halves(grams - lossGrams);
      const inputs = sorted.map(({ id: lot, seq }) => ({ lot, seq }));
      const outputs = parts.map((part, i) => ({ class: 7 + i, grams: part }));
      children(add("Transform", { process: 1, inputs, outputs, lossGrams, operator: holder }, holder), holder, parts);
    },
    function conclude() {
      const { id: lot, holder, grams, seq } = take();
      const gone = 1 + random(grams);
      add("Conclude", { lot, seq, grams: gone, kind: 2, operator: holder }, holder);
      if (gone < grams) open.push({ id: lot, holder, grams: grams - gone, seq: seq + 1 });
    },
    function passTitle() {
      const { id: lot, holder, seq } = take();
      // the holder keeps the lot for its new owner, so nothing more is planned for it
      const to = somebody();
      add("PassTitle", { lot, seq, owner: holder, to }, holder, to);
    },
  ];
  // collects and handoffs come oftener
  const often = [0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 5];
  while (acts.length < count) steps[open.length < 3 ? 0 : often[random(often.length)]!]!();
  return { people, acts };
}
