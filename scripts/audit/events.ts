/** Events as an audit reads them: by the contracts' interfaces, with packed words opened as the contracts' NatSpec has them. */
import { Result } from "ethers";
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

/** Of each event its packed word, if it has one, with the fields from the highest bit down. */
const known: Record<keyof typeof contracts, Record<string, readonly [word: string, fields: Fields] | undefined>> = {
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
};

const contracts = {
  Parties: interfaces.Parties,
  Vocabulary: interfaces.Vocabulary,
  LotLedger: interfaces.LotLedger,
};

function opened(word: bigint, fields: Fields): [string, bigint][] {
  let low = 256n;
  return fields.map(([name, bits]) => [name, (word >> (low -= bits)) & ((1n << bits) - 1n)]);
}

function argument(value: unknown): Argument {
  if (typeof value === "string") return value.toLowerCase();
  if (value instanceof Result) return value.toArray().map((each) => argument(each) as Scalar | Scalar[]);
  return value as Scalar;
}

/**
 * The event of a log.
 * @param contract whose log it is
 * @returns `undefined` for an event that says nothing of parties, vocabulary or lots
 */
export function decode(contract: keyof typeof contracts, log: PlacedLog): Event | undefined {
  const parsed = contracts[contract].parseLog(log);
  if (!parsed || !(parsed.name in known[contract])) return undefined;
  const packed = known[contract][parsed.name];
  const args: Record<string, Argument> = {};
  parsed.fragment.inputs.forEach(({ name }, i) => {
    const value: unknown = parsed.args[i];
    if (packed?.[0] === name) Object.assign(args, Object.fromEntries(opened(value as bigint, packed[1])));
    else args[name] = argument(value);
  });
  return { name: parsed.name, args, block: log.block, index: log.index, tx: log.tx };
}
