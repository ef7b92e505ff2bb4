/** HTTP routes of access: parse, call, present. */
import type { z } from "zod";
import type { Hex } from "../chain/port.ts";
import type { Db } from "../db/port.ts";
import { Problem } from "../errors.ts";
import { route, type Route } from "../route.ts";
import { pageOf } from "../wire.ts";
import {
  licenceKindName,
  readAccountStandings,
  readKeys,
  readKeysOf,
  readLicences,
  readNamedAfter,
  STATUS_BITS,
  type BoundKey,
  type Licence,
  type Standing,
} from "./queries.ts";
import {
  accountParams,
  accountView,
  accountsQuery,
  accountsView,
  keyParams,
  keysQuery,
  keysView,
  keyView,
  kinds,
  statuses,
} from "./schemas.ts";

type StandingView = z.input<typeof accountsView>["accounts"][number];

const presentStanding = (id: Hex, standing: Standing): StandingView => ({
  id,
  status: statuses[(standing.status & STATUS_BITS) - 1] ?? "closed",
  kinds: kinds.filter((_, i) => (standing.kinds >> i) & 1),
});

const presentKey = (id: Hex, { account, validFrom, validUntil }: BoundKey): z.input<typeof keyView> => ({
  id,
  account,
  from: validFrom,
  until: validUntil,
});

function presentAccount(
  id: Hex,
  standing: Standing,
  keys: readonly (BoundKey & { id: Hex })[],
  licences: readonly Licence[],
): z.input<typeof accountView> {
  return {
    ...presentStanding(id, standing),
    keys: keys.map(({ id, validFrom, validUntil }) => ({ id, from: validFrom, until: validUntil })),
    licences: licences.map(({ kind, validFrom, validUntil, capacityGrams, document }) => ({
      kind: licenceKindName(kind),
      from: validFrom,
      until: validUntil,
      capacityGrams: String(capacityGrams),
      document,
    })),
  };
}

/** Accounts and keys, for everybody. */
export function accessRoutes({ db }: { db: Db }): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/accounts/{id}",
      access: "public",
      summary: "An account as it stands: what it is, whether it is active, which keys sign for it, its licences",
      params: accountParams,
      answers: { 200: { description: "The account", schema: accountView } },
      problems: ["not-found"],
      handle: ({ params }) =>
        db.snapshot(async (sql) => {
          const standing = (await readAccountStandings(sql, [params.id])).get(params.id);
          if (!standing) throw new Problem("not-found", `no account ${params.id} is registered`);
          const keys = await readKeysOf(sql, params.id);
          return { status: 200, body: presentAccount(params.id, standing, keys, await readLicences(sql, params.id)) };
        }),
    }),
    route({
      method: "get",
      path: "/v1/keys/{id}",
      access: "public",
      summary:
        "Which account a key was bound to, and when it signs for it; an account's own key is here once it is dated",
      params: keyParams,
      answers: { 200: { description: "The key", schema: keyView } },
      problems: ["not-found"],
      async handle({ params: { id } }) {
        const bound = (await readKeys(db.sql, [id])).get(id);
        if (!bound) throw new Problem("not-found", `no key ${id} was ever bound`);
        return { status: 200, body: presentKey(id, bound) };
      },
    }),
    route({
      method: "get",
      path: "/v1/accounts",
      access: "public",
      summary:
        "Organisations, facilities and vessels by id, in pages; or which of several accounts are registered, and as what: ?id=…&id=…, up to 100",
      query: accountsQuery,
      answers: { 200: { description: "Their standings", schema: accountsView } },
      problems: [],
      async handle({ query: { id, kind, after = "0x", limit } }) {
        const asked = id === undefined ? undefined : [id].flat().filter((each) => each > after);
        const mask = kind === undefined ? undefined : 1 << kinds.indexOf(kind);
        const ids = asked ?? (await readNamedAfter(db.sql, after, limit + 1, mask));
        const { items, next } = pageOf(ids.toSorted(), limit, (each) => each);
        const standings = await readAccountStandings(db.sql, items);
        const fitting = items.flatMap((each) => {
          const standing = standings.get(each);
          return standing && (mask === undefined || (standing.kinds & mask) !== 0)
            ? [presentStanding(each, standing)]
            : [];
        });
        return { status: 200, body: { accounts: fitting, next } };
      },
    }),
    route({
      method: "get",
      path: "/v1/keys",
      access: "public",
      summary: "Which of several keys were ever bound, and to which accounts: ?id=…&id=…, up to 100",
      query: keysQuery,
      answers: { 200: { description: "The keys", schema: keysView } },
      problems: [],
      async handle({ query }) {
        const bound = await readKeys(db.sql, [query.id].flat());
        return { status: 200, body: { keys: [...bound].map(([id, key]) => presentKey(id, key)) } };
      },
    }),
  ];
}
