/** The embedded chain of a home as a network: a node that other processes ask over JSON-RPC, and that goes away. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { contractsHash } from "../../server/chain/contracts.ts";
import { RpcError } from "../../server/chain/port.ts";
import { openEmbedded } from "./chains.ts";

export interface Network {
  url: string;
  goAway(): Promise<void>;
}

/** @param home of a server that does not run */
export async function startNetwork(home: string): Promise<Network> {
  const { chain, close } = await openEmbedded(home, { contracts: contractsHash });
  async function answer(body: unknown): Promise<object> {
    const { id, method, params } = body as { id: number; method: string; params: unknown[] };
    try {
      return { jsonrpc: "2.0", id, result: await chain.request(method, params) };
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      const { code, message, data } = error;
      return { jsonrpc: "2.0", id, error: { code, message, data } };
    }
  }
  const server = createServer((request, response) => {
    json(request)
      .then(answer)
      .then(
        (told) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(told)),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async goAway() {
      server.close();
      server.closeAllConnections();
      await close();
    },
  };
}
