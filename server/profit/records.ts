/**
 * What the rows of money say in the state digest. Numbers in keys have leading zeros, so that they sort as text. When a
 * division opens is a time, and stays out.
 */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import type { StateRecord } from "../indexer/port.ts";
import { recordsByKind, valueOf, type RecordValue } from "../indexer/records.ts";

const poolDigits = (pool: bigint): string => String(pool).padStart(20, "0");
const chunkDigits = (chunk: bigint): string => String(chunk).padStart(10, "0");

/** The parts of a key's text to go on after; what comes before all where there is none. */
const partsAfter = (after: string): [string, string, string] => {
  const [first = "", second = "", third = ""] = after.split("/");
  return [first, second, third];
};

const numberOr = (text: string): bigint => (text === "" ? -1n : BigInt(text));

async function bankRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const [bank, reference] = partsAfter(after);
  const rows = await sql<Record<string, RecordValue> & { bank: Hex; reference: Hex }>`
    SELECT bank, reference, kind, account, amount_fen AS "amountFen" FROM bank_reference
    WHERE (bank, reference) > (${bank}::hex, ${reference}::hex) ORDER BY bank, reference LIMIT ${limit}`;
  return rows.map(({ bank, reference, ...row }) => ({ key: `bank/${bank}/${reference}`, value: valueOf(row) }));
}

async function chunkRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const [pool, chunk] = partsAfter(after);
  const rows = await sql<{ pool: bigint; chunk: bigint; sum: bigint }>`
    SELECT pool, chunk, sum_fen AS sum FROM pool_chunk
    WHERE (pool, chunk) > (${numberOr(pool)}::bigint, ${numberOr(chunk)}::bigint) ORDER BY pool, chunk LIMIT ${limit}`;
  return rows.map(({ pool, chunk, sum }) => ({
    key: `chunk/${poolDigits(pool)}/${chunkDigits(chunk)}`,
    value: `sumFen=${sum}`,
  }));
}

async function fenRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const rows = await sql<{ account: Hex; fen: bigint }>`
    SELECT account, amount_fen AS fen FROM fen WHERE account > ${after} ORDER BY account LIMIT ${limit}`;
  return rows.map(({ account, fen }) => ({ key: `fen/${account}`, value: `amountFen=${fen}` }));
}

async function heldRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const [pool, account] = partsAfter(after);
  const rows = await sql<{ pool: bigint; account: Hex; fen: bigint }>`
    SELECT pool, account, amount_fen AS fen FROM held_aside
    WHERE (pool, account) > (${numberOr(pool)}::bigint, ${account}::hex) ORDER BY pool, account LIMIT ${limit}`;
  return rows.map(({ pool, account, fen }) => ({
    key: `held/${poolDigits(pool)}/${account}`,
    value: `amountFen=${fen}`,
  }));
}

/** `payout/pool/account/chunk`: nobody has more than one leaf in a chunk. */
async function payoutRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const [pool, account, chunk] = partsAfter(after);
  const rows = await sql<{ pool: bigint; account: Hex; chunk: bigint; fen: bigint }>`
    SELECT pool, account, chunk, amount_fen AS fen FROM payout
    WHERE chunk IS NOT NULL AND (pool, account, chunk) > (${numberOr(pool)}::bigint, ${account}::hex, ${numberOr(chunk)}::bigint)
    ORDER BY pool, account, chunk LIMIT ${limit}`;
  return rows.map(({ pool, account, chunk, fen }) => ({
    key: `payout/${poolDigits(pool)}/${account}/${chunkDigits(chunk)}`,
    value: `amountFen=${fen}`,
  }));
}

async function poolRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const rows = await sql<Record<string, RecordValue> & { id: bigint }>`
    SELECT id, subject, kind, source, payer, amount_fen AS "amountFen", ruleset, version, paid_fen AS "paidFen", closed
    FROM pool WHERE id > ${numberOr(after)} ORDER BY id LIMIT ${limit}`;
  return rows.map(({ id, ...row }) => ({ key: `pool/${poolDigits(id)}`, value: valueOf(row) }));
}

/** `release/pool/account/n`: the n-th for that account, from 000001. There are few. */
async function releaseRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const [pool, entitled, n] = partsAfter(after);
  const rows = await sql<Record<string, RecordValue> & { pool: bigint; entitled: Hex; n: bigint }>`
    SELECT * FROM (
      SELECT pool, entitled, row_number() OVER (PARTITION BY pool, entitled ORDER BY block, idx) AS n, account AS "to",
        amount_fen AS "amountFen", basis
      FROM payout WHERE chunk IS NULL
    ) AS numbered
    WHERE (pool, entitled, n) > (${numberOr(pool)}::bigint, ${entitled}::hex, ${numberOr(n)}::bigint)
    ORDER BY pool, entitled, n LIMIT ${limit}`;
  return rows.map(({ pool, entitled, n, ...row }) => ({
    key: `release/${poolDigits(pool)}/${entitled}/${String(n).padStart(6, "0")}`,
    value: valueOf(row),
  }));
}

async function rootRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const [pool, version] = partsAfter(after);
  const rows = await sql<Record<string, RecordValue> & { pool: bigint; version: number }>`
    SELECT pool, version, root, leaf_count AS "leafCount", inputs FROM pool_root
    WHERE (pool, version) > (${numberOr(pool)}::bigint, ${numberOr(version)}::bigint) ORDER BY pool, version LIMIT ${limit}`;
  return rows.map(({ pool, version, ...row }) => ({
    key: `root/${poolDigits(pool)}/${String(version).padStart(5, "0")}`,
    value: valueOf(row),
  }));
}

async function subjectRecords(sql: Sql, after: string, limit: number): Promise<StateRecord[]> {
  const [pool, subject] = partsAfter(after);
  const rows = await sql<{ pool: bigint; subject: Hex; kind: number }>`
    SELECT pool, s.subject, kind FROM pool_subject s JOIN pool ON pool.id = s.pool
    WHERE (pool, s.subject) > (${numberOr(pool)}::bigint, ${subject}::hex) ORDER BY pool, s.subject LIMIT ${limit}`;
  return rows.map(({ pool, subject, kind }) => ({
    key: `subject/${poolDigits(pool)}/${subject}`,
    value: `kind=${kind}`,
  }));
}

/** All records of the room, by key. */
export const profitRecords = recordsByKind([
  ["bank/", bankRecords],
  ["chunk/", chunkRecords],
  ["fen/", fenRecords],
  ["held/", heldRecords],
  ["payout/", payoutRecords],
  ["pool/", poolRecords],
  ["release/", releaseRecords],
  ["root/", rootRecords],
  ["subject/", subjectRecords],
]);
