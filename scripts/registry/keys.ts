/** Keys to be bound, from a file, and keys to be closed, by their ids: held against the register, and handed in many at a time. */
import { interfaces } from "../../server/chain/contracts.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { Api, Ledger } from "../demo/client.ts";
import { readRows, type Fault, type Row } from "./csv.ts";
import { chunks } from "../demo/scenario/draws.ts";
import { NO_END, isAddress, isHash, keyIdOf, secondsOf } from "./ids.ts";
import { compare, type Compared, type Known } from "./compare.ts";
import { MOST_CALLS, throughAuthority, together, type Call } from "./transactions.ts";

/** A key that is to sign for an account in [from, until), seconds since 1970. */
export interface Binding {
  line: number;
  account: Hex;
  key: Hex;
  from: number;
  until: number;
}

/** Reads the file. What is wrong with any row is told with its line; keys that stand there twice too. */
export const readBindings = (text: string): { rows: Binding[]; faults: Fault[] } =>
  readRows(text, {
    columns: ["account", "key", "from"],
    optional: ["until"],
    faultsOf: rowFaults,
    make: bindingOf,
    once: ({ key }) => ["the key", key],
  });

function bindingOf({ line, cells }: Row): Binding {
  const { account, key, from, until } = cells as Record<"account" | "key" | "from" | "until", string>;
  const end = until === "" ? NO_END : secondsOf(until)!;
  return { line, account: account as Hex, key: keyIdOf(key as Hex), from: secondsOf(from)!, until: end };
}

const TIME = "seconds since 1970, or a time such as 2026-08-01T09:00:00+08:00";

/** Whether a text is a key's id, or the address of a secp256k1 key. */
export const isKey = (text: string): text is Hex => (isAddress(text) || isHash(text)) && !/^0x0*$/.test(text);

function rowFaults({ cells }: Row): string[] {
  const { account = "", key = "", from = "", until = "" } = cells;
  const [begins, ends] = [secondsOf(from), until === "" ? NO_END : secondsOf(until)];
  return [
    ...(isAddress(account) ? [] : [`account "${account}" is not 0x and 40 hex digits in lower case`]),
    ...(isKey(key) ? [] : [`key "${key}" is neither a key's id (0x and 64 hex digits) nor an address (0x and 40)`]),
    ...(begins === undefined ? [`from "${from}" is not ${TIME}`] : []),
    ...(ends === undefined ? [`until "${until}" is not ${TIME}, or nothing for no end`] : []),
    ...(begins !== undefined && ends !== undefined && ends <= begins ? ["the key ends before or as it begins"] : []),
  ];
}

/** Holds the rows against the register: a key that is bound as it says, even if closed since, is left alone. */
export function compareBindings(
  api: Api,
  rows: readonly Binding[],
  progress: (done: number) => void,
): Promise<Compared<Binding>> {
  const judge = ({ account, key, from }: Binding, { accounts, keys }: Known): string | undefined => {
    const bound = keys.get(key);
    if (bound) {
      if (bound.account !== account) return `the key is bound to ${bound.account}, and a key is bound once for ever`;
      return bound.from === from ? "there" : `the key is bound already, from ${bound.from} on`;
    }
    if (!accounts.has(account)) return `${account} is not registered`;
    const own = ownAccountOf(key);
    const taken = own !== undefined && own !== account && accounts.has(own);
    return taken ? `the key is the own key of the account ${own}` : undefined;
  };
  return compare(api, rows, asksOf, judge, progress);
}

/** A binding is judged by its account and its key, and by the account that the key is the own one of. */
const asksOf = ({ account, key }: { account?: Hex; key: Hex }): { accounts: Hex[]; keys: Hex[] } => ({
  accounts: [account, ownAccountOf(key)].filter((each) => each !== undefined),
  keys: [key],
});

/** The account whose own key this is, if it is registered: a secp256k1 address stands left-padded in a key's id. */
const ownAccountOf = (key: Hex): Hex | undefined => (/^0x0{24}/.test(key) ? `0x${key.slice(26)}` : undefined);

export const bindingCalls = (ledger: Ledger, rows: readonly Binding[]): Call[] =>
  batches(
    ledger,
    rows.map(({ account, key, from, until }) => ["bindKey", [account, key, from, until]]),
  );

/** A key that is to sign for nothing captured at `until` or later, seconds since 1970. */
export interface Closing {
  /** which argument it is, from 1 */
  line: number;
  key: Hex;
  until: number;
  /** of an account's own key that has no date yet: its account, and closing it is binding it with an end */
  undated?: Hex;
}

/** Holds the keys against the register: one that ends by then anyway is left alone. Finds those that have no date yet. */
export function compareClosings(
  api: Api,
  rows: readonly Closing[],
  progress: (done: number) => void,
): Promise<Compared<Closing>> {
  const judge = (row: Closing, { accounts, keys }: Known): string | undefined => {
    const bound = keys.get(row.key);
    if (bound) {
      delete row.undated;
      return bound.until <= row.until ? "there" : undefined;
    }
    const own = ownAccountOf(row.key);
    if (own === undefined || !accounts.has(own)) return `${row.key} signs for nobody here`;
    if (row.until === 0) return "the key would end before or as it begins";
    row.undated = own;
    return undefined;
  };
  return compare(api, rows, asksOf, judge, progress);
}

export const closingCalls = (ledger: Ledger, rows: readonly Closing[]): Call[] =>
  batches(
    ledger,
    rows.map(({ key, until, undated }) =>
      undated === undefined ? ["closeKey", [key, until]] : ["bindKey", [undated, key, 0, until]],
    ),
  );

function batches(ledger: Ledger, calls: readonly [name: "bindKey" | "closeKey", args: (Hex | number)[]][]): Call[] {
  const made = calls.map(([name, args]) =>
    throughAuthority(ledger, interfaces.Parties.encodeFunctionData(name as "bindKey", args as never) as Hex),
  );
  return chunks(made, MOST_CALLS).map((some) => together(ledger, some));
}
