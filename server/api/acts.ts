/** Handing signed acts in, of whichever room: each item goes to the room that knows its type. */
import { z } from "zod";
import { acceptStatement, signedVerification, type StatementDeps } from "../carbon/intake.ts";
import { Problem, problemView } from "../errors.ts";
import { route, type Route } from "../route.ts";
import { bundle, bundleResult, looseBundle, MOST_ITEMS } from "../traceability/actSchemas.ts";
import { acceptActs, type IntakeDeps, type ItemResult } from "../traceability/commands.ts";

const documented = z
  .array(z.union([bundle.element, signedVerification]))
  .min(1)
  .max(MOST_ITEMS)
  .meta({ description: "Signed acts in any order, checked one by one" });

const isStatement = (item: unknown): boolean =>
  typeof item === "object" && item !== null && "type" in item && item.type === "Verification";

/** Statements judged of one bundle: each costs questions of its own, and a report has a handful. */
const MOST_STATEMENTS = 100;

const tooMany: ItemResult = {
  status: "rejected",
  problem: problemView("busy", `a bundle holds at most ${MOST_STATEMENTS} statements; send the others in the next`),
};

async function acceptAll(deps: ActDeps, items: readonly unknown[]): Promise<ItemResult[]> {
  const lots = items.filter((item) => !isStatement(item));
  const ofLots = lots.length > 0 ? await acceptActs(deps.lots, lots) : [];
  const results: ItemResult[] = [];
  let statements = 0;
  for (const item of items) {
    if (!isStatement(item)) results.push(ofLots.shift()!);
    else results.push(++statements > MOST_STATEMENTS ? tooMany : await acceptStatement(deps.statements, item));
  }
  return results;
}

export interface ActDeps {
  lots: IntakeDeps;
  statements: StatementDeps;
  /** told what was said to each act of a bundle */
  judged: (results: readonly ItemResult[]) => void;
}

/** `POST /v1/acts`. */
export function actRoutes(deps: ActDeps): Route[] {
  return [
    route({
      method: "post",
      path: "/v1/acts",
      access: "public",
      summary: "Hand in signed acts; each item is accepted, duplicate, waiting or rejected on its own",
      body: looseBundle,
      documentedBody: documented,
      answers: { 202: { description: "At least one act is stored; each has its receipt", schema: bundleResult } },
      problems: ["nothing-accepted", "not-ready", "not-writable"],
      async handle({ body }) {
        const results = await acceptAll(deps, body);
        deps.judged(results);
        if (results.every((result) => result.status === "rejected")) {
          throw new Problem("nothing-accepted", `all ${results.length} acts were rejected`, { results });
        }
        return { status: 202, body: { results } };
      },
    }),
  ];
}
