/** Every route of a server of which a part does not answer: those that need it say so, the others do what they do. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { documented, noJson, problemsOf } from "./answered.ts";
import { logInAs, logInAsAdmin, type Answer, type TestApi } from "./api.ts";
import { copyPglite } from "./databases.ts";
import { person } from "./ledger.ts";
import { payer } from "./money.ts";
import { startNetwork } from "./network.ts";
import type { PreparedLedger } from "./prepared.ts";

type Headers = Record<string, string>;
type Note = (route: string, answer: Answer) => void;

/** What a route shows to some only. */
const forSome = ["/accounts/{id}/stock", "/lots", "/lots/{id}/provenance", "/payees/{account}"];

/** Notes where the problem was told, and that nothing else went wrong. */
function noting(code: string): { told: Set<string>; note: Note } {
  const told = new Set<string>();
  function note(route: string, { status, body, headers }: Answer): void {
    if (body["code"] !== code) return void expect(status, `${route} ${String(body["code"])}`).to.be.lessThan(500);
    expect([status, headers.get("retry-after")], route).to.deep.equal([503, "2"]);
    told.add(route);
  }
  return { told, note };
}

/** The routes of which the document says that they may tell the problem. */
const claiming = (code: string): string[] =>
  documented()
    .filter(([, operation]) => problemsOf(operation).includes(code))
    .map(([route]) => route)
    .sort();

/** Asks each route, in forms that it takes too, as nobody and as each of those who are logged in. */
async function askAll({ desk, cases }: PreparedLedger, api: TestApi, logins: Headers[], note: Note): Promise<void> {
  const { farmer } = desk.bay;
  async function ask(route: string, path: string, body?: unknown): Promise<void> {
    for (const headers of [{}, ...logins]) note(route, await api.ask(path, body, headers));
  }
  const ids = { "lots/{id}": desk.lots[0]!, "accounts/{id}": farmer.account };
  const addressed = (template: string): string =>
    Object.entries({ ...ids, "{account}": api.cast.point.account, "{address}": payer.account })
      .reduce((path, [named, id]) => path.replace(named, named.replace(/\{\w+\}/, id)), template)
      .replace(/\{\w+\}/, "1");
  const { raw } = farmer.signer.sign({ to: payer.account, data: "0x", chainId: 46112, nonce: 900, gasLimit: 1n });
  for (const [route] of documented().filter(([name]) => ![...noJson, "get /ready"].includes(name))) {
    const [method, template] = route.split(" ") as [string, string];
    await ask(route, addressed(template), method === "get" ? undefined : {});
  }
  for (const { route, path, terms } of cases) await ask(`post ${route}`, path, { from: farmer.account, ...terms });
  await ask("post /v1/transactions", "/v1/transactions", { raw });
  await ask("get /v1/pools/{id}/allocation", "/v1/pools/2/allocation");
  for (const template of forSome.map((path) => `/v1${path}`)) {
    await ask(`get ${template}`, `${addressed(template)}?view=full`);
    await ask(`get ${template}`, `${addressed(template)}?custodian=${farmer.account}`);
  }
}

/** On a ledger whose server is stopped for it, and of which another is left on its home. */
export function describeDocumentsAway(prepared: () => PreparedLedger): void {
  it("given an IPFS node that does not answer, when each route is asked, then those that need a document say so, and the others do what they do", async () => {
    const ledger = prepared();
    await ledger.desk.api.running.stop();
    // a port that nothing listens on
    const api = await ledger.desk.api.again({ TIDEMARK_KUBO_URL: "http://127.0.0.1:1" });
    try {
      const { account, sign } = person("office AUDITOR");
      const logins = [await logInAs(api, { address: account, sign }), await logInAs(api, api.cast.keeper)];
      const { told, note } = noting("documents-away");
      await askAll(ledger, api, logins, note);
      note("get /v1/documents/{id}", await api.ask(`/v1/documents/${ledger.desk.lineage}`));
      expect([...told].sort()).to.deep.equal(claiming("documents-away"));
    } finally {
      await api.running.stop();
    }
  });
}

/** On a ledger of which nothing else is asked afterwards: its server is stopped. */
export function describeUnready(prepared: () => PreparedLedger): void {
  describe("of a server whose network does not answer", () => {
    let ledger: PreparedLedger;
    let api: TestApi;
    let login: Headers;
    let gone: string;
    const { told, note } = noting("not-ready");

    before(async () => {
      ledger = prepared();
      ({ api } = ledger.desk);
      await api.running.stop();
      const network = await startNetwork(api.home);
      gone = network.url;
      api = await api.again({ TIDEMARK_RPC_URLS: gone });
      login = await logInAsAdmin(api);
      await network.goAway();
      while ((await api.ask("/ready")).status === 200) await sleep(50);
    });
    after(() => api.running.stop());

    it("given any route, when it is asked, then it says that the chain is not ready, or does what it does", () =>
      askAll(ledger, api, [login], note));

    it("given a statement by a verifier, when it is handed in, then it waits for the chain to say who that is", async () => {
      const { second } = ledger.desk.bay;
      const reports = (await api.ask("/v1/reports")).body["reports"] as { id: string; issuedKg: string }[];
      const report = reports.find(({ issuedKg }) => issuedKg === "0")!.id;
      const statement = ledger.desk.bay.statement(second, { report });
      note("post /v1/projects/{id}/verifications", await api.ask("/v1/projects/1/verifications", statement));
    });

    it("given a database without a block as well, when what tells of blocks is asked, and who signed an act, then it is not ready", async () => {
      await api.running.stop();
      const database = join(api.home, "db");
      await rm(database, { recursive: true });
      await copyPglite(database);
      api = await api.again({ TIDEMARK_RPC_URLS: gone }, { waits: false });
      for (const path of ["/v1/audit/digest", "/v1/audit/records", `/v1/payees/${payer.account}`])
        note(`get ${path.replace(payer.account, "{account}")}`, await api.ask(path));
      const acts = api.acts(0, 1).map(({ item }) => item);
      note("post /v1/acts", await api.ask("/v1/acts", acts));
    });

    it("given all that was asked, when it is held against the document, then the routes that claim to be unready were", () => {
      expect([...told].sort()).to.deep.equal(claiming("not-ready"));
    });
  });
}
