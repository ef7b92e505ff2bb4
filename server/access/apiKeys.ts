/** Keys of machines: `tmk_ID_SECRET`, of which the database has the sha256. Each stands for one account until a time. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { toBytes, toHex } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { Problem } from "../errors.ts";
import { isActive, readAccountStandings } from "./queries.ts";

/** A key without its secret. Times in seconds since 1970. */
export interface ApiKey {
  id: string;
  label: string;
  account: Hex;
  createdAt: number;
  expiresAt: number;
  revokedAt: number | null;
  /** the administrator's key that issued it */
  createdBy: Hex;
}

/** What a token that is an API key begins with. */
export const API_KEY_PREFIX = "tmk_";

const TOKEN = /^tmk_([0-9a-f]{20})_[0-9a-f]{64}$/;

interface Row {
  id: string;
  label: string;
  account: Hex;
  created_at: bigint;
  expires_at: bigint;
  revoked_at: bigint | null;
  created_by: Hex;
}

const apiKeyOf = (row: Row): ApiKey => ({
  id: row.id,
  label: row.label,
  account: row.account,
  createdAt: Number(row.created_at),
  expiresAt: Number(row.expires_at),
  revokedAt: row.revoked_at === null ? null : Number(row.revoked_at),
  createdBy: row.created_by,
});

const hashOf = (token: string): Uint8Array => createHash("sha256").update(token).digest();

/** Twelve digits of milliseconds since 1970, eight at random. */
const drawId = (): string => Date.now().toString(16).padStart(12, "0") + randomBytes(4).toString("hex");

/**
 * Draws a key of 256 bits for an account.
 * @returns the key with its token, which nobody can be shown again
 * @throws Problem `account-unknown`, `account-not-active`
 */
export async function issueApiKey(
  sql: Sql,
  terms: Pick<ApiKey, "label" | "account" | "expiresAt" | "createdBy">,
): Promise<ApiKey & { key: string }> {
  const { label, account, expiresAt, createdBy } = terms;
  const standing = (await readAccountStandings(sql, [account])).get(account);
  if (!standing) throw new Problem("account-unknown", `no account ${account} is registered`, { account });
  if (!isActive(standing)) throw new Problem("account-not-active", account, { account });
  const id = drawId();
  const key = `${API_KEY_PREFIX}${id}_${randomBytes(32).toString("hex")}`;
  const createdAt = Math.floor(Date.now() / 1_000);
  await sql`
    INSERT INTO api_key (id, hash, label, account, created_at, expires_at, created_by)
    VALUES (${id}, ${toHex(hashOf(key))}, ${label}, ${account}, ${createdAt}, ${expiresAt}, ${createdBy})`;
  return { id, label, account, createdAt, expiresAt, revokedAt: null, createdBy, key };
}

/**
 * The account that a key stands for.
 * @param now seconds since 1970
 * @throws Problem `login-needed` for one that is malformed, unknown, revoked or expired, or whose account is not active
 */
export async function accountOfApiKey(sql: Sql, token: string, now: number): Promise<Hex> {
  const [, id] = TOKEN.exec(token) ?? [];
  if (id === undefined) throw new Problem("login-needed", "the API key is not one: tmk_, its id and its secret");
  const [found] = await sql<Row & { hash: Hex }>`SELECT * FROM api_key WHERE id = ${id}`;
  // the same words for both: whoever tries ids learns nothing
  if (!found || !timingSafeEqual(toBytes(found.hash), hashOf(token)))
    throw new Problem("login-needed", "the API key is not known here");
  const { account, expiresAt, revokedAt } = apiKeyOf(found);
  if (revokedAt !== null) throw new Problem("login-needed", `the API key ${id} was revoked`);
  if (expiresAt <= now) throw new Problem("login-needed", `the API key ${id} has expired`);
  const standing = (await readAccountStandings(sql, [account])).get(account);
  if (!standing || !isActive(standing))
    throw new Problem("login-needed", `the account of the API key ${id} is suspended or closed`, { account });
  return account;
}

/** One page of the keys, the oldest first. @param after the id that the page before ended with */
export async function readApiKeys(sql: Sql, after: string, limit: number): Promise<ApiKey[]> {
  const rows = await sql<Row>`SELECT * FROM api_key WHERE id > ${after} ORDER BY id LIMIT ${limit}`;
  return rows.map(apiKeyOf);
}

/** Ends a key; one that was revoked keeps the time it was. @throws Problem `not-found` */
export async function revokeApiKey(sql: Sql, id: string): Promise<ApiKey> {
  const now = Math.floor(Date.now() / 1_000);
  const [row] = await sql<Row>`
    UPDATE api_key SET revoked_at = coalesce(revoked_at, ${now}) WHERE id = ${id} RETURNING *`;
  if (!row) throw new Problem("not-found", `no API key ${id} was issued`);
  return apiKeyOf(row);
}
