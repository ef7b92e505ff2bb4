/** HTTP routes of lots and their provenance: parse, ask, present. */
import { z } from "zod";
import { mayBeNamed, readAccountStandings, readNamedAccounts } from "../access/queries.ts";
import type { Hex } from "../chain/port.ts";
import type { Db } from "../db/port.ts";
import { Problem } from "../errors.ts";
import { route, type Caller, type Reply, type Route } from "../route.ts";
import { hash, pageOf } from "../wire.ts";
import type { Direction } from "./lineage.ts";
import { LICENCE_REASON, licensedAfterAll } from "./licensed.ts";
import type { LineageFeed } from "./lineageFeed.ts";
import { eyesOf, refuseOthers, refuseStrangers } from "./needToKnow.ts";
import { presentLot, presentNode, presentPublic, presentTotals } from "./presentation.ts";
import { findLot, readPage } from "./provenance.ts";
import { readLot, readLots } from "./queries.ts";
import { lotsQuery, lotsView, lotView, provenanceQuery, provenanceView } from "./schemas.ts";
import { summarise } from "./summary.ts";

const lotParams = z.object({ id: hash });

const unknown = (id: Hex): Problem => new Problem("not-found", `no lot ${id} is indexed`);

const isNamed = async ({ sql }: Db, account: Hex): Promise<boolean> =>
  mayBeNamed((await readAccountStandings(sql, [account])).get(account)?.kinds ?? 0);

interface LotDeps {
  db: Db;
  feed: LineageFeed;
}

/** Collapsed by facility, for everybody. */
async function readPublic({ db, feed }: LotDeps, lot: Hex, direction: Direction): Promise<Reply> {
  const { found, named } = await db.snapshot(async (sql) => ({
    found: await findLot(sql, feed, lot),
    named: await readNamedAccounts(sql),
  }));
  if (!found) throw unknown(lot);
  const summary = await summarise(found.lineage, found.no, direction, [...named.keys()]);
  const head = { lot, direction, asOfBlock: found.asOfBlock, view: "public" };
  return { status: 200, body: { ...head, ...presentPublic(summary, named) } };
}

/** One page of lots and acts, for those who need to know. */
async function readFull(
  { db, feed }: LotDeps,
  lot: Hex,
  { direction, after, limit }: z.output<typeof provenanceQuery>,
  caller: Caller,
): Promise<Reply> {
  const { found, page, named, licensed } = await db.snapshot(async (sql) => {
    const found = await findLot(sql, feed, lot);
    if (!found) throw unknown(lot);
    await refuseStrangers(sql, caller, lot);
    const page = await readPage(sql, found, direction, after, limit);
    if (!page) throw new Problem("not-found", `no lot ${after} is indexed to go on after`);
    const flagged = page.nodes.flatMap(({ acts }) => acts.filter(({ flags }) => (flags & LICENCE_REASON) !== 0));
    const licensed = await licensedAfterAll(sql, [...new Set(flagged.map(({ digest }) => digest))]);
    return { found, page, licensed, named: await readNamedAccounts(sql) };
  });
  const eyes = eyesOf(named, caller);
  const summary =
    after === undefined ? await summarise(found.lineage, found.no, direction, [...named.keys()]) : undefined;
  const body = {
    lot,
    direction,
    asOfBlock: found.asOfBlock,
    view: "full",
    totals: summary ? presentTotals(summary, 1) : null,
    nodes: page.nodes.map((node) => presentNode(node, eyes, licensed)),
    edges: page.edges.map(({ child, parent, grams }) => ({ child, parent, massGrams: grams })),
    next: page.next ?? null,
  };
  return { status: 200, body };
}

/** A lot, and its provenance in two views. */
export function lotRoutes(deps: LotDeps): Route[] {
  const { db } = deps;
  return [
    route({
      method: "get",
      path: "/v1/lots",
      access: {
        partly:
          "A person's lots are for that person and for keys with the role AUDITOR, REGISTRY or ADMIN; all others for everybody.",
      },
      summary: "Lots by id, in pages: all, or the open ones in an account's custody",
      query: lotsQuery,
      answers: { 200: { description: "One page of lots", schema: lotsView } },
      problems: ["need-to-know"],
      async handle({ query: { after = "0x", limit, custodian }, caller }) {
        if (custodian !== undefined && !(await isNamed(db, custodian))) refuseOthers(await caller(), custodian);
        return db.snapshot(async (sql) => {
          const { items, next } = pageOf(await readLots(sql, after, limit + 1, custodian), limit, ({ id }) => id);
          const standings = await readAccountStandings(sql, [...new Set(items.map((lot) => lot.custodian))]);
          const shown = (id: Hex): boolean => id === custodian || mayBeNamed(standings.get(id)?.kinds ?? 0);
          const lots = items.map((lot) => presentLot(lot, shown(lot.custodian) ? lot.custodian : null));
          return { status: 200, body: { lots, next } };
        });
      },
    }),
    route({
      method: "get",
      path: "/v1/lots/{id}",
      access: "public",
      summary: "A lot as it stands: mass, class, custodian, flags",
      params: lotParams,
      answers: { 200: { description: "The lot", schema: lotView } },
      problems: ["not-found"],
      handle: ({ params }) =>
        db.snapshot(async (sql) => {
          const lot = await readLot(sql, params.id);
          if (!lot) throw unknown(params.id);
          const { custodian } = lot;
          const standing = (await readAccountStandings(sql, [custodian])).get(custodian);
          return { status: 200, body: presentLot(lot, mayBeNamed(standing?.kinds ?? 0) ? custodian : null) };
        }),
    }),
    route({
      method: "get",
      path: "/v1/lots/{id}/provenance",
      summary: "Where a lot came from, or what became of it: collapsed by facility, or every lot and act, in pages",
      access: {
        partly:
          "view=public is for everybody. view=full is for parties to the lot (they hold or own it, or took part in an act upon it or in the one that made it) and for keys with the role AUDITOR, REGISTRY or ADMIN; a person's id is shown to those who acted with that person.",
      },
      params: lotParams,
      query: provenanceQuery,
      answers: { 200: { description: "The whole graph in figures, or one page of it", schema: provenanceView } },
      problems: ["not-found", "need-to-know"],
      handle: async ({ params, query, caller }) =>
        query.view === "public"
          ? readPublic(deps, params.id, query.direction)
          : readFull(deps, params.id, query, await caller()),
    }),
  ];
}
