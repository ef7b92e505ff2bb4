/** What the document says of the addresses that are no routes of ours: the JSON-RPC door. */
import type { OpenAPIRegistry } from "@asteasolutions/zod-to-openapi";
import { z } from "zod";
import { problemExamples, headersOfProblem, tagOf } from "./described.ts";
import type { ProblemCode } from "../errors.ts";
import { problem } from "../wire.ts";

const call = z.looseObject({
  jsonrpc: z.literal("2.0"),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string(),
  params: z.array(z.unknown()).optional(),
});
const answer = z.looseObject({ jsonrpc: z.literal("2.0"), id: z.union([z.string(), z.number(), z.null()]) });

/** What it answers in place of JSON-RPC, by status. */
const refusals = Object.fromEntries(
  Object.entries({
    400: ["malformed-json"],
    413: ["body-too-large"],
    415: ["unsupported-media-type"],
    500: ["internal"],
    503: ["busy", "not-ready"],
  } satisfies Record<number, ProblemCode[]>).map(([status, codes]) => [
    status,
    {
      description: codes.join("; "),
      headers: headersOfProblem(Number(status)),
      content: { "application/problem+json": { schema: problem, examples: problemExamples(codes) } },
    },
  ]),
);

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
      ...refusals,
    },
  });
}
