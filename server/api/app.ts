/** The Express application: mounts routes that are data, parses what they declare, turns every failure into a problem. */
import { randomUUID } from "node:crypto";
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from "express";
import { ZodError } from "zod";
import { ChainUnavailable } from "../chain/rpc.ts";
import { isDatabaseDown } from "../db/down.ts";
import { Problem, problemView, type ProblemView } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Caller, Route } from "../route.ts";
import { limitBodies, readRawBody } from "./bodies.ts";

/** `/v1/lots/{id}` as Express writes it. */
const expressPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

/** When a client may ask again that was told to come later. */
const RETRY_AFTER_SECONDS = 2;

function sendProblem(response: Response, view: ProblemView): void {
  const instance = `urn:uuid:${randomUUID()}`;
  if (view.status === 401) response.set("WWW-Authenticate", "Bearer");
  if (view.status === 503) response.set("Retry-After", String(RETRY_AFTER_SECONDS));
  response
    .status(view.status)
    .type("application/problem+json")
    .send(JSON.stringify({ ...view, instance }));
}

/** The limits of those paths whose bodies are bytes. */
function rawLimits(routes: readonly Route[]): ReadonlyMap<string, number> {
  return new Map(routes.flatMap(({ path, rawBody }) => (rawBody ? [[path, rawBody.limitBytes]] : [])));
}

type CallerOf = (authorization: string | undefined) => Promise<Caller>;

function handlerOf(route: Route, callerOf: CallerOf): RequestHandler {
  return async (request: Request, response: Response) => {
    if (route.body && !request.is("application/json")) {
      throw new Problem("unsupported-media-type", `Content-Type is ${request.get("content-type") ?? "missing"}`);
    }
    const reply = await route.handle({
      params: route.params?.parse(request.params),
      query: route.query?.parse(request.query),
      body: route.body?.parse(request.body),
      raw: () => readRawBody(request, response, route.rawBody),
      caller: () => callerOf(request.get("authorization")),
    });
    response.status(reply.status).set(reply.headers ?? {});
    if (typeof reply.body === "string" || reply.body instanceof Uint8Array) response.send(reply.body);
    else response.json(reply.body);
  };
}

interface ParserError {
  type: string;
  limit?: number;
}

const isParserError = (error: unknown): error is ParserError =>
  error instanceof Error && "type" in error && typeof error.type === "string";

/** The problem document for anything a handler or the body parser threw. */
export function problemOf(error: unknown, bodyLimitBytes: number): ProblemView {
  if (error instanceof Problem) return error.view;
  if (error instanceof ZodError) {
    const errors = error.issues.map(({ path, message }) => ({ at: path.join("."), message }));
    return problemView("invalid-request", errors.map(({ at, message }) => `${at}: ${message}`).join("; "), { errors });
  }
  if (isParserError(error)) {
    if (error.type === "entity.too.large") {
      const limitBytes = error.limit ?? bodyLimitBytes;
      return problemView("body-too-large", `the limit is ${limitBytes} bytes`, { limitBytes });
    }
    if (error.type === "entity.parse.failed") return problemView("malformed-json", "the body could not be parsed");
    if (error.type === "encoding.unsupported" || error.type === "charset.unsupported") {
      return problemView("unsupported-media-type", "send it uncompressed or as gzip or deflate, JSON in UTF-8");
    }
    return problemView("malformed-json", `the body could not be read (${error.type})`);
  }
  // Express's own, such as a path that cannot be decoded
  if (error instanceof Error && "status" in error && error.status === 400) {
    return problemView("invalid-request", error.message, { errors: [] });
  }
  if (error instanceof ChainUnavailable) return problemView("not-ready", error.message);
  if (isDatabaseDown(error)) return problemView("not-writable", "the database does not answer");
  return problemView("internal", "an unexpected error; the server's log has it under this instance");
}

/**
 * The application, not yet listening.
 * @param callerOf who sent a request, by its `Authorization` header
 * @param doors handlers that read their bodies themselves
 * @param plain further handlers (the web pages, metrics), mounted before "not found"
 */
export function createApp(deps: {
  routes: readonly Route[];
  doors?: RequestHandler[];
  plain: RequestHandler[];
  callerOf: CallerOf;
  bodyLimitBytes: number;
  log: Log;
}): Express {
  const { routes, doors = [], plain, callerOf, bodyLimitBytes, log } = deps;
  const app = express();
  app.disable("x-powered-by");
  app.set("query parser", "simple");
  app.use(limitBodies(bodyLimitBytes, rawLimits(routes)));
  for (const door of doors) app.use(door);
  const mount = (route: Route): Express => app[route.method](expressPath(route.path), handlerOf(route, callerOf));
  // before bodies are parsed: one of these may be JSON too, and stays the bytes that it is
  for (const route of routes.filter(({ rawBody }) => rawBody)) mount(route);
  app.use(express.json({ limit: bodyLimitBytes, strict: true }));
  for (const route of routes.filter(({ rawBody }) => !rawBody)) mount(route);
  for (const handler of plain) app.use(handler);

  app.use((request) => {
    const methods = routes
      .filter(({ path }) =>
        new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+").replaceAll(".", "\\.")}$`).test(request.path),
      )
      .map(({ method }) => method.toUpperCase());
    if (methods.length > 0 && !methods.includes(request.method)) {
      request.res?.set("Allow", methods.join(", "));
      throw new Problem("method-not-allowed", `${request.method} ${request.path}`);
    }
    throw new Problem("not-found", `${request.method} ${request.path}`);
  });

  const failed: ErrorRequestHandler = (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const view = problemOf(error, bodyLimitBytes);
    if (view.status >= 500 && view.code !== "busy") log.error({ err: error, path: request.path }, "a request failed");
    sendProblem(response, view);
  };
  app.use(failed);
  return app;
}
