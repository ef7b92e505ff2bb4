import { expect } from "chai";
import { allFinal, apiAt } from "../../support/homes.ts";
import { actKey, type ActKey } from "../../../scripts/demo/keys.ts";
import { logInAs, openApi, type TestApi } from "../../support/api.ts";

describe("accounts", () => {
  let api: TestApi;
  let grams: number;
  const document = `0x${"d0".repeat(32)}`;

  before(async function () {
    this.timeout(60_000);
    api = await openApi();
    // the demo's point has one, and these tests tell of licences from none on
    await api.running.db.sql`DELETE FROM licence`;
    const acts = api.acts(0, 10);
    grams = acts.reduce((sum, { item }) => sum + item.act.grams, 0);
    await api.ask(
      "/v1/acts",
      acts.map(({ item }) => item),
    );
    await allFinal(apiAt(api.running.url), acts);
  });
  after(() => api.close());

  it("given a storage point that collected, when its stock is asked for, then it is the mass it holds, which needs no licence", async () => {
    const { account } = api.cast.point;
    const { status, body } = await api.ask(`/v1/accounts/${account}/stock`);
    expect([status, body["account"]]).to.deep.equal([200, account]);
    const kind = { code: 0, term: "none", en: "No licence needed", zh: "无需许可" };
    expect(body["stock"]).to.deep.equal([
      { licenceKind: kind, grams: String(grams), capacityGrams: null, over: false },
    ]);
  });

  it("given lots that need a licence, when account and stock are asked for, then licences and what is above capacity show", async () => {
    const { account } = api.cast.point;
    const { sql } = api.running.db;
    await sql`UPDATE lot SET class = 1025`;
    const over = async (): Promise<unknown> => (await api.ask(`/v1/accounts/${account}/stock`)).body["stock"];
    const kind = { code: 1, term: "hazardous-waste", en: "Hazardous waste licence", zh: "危险废物经营许可" };
    const item = { licenceKind: kind, grams: String(grams) };
    expect(await over()).to.deep.equal([{ ...item, capacityGrams: "0", over: true }]);
    await sql`INSERT INTO licence VALUES (${account}, 1, 0, 2000000000, ${grams}, ${document})`;
    expect(await over()).to.deep.equal([{ ...item, capacityGrams: String(grams), over: false }]);
    const { body } = await api.ask(`/v1/accounts/${account}`);
    expect(body["licences"]).to.deep.equal([
      { kind, from: 0, until: 2_000_000_000, capacityGrams: String(grams), document },
    ]);
  });

  it("given a person, when the stock is asked for, then the person and the registry see it, a neighbour and a stranger do not", async () => {
    const [person, neighbour] = api.cast.regular as [ActKey, ActKey];
    const asked = async (key?: ActKey): Promise<[number, unknown]> => {
      const login = key ? await logInAs(api, key) : {};
      const { status, body } = await api.ask(`/v1/accounts/${person.address}/stock`, undefined, login);
      return [status, body["code"] ?? body["stock"]];
    };
    expect(await asked()).to.deep.equal([401, "login-needed"]);
    expect(await asked(neighbour)).to.deep.equal([403, "need-to-know"]);
    for (const key of [person, actKey("registry", 0)]) expect(await asked(key)).to.deep.equal([200, []]);
  });

  it("given an account that is not registered, when its stock is asked for, then there is none", async () => {
    const { status, body } = await api.ask(`/v1/accounts/0x${"ee".repeat(20)}/stock`);
    expect([status, body["code"]]).to.deep.equal([404, "not-found"]);
  });

  it("given a key that is bound, when it is asked for alone or among others, then its account and dates are told, and nothing of the others", async () => {
    const { point, keeper } = api.cast;
    const [id, unbound] = [`0x${keeper.address.slice(2).padStart(64, "0")}`, `0x${"ee".repeat(32)}`];
    const { body } = await api.ask(`/v1/keys/${id}`);
    expect([body["id"], body["account"], body["until"]]).to.deep.equal([id, point.account, 2 ** 40 - 1]);
    expect((await api.ask(`/v1/keys?id=${unbound}&id=${id}`)).body["keys"]).to.deep.equal([body]);
    expect((await api.ask(`/v1/keys/${unbound}`)).body["code"]).to.equal("not-found");
  });

  it("given accounts and others, when several are asked for, then those that are registered are told, and as what; above 100 none", async () => {
    const { account } = api.cast.point;
    const nobody = `0x${"ee".repeat(20)}`;
    const { body } = await api.ask(`/v1/accounts?id=${nobody}&id=${account}`);
    expect(body["accounts"]).to.deep.equal([{ id: account, status: "active", kinds: ["facility"] }]);
    const many = Array.from({ length: 101 }, () => `id=${account}`).join("&");
    expect((await api.ask(`/v1/accounts?${many}`)).status).to.equal(400);
  });
});
