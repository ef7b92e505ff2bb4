/** Opening the door of the API, and closing it; what a connection may cost, however slow or strange its client is. */
import { randomUUID } from "node:crypto";
import { createServer, type RequestListener, type Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Config } from "../config.ts";
import { problemView, Refusal, type ProblemCode } from "../errors.ts";
import type { Log } from "../log.ts";

/** What one connection may take. */
export interface DoorLimits {
  /** milliseconds for the head of a request: it fits a few packets, on any line */
  headMs: number;
  /** milliseconds for all of a request: the largest over a slow line */
  requestMs: number;
  /** milliseconds without a byte in either direction, such as of a client that does not read its answer */
  stalledMs: number;
  /** milliseconds that an idle connection stays open: longer than proxies keep theirs (60 s), so that they close first */
  idleMs: number;
  /** how often, in milliseconds, the times above are looked at */
  lookMs: number;
  /** bytes of a head, the address included */
  headBytes: number;
  /** headers in it */
  headers: number;
  /** requests of one connection, then it is closed: behind a balancer clients spread anew */
  requests: number;
  /** connections at a time: files and the database need descriptors too */
  connections: number;
}

export const usualLimits: DoorLimits = {
  headMs: 15_000,
  requestMs: 120_000,
  stalledMs: 60_000,
  idleMs: 65_000,
  lookMs: 5_000,
  headBytes: 16_384,
  headers: 100,
  requests: 10_000,
  connections: 2_000,
};

/** What Node's parser found wrong, as a problem. */
const brokenAs: Record<string, ProblemCode> = {
  HPE_HEADER_OVERFLOW: "headers-too-large",
  ERR_HTTP_REQUEST_TIMEOUT: "request-timeout",
};

/** A problem as bytes on a connection that no request came through. */
function rawProblem(code: ProblemCode, detail: string, id: string): string {
  const view = problemView(code, detail);
  const body = JSON.stringify({ ...view, instance: `urn:uuid:${id}` });
  const head = [
    `HTTP/1.1 ${view.status} ${view.title}`,
    "Content-Type: application/problem+json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Cache-Control: no-store",
    "X-Content-Type-Options: nosniff",
    `X-Request-Id: ${id}`,
    "Connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** Answers what is no request, unless an answer is on its way already, and closes. Nothing of what came is logged. */
function refuseBroken(log: Log): (error: NodeJS.ErrnoException, socket: Duplex) => void {
  return (error, socket) => {
    const running = Reflect.get(socket, "_httpMessage") as { headersSent?: boolean } | null | undefined;
    if (error.code === "ECONNRESET" || !socket.writable || running?.headersSent) return void socket.destroy();
    const code = brokenAs[error.code ?? ""] ?? "malformed-request";
    const id = randomUUID();
    log.warn({ id, code, parser: error.code }, "refused what is no request");
    socket.end(rawProblem(code, `the parser says ${error.code ?? "no more"}`, id), () => socket.destroy());
  };
}

/** The server of an application, not yet listening. */
export function createDoor(app: RequestListener, log: Log, limits: DoorLimits = usualLimits): Server {
  const options = {
    headersTimeout: limits.headMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: limits.lookMs,
    maxHeaderSize: limits.headBytes,
  };
  const server = createServer(options, app);
  server.timeout = limits.stalledMs;
  server.maxHeadersCount = limits.headers;
  server.maxRequestsPerSocket = limits.requests;
  server.maxConnections = limits.connections;
  server.on("clientError", refuseBroken(log));
  return server;
}

/** How long a server that stops waits for answers to go out, and for requests that have begun to come in. */
const LAST_ANSWERS_MS = 5_000;

/**
 * Listens where it is told to. @returns the address to ask it at
 * @throws Refusal where another program or the machine does not let it
 */
export async function listen(server: Server, config: Pick<Config, "host" | "port">): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const port = `Port ${config.port} of ${config.host}`;
      if (error.code === "EADDRINUSE")
        reject(new Refusal(`${port} is in use. Stop what uses it, or set TIDEMARK_PORT to another (0: any free one).`));
      else if (error.code === "EACCES")
        reject(new Refusal(`${port} may not be opened by this user. Set TIDEMARK_PORT to one above 1023.`));
      else reject(error);
    });
    server.listen(config.port, config.host, resolve);
  });
  const bound = server.address();
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;
  return `http://${host}:${typeof bound === "object" && bound ? bound.port : config.port}`;
}

/** Stops listening, lets running answers finish, and drops idle connections, in the end those of stalled clients too. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // a connection that was busy a moment ago may be kept alive by its client for seconds
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    const stalled = setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(stalled);
      resolve();
    });
  });
}
