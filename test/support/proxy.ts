/** An HTTP proxy in front of a server, for tests of a server that lies, or that goes on while it is asked. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Exchange {
  /** may be changed ahead of the request */
  path: string;
  /** the body that was sent, as JSON; `undefined` where there was none */
  sent: unknown;
}

export interface Proxy {
  url: string;
  close(): Promise<void>;
}

/**
 * @param change makes of each answer's body what is passed on
 * @param before is waited for ahead of each request
 */
export async function startProxy(
  target: string,
  change: (exchange: Exchange, body: unknown) => unknown,
  before: (exchange: Exchange) => Promise<void> = () => Promise.resolve(),
): Promise<Proxy> {
  const pass = async (path: string, body: string): Promise<{ status: number; text: string }> => {
    const exchange = { path, sent: body === "" ? undefined : (JSON.parse(body) as unknown) };
    await before(exchange);
    const posted = body === "" ? {} : { method: "POST", body };
    const answer = await fetch(target + exchange.path, { headers: { "content-type": "application/json" }, ...posted });
    return { status: answer.status, text: JSON.stringify(change(exchange, await answer.json())) };
  };
  const server = createServer((request, response) => {
    text(request)
      .then((body) => pass(request.url ?? "/", body))
      .then(
        ({ status, text }) => response.writeHead(status, { "content-type": "application/json" }).end(text),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
