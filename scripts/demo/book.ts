/**
 * The acts of the demo as they are to be signed, and the lots as they will then stand: what the ledger must come to. Ids
 * follow from the acts alone, so a whole year is written before anything of it is handed in.
 */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { domainSeparator, toBytes, toHex, type Domain } from "../../server/chain/eip712.ts";
import type { Hex } from "../../server/chain/port.ts";
import { digestOf, isShared, receiptDigestOf, type ActType, type Messages } from "../../server/traceability/acts.ts";
import { childId } from "../../server/traceability/children.ts";
import { evidenceRoot } from "../../server/traceability/evidence.ts";
import { lossKinds } from "../../server/access/vocabulary.ts";
import type { Bundle } from "./client.ts";
import { seeded, type Cast } from "./keys.ts";
import type { Who } from "./scenario/people.ts";

/** A lot as the book has it. */
export interface BookLot {
  /** in the order in which lots were made */
  no: number;
  id: Hex;
  class: number;
  grams: number;
  seq: number;
  holder: Who;
  owner: Who;
  /** it, or what it was made of, is quarantined: nothing is done with it before an auditor has ruled */
  held: boolean;
  /** signed by a key that was given up long before it is recorded: an auditor looks at it */
  review: boolean;
}

type Message = { [Type in ActType]: { type: Type; act: Messages[Type] } }[ActType];

/** An act as it is to be signed. The same home gives the same digests, so that nothing is recorded twice. */
export type Act = Message & {
  /** EIP-712 digest: the request's key */
  id: Hex;
  giver: Who;
  receiver?: Who;
  held: boolean;
};

/** When an act was made, and what was recorded beside it. */
export interface When {
  /** seconds since 1970 */
  at: number;
  /** root over what was recorded */
  evidence: Hex;
}

export interface Book {
  acts: Act[];
  /** every lot there ever is */
  lots: BookLot[];
  /** grams that left the ledger, by code of the loss kind; `process` is what transforms lost */
  losses: Map<number | "process", number>;
  collect(from: Who, to: Who, terms: { class: number; grams: number; salt: Hex } & When): BookLot;
  /** @param accepted grams on the receiver's scale; all where it is not given. @param bailed title stays */
  handOff(lot: BookLot, to: Who, terms: { accepted?: number; bailed: boolean } & When): void;
  passTitle(lot: BookLot, to: Who, when: When): void;
  split(lot: BookLot, grams: number[], when: When): BookLot[];
  /** What is neither in the outputs is the loss. */
  transform(
    process: number,
    inputs: readonly BookLot[],
    outputs: { class: number; grams: number }[],
    when: When,
  ): BookLot[];
  conclude(lot: BookLot, grams: number, kind: number, when: When): void;
}

/** Root over what is recorded beside an act; any field of it can be shown by its salt. @param words that no other act has */
export function evidenceOf(words: string, values: Record<string, string>): Hex {
  const fields = Object.entries(values).map(([name, value]) => ({
    salt: seeded(`evidence/${words}/${name}`),
    name,
    value: utf8ToBytes(value),
  }));
  return evidenceRoot(fields);
}

const sum = (lots: readonly { grams: number }[]): number => lots.reduce((total, { grams }) => total + grams, 0);

/** @param anchor hash of a block that everybody's device has seen */
export function createBook(domain: Domain, anchor: Hex, cast: Cast): Book {
  const separator = domainSeparator(domain);
  const { acts, lots, losses }: Pick<Book, "acts" | "lots" | "losses"> = { acts: [], lots: [], losses: new Map() };
  const account = (who: Who): Hex => cast.of(who).account;

  function write(message: Message, giver: Who, receiver?: Who, held = false): Hex {
    const id = toHex(digestOf(separator, message.type, message.act));
    acts.push({ ...message, id, giver, ...(receiver && { receiver }), held });
    return id;
  }

  function open(lot: Pick<BookLot, "id" | "class" | "grams" | "holder" | "owner" | "held" | "review">): BookLot {
    const opened = { ...lot, no: lots.length, seq: 0 };
    lots.push(opened);
    return opened;
  }

  const lose = (kind: number | "process", grams: number): void => {
    if (grams > 0) losses.set(kind, (losses.get(kind) ?? 0) + grams);
  };

  const tailOf = ({ at, evidence }: When): { capturedAt: number; anchor: Hex; evidence: Hex } => {
    return { capturedAt: at, anchor, evidence };
  };

  return {
    acts,
    lots,
    losses,
    collect(from, to, { class: code, grams, salt, ...when }) {
      const act = { class: code, grams, collector: account(from), keeper: account(to), ...tailOf(when), salt };
      const id = write({ type: "Collect", act }, from, to);
      return open({
        id,
        class: code,
        grams,
        holder: to,
        owner: to,
        held: false,
        review: cast.of(from).gaveUp(when.at),
      });
    },
    handOff(lot, to, { accepted = lot.grams, bailed, ...when }) {
      const { id, seq, grams, holder } = lot;
      const weights = { declaredGrams: grams, acceptedGrams: accepted };
      const parties = { from: account(holder), to: account(to) };
      const act = { lot: id, ...parties, ...weights, seq, bailment: bailed ? 1 : 0, ...tailOf(when) };
      write({ type: "Handoff", act }, holder, to, lot.held);
      lose(lossKinds.variance, grams - accepted);
      Object.assign(lot, { seq: seq + 1, grams: accepted, holder: to, owner: bailed ? lot.owner : to });
    },
    passTitle(lot, to, when) {
      const act = { lot: lot.id, seq: lot.seq, owner: account(lot.owner), to: account(to), ...tailOf(when) };
      write({ type: "PassTitle", act }, lot.owner, to, lot.held);
      Object.assign(lot, { seq: lot.seq + 1, owner: to });
    },
    split(lot, grams, when) {
      const act = { lot: lot.id, seq: lot.seq, grams, operator: account(lot.holder), ...tailOf(when) };
      const digest = write({ type: "Split", act }, lot.holder, undefined, lot.held);
      const children = grams.map((each, i) => open({ ...lot, id: childId(digest, i), grams: each }));
      Object.assign(lot, { seq: lot.seq + 1, grams: 0 });
      return children;
    },
    transform(process, given, outputs, when) {
      const holder = given[0]!.holder;
      const held = given.some((lot) => lot.held);
      const sorted = given.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const inputs = sorted.map(({ id, seq }) => ({ lot: id, seq }));
      const lossGrams = sum(given) - sum(outputs);
      const salt = seeded(`salt/transform/${acts.length}`);
      const act = { process, inputs, outputs, lossGrams, operator: account(holder), ...tailOf(when), salt };
      const digest = write({ type: "Transform", act }, holder, undefined, held);
      lose("process", lossGrams);
      for (const lot of given) Object.assign(lot, { seq: lot.seq + 1, grams: 0 });
      const review = given.some((lot) => lot.review);
      const made = { holder, owner: holder, held, review };
      return outputs.map((output, i) => open({ ...output, ...made, id: childId(digest, i) }));
    },
    conclude(lot, grams, kind, when) {
      const act = { lot: lot.id, seq: lot.seq, grams, kind, operator: account(lot.holder), ...tailOf(when) };
      write({ type: "Conclude", act }, lot.holder, undefined, lot.held);
      lose(kind, grams);
      Object.assign(lot, { seq: lot.seq + 1, grams: lot.grams - grams });
    },
  };
}

/** What the ledger's totals must come to, in grams. */
export function totalsOf({ acts, lots, losses }: Book): { collected: number; concluded: number; live: number } {
  const collected = acts.reduce((total, { type, act }) => total + (type === "Collect" ? act.grams : 0), 0);
  return { collected, concluded: [...losses.values()].reduce((total, each) => total + each, 0), live: sum(lots) };
}

/**
 * Signs as those people do: the giver or operator the act, the receiver the act with the giver's signature.
 * @param separator `domainSeparator` of the ledger
 */
export function signAct(separator: Uint8Array, cast: Cast, { id, type, act, giver, receiver }: Act): Bundle[number] {
  const signature = cast.of(giver).sign(toBytes(id), act.capturedAt);
  if (!isShared(type) || !receiver) return { type, act, signature } as Bundle[number];
  const receipt = receiptDigestOf(separator, type, act as Messages[typeof type], signature);
  const receiverSignature = cast.of(receiver).sign(receipt, act.capturedAt);
  return { type, act, giverSignature: signature, receiverSignature } as Bundle[number];
}
