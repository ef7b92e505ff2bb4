/** Accounts to be registered, from a file: read, held against the register, and handed in 500 at a time. */
import { kinds as kindNames } from "../../server/access/schemas.ts";
import { interfaces } from "../../server/chain/contracts.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { Api, Ledger, Standing } from "../demo/client.ts";
import { NOBODY, accountFor } from "../demo/keys.ts";
import { chunks } from "../demo/scenario/draws.ts";
import { compare, type Compared, type Known } from "./compare.ts";
import { isAddress, isHash, keyIdOf } from "./ids.ts";
import { readRows, type Fault, type Row } from "./csv.ts";
import { MOST_ACCOUNTS, type Call } from "./transactions.ts";

/** One row: an account as `Parties.register` takes it. */
export interface Registration {
  line: number;
  /** the id it has, or will have */
  id: Hex;
  /** what is registered: zero where the contract derives the id from the identity hash */
  account: Hex;
  kinds: readonly string[];
  identityHash: Hex;
  organiser: Hex;
  region: number;
  successor: Hex;
}

/** Reads the file. What is wrong with any row is told with its line; ids that stand there twice too. */
export const readRegistrations = (text: string, ledger: Ledger): { rows: Registration[]; faults: Fault[] } =>
  readRows(text, {
    columns: ["account", "kinds", "identityHash"],
    optional: ["organiser", "region", "successor"],
    faultsOf: rowFaults,
    make: (row) => registrationOf(row, ledger),
    once: ({ id }) => [id, id],
  });

function rowFaults({ cells }: Row): string[] {
  const { account = "", kinds = "", identityHash = "", organiser = "", region = "", successor = "" } = cells;
  const named = kinds.split("+");
  const unknown = named.filter((name) => !(kindNames as readonly string[]).includes(name));
  const addresses = Object.entries({ account, organiser, successor });
  return [
    ...addresses
      .filter(([, text]) => text !== "" && (!isAddress(text) || text === NOBODY))
      .map(
        ([name, text]) => `${name} "${text}" is not an account's id: 0x and 40 hex digits in lower case, or nothing`,
      ),
    ...unknown.map((name) => `kinds has "${name}"; there are ${kindNames.join(", ")}, joined by +`),
    ...(isHash(identityHash) ? [] : [`identityHash "${identityHash}" is not 0x and 64 hex digits in lower case`]),
    ...(/^\d{0,5}$/.test(region) && Number(region) < 2 ** 16 ? [] : [`region "${region}" is not a number up to 65535`]),
  ];
}

function registrationOf({ line, cells }: Row, ledger: Ledger): Registration {
  const identityHash = cells["identityHash"] as Hex;
  const or = (name: string): Hex => (cells[name] === "" ? NOBODY : (cells[name] as Hex));
  const account = or("account");
  return {
    line,
    id: account === NOBODY ? accountFor(ledger, identityHash) : account,
    account,
    kinds: cells["kinds"]!.split("+"),
    identityHash,
    organiser: or("organiser"),
    region: Number(cells["region"]),
    successor: or("successor"),
  };
}

/** Holds the rows against the register: what is there is left alone, and what cannot be is told. */
export function compareRegistrations(
  api: Api,
  rows: readonly Registration[],
  progress: (done: number) => void,
): Promise<Compared<Registration>> {
  const asks = ({ id }: Registration): { accounts: Hex[]; keys: Hex[] } => ({ accounts: [id], keys: [keyIdOf(id)] });
  const judge = (row: Registration, { accounts, keys }: Known): string | undefined => {
    const account = accounts.get(row.id);
    if (account) return differing(row, account) ?? "there";
    const bound = keys.get(keyIdOf(row.id));
    return bound && `${row.id} is a key that signs for ${bound.account}; it can be no account's id`;
  };
  return compare(api, rows, asks, judge, progress);
}

function differing({ id, kinds }: Registration, account: Standing): string | undefined {
  const there = [...account.kinds].sort().join("+");
  return there === [...kinds].sort().join("+") ? undefined : `${id} is registered already, as ${there}`;
}

/** The registrations as calls of `Parties`, {@link MOST_ACCOUNTS} each. */
export const registrationCalls = (ledger: Ledger, rows: readonly Registration[]): Call[] =>
  chunks(rows, MOST_ACCOUNTS).map((some) => {
    const terms = some.map(({ kinds, ...row }) => ({ ...row, kinds: bitsOf(kinds) }));
    const data = interfaces.Parties.encodeFunctionData("register", [terms]) as Hex;
    return { to: ledger.contracts.Parties, data };
  });

const bitsOf = (kinds: readonly string[]): number =>
  kinds.reduce((bits, name) => bits | (1 << (kindNames as readonly string[]).indexOf(name)), 0);
