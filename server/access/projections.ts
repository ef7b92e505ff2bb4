/** What the contracts of access say, as rows: accounts with their standing, keys, licences, the governed code lists. */
import {
  decodePartyLog,
  decodeVocabularyLog,
  type PartyEvent,
  type StandingWord,
  type VocabularyEvent,
} from "../chain/partyEvents.ts";
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { column } from "../indexer/columns.ts";
import { factLine } from "../indexer/digests.ts";
import type { Projection, StateRecord } from "../indexer/port.ts";
import { recordsByKind } from "../indexer/records.ts";

export type AccessEvent = PartyEvent | VocabularyEvent;

type Named<Name extends AccessEvent["name"]> = Extract<AccessEvent, { name: Name }>;

const named = <Name extends AccessEvent["name"]>(events: readonly AccessEvent[], name: Name): Named<Name>[] =>
  events.filter((event): event is Named<Name> => event.name === name);

/** A registration is the beginning of a standing: active, without licences. */
const registered = (kinds: number): StandingWord => ({
  status: 1,
  kinds,
  licensedFrom: 0,
  licensedUntil: 0,
  licences: 0n,
});

/** New accounts as registered; what changed since then follows by `changeStandings`. */
async function addAccounts(sql: Sql, events: readonly AccessEvent[]): Promise<void> {
  const rows = named(events, "AccountRegistered").map(({ args }) => ({ ...args, ...registered(args.kinds) }));
  if (rows.length === 0) return;
  await sql`
    INSERT INTO account (id, status, kinds, licensed_from, licensed_until, licences, identity_hash, organiser, region, successor)
    SELECT id, status, kinds, licensed_from, licensed_until, licences, identity_hash, organiser, region, successor
    FROM unnest(
      ${column(rows.map((row) => row.account))}::text[], ${column(rows.map((row) => row.status))}::smallint[],
      ${column(rows.map((row) => row.kinds))}::int[], ${column(rows.map((row) => row.licensedFrom))}::bigint[],
      ${column(rows.map((row) => row.licensedUntil))}::bigint[], ${column(rows.map((row) => row.licences))}::numeric[],
      ${column(rows.map((row) => row.identityHash))}::text[], ${column(rows.map((row) => row.organiser))}::text[],
      ${column(rows.map((row) => row.region))}::int[], ${column(rows.map((row) => row.successor))}::text[]
    ) AS new (id, status, kinds, licensed_from, licensed_until, licences, identity_hash, organiser, region, successor)`;
}

/** Of several changes to one account only the last is written. */
async function changeStandings(sql: Sql, events: readonly AccessEvent[]): Promise<void> {
  const rows = [...new Map(named(events, "StandingChanged").map(({ args }) => [args.account, args])).values()];
  if (rows.length === 0) return;
  await sql`
    UPDATE account SET status = new.status, kinds = new.kinds, licensed_from = new.licensed_from,
      licensed_until = new.licensed_until, licences = new.licences
    FROM unnest(
      ${column(rows.map((row) => row.account))}::text[], ${column(rows.map((row) => row.status))}::smallint[],
      ${column(rows.map((row) => row.kinds))}::int[], ${column(rows.map((row) => row.licensedFrom))}::bigint[],
      ${column(rows.map((row) => row.licensedUntil))}::bigint[], ${column(rows.map((row) => row.licences))}::numeric[]
    ) AS new (id, status, kinds, licensed_from, licensed_until, licences)
    WHERE account.id = new.id`;
}

/** Binding a key and closing it are told by the same event, with the dates as they then are. */
async function setKeys(sql: Sql, events: readonly AccessEvent[]): Promise<void> {
  const rows = [...new Map(named(events, "KeyBound").map(({ args }) => [args.keyId, args])).values()];
  if (rows.length === 0) return;
  await sql`
    INSERT INTO account_key (id, account, valid_from, valid_until)
    SELECT * FROM unnest(
      ${column(rows.map((row) => row.keyId))}::text[], ${column(rows.map((row) => row.account))}::text[],
      ${column(rows.map((row) => row.from))}::bigint[], ${column(rows.map((row) => row.until))}::bigint[]
    )
    ON CONFLICT (id) DO UPDATE SET account = excluded.account, valid_from = excluded.valid_from, valid_until = excluded.valid_until`;
}

async function setTerms(sql: Sql, events: readonly AccessEvent[]): Promise<void> {
  const rows = [...new Map(named(events, "TermSet").map(({ args }) => [`${args.list}/${args.code}`, args])).values()];
  if (rows.length === 0) return;
  await sql`
    INSERT INTO vocabulary (list, code, term_hash, active)
    SELECT * FROM unnest(
      ${column(rows.map((row) => row.list))}::int[], ${column(rows.map((row) => row.code))}::int[],
      ${column(rows.map((row) => row.termHash))}::text[], ${column(rows.map((row) => row.active))}::boolean[]
    )
    ON CONFLICT (list, code) DO UPDATE SET term_hash = excluded.term_hash, active = excluded.active`;
}

/** Of several grants and withdrawals of one licence the last decides. A renewal replaces dates and capacity. */
async function setLicences(sql: Sql, events: readonly AccessEvent[]): Promise<void> {
  const told = [...named(events, "LicenceGranted"), ...named(events, "LicenceRevoked")];
  told.sort((a, b) => a.block - b.block || a.index - b.index);
  const last = [...new Map(told.map((event) => [`${event.args.account}/${event.args.kind}`, event])).values()];
  if (last.length === 0) return;
  await sql`
    DELETE FROM licence USING unnest(
      ${column(last.map(({ args }) => args.account))}::text[], ${column(last.map(({ args }) => args.kind))}::int[]
    ) AS told (account, kind)
    WHERE licence.account = told.account AND licence.kind = told.kind`;
  const rows = last.flatMap((event) => (event.name === "LicenceGranted" ? [event.args] : []));
  await sql`
    INSERT INTO licence (account, kind, valid_from, valid_until, capacity_grams, document)
    SELECT * FROM unnest(
      ${column(rows.map((row) => row.account))}::text[], ${column(rows.map((row) => row.kind))}::int[],
      ${column(rows.map((row) => row.from))}::bigint[], ${column(rows.map((row) => row.until))}::bigint[],
      ${column(rows.map((row) => row.capacityGrams))}::numeric[], ${column(rows.map((row) => row.document))}::text[]
    )`;
}

async function accountRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const rows = await sql<Record<string, string | number | bigint> & { id: Hex }>`
    SELECT * FROM account WHERE id > ${after} ORDER BY id LIMIT ${limit}`;
  return rows.map((row) => ({
    key: `account/${row.id}`,
    value:
      `status=${row["status"]} kinds=${row["kinds"]} licensedFrom=${row["licensed_from"]} licensedUntil=${row["licensed_until"]} ` +
      `licences=${row["licences"]} identityHash=${row["identity_hash"]} organiser=${row["organiser"]} region=${row["region"]} ` +
      `successor=${row["successor"]}`,
  }));
}

async function keyRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const rows = await sql<{ id: Hex; account: Hex; valid_from: bigint; valid_until: bigint }>`
    SELECT * FROM account_key WHERE id > ${after} ORDER BY id LIMIT ${limit}`;
  return rows.map((row) => ({
    key: `key/${row.id}`,
    value: `account=${row.account} from=${row.valid_from} until=${row.valid_until}`,
  }));
}

/** `licence/0x…/01` */
async function licenceRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const [account, kind] = after === "" ? ["", 0] : [after.split("/")[0]!, Number(after.split("/")[1])];
  const rows = await sql<Record<string, string | bigint> & { account: Hex; kind: number }>`
    SELECT * FROM licence WHERE (account, kind) > (${account}::hex, ${kind}::int) ORDER BY account, kind LIMIT ${limit}`;
  return rows.map((row) => ({
    key: `licence/${row.account}/${String(row.kind).padStart(2, "0")}`,
    value: `from=${row["valid_from"]} until=${row["valid_until"]} capacityGrams=${row["capacity_grams"]} document=${row["document"]}`,
  }));
}

/** Codes in a key have leading zeros, so that they sort as text: `term/001/00042`. */
async function termRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const [list, code] = after === "" ? [-1, -1] : after.split("/").map(Number);
  const rows = await sql<{ list: number; code: number; term_hash: Hex; active: boolean }>`
    SELECT * FROM vocabulary WHERE (list, code) > (${list}::int, ${code}::int) ORDER BY list, code LIMIT ${limit}`;
  return rows.map((row) => ({
    key: `term/${String(row.list).padStart(3, "0")}/${String(row.code).padStart(5, "0")}`,
    value: `termHash=${row.term_hash} active=${row.active}`,
  }));
}

/** Accounts, keys, licences and vocabulary. */
export function accessProjection(contracts: { parties: Hex; vocabulary: Hex }): Projection<AccessEvent> {
  return {
    name: "access",
    version: 2,
    tables: ["account", "account_key", "licence", "vocabulary"],
    addresses: [contracts.parties, contracts.vocabulary],
    decode: (log, header) =>
      log.address === contracts.parties ? decodePartyLog(log, header) : decodeVocabularyLog(log, header),
    fact: ({ name, args }) => factLine(name, args),
    async apply(sql, events) {
      await addAccounts(sql, events);
      await changeStandings(sql, events);
      await setKeys(sql, events);
      await setLicences(sql, events);
      await setTerms(sql, events);
    },
    outcomes: () => [],
    records: recordsByKind([
      ["account/", accountRecords],
      ["key/", keyRecords],
      ["licence/", licenceRecords],
      ["term/", termRecords],
    ]),
  };
}
