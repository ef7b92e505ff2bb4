/** What events of `LotLedger` make of lots, acts, edges and rulings. Amounts in grams. */
import { AbiCoder, keccak256 } from "ethers";
import type { Hex } from "../../server/chain/port.ts";
import { insist, nextKey, put, rowOf, type Books, type Field } from "./books.ts";
import type { Event } from "./events.ts";

const [OPEN, CONSUMED, VOID] = [0n, 1n, 2n];
const BAILED = 4n;
/** contested or quarantined */
const TAINTED = 3n;
/** of an event's flags, those that are the lot's own */
const OWN = 15n;

/** All arguments that any of these events has; which ones, the contract's interface says. */
interface Args {
  lot: Hex;
  digest: Hex;
  collector: Hex;
  keeper: Hex;
  from: Hex;
  to: Hex;
  operator: Hex;
  owner: Hex;
  auditor: Hex;
  basis: Hex;
  class: bigint;
  kind: bigint;
  process: bigint;
  grams: bigint;
  declaredGrams: bigint;
  acceptedGrams: bigint;
  lossGrams: bigint;
  seq: bigint;
  bailment: bigint;
  capturedAt: bigint;
  flags: bigint;
  set: bigint;
  cleared: bigint;
  anchor: Hex;
  evidence: Hex;
  inputs: [lot: Hex, seq: bigint][];
  outputs: [kind: bigint, grams: bigint][];
}

interface Lot extends Record<string, Field> {
  custodian: Hex;
  owner: Hex;
  grams: bigint;
  seq: bigint;
  class: bigint;
  disposition: bigint;
  flags: bigint;
  madeBy: Hex;
  endedBy: Hex | null;
}

const childOf = (digest: Hex, index: number): Hex =>
  keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "uint256"], [digest, index])) as Hex;

const total = (amounts: readonly bigint[]): bigint => amounts.reduce((sum, amount) => sum + amount, 0n);

const lotOf = (books: Books, id: Hex, event: Event): Lot => rowOf(books, `lot/${id}`, event).fields as Lot;

/** A new lot, or another state of one; notes since when it is contested, quarantined or void, or no more. */
function putLot(books: Books, event: Event, id: Hex, fields: Record<string, Field>): void {
  put(books, `lot/${id}`, event, fields);
  const { flags, disposition } = lotOf(books, id, event);
  const excluded = (flags & TAINTED) !== 0n || disposition === VOID;
  const before = books.exclusions.get(id) ?? [];
  if (excluded !== (before.at(-1)?.excluded ?? false)) {
    books.exclusions.set(id, [...before, { block: event.block, excluded }]);
  }
}

function make(books: Books, event: Event, id: Hex, lot: Omit<Lot, "seq" | "disposition" | "endedBy" | "flags">): void {
  const { flags } = event.args as unknown as Args;
  const { custodian, owner, grams, class: kind, madeBy } = lot as Lot;
  const fresh = { custodian, owner, grams, seq: 0n, class: kind, disposition: OPEN, flags: flags & OWN };
  putLot(books, event, id, { ...fresh, madeBy, endedBy: null });
  books.lots.push(id);
}

/** What an act does to a lot that it leaves with so many grams. */
function leave(books: Books, event: Event, id: Hex, digest: Hex, grams: bigint, rest: Partial<Lot>): void {
  const lot = lotOf(books, id, event);
  insist(books, event, `disposition of ${id}`, OPEN, lot.disposition);
  const ended = grams === 0n ? { disposition: CONSUMED, endedBy: digest } : {};
  putLot(books, event, id, { grams, seq: lot.seq + 1n, ...ended, ...(rest as Record<string, Field>) });
}

type Terms = "kind" | "lot" | "seq" | "giver" | "receiver" | "grams" | "lossGrams" | "code";

/** The record of an act. */
function record(books: Books, event: Event, digest: Hex, terms: Record<Terms, Field>, scales?: [bigint, bigint]): void {
  const { capturedAt, flags, anchor, evidence } = event.args as unknown as Args;
  const { kind, lot, seq, giver, receiver, grams, lossGrams, code } = terms;
  const [declaredGrams, acceptedGrams] = scales ?? [null, null];
  const masses = { grams, declaredGrams, acceptedGrams, lossGrams };
  const fields = { kind, lot, seq, giver, receiver, ...masses, code, capturedAt, flags, anchor, evidence };
  put(books, `act/${digest}`, event, fields);
  books.concluded += lossGrams as bigint;
}

function collected(books: Books, event: Event, args: Args): void {
  const { lot, collector: giver, keeper: receiver, class: kind, grams } = args;
  make(books, event, lot, { custodian: receiver, owner: receiver, grams, class: kind, madeBy: lot });
  record(books, event, lot, { kind: "collect", lot, seq: 0n, giver, receiver, grams, lossGrams: 0n, code: 0n });
  books.collected += grams;
}

function handedOver(books: Books, event: Event, args: Args): void {
  const { lot, from, to, digest, declaredGrams, acceptedGrams, seq, flags, bailment } = args;
  const before = lotOf(books, lot, event);
  insist(books, event, "seq", seq, before.seq);
  insist(books, event, "declaredGrams", declaredGrams, before.grams);
  insist(books, event, "from", from, before.custodian);
  const grams = acceptedGrams < declaredGrams ? acceptedGrams : declaredGrams;
  const owner = (flags & BAILED) === 0n ? to : before.owner;
  leave(books, event, lot, digest, grams, { custodian: to, owner, flags: flags & OWN });
  const terms = { kind: "handoff", lot, seq, giver: from, receiver: to, grams, code: bailment };
  record(books, event, digest, { ...terms, lossGrams: declaredGrams - grams }, [declaredGrams, acceptedGrams]);
}

function lotSplit(books: Books, event: Event, args: Args): void {
  const { lot, operator, digest, seq, flags } = args;
  const parts = args.grams as unknown as bigint[];
  const { custodian, owner, class: kind, grams, seq: current } = lotOf(books, lot, event);
  insist(books, event, "seq", seq, current);
  insist(books, event, "grams in all", total(parts), grams);
  parts.forEach((part, i) => {
    const child = childOf(digest, i);
    make(books, event, child, { custodian, owner, grams: part, class: kind, madeBy: digest });
    put(books, `edge/${child}/${lot}`, event, { grams: part });
  });
  leave(books, event, lot, digest, 0n, { flags: flags & OWN });
  const parties = { giver: operator, receiver: operator };
  record(books, event, digest, { kind: "split", lot, seq, ...parties, grams, lossGrams: 0n, code: 0n });
}

/** An output's grams by inputs: pro rata, rounded down, what is left one gram each to the largest remainders, lower inputs first. */
function shares(grams: bigint, masses: readonly bigint[]): bigint[] {
  const whole = total(masses);
  const found = masses.map((mass) => (grams * mass) / whole);
  const left = grams - total(found);
  const order = masses.map((mass, i) => ({ i, rest: (grams * mass) % whole }));
  order.sort((a, b) => (a.rest > b.rest ? -1 : a.rest < b.rest ? 1 : a.i - b.i));
  for (const { i } of order.slice(0, Number(left))) found[i]! += 1n;
  return found;
}

function transformed(books: Books, event: Event, args: Args): void {
  const { digest, operator, process, inputs, outputs, lossGrams } = args;
  const masses = inputs.map(([lot]) => lotOf(books, lot, event).grams);
  const grams = total(masses);
  insist(books, event, "outputs and loss", total(outputs.map(([, part]) => part)) + lossGrams, grams);
  outputs.forEach(([kind, part], i) => {
    const child = childOf(digest, i);
    make(books, event, child, { custodian: operator, owner: operator, grams: part, class: kind, madeBy: digest });
    shares(part, masses).forEach((share, n) => put(books, `edge/${child}/${inputs[n]![0]}`, event, { grams: share }));
  });
  for (const [lot, seq] of inputs) {
    insist(books, event, `seq of ${lot}`, seq, lotOf(books, lot, event).seq);
    leave(books, event, lot, digest, 0n, {});
  }
  const [lot, seq] = inputs[0]!;
  const parties = { giver: operator, receiver: operator };
  record(books, event, digest, { kind: "transform", lot, seq, ...parties, grams, lossGrams, code: process });
}

function concluded(books: Books, event: Event, args: Args): void {
  const { lot, operator, kind, digest, grams, seq, flags } = args;
  const before = lotOf(books, lot, event);
  insist(books, event, "seq", seq, before.seq);
  leave(books, event, lot, digest, before.grams - grams, { flags: flags & OWN });
  const parties = { giver: operator, receiver: operator };
  record(books, event, digest, { kind: "conclude", lot, seq, ...parties, grams, lossGrams: grams, code: kind });
}

function titlePassed(books: Books, event: Event, args: Args): void {
  const { lot, owner, to, digest, seq, flags } = args;
  const before = lotOf(books, lot, event);
  const { grams } = before;
  insist(books, event, "seq", seq, before.seq);
  insist(books, event, "owner", owner, before.owner);
  leave(books, event, lot, digest, grams, { owner: to, flags: flags & OWN });
  const parties = { giver: owner, receiver: to };
  record(books, event, digest, { kind: "pass-title", lot, seq, ...parties, grams, lossGrams: 0n, code: 0n });
}

/** Rulings are no acts: a lot's seq stays. The n-th of its lot has the key `ruling/lot/n`, from 000001. */
function rule(books: Books, event: Event, lot: Hex, fields: Record<string, Field>): void {
  put(books, nextKey(books, `ruling/${lot}`), event, fields);
}

function flagsChanged(books: Books, event: Event, { lot, set, cleared, basis }: Args): void {
  const { flags } = lotOf(books, lot, event);
  putLot(books, event, lot, { flags: (flags | set) & ~cleared });
  rule(books, event, lot, { kind: "flags", set, cleared, grams: 0n, auditor: null, basis });
}

function lotVoided(books: Books, event: Event, { lot, auditor, grams, basis }: Args): void {
  insist(books, event, "grams", grams, lotOf(books, lot, event).grams);
  putLot(books, event, lot, { grams: 0n, disposition: VOID });
  rule(books, event, lot, { kind: "void", set: 0n, cleared: 0n, grams, auditor, basis });
  books.concluded += grams;
}

const entries: Record<string, (books: Books, event: Event, args: Args) => void> = {
  Collected: collected,
  HandedOver: handedOver,
  LotSplit: lotSplit,
  Transformed: transformed,
  Concluded: concluded,
  TitlePassed: titlePassed,
  FlagsChanged: flagsChanged,
  LotVoided: lotVoided,
};

/** Enters an event of lots; does nothing for others. @throws CouldNot where it speaks of a lot that was never made */
export function enterLot(books: Books, event: Event): void {
  entries[event.name]?.(books, event, event.args as unknown as Args);
}
