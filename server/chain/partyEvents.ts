/** The events of `Parties` and `Vocabulary`, decoded by slicing. */
import type { Header, Log } from "./blocks.ts";
import { addressOf, digits, place, topic, uint, word, type Known } from "./eventWords.ts";
import type { Hex } from "./port.ts";

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

const topics = {
  accountRegistered: topic("Parties", "AccountRegistered"),
  standingChanged: topic("Parties", "StandingChanged"),
  licenceGranted: topic("Parties", "LicenceGranted"),
  licenceRevoked: topic("Parties", "LicenceRevoked"),
  keyBound: topic("Parties", "KeyBound"),
  termSet: topic("Vocabulary", "TermSet"),
};

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
