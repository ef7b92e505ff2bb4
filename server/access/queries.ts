/** Reads of accounts and keys, for other rooms too. */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { column } from "../indexer/columns.ts";
import { roles } from "./roles.ts";
import { lists, lossKinds, nameOf, type Named } from "./vocabulary.ts";

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

/** Bit 7 of a status says that the account's own key is dated. */
export const STATUS_BITS = 0x7f;
const ACTIVE = 1;

/** Whether an account is neither suspended nor closed. */
export const isActive = ({ status }: Standing): boolean => (status & STATUS_BITS) === ACTIVE;

/** Who signs statements on reports holds it. */
export const verifierRole = roles.VERIFIER;

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

/** A licence as last granted, for [validFrom, validUntil), seconds since 1970. */
export interface Licence {
  account: Hex;
  kind: number;
  validFrom: number;
  validUntil: number;
  /** what a facility may hold in stock */
  capacityGrams: bigint;
  /** digest of the licence document */
  document: Hex;
}

/** The licences that an account holds or held until they ended, by kind; none that was withdrawn. */
export async function readLicences(sql: Sql, account: Hex): Promise<Licence[]> {
  const rows = await sql<{ kind: number; from: bigint; until: bigint; capacity: string; document: Hex }>`
    SELECT kind, valid_from AS from, valid_until AS until, capacity_grams AS capacity, document
    FROM licence WHERE account = ${account} ORDER BY kind`;
  return rows.map(({ kind, from, until, capacity, document }) => ({
    account,
    kind,
    validFrom: Number(from),
    validUntil: Number(until),
    capacityGrams: BigInt(capacity),
    document,
  }));
}

/** Whether somebody held a licence at a time, in seconds since 1970. Kind 0 is no licence, and everybody's. */
export interface LicenceQuestion {
  account: Hex;
  kind: number;
  at: number;
}

/**
 * Whether each held the licence of that kind by its own dates. The chain knows only what the dates of all licences of
 * an account have in common, and flags acts outside of that: this is the finer answer. A licence that was withdrawn
 * counts as never held, and one that was renewed as held from the renewed beginning.
 */
export async function licencesHeld(sql: Sql, questions: readonly LicenceQuestion[]): Promise<boolean[]> {
  const rows = await sql<{ held: boolean }>`
    SELECT asked.kind = 0 OR coalesce(asked.at >= valid_from AND asked.at < valid_until, false) AS held
    FROM unnest(
      ${column(questions.map(({ account }) => account))}::text[], ${column(questions.map(({ kind }) => kind))}::int[],
      ${column(questions.map(({ at }) => at))}::bigint[]
    ) WITH ORDINALITY AS asked (account, kind, at, n)
    LEFT JOIN licence ON licence.account = asked.account AND licence.kind = asked.kind ORDER BY n`;
  return rows.map(({ held }) => held);
}

const noLicence: Named = { code: 0, term: "none", en: "No licence needed", zh: "无需许可" };

/** The names of a licence kind. Kind 0 stands in no list: it is none. */
export const licenceKindName = (code: number): Named => (code === 0 ? noLicence : nameOf(lists.licenceKind, code));

/** The names of a lot's class. */
export const lotClassName = (code: number): Named => nameOf(lists.lotClass, code);

/** The names of a process, and of a way in which grams leave the ledger. */
export const processName = (code: number): Named => nameOf(lists.process, code);
export const lossKindName = (code: number): Named => nameOf(lists.lossKind, code);

/** The names of where a pool's money comes from. */
export const sourceName = (code: number): Named => nameOf(lists.source, code);
export const claimScopeName = (code: number): Named => nameOf(lists.claimScope, code);
export const purposeName = (code: number): Named => nameOf(lists.purpose, code);

/** The loss kind that the ledger itself knows: a claim. */
export const lossKindClaimed = lossKinds.claimed;

/** A code of one of the governed lists. */
export interface CodeOf {
  list: keyof typeof lists;
  code: number;
}

/** Those of the codes that the vocabulary does not have in use, as `list/code`. */
export async function unknownCodes(sql: Sql, codes: readonly CodeOf[]): Promise<Set<string>> {
  const asked = [...new Map(codes.map((each) => [`${each.list}/${each.code}`, each])).entries()];
  if (asked.length === 0) return new Set();
  const rows = await sql<{ list: number; code: number }>`
    SELECT list, code FROM vocabulary JOIN unnest(
      ${column(asked.map(([, { list }]) => lists[list]))}::int[], ${column(asked.map(([, { code }]) => code))}::int[]
    ) AS asked (list, code) USING (list, code) WHERE active`;
  const active = new Set(rows.map(({ list, code }) => `${list}/${code}`));
  return new Set(asked.filter(([, { list, code }]) => !active.has(`${lists[list]}/${code}`)).map(([key]) => key));
}

const [PERSON, ORGANISATION, FACILITY, VESSEL] = [1, 2, 4, 8];
const CLOSED = 3;

/** Whether an account of these kinds may be named to everybody: organisations, facilities, vessels that are no persons too. */
export const mayBeNamed = (kinds: number): boolean =>
  (kinds & (ORGANISATION | FACILITY | VESSEL)) !== 0 && (kinds & PERSON) === 0;

/** All accounts that {@link mayBeNamed}, with their kinds. */
export async function readNamedAccounts(sql: Sql): Promise<Map<Hex, number>> {
  const rows = await sql<{ id: Hex; kinds: number }>`
    SELECT id, kinds FROM account
    WHERE kinds & ${ORGANISATION | FACILITY | VESSEL}::int <> 0 AND kinds & ${PERSON}::int = 0`;
  return new Map(rows.map(({ id, kinds }) => [id, kinds]));
}

/** Accounts that {@link mayBeNamed} after an id, by id; of some kinds only, where bits are given. */
export async function readNamedAfter(sql: Sql, after: Hex, limit: number, kinds?: number): Promise<Hex[]> {
  const rows = await sql<{ id: Hex }>`
    SELECT id FROM account
    WHERE id > ${after} AND kinds & ${ORGANISATION | FACILITY | VESSEL}::int <> 0 AND kinds & ${PERSON}::int = 0
      AND (${kinds ?? null}::int IS NULL OR kinds & ${kinds ?? null}::int <> 0)
    ORDER BY id LIMIT ${limit}`;
  return rows.map(({ id }) => id);
}

/**
 * The accounts that a key signs for at a time, closed ones aside: the one it is bound to then, and the one whose id is
 * the key's own address, unless that one has dated its own key.
 * @param key a secp256k1 address
 * @param at seconds since 1970
 */
export async function readAccountsOfKey(sql: Sql, key: Hex, at: number): Promise<Hex[]> {
  const rows = await sql<{ id: Hex }>`
    SELECT id FROM account WHERE status & 127 <> ${CLOSED}::int AND (
      (id = ${key} AND status & 128 = 0) OR id IN (
        SELECT account FROM account_key WHERE id = ${keyId(key)} AND valid_from <= ${at} AND valid_until > ${at}
      )
    ) ORDER BY id`;
  return rows.map(({ id }) => id);
}
