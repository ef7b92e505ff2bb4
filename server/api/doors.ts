/** Addresses that are no routes of ours, since they speak another language than ours: JSON-RPC, and what a Prometheus reads. */
import type { OpenAPIRegistry } from "@asteasolutions/zod-to-openapi";
import type { RequestHandler } from "express";
import { z } from "zod";
import { everywhere, problemResponses, tagOf, withBody } from "./described.ts";

/** Mounted as it is: its handlers read the body and write the answer, and call `next` where there is nothing for the caller. */
export interface Door {
  method: "get" | "post";
  path: `/${string}`;
  handlers: readonly RequestHandler[];
}

const call = z.looseObject({
  jsonrpc: z.literal("2.0"),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string(),
  params: z.array(z.unknown()).optional(),
});
const answer = z.looseObject({ jsonrpc: z.literal("2.0"), id: z.union([z.string(), z.number(), z.null()]) });

/** Adds them to the document. */
export function documentDoors(registry: OpenAPIRegistry): void {
  registry.registerPath({
    method: "post",
    path: "/rpc",
    operationId: "postRpc",
    tags: [tagOf("/rpc")],
    summary: "Read the chain itself, by JSON-RPC 2.0: a call or up to 50 at once; methods that read, no others",
    request: {
      body: {
        required: true,
        content: {
          "application/json": {
            schema: z.union([call, z.array(call)]),
            example: { jsonrpc: "2.0", id: 1, method: "eth_blockNumber" },
          },
        },
      },
    },
    responses: {
      200: {
        description: "The results, or errors of JSON-RPC",
        content: {
          "application/json": {
            schema: z.union([answer, z.array(answer)]),
            example: { jsonrpc: "2.0", id: 1, result: "0x2a" },
          },
        },
      },
      204: { description: "Notifications only: there is nothing to say" },
      ...problemResponses([...withBody, ...everywhere, "not-ready"]),
    },
  });
  registry.registerPath({
    method: "get",
    path: "/metrics",
    operationId: "getMetrics",
    tags: [tagOf("/metrics")],
    summary: "Figures of the server, in the form that a Prometheus reads",
    description:
      "For those who run the server (TIDEMARK_METRICS): unless it is set otherwise, for who asks from the machine that it runs on, past any proxy. For others there is nothing here.",
    responses: {
      200: {
        description: "The figures",
        content: { "text/plain": { schema: { type: "string" }, example: "tidemark_indexer_block 42\n" } },
      },
      ...problemResponses(["not-found", ...everywhere]),
    },
  });
}
