/** The events of `LotLedger`, decoded by slicing: acts that were recorded or skipped, and rulings of auditors. */
import type { Header, Log } from "./blocks.ts";
import { addressOf, array, digits, place, topic, uint, word, type Known } from "./eventWords.ts";
import type { Hex } from "./port.ts";

/** What every act says of itself, but for its name. */
interface Tail {
  /** seconds since 1970, by the device that captured it */
  capturedAt: number;
  /** `reasons 4 | lot flags 4`, the flags as they stand after the act */
  flags: number;
}

interface Roots {
  anchor: Hex;
  evidence: Hex;
}

export interface Collected extends Tail, Roots {
  lot: Hex;
  collector: Hex;
  keeper: Hex;
  class: number;
  grams: number;
}

export interface HandedOver extends Tail, Roots {
  lot: Hex;
  from: Hex;
  to: Hex;
  digest: Hex;
  declaredGrams: number;
  acceptedGrams: number;
  seq: number;
  /** other than zero: title stays with the owner */
  bailment: number;
}

export interface LotSplit extends Tail, Roots {
  lot: Hex;
  operator: Hex;
  digest: Hex;
  /** of each child */
  grams: number[];
  seq: number;
}

export interface Transformed extends Tail, Roots {
  digest: Hex;
  operator: Hex;
  process: number;
  inputs: { lot: Hex; seq: number }[];
  outputs: { class: number; grams: number }[];
  lossGrams: number;
}

export interface Concluded extends Tail, Roots {
  lot: Hex;
  operator: Hex;
  /** code of the loss kind */
  kind: number;
  digest: Hex;
  grams: number;
  seq: number;
}

export interface TitlePassed extends Tail, Roots {
  lot: Hex;
  owner: Hex;
  to: Hex;
  digest: Hex;
  seq: number;
}

export type LotEvent =
  | Known<"Collected", Collected>
  | Known<"HandedOver", HandedOver>
  | Known<"LotSplit", LotSplit>
  | Known<"Transformed", Transformed>
  | Known<"Concluded", Concluded>
  | Known<"TitlePassed", TitlePassed>
  | Known<"FlagsChanged", { lot: Hex; set: number; cleared: number; basis: Hex }>
  | Known<"LotVoided", { lot: Hex; auditor: Hex; grams: number; basis: Hex }>
  | Known<"Skipped", { lot: Hex; digest: Hex; reason: Hex }>;

type Args<Name extends LotEvent["name"]> = Extract<LotEvent, { name: Name }>["args"];

/** Topics and data of a log; arguments come out in the order of the declaration, which the effects digest relies on. */
type Decode<Name extends LotEvent["name"]> = (topics: readonly [Hex, Hex, Hex], data: Hex) => Args<Name>;

/** @param from the hex digit of `terms` at which `capturedAt 40 | flags 8` begins */
const tail = (terms: Hex, from: number): Tail => ({
  capturedAt: digits(terms, from, 10),
  flags: digits(terms, from + 10, 2),
});

const roots = (data: Hex, n: number): Roots => ({ anchor: word(data, n), evidence: word(data, n + 1) });

const collected: Decode<"Collected"> = ([lot, collector, keeper], data) => {
  const terms = word(data, 1);
  return {
    lot,
    collector: addressOf(collector),
    keeper: addressOf(keeper),
    class: uint(word(data, 0)),
    grams: digits(terms, 0, 12),
    ...tail(terms, 12),
    ...roots(data, 2),
  };
};

const handedOver: Decode<"HandedOver"> = ([lot, from, to], data) => {
  const terms = word(data, 1);
  return {
    lot,
    from: addressOf(from),
    to: addressOf(to),
    digest: word(data, 0),
    declaredGrams: digits(terms, 0, 12),
    acceptedGrams: digits(terms, 12, 12),
    seq: digits(terms, 24, 6),
    ...tail(terms, 30),
    bailment: digits(terms, 42, 2),
    ...roots(data, 2),
  };
};

const lotSplit: Decode<"LotSplit"> = ([lot, operator], data) => {
  const terms = word(data, 2);
  return {
    lot,
    operator: addressOf(operator),
    digest: word(data, 0),
    grams: array(data, 1, 1, (n) => uint(word(data, n))),
    seq: digits(terms, 0, 6),
    ...tail(terms, 6),
    ...roots(data, 3),
  };
};

const transformed: Decode<"Transformed"> = ([digest, operator, process], data) => {
  const terms = word(data, 2);
  return {
    digest,
    operator: addressOf(operator),
    process: uint(process),
    inputs: array(data, 0, 2, (n) => ({ lot: word(data, n), seq: uint(word(data, n + 1)) })),
    outputs: array(data, 1, 2, (n) => ({ class: uint(word(data, n)), grams: uint(word(data, n + 1)) })),
    lossGrams: digits(terms, 0, 12),
    ...tail(terms, 12),
    ...roots(data, 3),
  };
};

const concluded: Decode<"Concluded"> = ([lot, operator, kind], data) => {
  const terms = word(data, 1);
  return {
    lot,
    operator: addressOf(operator),
    kind: uint(kind),
    digest: word(data, 0),
    grams: digits(terms, 0, 12),
    seq: digits(terms, 12, 6),
    ...tail(terms, 18),
    ...roots(data, 2),
  };
};

const titlePassed: Decode<"TitlePassed"> = ([lot, owner, to], data) => {
  const terms = word(data, 1);
  const parties = { owner: addressOf(owner), to: addressOf(to) };
  return { lot, ...parties, digest: word(data, 0), seq: digits(terms, 0, 6), ...tail(terms, 6), ...roots(data, 2) };
};

const decoders: { [Name in LotEvent["name"]]: Decode<Name> } = {
  Collected: collected,
  HandedOver: handedOver,
  LotSplit: lotSplit,
  Transformed: transformed,
  Concluded: concluded,
  TitlePassed: titlePassed,
  FlagsChanged: ([lot], data) => ({
    lot,
    set: uint(word(data, 0)),
    cleared: uint(word(data, 1)),
    basis: word(data, 2),
  }),
  LotVoided: ([lot, auditor], data) => ({
    lot,
    auditor: addressOf(auditor),
    grams: uint(word(data, 0)),
    basis: word(data, 1),
  }),
  Skipped: ([lot, digest], data) => ({ lot, digest, reason: data.slice(0, 10) as Hex }),
};

const names = new Map<string, LotEvent["name"]>(
  (Object.keys(decoders) as LotEvent["name"][]).map((name) => [topic("LotLedger", name), name]),
);

/** An event of `LotLedger`, or `undefined` for a log that is none. */
export function decodeLotLog(log: Log, header: Header): LotEvent | undefined {
  const [event, ...indexed] = log.topics;
  const name = names.get(event!);
  if (name === undefined) return undefined;
  const args = decoders[name](indexed as [Hex, Hex, Hex], log.data);
  return { name, args, ...place(log, header) } as LotEvent;
}
