/** The Express application: mounts routes that are data, parses what they declare, turns every failure into a problem. */
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
import { idOf, noteProblem, watchRequests, type Answered } from "./answered.ts";
import { admit } from "./access.ts";
import { limitBodies, readRawBody, refuseBadText } from "./bodies.ts";
import type { Door } from "./doors.ts";
import { sendReply } from "./replying.ts";
import { createTemplates } from "./templates.ts";

/** `/v1/lots/{id}` as Express writes it. */
const expressPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

/** When a client may ask again that was told to come later. */
const RETRY_AFTER_SECONDS = 2;

function sendProblem(response: Response, view: ProblemView): void {
  const instance = `urn:uuid:${idOf(response)}`;
  noteProblem(response, view.code);
  if (view.status === 401) response.set("WWW-Authenticate", "Bearer");
  if (view.status === 503) response.set("Retry-After", String(RETRY_AFTER_SECONDS));
  response
    .status(view.status)
    .set("Cache-Control", "no-store")
    .type("application/problem+json")
    .send(JSON.stringify({ ...view, instance }));
}

/** The limits of those paths whose bodies are bytes. */
function rawLimits(routes: readonly Route[]): ReadonlyMap<string, number> {
  return new Map(routes.flatMap(({ path, rawBody }) => (rawBody ? [[path, rawBody.limitBytes]] : [])));
}

type CallerOf = (authorization: string | undefined) => Promise<Caller>;

type Shortage = () => string | undefined;

function handlerOf(route: Route, callerOf: CallerOf, shortage: Shortage): RequestHandler {
  const stores = route.problems.includes("not-writable") && !route.needsNoRoom;
  return async (request: Request, response: Response) => {
    const short = stores ? shortage() : undefined;
    if (short !== undefined) throw new Problem("not-writable", short);
    let known: Promise<Caller> | undefined;
    const caller = (): Promise<Caller> => (known ??= callerOf(request.get("authorization")));
    await admit(route.access, caller);
    if (route.body && !request.is("application/json")) {
      throw new Problem("unsupported-media-type", `Content-Type is ${request.get("content-type") ?? "missing"}`);
    }
    const reply = await route.handle({
      params: route.params?.parse(request.params),
      query: route.query?.parse(request.query),
      headers: route.headers?.parse(request.headers),
      body: route.body?.parse(request.body),
      raw: () => readRawBody(request, response, route.rawBody),
      caller,
      idempotencyKey: request.get("idempotency-key"),
    });
    await sendReply(request, response, reply, known !== undefined);
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

/** Addresses of pages. */
const pageTemplates = ["/", "/lots/{id}", "/web/{file...}", "/docs", "/docs/{file...}"];

/** The answer to what no route takes. */
function refuse(routes: readonly Pick<Route, "method" | "path">[], routeOf: (path: string) => string): RequestHandler {
  return (request, response) => {
    // its own words may be long
    const asked = `${request.method} ${request.path.slice(0, 200)}`;
    const template = routeOf(request.path);
    const methods = routes.filter(({ path }) => path === template).map(({ method }) => method.toUpperCase());
    if (methods.length === 0 || methods.includes(request.method)) throw new Problem("not-found", asked);
    response.set("Allow", methods.join(", "));
    throw new Problem("method-not-allowed", asked);
  };
}

/**
 * The application, not yet listening.
 * @param gates handlers that every request passes first (limits, foreign origins); they read no body
 * @param callerOf who sent a request, by its `Authorization` header
 * @param shortage why nothing new is stored, in words: routes that store refuse with them
 * @param doors addresses whose handlers read their bodies themselves
 * @param plain further handlers (the web pages), mounted before "not found"
 * @param answered told of each request once it is over
 */
export function createApp(deps: {
  routes: readonly Route[];
  gates?: RequestHandler[];
  doors?: readonly Door[];
  plain: RequestHandler[];
  callerOf: CallerOf;
  shortage?: Shortage;
  bodyLimitBytes: number;
  /** reverse proxies in front, each of which adds the address it was asked from to `X-Forwarded-For` */
  proxies?: number;
  answered?: (answered: Answered) => void;
  log: Log;
}): Express {
  const {
    routes,
    gates = [],
    doors = [],
    plain,
    callerOf,
    shortage = () => undefined,
    bodyLimitBytes,
    proxies = 0,
    log,
  } = deps;
  const app = express();
  app.disable("x-powered-by");
  app.set("query parser", "simple");
  // of the very bytes that go out
  app.set("etag", "strong");
  app.set("trust proxy", proxies);
  const routeOf = createTemplates([...[...routes, ...doors].map(({ path }) => path), ...pageTemplates]);
  app.use(watchRequests(routeOf, (answered) => deps.answered?.(answered)));
  for (const gate of gates) app.use(gate);
  app.use(limitBodies(bodyLimitBytes, rawLimits(routes)));
  for (const { method, path, handlers } of doors) app[method](path, ...handlers);
  const mount = (route: Route): Express =>
    app[route.method](expressPath(route.path), handlerOf(route, callerOf, shortage));
  // before bodies are parsed: one of these may be JSON too, and stays the bytes that it is
  for (const route of routes.filter(({ rawBody }) => rawBody)) mount(route);
  app.use(express.json({ limit: bodyLimitBytes, strict: true, verify: refuseBadText }));
  for (const route of routes.filter(({ rawBody }) => !rawBody)) mount(route);
  for (const handler of plain) app.use(handler);

  app.use(refuse([...routes, ...doors], routeOf));
  const failed: ErrorRequestHandler = (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const view = problemOf(error, bodyLimitBytes);
    if (view.status >= 500 && view.code !== "busy") {
      log.error({ err: error, id: idOf(response), route: routeOf(request.path) }, "a request failed");
    }
    sendProblem(response, view);
  };
  app.use(failed);
  return app;
}
