/** HTTP routes of traceability: parse, call, present. */
import { z } from "zod";
import { lotClassName } from "../access/queries.ts";
import { Problem } from "../errors.ts";
import { route, type Route } from "../route.ts";
import { acceptActs, type IntakeDeps } from "./commands.ts";
import { readLot, readProvenance, type ActRow, type LotRow } from "./queries.ts";
import { bundle, bundleResult, looseBundle, lotView, provenanceQuery, provenanceView } from "./schemas.ts";
import { hash } from "../wire.ts";

const dispositions = ["open", "consumed", "void"] as const;
const lotFlags = ["contested", "quarantined", "bailed", "review"] as const;
const reasons = ["suspended", "licence", "clock", "lateKey"] as const;

/** The names of the bits that are set, lowest first. */
const bits = <Name extends string>(names: readonly Name[], value: number): Name[] =>
  names.filter((_, i) => (value >> i) & 1);

function presentLot(lot: LotRow): z.input<typeof lotView> {
  return {
    id: lot.id,
    class: lotClassName(lot.class),
    massGrams: Number(lot.grams),
    custodian: lot.custodian,
    seq: lot.seq,
    disposition: dispositions[lot.disposition] ?? "void",
    flags: bits(lotFlags, lot.flags),
  };
}

function presentAct(act: ActRow): z.input<typeof provenanceView>["nodes"][number]["acts"][number] {
  return {
    digest: act.digest,
    kind: act.kind,
    lot: act.lot,
    seq: act.seq,
    giver: act.giver,
    receiver: act.receiver,
    massGrams: Number(act.grams),
    capturedAt: Number(act.capturedAt),
    reasons: bits(reasons, act.flags >> 4),
    anchor: act.anchor,
    evidence: act.evidence,
    tx: act.tx,
    block: Number(act.block),
    recordedAt: Number(act.recordedAt),
  };
}

const lotParams = z.object({ id: hash });

export function traceabilityRoutes(deps: IntakeDeps): Route[] {
  const { db } = deps;
  return [
    route({
      method: "post",
      path: "/v1/acts",
      summary: "Hand in signed acts; each item is accepted, duplicate or rejected on its own",
      body: looseBundle,
      documentedBody: bundle,
      answers: { 202: { description: "At least one act is stored; each has its receipt", schema: bundleResult } },
      problems: ["nothing-accepted", "not-writable"],
      async handle({ body }) {
        const results = await acceptActs(deps, body);
        if (results.every((result) => result.status === "rejected")) {
          throw new Problem("nothing-accepted", `all ${results.length} acts were rejected`, { results });
        }
        return { status: 202, body: { results } };
      },
    }),
    route({
      method: "get",
      path: "/v1/lots/{id}",
      summary: "A lot as it stands: mass, class, custodian, flags",
      params: lotParams,
      answers: { 200: { description: "The lot", schema: lotView } },
      problems: ["not-found"],
      async handle({ params }) {
        const lot = await readLot(db.sql, params.id);
        if (!lot) throw new Problem("not-found", `no lot ${params.id} is indexed`);
        return { status: 200, body: presentLot(lot) };
      },
    }),
    route({
      method: "get",
      path: "/v1/lots/{id}/provenance",
      summary: "Where a lot came from, or what became of it: lots, their acts, and the edges between them, in pages",
      params: lotParams,
      query: provenanceQuery,
      answers: { 200: { description: "One page of provenance", schema: provenanceView } },
      problems: ["not-found"],
      async handle({ params, query }) {
        const page = await db.snapshot((sql) =>
          readProvenance(sql, params.id, query.direction, query.after, query.limit),
        );
        if (!page) throw new Problem("not-found", `no lot ${params.id} is indexed`);
        const nodes = page.nodes.map((node) => ({ ...presentLot(node), acts: node.acts.map(presentAct) }));
        const edges = page.edges.map(({ child, parent, grams }) => ({ child, parent, massGrams: Number(grams) }));
        const { asOfBlock, next } = page;
        return {
          status: 200,
          body: { lot: params.id, direction: query.direction, asOfBlock, nodes, edges, next: next ?? null },
        };
      },
    }),
  ];
}
