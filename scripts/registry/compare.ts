/** Holding rows against the register, many at a time. */
import type { Hex } from "../../server/chain/port.ts";
import type { Api, Key, Standing } from "../demo/client.ts";
import type { Fault } from "./csv.ts";

/** Rows whose accounts and keys, at most two each, are asked for at once. */
const AT_ONCE = 50;

export interface Compared<T> {
  /** not there yet, in the order given */
  missing: T[];
  faults: Fault[];
}

/** What the register says of the accounts and keys that were asked for. */
export interface Known {
  accounts: ReadonlyMap<Hex, Standing>;
  keys: ReadonlyMap<Hex, Key>;
}

/**
 * @param asks the accounts and keys that a row is judged by
 * @param judge "there" for what is to be left alone, `undefined` for what is missing, else what is wrong
 */
export async function compare<T extends { line: number }>(
  api: Api,
  rows: readonly T[],
  asks: (row: T) => { accounts: Hex[]; keys: Hex[] },
  judge: (row: T, known: Known) => string | undefined,
  progress: (done: number) => void,
): Promise<Compared<T>> {
  const compared: Compared<T> = { missing: [], faults: [] };
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    const some = rows.slice(from, from + AT_ONCE);
    const asked = some.map(asks);
    const known = await lookUp(
      api,
      asked.flatMap(({ accounts }) => accounts),
      asked.flatMap(({ keys }) => keys),
    );
    for (const row of some) {
      const what = judge(row, known);
      if (what === undefined) compared.missing.push(row);
      else if (what !== "there") compared.faults.push({ line: row.line, what });
    }
    progress(from + some.length);
  }
  return compared;
}

async function lookUp(api: Api, accounts: readonly Hex[], keys: readonly Hex[]): Promise<Known> {
  const [standings, bound] = [accounts.length > 0 ? await api.accounts(accounts) : [], await api.keys(keys)];
  return {
    accounts: new Map(standings.map((standing) => [standing.id, standing])),
    keys: new Map(bound.map((key) => [key.id, key])),
  };
}
