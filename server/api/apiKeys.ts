/** API keys over HTTP: an administrator issues, lists and revokes them. */
import { z } from "zod";
import { issueApiKey, readApiKeys, revokeApiKey } from "../access/apiKeys.ts";
import type { Db } from "../db/port.ts";
import { route, type Route } from "../route.ts";
import { address, seconds } from "../wire.ts";

const YEAR_SECONDS = 365 * 86_400;
const LONGEST_SECONDS = 3 * YEAR_SECONDS;

const keyId = z.string().regex(/^[0-9a-f]{20}$/, "must be the id of an API key: 20 hex digits, lower case");

const now = (): number => Math.floor(Date.now() / 1_000);

const issueBody = z.strictObject({
  account: address.meta({ description: "the account that the key stands for" }),
  label: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .meta({ description: "what it is for, in the operator's words; no personal data" }),
  expiresAt: seconds
    .refine((at) => at > now() && at <= now() + LONGEST_SECONDS, "must lie within the next three years")
    .optional()
    .meta({ description: "seconds since 1970; a year from now unless said otherwise" }),
});

const keyView = z
  .strictObject({
    id: keyId,
    label: z.string(),
    account: address,
    createdAt: seconds,
    expiresAt: seconds,
    revokedAt: seconds.nullable(),
    createdBy: address.meta({ description: "the administrator's key that issued it" }),
  })
  .meta({ id: "ApiKey", description: "an API key without its secret" });

const issuedView = keyView.extend({
  key: z.string().meta({ description: "send it as Authorization: Bearer …; it is shown this once" }),
});

const keysQuery = z.strictObject({
  after: keyId.optional().meta({ description: "`next` of the page before" }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

const keysView = z.strictObject({ keys: z.array(keyView), next: keyId.nullable() });

const access = { roles: ["ADMIN"] };
const privately = { "cache-control": "no-store" };

/** Issuing, listing and revoking API keys. */
export function apiKeyRoutes({ db }: { db: Db }): Route[] {
  return [
    route({
      method: "post",
      path: "/v1/api-keys",
      access,
      summary: "Issue a key by which a machine acts for one account, wherever a login of the account's would do",
      body: issueBody,
      answers: { 201: { description: "The key, shown this once: only its hash is kept", schema: issuedView } },
      problems: ["account-unknown", "account-not-active", "not-writable"],
      async handle({ body: { account, label, expiresAt = now() + YEAR_SECONDS }, caller }) {
        const { key: createdBy } = await caller();
        const issued = await issueApiKey(db.sql, { account, label, expiresAt, createdBy });
        return { status: 201, body: issued, headers: privately };
      },
    }),
    route({
      method: "get",
      path: "/v1/api-keys",
      access,
      summary: "The API keys that were issued, the oldest first, without their secrets",
      query: keysQuery,
      answers: { 200: { description: "One page of keys", schema: keysView } },
      problems: [],
      async handle({ query: { after = "", limit } }) {
        const found = await readApiKeys(db.sql, after, limit + 1);
        const keys = found.slice(0, limit);
        return { status: 200, body: { keys, next: found.length > limit ? keys.at(-1)!.id : null }, headers: privately };
      },
    }),
    route({
      method: "post",
      path: "/v1/api-keys/{id}/revocation",
      access,
      summary: "Revoke an API key, from now on and for good",
      params: z.object({ id: keyId }),
      answers: { 200: { description: "The key, as it ended", schema: keyView } },
      problems: ["not-found", "not-writable"],
      async handle({ params: { id } }) {
        return { status: 200, body: await revokeApiKey(db.sql, id), headers: privately };
      },
    }),
  ];
}
