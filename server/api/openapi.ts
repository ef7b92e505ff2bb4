/** The OpenAPI 3.1 document, made from the very schemas that parse and present. */
import {
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  extendZodWithOpenApi,
  type RouteConfig,
} from "@asteasolutions/zod-to-openapi";
import { z } from "zod";
import { problems } from "../errors.ts";
import { route, type Route } from "../route.ts";
import { problem } from "../wire.ts";

extendZodWithOpenApi(z);

/** Problems any route may answer with. */
const everywhere = ["invalid-request", "internal"] as const;
const withBody = ["malformed-json", "unsupported-media-type", "body-too-large", "busy"] as const;

function responsesOf(route: Route): RouteConfig["responses"] {
  const responses: RouteConfig["responses"] = {};
  for (const [status, { description, schema, mediaType = "application/json" }] of Object.entries(route.answers)) {
    responses[status] = { description, content: { [mediaType]: { schema } } };
  }
  const codes = [...route.problems, ...everywhere, ...(route.body || route.rawBody ? withBody : [])];
  for (const status of new Set(codes.map((code) => problems[code].status))) {
    const titles = codes
      .filter((code) => problems[code].status === status)
      .map((code) => `${code}: ${problems[code].title}`);
    if (status in responses) continue; // such as 503 of /ready, which has a body of its own
    responses[status] = {
      description: titles.join("; "),
      content: { "application/problem+json": { schema: problem } },
    };
  }
  return responses;
}

/** What a route takes as its body, as the document has it; `undefined` where it takes none. */
function bodyOf({ body, documentedBody, rawBody }: Route): NonNullable<RouteConfig["request"]>["body"] {
  if (rawBody) {
    const bytes = { schema: { type: "string", format: "binary", maxLength: rawBody.limitBytes } } as const;
    return { required: true, content: Object.fromEntries(rawBody.mediaTypes.map((type) => [type, bytes])) };
  }
  const schema = documentedBody ?? body;
  return schema && { required: true, content: { "application/json": { schema } } };
}

/** @returns the document as plain JSON data */
export function openApiDocument(routes: readonly Route[]): object {
  const registry = new OpenAPIRegistry();
  for (const route of routes) {
    const body = bodyOf(route);
    registry.registerPath({
      method: route.method,
      path: route.path,
      summary: route.summary,
      ...(route.access === undefined ? {} : { description: route.access, security: [{}, { login: [] }] }),
      request: {
        ...(route.params ? { params: route.params } : {}),
        ...(route.query ? { query: route.query } : {}),
        ...(body ? { body } : {}),
      },
      responses: responsesOf(route),
    });
  }
  registry.registerComponent("securitySchemes", "login", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "The token of POST /v1/login",
  });
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: "3.1.0",
    info: {
      title: "Tidemark",
      version: "1",
      description:
        "A permissioned ledger for carbon assets and waste traceability. Every route is public, but where it says who may see what.",
    },
  });
}

/** `GET /openapi.json`: the document of the given routes, made once. */
export function documentRoutes(routes: readonly Route[]): Route {
  const document = openApiDocument(routes);
  return route({
    method: "get",
    path: "/openapi.json",
    summary: "This document",
    answers: { 200: { description: "OpenAPI 3.1", schema: z.looseObject({ openapi: z.string() }) } },
    problems: [],
    handle: () => Promise.resolve({ status: 200, body: document }),
  });
}
