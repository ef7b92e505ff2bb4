/** What events of `Parties` and `Vocabulary` make of accounts, keys, licences and terms. */
import type { Hex } from "../../server/chain/port.ts";
import { put, remove, type Books, type Field } from "./books.ts";
import type { Event } from "./events.ts";

const digits = (n: bigint, count: number): string => n.toString().padStart(count, "0");

interface Named {
  account: Hex;
  kind: bigint;
  keyId: Hex;
  list: bigint;
  code: bigint;
}

/** Enters an event of parties or vocabulary; does nothing for others. */
export function enterParty(books: Books, event: Event): void {
  const { account, kind, keyId, list, code } = event.args as unknown as Named;
  const told = event.args as Record<string, Field>;
  const some = (...names: string[]): Record<string, Field> =>
    Object.fromEntries(names.map((name) => [name, told[name]!]));
  switch (event.name) {
    case "AccountRegistered": {
      const standing = { status: 1n, kinds: told["kinds"]!, licensedFrom: 0n, licensedUntil: 0n, licences: 0n };
      const rest = some("identityHash", "organiser", "region", "successor");
      return put(books, `account/${account}`, event, { ...standing, ...rest });
    }
    case "StandingChanged": {
      const standing = some("status", "kinds", "licensedFrom", "licensedUntil", "licences");
      return put(books, `account/${account}`, event, standing);
    }
    case "KeyBound":
      return put(books, `key/${keyId}`, event, some("account", "from", "until"));
    case "LicenceGranted": {
      const terms = some("from", "until", "capacityGrams", "document");
      return put(books, `licence/${account}/${digits(kind, 2)}`, event, terms);
    }
    case "LicenceRevoked":
      return remove(books, `licence/${account}/${digits(kind, 2)}`, event);
    case "TermSet":
      return put(books, `term/${digits(list, 3)}/${digits(code, 5)}`, event, some("termHash", "active"));
  }
}
