/** HTTP route of the reasons for which acts are skipped or flagged. */
import { route, type Route } from "../route.ts";
import { reasonsView } from "./actSchemas.ts";
import { allReasons } from "./reasons.ts";
import { heavierScale, lotFlags, reviewReasons } from "./words.ts";

/** The reasons for which acts are skipped or flagged. */
export function traceabilityRoutes(): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/reasons",
      access: "public",
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
