/** Opening the door of the API, and closing it. */
import type { Server } from "node:http";
import type { Config } from "../config.ts";
import { Refusal } from "../errors.ts";

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
