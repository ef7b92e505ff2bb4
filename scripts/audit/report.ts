/** What an audit finds, as data and as lines. */
import type { Hex } from "../../server/chain/port.ts";

/** Something that two sides say differently. */
export interface Difference {
  /** of the entity: `lot/0x…`, `act/0x…`; or what else it is about */
  key: string;
  /** null where it is about the whole */
  field: string | null;
  /** who is held against the chain's events */
  who: "server" | "storage" | "log";
  /** null where that side has none */
  said: string | null;
  expected: string | null;
  /** the event that last changed it, or the block where it begins to differ */
  place: { block: number; index?: number; tx?: Hex } | null;
}

export interface Check {
  id: string;
  zh: string;
  en: string;
  /** how many things were held against each other */
  compared: number;
  differences: Difference[];
}

export interface Report {
  /** where the server stood when the audit began */
  block: number;
  hash: Hex;
  checks: Check[];
}

/** @param place of the event that last changed it; null when the chain knows nothing of it */
export const serverSays = (
  key: string,
  field: string | null,
  said: string | null,
  expected: string | null,
  place: Difference["place"],
): Difference => ({ key, field, who: "server", said, expected, place });

const orNothing = (value: string | null): string => (value === null ? "nothing" : value === "" ? "none" : value);

/** `block 1234, log 2 (tx 0x…): lot/0x… grams: server says 900, chain says 1000` */
export function lineOf({ key, field, who, said, expected, place }: Difference): string {
  const log = place?.index === undefined ? "" : `, log ${place.index} (tx ${place.tx})`;
  const where = place ? `block ${place.block}${log}: ` : "";
  const other = who === "server" ? "chain" : "events";
  return `${where}${[key, field].filter(Boolean).join(" ")}: ${who} says ${orNothing(said)}, ${other} ${other === "chain" ? "says" : "say"} ${orNothing(expected)}`;
}

export const differencesOf = ({ checks }: Report): Difference[] => checks.flatMap(({ differences }) => differences);
