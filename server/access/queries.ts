/** Reads of accounts and keys, for other rooms too. */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { column } from "../indexer/columns.ts";
import { lists, nameOf, type Named } from "./vocabulary.ts";

/** What an account may do. Dates in seconds since 1970. */
export interface Standing {
  /** the whole byte: 1 active, 2 suspended, 3 closed; bit 7 (0x80) when the account's own key is dated */
  status: number;
  kinds: number;
  /** the intersection of the dates of all its licences, [from, until) */
  licensedFrom: number;
  licensedUntil: number;
  /** bit k: a licence of kind k */
  licences: bigint;
}

/** A key that signs for an account in [validFrom, validUntil), seconds since 1970. */
export interface BoundKey {
  account: Hex;
  validFrom: number;
  validUntil: number;
}

/** The standings of those of the accounts that are registered. */
export async function readAccountStandings(sql: Sql, ids: readonly Hex[]): Promise<Map<Hex, Standing>> {
  const rows = await sql<{
    id: Hex;
    status: number;
    kinds: number;
    licensed_from: bigint;
    licensed_until: bigint;
    licences: string;
  }>`
    SELECT id, status, kinds, licensed_from, licensed_until, licences FROM account WHERE id = ANY (${column(ids)}::text[])`;
  return new Map(
    rows.map((row) => [
      row.id,
      {
        status: row.status,
        kinds: row.kinds,
        licensedFrom: Number(row.licensed_from),
        licensedUntil: Number(row.licensed_until),
        licences: BigInt(row.licences),
      },
    ]),
  );
}

/** A key's id is one word; a secp256k1 address stands in it left-padded. */
const keyId = (id: Hex): Hex => `0x${id.slice(2).padStart(64, "0")}`;

/**
 * Those of the keys that were ever bound to an account.
 * @param ids key ids or secp256k1 addresses; the answer is by what was asked
 */
export async function readKeys(sql: Sql, ids: readonly Hex[]): Promise<Map<Hex, BoundKey>> {
  const asked = new Map(ids.map((id) => [keyId(id), id]));
  const rows = await sql<{ id: Hex; account: Hex; from: bigint; until: bigint }>`
    SELECT id, account, valid_from AS from, valid_until AS until FROM account_key
    WHERE id = ANY (${column([...asked.keys()])}::text[])`;
  return new Map(
    rows.map(({ id, account, from, until }) => [
      asked.get(id)!,
      { account, validFrom: Number(from), validUntil: Number(until) },
    ]),
  );
}

/** All keys ever bound to one account, the oldest first. */
export async function readKeysOf(sql: Sql, account: Hex): Promise<(BoundKey & { id: Hex })[]> {
  const rows = await sql<{ id: Hex; valid_from: bigint; valid_until: bigint }>`
    SELECT id, valid_from, valid_until FROM account_key WHERE account = ${account} ORDER BY valid_from, id`;
  return rows.map((row) => ({
    id: row.id,
    account,
    validFrom: Number(row.valid_from),
    validUntil: Number(row.valid_until),
  }));
}

/** The names of a lot's class. */
export const lotClassName = (code: number): Named => nameOf(lists.lotClass, code);
