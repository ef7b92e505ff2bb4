/**
 * Events as an audit reads them: by the types that the contracts' interfaces declare, with packed words opened as the
 * contracts' NatSpec has them. The library's own decoder takes a millisecond an event.
 */
import type { EventFragment, Interface, ParamType } from "ethers";
import { interfaces } from "../../server/chain/contracts.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { PlacedLog } from "./node.ts";

export type Scalar = string | bigint | boolean;
/** An argument: a scalar, or an array of scalars or of structs, which are arrays of their fields. */
export type Argument = Scalar | readonly (Scalar | readonly Scalar[])[];

/** Where something stands on chain. */
export interface Place {
  block: number;
  /** of the log in its block */
  index: number;
  tx: Hex;
}

export interface Event extends Place {
  name: string;
  /** of its block, in seconds since 1970 */
  at: number;
  /** in declared order, packed words replaced by their fields */
  args: Record<string, Argument>;
}

type Fields = readonly (readonly [name: string, bits: bigint])[];

const captured: Fields = [
  ["capturedAt", 40n],
  ["flags", 8n],
];
const seq: Fields = [["seq", 24n]];
const grams: Fields = [["grams", 48n]];

const { Parties, Vocabulary, LotLedger, Projects, Credits, SettlementToken, PremiumPools } = interfaces;
const contracts = { Parties, Vocabulary, LotLedger, Projects, Credits, SettlementToken, PremiumPools };

/** The contracts whose events an audit reads. */
export type Told = keyof typeof contracts;
export const told = Object.keys(contracts) as Told[];

/** Events without a packed word. */
const plain = (...names: string[]): Record<string, undefined> =>
  Object.fromEntries(names.map((name) => [name, undefined]));

/** Of each event its packed word, if it has one, with the fields from the highest bit down. */
const known: Record<Told, Record<string, readonly [word: string, fields: Fields] | undefined>> = {
  Parties: {
    AccountRegistered: undefined,
    StandingChanged: [
      "word",
      [
        ["status", 8n],
        ["kinds", 16n],
        ["licensedFrom", 40n],
        ["licensedUntil", 40n],
        ["licences", 64n],
      ],
    ],
    LicenceGranted: undefined,
    LicenceRevoked: undefined,
    KeyBound: undefined,
  },
  Vocabulary: { TermSet: undefined },
  LotLedger: {
    Collected: ["terms", [...grams, ...captured]],
    HandedOver: ["terms", [["declaredGrams", 48n], ["acceptedGrams", 48n], ...seq, ...captured, ["bailment", 8n]]],
    LotSplit: ["terms", [...seq, ...captured]],
    Transformed: ["terms", [["lossGrams", 48n], ...captured]],
    Concluded: ["terms", [...grams, ...seq, ...captured]],
    TitlePassed: ["terms", [...seq, ...captured]],
    FlagsChanged: undefined,
    LotVoided: undefined,
    Skipped: undefined,
  },
  Projects: plain(
    ...["MethodologyAdded", "ProjectRegistered", "ReportSubmitted", "Verified", "Skipped", "ReportIssued"],
  ),
  Credits: plain(
    ...["BatchOpened", "Issued", "Split", "Moved", "LocksChanged", "Dedicated"],
    ...["Retired", "Noted", "Cancelled", "Exported", "PurposesSet"],
  ),
  SettlementToken: plain("Transfer", "Deposited", "Withdrawn"),
  PremiumPools: plain(...["Funded", "RootPublished", "ChunkPaid", "HeldAside", "Released", "Closed", "DelaySet"]),
};

/** By contract and topic. */
const fragments = new Map<string, EventFragment>(
  Object.entries<Interface>(contracts).flatMap(([contract, abi]) =>
    Object.keys(known[contract as Told]).map((name): [string, EventFragment] => {
      const fragment = abi.getEvent(name)!;
      return [`${contract} ${fragment.topicHash}`, fragment];
    }),
  ),
);

function opened(word: bigint, fields: Fields): [string, bigint][] {
  let low = 256n;
  return fields.map(([name, bits]) => [name, (word >> (low -= bits)) & ((1n << bits) - 1n)]);
}

/** @param word 64 hex digits */
function scalar(type: string, word: string): Scalar {
  if (type === "address") return `0x${word.slice(24)}`;
  if (type === "bool") return BigInt(`0x${word}`) === 1n;
  const bytes = /^bytes(\d+)$/.exec(type);
  return bytes ? `0x${word.slice(0, 2 * Number(bytes[1]))}` : BigInt(`0x${word}`);
}

/** An array of scalars or of structs of scalars, at the offset that its word in the head tells. */
function array(child: ParamType, data: string, offset: string): Argument {
  const word = (n: number): string => data.slice(64 * n, 64 * (n + 1));
  const start = Number(BigInt(`0x${offset}`)) / 32;
  const parts = child.components;
  const width = parts?.length ?? 1;
  return Array.from({ length: Number(BigInt(`0x${word(start)}`)) }, (_, i) => {
    const at = start + 1 + i * width;
    return parts ? parts.map(({ type }, n) => scalar(type, word(at + n))) : scalar(child.type, word(at));
  });
}

/**
 * The event of a log.
 * @param contract whose log it is
 * @param at of its block, in seconds since 1970
 * @returns `undefined` for an event that repeats what others tell, or says nothing of the ledger
 */
export function decode(contract: Told, log: PlacedLog, at: number): Event | undefined {
  const fragment = fragments.get(`${contract} ${log.topics[0]}`);
  if (!fragment) return undefined;
  const packed = known[contract][fragment.name];
  const data = log.data.slice(2);
  let [topics, words] = [1, 0];
  const args: Record<string, Argument> = {};
  for (const { name, type, indexed, arrayChildren } of fragment.inputs) {
    const word = indexed ? log.topics[topics++]!.slice(2) : data.slice(64 * words, 64 * ++words);
    if (packed?.[0] === name) Object.assign(args, Object.fromEntries(opened(BigInt(`0x${word}`), packed[1])));
    else args[name] = arrayChildren ? array(arrayChildren, data, word) : scalar(type, word);
  }
  return { name: fragment.name, args, at, block: log.block, index: log.index, tx: log.tx };
}
