import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { problemOf } from "../../../server/api/app.ts";
import { createRpcChain } from "../../../server/chain/rpc.ts";
import { createLog } from "../../../server/log.ts";

describe("problemOf", () => {
  it("given a network whose only node went away, when a request needs it, then the client is told to come later", async () => {
    const node = createServer((_, response) => response.end('{"jsonrpc":"2.0","id":1,"result":"0x7a"}'));
    node.listen(0, "127.0.0.1");
    await once(node, "listening");
    const { port } = node.address() as AddressInfo;
    const chain = createRpcChain({ urls: [`http://127.0.0.1:${port}`], pollMs: 50, log: createLog("silent") });
    try {
      await chain.ready;
      node.close();
      node.closeAllConnections();
      const error = await chain.request("eth_blockNumber", []).catch((thrown: unknown) => thrown);
      const { status, code, detail } = problemOf(error, 1);
      expect([status, code]).to.deep.equal([503, "not-ready"]);
      expect(detail).to.contain("No node of the chain answers");
    } finally {
      node.close();
      await chain.close();
    }
  });
});
