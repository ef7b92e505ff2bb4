/** Lists in pages: found without an id, one behind the other, and nobody's who is not to be seen. */
import { expect } from "chai";
import { logInAs, openApi, type TestApi } from "../../support/api.ts";
import { allFinal, apiAt } from "../../support/homes.ts";

describe("lists in pages", function () {
  this.timeout(120_000);
  let api: TestApi;
  const handIn = async (from: number, count: number): Promise<string[]> => {
    const acts = api.acts(from, count);
    await api.ask(
      "/v1/acts",
      acts.map(({ item }) => item),
    );
    await allFinal(apiAt(api.running.url), acts);
    return acts.map(({ digest }) => digest);
  };
  const idsOf = (items: unknown): string[] => (items as { id: string }[]).map(({ id }) => id);

  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  it("given a point's lots, when they are followed by their links while more come in, then each that was there comes once", async () => {
    const there = await handIn(0, 7);
    const got: string[] = [];
    let path: string | undefined = `/v1/lots?custodian=${api.cast.point.account}&limit=3`;
    for (let pages = 0; path !== undefined; pages++) {
      const { status, headers, body } = await api.ask(path);
      expect(status).to.equal(200);
      got.push(...idsOf(body["lots"]));
      const [, next] = /^<([^>]+)>; rel="next"$/.exec(headers.get("link") ?? "") ?? [];
      expect(next === undefined, "Link and next are one").to.equal(body["next"] === null);
      if (pages === 0) there.push(...(await handIn(7, 2)).filter((id) => id > got.at(-1)!));
      path = next;
    }
    expect(new Set(got).size).to.equal(got.length);
    expect(got).to.include.members(there);
    expect(got).to.deep.equal(got.toSorted());
  });

  it("given a person, when somebody else asks for that person's lots, then they are refused, and in the list of all nobody is named", async () => {
    const [person, neighbour] = api.cast.regular as [(typeof api.cast.regular)[0], (typeof api.cast.regular)[0]];
    const path = `/v1/lots?custodian=${person.address}`;
    const refused = async (headers = {}): Promise<unknown> => {
      const { status, body } = await api.ask(path, undefined, headers);
      return [status, body["code"]];
    };
    expect(await refused()).to.deep.equal([401, "login-needed"]);
    expect(await refused(await logInAs(api, neighbour))).to.deep.equal([403, "need-to-know"]);
    expect((await api.ask(path, undefined, await logInAs(api, person))).body).to.deep.equal({ lots: [], next: null });
    // as if it were in a person's hands
    const [lot] = idsOf((await api.ask("/v1/lots?limit=1")).body["lots"]);
    await api.running.db.sql`UPDATE lot SET custodian = ${person.address} WHERE id = ${lot}`;
    expect(JSON.stringify((await api.ask("/v1/lots")).body)).to.not.contain(person.address.slice(2));
    const own = await api.ask(path, undefined, await logInAs(api, person));
    expect(idsOf(own.body["lots"])).to.deep.equal([lot]);
  });

  it("given accounts, when they are listed, then all but persons come, in pages, and of one kind where asked", async () => {
    const all = idsOf((await api.ask("/v1/accounts?limit=1000")).body["accounts"]);
    expect(all).to.include(api.cast.point.account);
    for (const { address } of api.cast.regular) expect(all).to.not.include(address);
    const first = await api.ask("/v1/accounts?limit=1");
    expect([idsOf(first.body["accounts"]), first.body["next"]]).to.deep.equal([[all[0]], all[1] ? all[0] : null]);
    expect(idsOf((await api.ask(`/v1/accounts?after=${all[0]!}`)).body["accounts"])).to.deep.equal(all.slice(1));
    const facilities = (await api.ask("/v1/accounts?kind=facility")).body["accounts"] as { kinds: string[] }[];
    expect(facilities.every(({ kinds }) => kinds.includes("facility"))).to.equal(true);
    expect((await api.ask("/v1/accounts?kind=person")).body["accounts"]).to.deep.equal([]);
  });

  it("given lists, when a page is asked for that is none, then the request is refused", async () => {
    for (const list of [
      "lots",
      "accounts",
      "batches",
      "reports",
      "projects",
      "methodologies",
      "retirements",
      "pools",
    ]) {
      for (const query of ["limit=0", "limit=1001", "after=%20", "page=2"]) {
        const { status, body } = await api.ask(`/v1/${list}?${query}`);
        expect([status, body["code"]], `${list} ${query}`).to.deep.equal([400, "invalid-request"]);
      }
    }
  });
});
