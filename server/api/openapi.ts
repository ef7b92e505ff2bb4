/** The OpenAPI 3.1 document, made from the very schemas that parse and present. */
import {
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  extendZodWithOpenApi,
  type RouteConfig,
  type ZodMediaTypeObject,
} from "@asteasolutions/zod-to-openapi";
import { z } from "zod";
import { route, type Route } from "../route.ts";
import { describeAccess } from "./access.ts";
import { everywhere, exampleOf, headersOf, operationId, problemResponses, tagOf, tags, withBody } from "./described.ts";
import { documentDoors } from "./doors.ts";
import { IDEMPOTENCY_KEY } from "./held.ts";

extendZodWithOpenApi(z);

function responsesOf(route: Route): RouteConfig["responses"] {
  const responses: RouteConfig["responses"] = {};
  for (const [status, { description, schema, mediaType = "application/json" }] of Object.entries(route.answers)) {
    const content = { [mediaType]: { schema, ...exampleOf(route, status) } };
    responses[status] = { description, headers: headersOf(route, status), content };
  }
  const ofAccess = describeAccess(route).problems;
  const codes = new Set([
    ...[...route.problems, ...ofAccess, ...everywhere],
    ...(route.params || route.query || route.headers || route.body ? (["invalid-request"] as const) : []),
    ...(route.body || route.rawBody ? withBody : []),
  ]);
  for (const [status, response] of Object.entries(problemResponses([...codes]))) {
    // such as 503 of /ready, which has a body of its own
    responses[status] ??= response;
  }
  return responses;
}

/** What a route takes as its body, as the document has it; `undefined` where it takes none. */
function bodyOf(route: Route): NonNullable<RouteConfig["request"]>["body"] {
  const { body, documentedBody, rawBody } = route;
  if (rawBody) {
    const bytes = { schema: { type: "string", format: "binary", maxLength: rawBody.limitBytes } } as const;
    const contentOf = (type: string): ZodMediaTypeObject => (type === "application/json" ? { schema: {} } : bytes);
    return { required: true, content: Object.fromEntries(rawBody.mediaTypes.map((type) => [type, contentOf(type)])) };
  }
  const schema = documentedBody ?? body;
  return schema && { required: true, content: { "application/json": { schema, ...exampleOf(route) } } };
}

/** What else there is to say of it, and who may call it: in words and as OpenAPI's `security`; `{}` there is nobody in particular. */
function accessOf(route: Route): Pick<RouteConfig, "description" | "security"> {
  const { words, credentials, open } = describeAccess(route);
  const told = [route.description, words].filter((text) => text !== undefined).join("\n\n");
  const description = told === "" ? {} : { description: told };
  if (words === undefined) return description;
  const security = credentials.map((credential) => ({ [credential]: [] }));
  return { ...description, security: open ? [{}, ...security] : security };
}

const idempotencyKey = z.string().min(1).max(257).regex(IDEMPOTENCY_KEY).optional().meta({
  description:
    "Needed where this server holds the key `from`: one's own name for this request, new for each, up to 255 characters. Sent again with the same body it gives the first answer again, for good.",
});

/** @returns the document as plain JSON data */
export function openApiDocument(routes: readonly Route[]): object {
  const registry = new OpenAPIRegistry();
  for (const route of routes) {
    const body = bodyOf(route);
    for (const [name, shape] of Object.entries(route.shapes ?? {})) registry.register(name, shape);
    registry.registerPath({
      method: route.method,
      path: route.path,
      operationId: operationId(route.method, route.path),
      tags: [tagOf(route.path)],
      summary: route.summary,
      ...accessOf(route),
      request: {
        ...(route.params ? { params: route.params } : {}),
        ...(route.query ? { query: route.query } : {}),
        ...(body ? { body } : {}),
        ...(route.headers ? { headers: route.headers } : {}),
        ...(route.prepares ? { headers: z.object({ "idempotency-key": idempotencyKey }) } : {}),
      },
      responses: responsesOf(route),
    });
  }
  documentDoors(registry);
  registry.registerComponent("securitySchemes", "login", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "The token of POST /v1/login",
  });
  registry.registerComponent("securitySchemes", "apiKey", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "tmk_",
    description: "A key that the operator issued (POST /v1/api-keys), for machines of one account",
  });
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: "3.1.0",
    info: {
      title: "Tidemark",
      version: "1",
      description:
        "A permissioned ledger for carbon credits and waste traceability. Every route is public, but where it says who may call it or see what. Acts, statements and raw transactions are idempotent by their digest: sent again they give the first answer again. Lists come in pages: `next` is the `after` of the page behind, also as `Link`.\n\n碳汇与废弃物追溯的许可账本。除另有说明外，所有接口对公众开放。",
    },
    servers: [{ url: "/", description: "this server" }],
    tags,
  });
}

/** `GET /openapi.json`: the document of the given routes and of itself, made once, when it is first asked for. */
export function documentRoutes(routes: readonly Route[]): Route {
  let document: object | undefined;
  const own: Route = route({
    method: "get",
    path: "/openapi.json",
    access: "public",
    summary: "This document",
    answers: { 200: { description: "OpenAPI 3.1", schema: z.looseObject({ openapi: z.string() }) } },
    problems: [],
    handle: () => Promise.resolve({ status: 200, body: (document ??= openApiDocument([...routes, own])) }),
  });
  return own;
}
