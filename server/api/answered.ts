/** What is told of each request once it is over: enough to find and to count it, nothing of what it said. */
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import type { RequestHandler, Response } from "express";
import type { ProblemCode } from "../errors.ts";
import type { Log } from "../log.ts";

export interface Answered {
  /** drawn here, also the `X-Request-Id` of the answer and the end of a problem's `instance` */
  id: string;
  method: string;
  /** the template, such as `/v1/lots/{id}` */
  route: string;
  status: number;
  code?: ProblemCode;
  seconds: number;
  /** sent on the connection, heads included */
  bytes: number;
  /** the caller's network address */
  address: string;
  /** the client left before it had the whole answer */
  broken: boolean;
  /** one of many alike, of which the first was told */
  quiet: boolean;
}

/** A request's id, drawn when it came in. */
export const idOf = (response: Response): string => response.locals["id"] as string;

/** Notes which problem the answer is. */
export const noteProblem = (response: Response, code: ProblemCode): void => void (response.locals["code"] = code);

/** One of many alike: it is told of to who debugs only. */
export const quieten = (response: Response): void => void (response.locals["quiet"] = true);

/**
 * Draws each request's id and tells of it when it is over. To be mounted before everything else.
 * @param routeOf the template that a path is an instance of
 */
export function watchRequests(routeOf: (path: string) => string, tell: (answered: Answered) => void): RequestHandler {
  return (request, response, next) => {
    const [began, id, { socket, path, method, ip = "" }] = [performance.now(), randomUUID(), request];
    const sentBefore = socket.bytesWritten;
    response.locals["id"] = id;
    response.set("X-Request-Id", id);
    response.once("close", () => {
      const code = response.locals["code"] as ProblemCode | undefined;
      tell({
        id,
        method,
        route: routeOf(path),
        status: response.statusCode,
        ...(code === undefined ? {} : { code }),
        seconds: (performance.now() - began) / 1_000,
        bytes: socket.bytesWritten - sentBefore,
        address: ip,
        broken: !response.writableFinished,
        quiet: response.locals["quiet"] === true,
      });
    });
    next();
  };
}

/** Asked every few seconds by machines that watch the server: told of only where something is wrong. */
const polled: ReadonlySet<string> = new Set(["/health", "/ready", "/metrics"]);

/**
 * One line a request. The caller's address is personal data: the line has a keyed hash of it, by a key that is drawn at
 * each start and never written, so that one caller's requests can be told from another's, and nothing more.
 */
export function logAnswered(log: Log): (answered: Answered) => void {
  const key = randomBytes(32);
  return ({ seconds, address, broken, quiet, ...answered }) => {
    const from = createHmac("sha256", key).update(address).digest("hex").slice(0, 8);
    const line = { ...answered, ms: Math.round(seconds * 1_000), from, ...(broken ? { broken } : {}) };
    log[quiet ? "debug" : levelOf(answered)](line, "answered");
  };
}

function levelOf({ status, route }: Pick<Answered, "status" | "route">): "debug" | "info" | "warn" | "error" {
  if (status === 500) return "error";
  if (status >= 400) return "warn";
  return polled.has(route) ? "debug" : "info";
}
