/** Whether the process lives (`/health`) and whether it can do its work (`/ready`). Neither asks the database anything. */
import { z } from "zod";
import type { ChainStatus } from "../chain/port.ts";
import { route, type Route } from "../route.ts";

const readyView = z.looseObject({
  ready: z.boolean(),
  chain: z.strictObject({
    ready: z.boolean(),
    phase: z.string(),
    done: z.int(),
    total: z.int(),
    journalBytes: z.int().optional(),
    ceilingBytes: z.int().optional().meta({ description: "what the embedded chain's journal is meant to hold" }),
  }),
  relayer: z.looseObject({}),
  indexer: z.looseObject({}),
  shortage: z.string().optional().meta({ description: "why nothing new is accepted; what was, goes on" }),
});

export interface HealthDeps {
  chain: () => ChainStatus;
  /** `halted`, `stopped` and `waits` hold the words that say why, once there is something to say */
  relayer: () => { halted?: string | undefined };
  indexer: () => { stopped?: string | undefined; waits?: string | undefined; block: number };
  /** why nothing new is accepted, in words */
  shortage: () => string | undefined;
  /** false until relayer and indexer run */
  started: () => boolean;
}

export function healthRoutes(deps: HealthDeps): Route[] {
  const answer = { description: "State of each part, in words where one does not work", schema: readyView };
  return [
    route({
      method: "get",
      path: "/health",
      access: "public",
      summary: "Whether the process answers",
      answers: { 200: { description: "It does", schema: z.strictObject({ status: z.literal("ok") }) } },
      problems: [],
      handle: () => Promise.resolve({ status: 200, body: { status: "ok" } }),
    }),
    route({
      method: "get",
      path: "/ready",
      access: "public",
      summary: "Whether chain, relayer and indexer do their work",
      answers: { 200: answer, 503: answer },
      problems: [],
      handle() {
        const [chain, relayer, indexer] = [deps.chain(), deps.relayer(), deps.indexer()];
        const shortage = deps.shortage();
        const works = chain.ready && !relayer.halted && !indexer.stopped && !indexer.waits;
        const ready = deps.started() && works && shortage === undefined;
        return Promise.resolve({
          status: ready ? 200 : 503,
          body: { ready, chain, relayer, indexer, ...(shortage === undefined ? {} : { shortage }) },
        });
      },
    }),
  ];
}
