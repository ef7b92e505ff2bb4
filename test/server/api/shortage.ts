/** A disk with less room than is kept free: every route that stores says so before anything else, and no other does. */
import { expect } from "chai";
import { id } from "ethers";
import { actKey, seeded } from "../../../scripts/demo/keys.ts";
import { documented, noJson } from "../../support/answered.ts";
import { logInAs, openApi, type TestApi } from "../../support/api.ts";

describe("routes of a server whose disk has no room left", () => {
  const key = actKey("registry", 0);
  const from = key.address;
  let api: TestApi;
  before(async () => {
    // a terabyte is kept free
    api = await openApi({ TIDEMARK_DISK_RESERVE: String(2 ** 40) }, undefined, [seeded("registry/0")]);
  });
  after(() => api.close());

  it("given any route, when it is asked, then it refuses to store, or does what it does", async () => {
    const refusing: string[] = [];
    for (const [route] of documented().filter(([name]) => !noJson.includes(name))) {
      const [method, template] = route.split(" ") as [string, string];
      const path = template.replaceAll(/\{\w+\}/g, "x");
      const { status, headers, body } = await api.ask(path, method === "get" ? undefined : "{}");
      if (body["code"] !== "not-writable") continue;
      expect([status, headers.get("retry-after")], route).to.deep.equal([503, "2"]);
      expect(body["detail"], route).to.contain("disk of the server's home");
      refusing.push(route);
    }
    expect(refusing.sort()).to.deep.equal([
      "post /v1/acts",
      "post /v1/api-keys",
      "post /v1/api-keys/{id}/revocation",
      "post /v1/documents",
      "post /v1/pools/{id}/allocation",
      "post /v1/projects/{id}/verifications",
      "post /v1/transactions",
    ]);
  });

  it("given a key that the server holds, when it is asked to sign, then it refuses, and only prepares for others", async () => {
    const login = await logInAs(api, key);
    const terms = { document: id("a method"), scope: 4, quorum: 1 };
    const asked = await api.ask("/v1/methodologies", { from, ...terms }, { ...login, "idempotency-key": "first" });
    expect([asked.status, asked.body["code"]]).to.deep.equal([503, "not-writable"]);
    const { status } = await api.ask("/v1/methodologies", { from: api.cast.keeper.address, ...terms });
    expect(status).not.to.equal(503);
  });
});
