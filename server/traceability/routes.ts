/** HTTP routes of acts: parse, call, present. */
import { Problem } from "../errors.ts";
import { route, type Route } from "../route.ts";
import { acceptActs, type IntakeDeps } from "./commands.ts";
import { bundle, bundleResult, looseBundle, reasonsView } from "./actSchemas.ts";
import { allReasons } from "./reasons.ts";
import { heavierScale, lotFlags, reviewReasons } from "./words.ts";

/** Handing acts in, and the reasons for which they are skipped or flagged. */
export function traceabilityRoutes(deps: IntakeDeps): Route[] {
  return [
    route({
      method: "post",
      path: "/v1/acts",
      summary: "Hand in signed acts; each item is accepted, duplicate, waiting or rejected on its own",
      body: looseBundle,
      documentedBody: bundle,
      answers: { 202: { description: "At least one act is stored; each has its receipt", schema: bundleResult } },
      problems: ["nothing-accepted", "not-ready", "not-writable"],
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
      path: "/v1/reasons",
      summary: "Why acts are skipped or flagged, in words: by error and selector, and by the names of flags",
      answers: { 200: { description: "All reasons there are", schema: reasonsView } },
      problems: [],
      handle: () => {
        const body = { skipped: allReasons(), review: { ...reviewReasons, heavierScale }, flags: lotFlags };
        return Promise.resolve({ status: 200, body });
      },
    }),
  ];
}
