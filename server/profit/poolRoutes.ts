/** HTTP routes of pools and their divisions: parse, ask, present. */
import type { Hex } from "../chain/port.ts";
import { route, type Reply, type Route } from "../route.ts";
import { prepareFunding, preparePayouts, preparePublication, prepareRelease, type MoneyDeps } from "./commands.ts";
import { findPool, findRuleset, type Preview } from "./divisions.ts";
import { inputsWord } from "./inputs.ts";
import { chunkOf, placeAfter, presentLeaves, presentPool, rulesetView } from "./presentation.ts";
import { countPaidChunks, readHeldOf, readPaidChunks, readPools, readSubjects, type PoolRow } from "./queries.ts";
import {
  allocationQuery,
  allocationView,
  fundBody,
  payoutsBody,
  payoutsView,
  poolParams,
  poolsQuery,
  poolsView,
  publicationView,
  releaseBody,
  signedPayoutsView,
  signedPublicationView,
  signerBody,
  wholePoolView,
} from "./schemas.ts";
import { pageOf, preparing } from "../wire.ts";

/** A published ruleset may be missing here; then its name is. */
const nameOf = async ({ library }: MoneyDeps, digest: Hex): Promise<ReturnType<typeof rulesetView>> =>
  rulesetView(digest, await findRuleset(library, digest).catch(() => undefined));

async function readWhole(deps: MoneyDeps, id: bigint): Promise<Reply> {
  const { pool, subjects, heldFen, paidChunks } = await deps.db.snapshot(async (sql) => ({
    pool: await findPool(sql, id),
    subjects: await readSubjects(sql, id),
    heldFen: String(await readHeldOf(sql, id)),
    paidChunks: await countPaidChunks(sql, id),
  }));
  const body = { ...presentPool(pool), ruleset: await nameOf(deps, pool.ruleset), subjects, heldFen, paidChunks };
  return { status: 200, body };
}

/** One page of the leaves, published or as they would be now. */
async function readAllocation(deps: MoneyDeps, pool: PoolRow, after: Hex | undefined, limit: number): Promise<Reply> {
  const { sql } = deps.db;
  const { division } = pool;
  const worked = division ? await deps.divisions.published(pool) : await deps.divisions.preview(pool);
  const { allocation, tree, ruleset } = worked;
  const { leaves } = allocation;
  const from = placeAfter(leaves, after);
  const paid = await readPaidChunks(sql, pool.id, chunkOf(from), chunkOf(from + limit));
  const root = division?.root ?? null;
  const body = {
    pool: String(pool.id),
    state: division ? "published" : "preview",
    asOf: division ? null : (worked as Preview).asOf,
    amountFen: String(pool.amountFen),
    ruleset: rulesetView(pool.ruleset, ruleset),
    inputs: division?.inputs ?? inputsWord((worked as Preview).bytes),
    version: tree.version,
    root,
    recomputedRoot: tree.root,
    matches: root === null ? null : root === tree.root,
    opensAt: division?.opensAt ?? null,
    leafCount: tree.leafCount,
    chunks: { count: tree.chunks, paid: await countPaidChunks(sql, pool.id) },
    leaves: presentLeaves(allocation, from, limit, paid),
    next: leaves[from + limit] ? leaves[from + limit - 1]!.account : null,
  };
  return { status: 200, body };
}

const working = ["document-damaged", "documents-away"] as const;
const divided = ["subject-unknown", "ruleset-unknown", "ruleset-not-fitting", "nobody-entitled"] as const;

/** What anybody may read of pools. */
function readingRoutes(deps: MoneyDeps): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/pools",
      access: "public",
      summary: "Pools of money for the people of lots, batches and projects, by number",
      query: poolsQuery,
      answers: { 200: { description: "One page of pools", schema: poolsView } },
      problems: [],
      async handle({ query: { after, limit } }) {
        const rows = await readPools(deps.db.sql, BigInt(after ?? 0), limit + 1);
        const { items, next } = pageOf(rows, limit, ({ id }) => String(id));
        return { status: 200, body: { pools: items.map(presentPool), next } };
      },
    }),
    route({
      method: "get",
      path: "/v1/pools/{id}",
      access: "public",
      summary: "A pool as it stands: what it is for, what it is divided by, what is paid and what is held aside",
      params: poolParams,
      answers: { 200: { description: "The pool", schema: wholePoolView } },
      problems: ["not-found"],
      handle: ({ params }) => readWhole(deps, BigInt(params.id)),
    }),
    route({
      method: "get",
      path: "/v1/pools/{id}/allocation",
      access: "public",
      summary:
        "Who gets how much of a pool and why, in pages: the published division, worked out again from its inputs; before, how it would be divided now",
      params: poolParams,
      query: allocationQuery,
      answers: { 200: { description: "One page of leaves", schema: allocationView } },
      problems: ["not-found", "inputs-unknown", ...divided, ...working],
      async handle({ params, query: { after, limit } }) {
        return readAllocation(deps, await findPool(deps.db.sql, BigInt(params.id)), after, limit);
      },
    }),
  ];
}

/** What is prepared for people to sign. */
function signingRoutes(deps: MoneyDeps): Route[] {
  return [
    route({
      method: "post",
      path: "/v1/pools",
      access: "public",
      prepares: "party",
      summary: "Prepare the transaction that opens a pool with money of the account that `from` signs for",
      body: fundBody,
      answers: preparing,
      problems: [
        "subject-unknown",
        "ruleset-unknown",
        "ruleset-not-fitting",
        "vocabulary-unknown",
        "would-revert",
        ...working,
      ],
      async handle({ body }) {
        return { status: 200, body: await prepareFunding(deps, { ...body, amountFen: BigInt(body.amountFen) }) };
      },
    }),
    route({
      method: "post",
      path: "/v1/pools/{id}/allocation",
      summary:
        "Work out how a pool is divided as of now, store the document that this follows from, and prepare the transaction that publishes it",
      access: "registered",
      prepares: { roles: ["ALLOCATOR"] },
      params: poolParams,
      body: signerBody,
      answers: {
        200: { description: "To sign by an allocator", schema: publicationView },
        202: { description: "This server holds the key: signed and stored", schema: signedPublicationView },
      },
      problems: ["not-found", "would-revert", "not-writable", ...divided, ...working],
      async handle({ params, body, caller }) {
        const { key } = await caller();
        const { tree, ...prepared } = await preparePublication(deps, BigInt(params.id), body.from, key);
        const { root, version, leafCount } = tree;
        return { status: 200, body: { ...prepared, root, version, leafCount } };
      },
    }),
    route({
      method: "post",
      path: "/v1/pools/{id}/payouts",
      access: "public",
      prepares: "anyone",
      summary: "Prepare the transactions that pay the next chunks of a pool; anyone may send them",
      params: poolParams,
      body: payoutsBody,
      answers: {
        200: { description: "To sign, in this order", schema: payoutsView },
        202: { description: "This server holds the key: signed in this order, and stored", schema: signedPayoutsView },
      },
      problems: [
        ...(["not-found", "not-published", "inputs-unknown", "division-differs", "would-revert"] as const),
        ...(["ruleset-unknown", "nobody-entitled"] as const),
        ...working,
      ],
      async handle({ params, body: { from, limit } }) {
        const { payouts, summary } = await preparePayouts(deps, BigInt(params.id), from, limit);
        const told = payouts.map((payout) => ({ ...payout, sumFen: String(payout.sumFen) }));
        return { status: 200, body: { payouts: told, summary } };
      },
    }),
    route({
      method: "post",
      path: "/v1/pools/{id}/releases",
      access: "public",
      prepares: "anyone",
      summary:
        "Prepare to pay what is held aside for an account that is active again, or, as an auditor, to give it to another",
      params: poolParams,
      body: releaseBody,
      answers: preparing,
      problems: ["not-found", "would-revert", "not-ready"],
      async handle({ params, body }) {
        return { status: 200, body: await prepareRelease(deps, BigInt(params.id), body) };
      },
    }),
  ];
}

/** Pools and their divisions. */
export const poolRoutes = (deps: MoneyDeps): Route[] => [...readingRoutes(deps), ...signingRoutes(deps)];
