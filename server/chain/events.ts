/**
 * The contracts' events, decoded by slicing: every event here has a fixed layout, and a general ABI decoder would cost
 * more than everything else the indexer does. The topics come from the compiled contracts, so a changed signature is
 * an event that is not known, never one that is misread.
 */
import type { Interface } from "ethers";
import type { Header, Log } from "./blocks.ts";
import { interfaces, type ContractName } from "./contracts.ts";
import type { Hex } from "./port.ts";

interface Known<Name extends string, Args> {
  name: Name;
  /** in the order of the contract's declaration, packed words opened into their fields */
  args: Args;
  block: number;
  /** seconds since 1970, of the block */
  at: number;
  index: number;
  tx: Hex;
}

/** An account's standing word, opened. Dates in seconds since 1970. */
export interface StandingWord {
  /** the whole byte: bit 7 says that the account's own key is dated */
  status: number;
  kinds: number;
  licensedFrom: number;
  licensedUntil: number;
  licences: bigint;
}

export type PartyEvent =
  | Known<
      "AccountRegistered",
      { account: Hex; kinds: number; identityHash: Hex; organiser: Hex; region: number; successor: Hex }
    >
  | Known<"StandingChanged", { account: Hex } & StandingWord & { basis: Hex }>
  | Known<
      "LicenceGranted",
      { account: Hex; kind: number; from: number; until: number; capacityGrams: bigint; document: Hex }
    >
  | Known<"LicenceRevoked", { account: Hex; kind: number; basis: Hex }>
  | Known<"KeyBound", { account: Hex; keyId: Hex; from: number; until: number }>;

export type VocabularyEvent = Known<"TermSet", { list: number; code: number; termHash: Hex; active: boolean }>;

export type LotEvent =
  | Known<
      "Collected",
      {
        lot: Hex;
        collector: Hex;
        keeper: Hex;
        class: number;
        grams: number;
        capturedAt: number;
        /** `reasons 4 | lot flags 4` */
        flags: number;
        anchor: Hex;
        evidence: Hex;
      }
    >
  | Known<"Skipped", { lot: Hex; digest: Hex; reason: Hex }>;

function topic(contract: ContractName, event: string): Hex {
  const abi: Interface = interfaces[contract];
  const fragment = abi.getEvent(event);
  if (!fragment) throw new Error(`${contract} has no event ${event}`);
  return fragment.topicHash as Hex;
}

const topics = {
  accountRegistered: topic("Parties", "AccountRegistered"),
  standingChanged: topic("Parties", "StandingChanged"),
  licenceGranted: topic("Parties", "LicenceGranted"),
  licenceRevoked: topic("Parties", "LicenceRevoked"),
  keyBound: topic("Parties", "KeyBound"),
  termSet: topic("Vocabulary", "TermSet"),
  collected: topic("LotLedger", "Collected"),
  skipped: topic("LotLedger", "Skipped"),
};

/** The n-th word of the data. */
const word = (data: Hex, n: number): Hex => `0x${data.slice(2 + 64 * n, 66 + 64 * n)}`;

/** An address is the last 20 bytes of its word. */
const addressOf = (word: Hex): Hex => `0x${word.slice(26)}`;

/** Bits of a word, counted in hex digits from its highest; at most 13 digits fit a number. */
const digits = (word: Hex, from: number, count: number): number =>
  Number.parseInt(word.slice(2 + from, 2 + from + count), 16);

/** An unsigned integer of at most 48 bits, right-aligned in its word. */
const uint = (word: Hex): number => digits(word, 52, 12);

const place = (log: Log, header: Header): { block: number; at: number; index: number; tx: Hex } => ({
  block: log.block,
  at: header.timestamp,
  index: log.index,
  tx: log.tx,
});

/** The word `status 8 | kinds 16 | licensedFrom 40 | licensedUntil 40 | licences 64 | spare 88`. */
const standingWord = (word: Hex): StandingWord => ({
  status: digits(word, 0, 2),
  kinds: digits(word, 2, 4),
  licensedFrom: digits(word, 6, 10),
  licensedUntil: digits(word, 16, 10),
  licences: BigInt(`0x${word.slice(28, 44)}`),
});

/** An event of `Parties`, or `undefined` for a log that is none. */
export function decodePartyLog(log: Log, header: Header): PartyEvent | undefined {
  const { data } = log;
  const [event, first, second] = log.topics as [Hex, Hex, Hex];
  const at = (n: number): Hex => word(data, n);
  switch (event) {
    case topics.accountRegistered: {
      const ids = { account: addressOf(first), kinds: uint(at(0)), identityHash: at(1), organiser: addressOf(at(2)) };
      const args = { ...ids, region: uint(at(3)), successor: addressOf(at(4)) };
      return { name: "AccountRegistered", args, ...place(log, header) };
    }
    case topics.standingChanged: {
      const args = { account: addressOf(first), ...standingWord(at(0)), basis: at(1) };
      return { name: "StandingChanged", args, ...place(log, header) };
    }
    case topics.licenceGranted: {
      const ids = { account: addressOf(first), kind: uint(second), from: uint(at(0)), until: uint(at(1)) };
      const args = { ...ids, capacityGrams: BigInt(at(2)), document: at(3) };
      return { name: "LicenceGranted", args, ...place(log, header) };
    }
    case topics.licenceRevoked: {
      const args = { account: addressOf(first), kind: uint(second), basis: at(0) };
      return { name: "LicenceRevoked", args, ...place(log, header) };
    }
    case topics.keyBound: {
      const args = { account: addressOf(first), keyId: second, from: uint(at(0)), until: uint(at(1)) };
      return { name: "KeyBound", args, ...place(log, header) };
    }
    default:
      return undefined;
  }
}

/** An event of `Vocabulary`, or `undefined` for a log that is none. */
export function decodeVocabularyLog(log: Log, header: Header): VocabularyEvent | undefined {
  const [event, list, code] = log.topics as [Hex, Hex, Hex];
  if (event !== topics.termSet) return undefined;
  const args = {
    list: uint(list),
    code: uint(code),
    termHash: word(log.data, 0),
    active: uint(word(log.data, 1)) === 1,
  };
  return { name: "TermSet", args, ...place(log, header) };
}

/** An event of `LotLedger`, or `undefined` for a log that is none. */
export function decodeLotLog(log: Log, header: Header): LotEvent | undefined {
  const { data } = log;
  const [event, lot, second, third] = log.topics as [Hex, Hex, Hex, Hex];
  if (event === topics.collected) {
    const terms = word(data, 1);
    const args = {
      lot,
      collector: addressOf(second),
      keeper: addressOf(third),
      class: uint(word(data, 0)),
      grams: digits(terms, 0, 12),
      capturedAt: digits(terms, 12, 10),
      flags: digits(terms, 22, 2),
      anchor: word(data, 2),
      evidence: word(data, 3),
    };
    return { name: "Collected", args, ...place(log, header) };
  }
  if (event === topics.skipped) {
    const args = { lot, digest: second, reason: data.slice(0, 10) as Hex };
    return { name: "Skipped", args, ...place(log, header) };
  }
  return undefined;
}
