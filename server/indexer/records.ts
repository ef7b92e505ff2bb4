/** State records of several kinds as the one sequence that a projection gives. */
import type { Sql } from "../db/port.ts";
import type { Projection, StateRecord } from "./port.ts";

/** The records of one kind whose keys, less their prefix, come after a text. */
export type ReadRecords = (sql: Sql, after: string, limit: number) => Promise<StateRecord[]>;

export type RecordValue = string | number | bigint | boolean | null | readonly RecordValue[];

/** `name=value` of each column, in the order of the query; NULL is an empty value, an array `[a,b]`. */
export const valueOf = (row: Record<string, RecordValue>): string =>
  Object.entries(row)
    .map(
      ([name, value]) => `${name}=${Array.isArray(value) ? `[${value.join(",")}]` : ((value as string | null) ?? "")}`,
    )
    .join(" ");

/** @param kinds each with the prefix of its keys, prefixes ascending */
export function recordsByKind(kinds: readonly (readonly [prefix: string, read: ReadRecords])[]): Projection["records"] {
  return async (sql, after, limit) => {
    for (const [prefix, read] of kinds) {
      const from = beyond(prefix, after);
      const found = from === undefined ? [] : await read(sql, from, limit);
      if (found.length > 0) return found;
    }
    return [];
  };
}

/** Where to go on among the records of a kind; `undefined` when they are all behind. */
function beyond(prefix: string, after: string | undefined): string | undefined {
  if (after === undefined || after < prefix) return "";
  return after.startsWith(prefix) ? after.slice(prefix.length) : undefined;
}
