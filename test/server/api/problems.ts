import { expect } from "chai";
import { problemOf } from "../../../server/api/app.ts";
import { createRpcChain } from "../../../server/chain/rpc.ts";
import { createLog } from "../../../server/log.ts";

describe("problemOf", () => {
  it("given a network that no node answers for, when a request needs it, then the client is told to come later", async () => {
    // nothing listens at port 1
    const chain = createRpcChain({ urls: ["http://127.0.0.1:1"], pollMs: 10_000, log: createLog("silent") });
    chain.ready.catch(() => undefined);
    try {
      const error = await chain.request("eth_blockNumber", []).catch((thrown: unknown) => thrown);
      const { status, code, detail } = problemOf(error, 1);
      expect([status, code]).to.deep.equal([503, "not-ready"]);
      expect(detail).to.contain("No node of the chain answers");
    } finally {
      await chain.close();
    }
  });
});
