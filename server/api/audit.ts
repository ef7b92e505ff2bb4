/** What an auditor asks of the server: whether the books balance, and digests to compare with another reader's. */
import { z } from "zod";
import type { Chain } from "../chain/port.ts";
import type { Db, Sql } from "../db/port.ts";
import { Problem } from "../errors.ts";
import { stateDigest } from "../indexer/digests.ts";
import type { Projection } from "../indexer/port.ts";
import { readCursor, readDigests } from "../indexer/queries.ts";
import { readRecords } from "../indexer/recordPages.ts";
import { route, type Route } from "../route.ts";
import type { Check } from "../indexer/checks.ts";
import { hash } from "../wire.ts";

const checkView = z.strictObject({
  id: z.string(),
  what: z.string(),
  ok: z.boolean(),
  left: z.string().meta({ description: "from contract storage" }),
  right: z.string().meta({ description: "from the projections" }),
});

const conservationView = z.strictObject({ asOfBlock: z.int(), ok: z.boolean(), checks: z.array(checkView) });

const digestView = z.strictObject({
  block: z.int(),
  hash,
  effects: hash.meta({ description: "sha256 chain over all blocks and their facts up to this one" }),
  state: z
    .strictObject({ version: z.string(), root: hash, buckets: z.array(hash) })
    .nullable()
    .meta({ description: "null for a past block at which no state digest was kept" }),
});

const recordsView = z.strictObject({
  block: z.int().meta({ description: "at which the records stand so; the next page may be of a later one" }),
  hash,
  records: z.array(z.strictObject({ key: z.string(), value: z.string() })).meta({
    description: "all that were asked for above `after` and up to `next`, in the order of keys",
  }),
  next: z.string().nullable().meta({ description: "to go on after; null when there are no more" }),
});

const id = "0x[0-9a-f]{1,64}";
/** at most 2^63 − 1, with or without the leading zeros by which it sorts */
const count = "0*[0-9]{1,18}";

/** of a list, or the n-th of its kind: far below 2^31 */
const code = "0*[0-9]{1,6}";

/** What the keys of each kind of record are made of, so that going on after one is always a place among the records. */
const keyShapes: Record<string, string[]> = {
  ...{ account: [id], act: [id], edge: [id, id], key: [id], licence: [id, code], lot: [id] },
  ...{ ruling: [id, code], term: [code, code] },
  ...{ batch: [count], block: [count, count], boundary: [id], methodology: [count], project: [count] },
  ...{ purposes: [code], report: [id], retirement: [count, count], verification: [id, id] },
  ...{ bank: [id, id], chunk: [count, count], fen: [id], held: [count, id], payout: [count, id, count] },
  ...{ pool: [count], release: [count, id, count], root: [count, code], subject: [count, id] },
};

const recordKey = z.string().regex(
  new RegExp(
    `^(${Object.entries(keyShapes)
      .map(([kind, parts]) => [kind, ...parts].join("/"))
      .join("|")})$`,
  ),
  "must be the key of a record, such as lot/0x…",
);

const recordsQuery = z.strictObject({
  bucket: z.coerce
    .number()
    .int()
    .min(0)
    .max(255)
    .optional()
    .meta({ description: "of the state digest; all without it" }),
  after: recordKey.optional().meta({ description: "`next` of the page before" }),
  limit: z.coerce.number().int().min(1).max(5_000).default(1_000).meta({ description: "records in a page, at most" }),
});

export interface AuditDeps {
  db: Db;
  chain: Chain;
  projections: readonly Projection[];
  /** each room's checks, at the block the projections stand at */
  checks: (sql: Sql, block: number) => Promise<Check[]>;
}

/** While one answer is worked out, whoever asks for it gets that same one: each goes through all rows there are. */
function shared<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => (running ??= work().finally(() => (running = undefined)));
}

/** Conservation, digests and records, for everybody. */
export function auditRoutes({ db, chain, projections, checks }: AuditDeps): Route[] {
  const readConservation = shared(() =>
    db.snapshot(async (sql) => {
      const cursor = await readCursor(sql);
      if (!cursor) throw new Problem("not-ready", "no block is indexed yet");
      const found = await checks(sql, cursor.block);
      return { asOfBlock: cursor.block, ok: found.every(({ ok }) => ok), checks: found };
    }),
  );
  const readDigestsNow = shared(() =>
    db.snapshot(async (sql) => {
      const cursor = await readCursor(sql);
      const digests = cursor && (await readDigests(sql, cursor.block));
      if (!digests) throw new Problem("not-ready", "no block is indexed yet");
      const { version, root, buckets } = await stateDigest(sql, projections);
      return { ...digests, state: { version, root, buckets } };
    }),
  );
  return [
    route({
      method: "get",
      path: "/v1/audit/conservation",
      access: "public",
      summary: "Whether the books balance: contract storage on the left, the server's rows on the right, at one block",
      answers: { 200: { description: "Every check with both of its sides", schema: conservationView } },
      problems: ["not-ready"],
      async handle() {
        if (!chain.status().ready) throw new Problem("not-ready", chain.status().phase);
        return { status: 200, body: await readConservation() };
      },
    }),
    route({
      method: "get",
      path: "/v1/audit/digest",
      access: "public",
      summary:
        "The effects digest of a block, and the state digest where one was kept; without a block, both as of now",
      query: z.strictObject({ block: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional() }),
      answers: { 200: { description: "Digests to compare with another reader's", schema: digestView } },
      problems: ["not-found", "not-ready"],
      async handle({ query }) {
        if (query.block === undefined) return { status: 200, body: await readDigestsNow() };
        const digests = await readDigests(db.sql, query.block);
        if (!digests) throw new Problem("not-found", `block ${query.block} is not indexed`);
        return { status: 200, body: digests };
      },
    }),
    route({
      method: "get",
      path: "/v1/audit/records",
      access: "public",
      summary: "The records behind the state digest, of one bucket or of all: to see the rows where a bucket differs",
      query: recordsQuery,
      answers: { 200: { description: "One page of records, by key", schema: recordsView } },
      problems: ["not-ready"],
      async handle({ query: { bucket, after, limit } }) {
        const page = await db.snapshot((sql) => readRecords(sql, projections, { bucket, after, limit }));
        if (!page) throw new Problem("not-ready", "no block is indexed yet");
        return { status: 200, body: page };
      },
    }),
  ];
}
