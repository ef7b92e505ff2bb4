/**
 * Every route of the document, as it refuses: what is not its form, and whom it is not for. Whom the contract does not
 * take a prepared transaction from is tried with a key of each role.
 */
import { expect } from "chai";
import type { IRouter } from "express";
import { id } from "ethers";
import { permissions, type Role } from "../../../server/access/roles.ts";
import type { Unsigned } from "../../../server/chain/calls.ts";
import { interfaces } from "../../../server/chain/contracts.ts";
import { documented, problemsOf } from "../../support/answered.ts";
import { logInAs, logInAsAdmin, type Answer } from "../../support/api.ts";
import { person, registrationOf, secretOf, type Person } from "../../support/ledger.ts";
import { allocator, payer } from "../../support/money.ts";
import { describeDocumentsAway, describeUnready } from "../../support/withoutParts.ts";
import { openPrepared, type Preparable, type PreparedLedger } from "../../support/prepared.ts";
import { block, piece } from "../../support/bayTerms.ts";

type Headers = Record<string, string>;

/** Those that read their own bodies, and what they say of them is in tests of their own. */
const ownBodies = ["get /v1/documents/{id}", "post /v1/documents", "post /rpc"];

const told = ({ status, body }: Answer): unknown[] => [status, body["code"]];

/** What pages have: no part of the API. */
const pages = [String.raw`/^\/$/`, String.raw`/^\/lots\/[^/]+\/?$/`, "/docs", "/docs/:file"].map(
  (page) => `get ${page}`,
);

/** Every route below a router, as the document writes it. */
function mounted({ stack }: IRouter): string[] {
  return stack.flatMap(({ route, handle }) => {
    const inner = handle as Partial<IRouter>;
    if (!route) return inner.stack ? mounted(inner as IRouter) : [];
    const paths = [(route as { path: unknown }).path].flat().map(String);
    const methods = Object.keys((route as unknown as { methods: object }).methods);
    return methods.flatMap((method) => paths.map((path) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`));
  });
}

/** The transaction that was prepared; of payouts the first. */
function transactionOf({ body }: Answer): Unsigned {
  const { transaction, payouts } = body as { transaction?: Unsigned; payouts?: { transaction: Unsigned }[] };
  return transaction ?? payouts![0]!.transaction;
}

describe("what routes refuse", function () {
  this.timeout(120_000);
  const machine = person("held by the server");
  const suspended = person("held, and suspended");
  let ledger: PreparedLedger;
  let api: PreparedLedger["desk"]["api"];
  let bay: PreparedLedger["desk"]["bay"];
  let keeper: Headers;

  before(async () => {
    ledger = await openPrepared(["held by the server", "held, and suspended"].map(secretOf));
    ({ api, bay } = ledger.desk);
    keeper = await logInAs(api, api.cast.keeper);
    const registrations = [machine, suspended].map(({ account }) => registrationOf(account));
    await bay.call(bay.registry, "Parties", "register", [registrations]);
  });
  after(() => api.close());

  const loginOf = ({ account, sign }: Person): Promise<Headers> => logInAs(api, { address: account, sign });
  const ask = ({ path, terms }: Preparable, from: string, headers: Headers): Promise<Answer> =>
    api.ask(path, { from, ...terms }, headers);

  it("given the application's own router, when it is walked, then it has the routes of the document and the pages, and nothing else", () => {
    const { router } = api.running.app as unknown as { router: IRouter };
    const documentedRoutes = documented().map(([route]) => route);
    expect(mounted(router).sort()).to.deep.equal(
      [...documentedRoutes, ...pages.map((page) => page.replaceAll(/:(\w+)/g, "{$1}"))].sort(),
    );
  });

  it("given every route, when it is asked in a form that it does not take, then it says what is wrong with it", async () => {
    const headers = await logInAsAdmin(api);
    const large = JSON.stringify({ much: "x".repeat(1_000_001) });
    for (const [route, operation] of documented()) {
      const { parameters = [], requestBody, security } = operation;
      const [method, template] = route.split(" ") as [string, string];
      const path = template.replaceAll(/\{\w+\}/g, "x");
      if (security && security.every((each) => Object.keys(each).length > 0)) {
        const { status } = await api.ask(path, method === "get" ? undefined : "{}");
        expect(status, route).to.equal(401);
      }
      if (ownBodies.includes(route) || !problemsOf(operation).includes("invalid-request")) continue;
      const asked = parameters.some((each) => each.in === "path") ? path : `${path}?nonsense=1`;
      const malformed = await api.ask(asked, method === "get" ? undefined : [], headers);
      expect(malformed.body["code"], route).to.equal("invalid-request");
      if (!requestBody?.content["application/json"]) continue;
      const refused = async (body: string, more = {}): Promise<unknown> =>
        (await api.ask(path, body, { ...headers, ...more })).body["code"];
      expect(await refused("{"), route).to.equal("malformed-json");
      expect(await refused("{}", { "content-type": "text/plain" }), route).to.equal("unsupported-media-type");
      expect(await refused(large), route).to.equal("body-too-large");
    }
  });

  it("given every route that prepares, when the document tells whom the contract takes it from, then each is tried below with those", async () => {
    const routes = documented().filter(([, { parameters = [] }]) =>
      parameters.some(({ name }) => name === "idempotency-key"),
    );
    expect(routes.map(([route]) => route.replace("post ", ""))).to.have.members([
      ...new Set(ledger.cases.map(({ route }) => route)),
    ]);
    for (const [route, { description = "" }] of routes) {
      const [, whom] = /The contract takes it from (anyone|the party|holders of [A-Z]+(?: or [A-Z]+)*)/.exec(
        description,
      )!;
      const by = ledger.cases.filter((each) => `post ${each.route}` === route).map((each) => each.by);
      const holders = by.flatMap((each) => (typeof each === "object" && "role" in each ? [each.role] : []));
      const known = by.includes("anyone") ? "anyone" : "the party";
      expect(whom, route).to.equal(holders.length > 0 ? `holders of ${holders.join(" or ")}` : known);
    }
  });

  it("given whatever can be prepared, when a key of each role, another party and a stranger ask, then whom the contract takes it from gets it, and the others its refusal", async () => {
    const stranger = person("a stranger");
    for (const each of ledger.cases) {
      const { by, refusal, route } = each;
      const asking: [string, string][] = [...ledger.offices].map(([role, { signer }]) => [role, signer.address]);
      asking.push(["another party", bay.other.account], ["a stranger", stranger.account]);
      if (typeof by === "object" && "party" in by) asking.push(["the party", by.party.account]);
      const right = by === "anyone" ? asking.map(([who]) => who) : ["role" in by ? by.role : "the party"];
      const answers = await Promise.all(
        asking.map(async ([who, from]) => [who, await ask(each, from, keeper)] as const),
      );
      for (const [who, { status, body }] of answers) {
        const expected = right.includes(who) ? [200, undefined, undefined] : [409, "would-revert", refusal];
        const reason = body["reason"] === "ActorUnknown" ? refusal : body["reason"];
        expect([status, body["code"], reason], `${route} ${who}`).to.deep.equal(expected);
      }
      const { to, data } = transactionOf(answers.find(([who]) => right.includes(who))![1]);
      await checkRole(each, to, data);
    }
  });

  /** The role table says who may call the function that the transaction calls. */
  async function checkRole({ route, by }: Preparable, to: string, data: string): Promise<void> {
    const { body } = await api.ask("/v1/ledger");
    const [name] = Object.entries(body["contracts"] as Record<string, string>).find(([, address]) => address === to)!;
    const method = interfaces[name as keyof typeof interfaces].parseTransaction({ data })!.name;
    const { role, besides = [] } = permissions.find((each) => each.contract === name && each.name === method)!;
    const may: readonly Role[] = [role, ...besides].filter((each) => each !== "PUBLIC");
    const claimed = typeof by === "object" && "role" in by ? [by.role] : [];
    expect(may, route).to.include.members(claimed);
    if (claimed.length === 0) expect(may, route).to.deep.equal([]);
  }

  it("given what was prepared for somebody who may, when another party signs it, then the chain refuses what preparing refused", async () => {
    for (const each of ledger.cases.filter(({ by }) => by !== "anyone")) {
      const { by, route } = each;
      const right =
        typeof by === "object" && "role" in by ? ledger.offices.get(by.role)! : (by as { party: Person }).party;
      const { to, data, chainId } = transactionOf(await ask(each, right.signer.address, keeper));
      const { body: sender } = await api.ask(`/v1/senders/${bay.other.account}`);
      const terms = { to, data, chainId, nonce: sender["nextNonce"] as number, gasLimit: 1_000_000n };
      const taken = await api.ask("/v1/transactions", { raw: bay.other.signer.sign(terms).raw });
      expect(taken.status, route).to.equal(202);
      const { state, reason } = await bay.settled(taken.body["digest"]);
      expect([state, reason!.name], route).to.deep.equal(["rejected", each.refusal]);
      const stranger = person("a stranger").signer.sign({ ...terms, nonce: 0 });
      expect(told(await api.ask("/v1/transactions", { raw: stranger.raw })), route).to.deep.equal([
        403,
        "sender-unknown",
      ]);
    }
  });

  it("given pools that were funded past this server, for what it does not know, when they are to be divided, then it says what", async () => {
    const { lots, lineage, project } = ledger.desk;
    const cases = [
      [id("no lot"), lineage, "subject-unknown"],
      [lots[0]!, id("no ruleset"), "ruleset-unknown"],
      [lots[0]!, project, "ruleset-not-fitting"],
    ] as const;
    for (const [lot, ruleset, code] of cases) {
      const before = (await ledger.desk.get("/v1/pools"))["pools"] as unknown[];
      await bay.call(payer, "PremiumPools", "fund", [1, [lot], 1, 100n, ruleset]);
      const path = `/v1/pools/${before.length + 1}/allocation`;
      expect(told(await api.ask(path)), code).to.deep.equal([422, code]);
      expect(told(await api.ask(path, { from: allocator.account }, keeper)), code).to.deep.equal([422, code]);
    }
  });

  it("given keys that the server holds, when each route is asked by whom they do not sign for, or without a fresh name, then nothing is signed", async () => {
    await bay.does(bay.farmer, "/v1/transfers", {
      ...{ pieces: [piece(2, block(1))], to: machine.account, basis: id("a sale") },
    });
    const [own, others] = [await loginOf(machine), await loginOf(suspended)];
    const { body } = await api.ask(`/v1/accounts/${machine.account}/blocks`);
    const [{ id: theirs }] = body["blocks"] as [{ id: string }];
    const used = { "idempotency-key": "used" };
    const given = {
      from: machine.account,
      pieces: [{ block: theirs, kg: "1" }],
      to: bay.buyer.account,
      basis: id("on"),
    };
    const first = await api.ask("/v1/transfers", given, { ...own, ...used });
    expect(first.status, JSON.stringify(first.body)).to.equal(202);
    await bay.call(bay.registry, "Parties", "setStatus", [suspended.account, 2, id("a ruling")]);
    for (const each of ledger.cases) {
      const refused = async (from: Person, headers: Headers): Promise<unknown[]> =>
        told(await ask(each, from.account, headers));
      const fresh = { "idempotency-key": `fresh ${each.route}`.replaceAll(" ", "-") };
      expect(await refused(machine, fresh), each.route).to.deep.equal([401, "login-needed"]);
      expect(await refused(machine, { ...others, ...fresh }), each.route).to.deep.equal([403, "signer-foreign"]);
      expect(await refused(machine, own), each.route).to.deep.equal([422, "idempotency-key-needed"]);
      expect(await refused(machine, { ...own, ...used }), each.route).to.deep.equal([422, "idempotency-key-reused"]);
      expect(await refused(suspended, { ...others, ...fresh }), each.route).to.deep.equal([409, "account-not-active"]);
    }
    const rows = await api.running.db.sql`SELECT FROM tx WHERE sender = ${machine.account}`;
    expect(rows).to.have.length(1);
  });

  describeDocumentsAway(() => ledger);
  describeUnready(() => ledger);
});
