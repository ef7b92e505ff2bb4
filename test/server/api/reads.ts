import { expect } from "chai";
import { createSigner } from "../../../server/chain/transactions.ts";
import { interfaces } from "../../../server/chain/contracts.ts";
import type { Hex } from "../../../server/chain/port.ts";
import type { SignedItem } from "../../../scripts/bench/acts.ts";
import { registrySigner } from "../../../scripts/demo/keys.ts";
import { settled } from "../../../scripts/demo/waiting.ts";
import { allFinal, apiAt } from "../../support/homes.ts";
import { logInAs, openApi, type TestApi } from "../../support/api.ts";

const load = async <Module>(name: string): Promise<Module> =>
  (await import(new URL(`../../../server/web/${name}`, import.meta.url).href)) as Module;

const kgChecks = ["C1.issued", "C1.retired", "C1.ended", "C1.live", "C2.issued"];
const carbonChecks = [...kgChecks, "C1.words", "C1.batches", "C2.attested", "C2.periods", "C3.ranges"];
const fenChecks = ["M1.pools", "M3.deposited", "M3.withdrawn", "M3.supply", "M3.balances"];
const moneyChecks = [
  ...fenChecks,
  ...["M1.count", "M1.paid", "M1.closed", "M2.chunks", "M2.roots", "M3.negative", "M4.once"],
];

describe("reads", () => {
  let api: TestApi;
  let acts: SignedItem[];
  const unknown = `0x${"ee".repeat(32)}`;

  before(async function () {
    this.timeout(60_000);
    api = await openApi();
    acts = api.acts(0, 20);
    const items = acts.map(({ item }) => item);
    await api.ask("/v1/acts", items);
    await allFinal(apiAt(api.running.url), acts);
  });
  after(() => api.close());

  it("given a recorded collect, when its provenance is asked for in either direction, then it is the lot with its one act", async () => {
    const { digest, item } = acts[7]!;
    const headers = await logInAs(api, api.cast.keeper);
    for (const direction of ["upstream", "downstream"]) {
      const path = `/v1/lots/${digest}/provenance?view=full&direction=${direction}`;
      const { status, body } = await api.ask(path, undefined, headers);
      expect(status).to.equal(200);
      expect(body).to.include({ lot: digest, view: "full", direction, next: null });
      const [node] = body["nodes"] as { id: string; acts: Record<string, unknown>[] }[];
      expect(node).to.include({ owner: item.act.keeper, custodian: item.act.keeper, madeBy: digest, endedBy: null });
      expect(node!.acts).to.have.length(1);
      expect(node!.acts[0]).to.deep.include({
        digest,
        kind: "collect",
        giver: item.act.collector,
        receiver: item.act.keeper,
        massGrams: item.act.grams,
        declaredGrams: null,
        lossGrams: 0,
        capturedAt: item.act.capturedAt,
        reasons: [],
        evidence: item.act.evidence,
      });
    }
  });

  it("given recorded acts, when how far several are is asked in one question, then each that is known has its state", async () => {
    const some = [acts[3]!.digest, unknown, acts[4]!.digest];
    const { status, body } = await api.ask(`/v1/requests?${some.map((digest) => `digest=${digest}`).join("&")}`);
    expect(status).to.equal(200);
    const known = [acts[3]!, acts[4]!].map(({ digest }) => ({ digest, state: "final" }));
    expect(body["requests"]).to.have.deep.members(known);
    const one = await api.ask(`/v1/requests?digest=${acts[3]!.digest}`);
    expect(one.body).to.deep.equal({ requests: [known[0]] });
  });

  it("given the API, when it is asked for the states of nothing, of no digest or of a hundred and one, then the request is refused", async () => {
    const many = Array.from({ length: 101 }, () => `digest=${unknown}`).join("&");
    for (const query of ["", "?digest=0x12", `?${many}`]) {
      const { status, body } = await api.ask(`/v1/requests${query}`);
      expect([status, body["code"]], query.slice(0, 40)).to.deep.equal([400, "invalid-request"]);
    }
  });

  it("given a recorded collect, when anybody asks where it came from, then it came from one collector, who is not named", async () => {
    const { digest, item } = acts[7]!;
    const { status, body } = await api.ask(`/v1/lots/${digest}/provenance`);
    expect(status).to.equal(200);
    expect(body).to.deep.include({ view: "public", direction: "upstream" });
    expect(body["totals"]).to.deep.include({ lots: 1, acts: 1, collects: 1, collectors: 1, persons: 0, facilities: 1 });
    const day = item.act.capturedAt - (item.act.capturedAt % 86_400);
    expect(body["flows"]).to.deep.equal([
      {
        from: "collectors",
        to: item.act.keeper,
        massGrams: String(item.act.grams),
        acts: 1,
        firstDay: day,
        lastDay: day,
      },
    ]);
    expect(JSON.stringify(body)).to.not.contain(item.act.collector.slice(2));
  });

  const missing: [string, number, string][] = [
    [`/v1/lots/${unknown}`, 404, "not-found"],
    [`/v1/lots/${unknown}/provenance`, 404, "not-found"],
    [`/v1/requests/${unknown}`, 404, "not-found"],
    [`/v1/accounts/0x${"ee".repeat(20)}`, 404, "not-found"],
    ["/v1/lots/abc", 400, "invalid-request"],
    ["/v1/lots/%2e%2e%2fetc", 400, "invalid-request"],
    ["/v1/lots/%E0%A4%A", 400, "invalid-request"],
    [`/v1/lots/${unknown}/provenance?direction=sideways`, 400, "invalid-request"],
    [`/v1/lots/${unknown}/provenance?limit=1001`, 400, "invalid-request"],
    [`/v1/lots/${unknown}/provenance?view=all`, 400, "invalid-request"],
    [`/v1/lots/${unknown}/provenance?view=full`, 401, "login-needed"],
    ["/v1/audit/digest?block=-1", 400, "invalid-request"],
    ["/v1/audit/digest?block=99999999", 404, "not-found"],
    ["/v1/nothing", 404, "not-found"],
  ];
  for (const [path, status, code] of missing) {
    it(`given a server, when ${path} is asked for, then the answer is ${status} ${code} in a problem document`, async () => {
      const answer = await api.ask(path);
      expect([answer.status, answer.body["code"]]).to.deep.equal([status, code]);
      expect(answer.headers.get("content-type")).to.include("application/problem+json");
    });
  }

  it("given a route that only takes POST, when it is asked with GET, then the answer is 405 and says what it takes", async () => {
    const answer = await api.ask("/v1/acts");
    expect([answer.status, answer.headers.get("allow")]).to.deep.equal([405, "POST"]);
  });

  it("given recorded collects, when the books are asked for, then every check ran and balances to the gram", async () => {
    const grams = String(acts.reduce((sum, { item }) => sum + item.act.grams, 0));
    const { body } = await api.ask("/v1/audit/conservation");
    const checks = body["checks"] as { id: string; ok: boolean; left: string; right: string }[];
    expect(body["ok"]).to.equal(true);
    expect(checks.map(({ id, left, right }) => [id, left, right])).to.have.deep.members([
      ["T1.collected", grams, grams],
      ["T1.concluded", "0", "0"],
      ["T1.live", grams, grams],
      ["T1.acts", "0", "0"],
      ["T1.lots", "0", "0"],
      ["T2.mass", "0", "0"],
      ["T2.words", "8 lots", "8 lots"],
      // there are no credits and no money yet
      ...[...carbonChecks, ...moneyChecks].map((each) => [each, "0", "0"]),
      ["C3.words", "0 blocks", "0 blocks"],
      ["M1.words", "0 pools", "0 pools"],
      ["M3.words", "0 balances", "0 balances"],
    ]);
  });

  it("given the books, balanced or not, when the page shows their checks, then each has words in both languages and sides of a kind", async () => {
    const { sideKind } = await load<{ sideKind: (id: string, value: string) => string }>("format.js");
    const { words } = await load<{ words: Record<string, { zh: string; en: string }> }>("words.js");
    const checks = async (): Promise<{ id: string; left: string; right: string }[]> =>
      (await api.ask("/v1/audit/conservation")).body["checks"] as [];
    const kinds = (shown: Awaited<ReturnType<typeof checks>>): object =>
      Object.fromEntries(shown.map(({ id, left, right }) => [id, [sideKind(id, left), sideKind(id, right)]]));
    const balanced = await checks();
    for (const { id } of balanced) expect(words[`check.${id}`], id).to.have.all.keys("zh", "en");
    const [mass, number] = [
      ["mass", "mass"],
      ["number", "number"],
    ];
    const others = {
      "T1.collected": mass,
      "T1.concluded": mass,
      "T1.live": mass,
      "T1.acts": number,
      "T1.lots": number,
      "T2.mass": number,
      ...Object.fromEntries([...carbonChecks, ...moneyChecks].map((each) => [each, number])),
      ...Object.fromEntries(kgChecks.map((each) => [each, ["carbon", "carbon"]])),
      ...Object.fromEntries(fenChecks.map((each) => [each, ["money", "money"]])),
      "C3.words": ["blocks", "blocks"],
      "M1.words": ["pools", "pools"],
      "M3.words": ["balances", "balances"],
    };
    expect(kinds(balanced)).to.deep.equal({ ...others, "T2.words": ["lots", "lots"] });
    await api.running.db.sql`UPDATE lot SET seq = seq + 1`;
    const changed = await checks();
    await api.running.db.sql`UPDATE lot SET seq = seq - 1`;
    expect(kinds(changed)).to.deep.equal({ ...others, "T2.words": ["text", "text"] });
  });

  it("given a row somebody changed by hand, when the books and the digest are asked for, then both show it", async () => {
    const { body: before } = await api.ask("/v1/audit/digest");
    await api.running.db.sql`UPDATE lot SET grams = grams + 1 WHERE id = ${acts[0]!.digest}`;
    const { body: books } = await api.ask("/v1/audit/conservation");
    const { body: digest } = await api.ask("/v1/audit/digest");
    await api.running.db.sql`UPDATE lot SET grams = grams - 1 WHERE id = ${acts[0]!.digest}`;
    expect(books["ok"]).to.equal(false);
    expect((digest["state"] as { root: string }).root).to.not.equal((before["state"] as { root: string }).root);
    expect((await api.ask("/v1/audit/digest")).body).to.deep.equal(before);
  });

  it("given block 0, when its digest is asked for, then it names the block and its effects", async () => {
    const { body } = await api.ask("/v1/audit/digest?block=0");
    expect(body).to.include({ block: 0, state: null });
  });

  it("given the storage point, when its account is asked for, then its keeper's key is bound to it", async () => {
    const { body } = await api.ask(`/v1/accounts/${api.cast.point.account}`);
    expect(body).to.deep.include({ id: api.cast.point.account, status: "active", kinds: ["facility"] });
    expect((body["keys"] as { id: string }[])[0]!.id).to.equal(
      `0x${api.cast.keeper.address.slice(2).padStart(64, "0")}`,
    );
  });

  it("given a running server, when its health and readiness are asked for, then both are good", async () => {
    expect((await api.ask("/health")).body).to.deep.equal({ status: "ok" });
    const { status, body } = await api.ask("/ready");
    expect([status, body["ready"]]).to.deep.equal([200, true]);
  });
});

describe("POST /v1/transactions", () => {
  let api: TestApi;
  before(async function () {
    this.timeout(60_000);
    api = await openApi();
  });
  after(() => api.close());

  const registry = registrySigner();
  const stranger = createSigner(`0x${"5e".repeat(32)}`);

  async function suspended(signer: typeof registry, nonce: number, chainId?: number): Promise<{ raw: Hex; hash: Hex }> {
    const { body } = await api.ask("/v1/ledger");
    const to = (body["contracts"] as Record<string, Hex>)["Parties"];
    const args = [api.cast.point.account, 2, `0x${"00".repeat(32)}`] as const;
    const data = interfaces.Parties.encodeFunctionData("setStatus", [...args]) as Hex;
    return signer.sign({ to, data, nonce, gasLimit: 1_000_000n, chainId: chainId ?? Number(body["chainId"]) });
  }
  const nonceOf = async (address: Hex): Promise<number> =>
    (await api.ask(`/v1/senders/${address}`)).body["nextNonce"] as number;

  it("given the registry's key, when it hands in a transaction, then it is carried out and its request is final", async () => {
    const { raw, hash } = await suspended(registry, await nonceOf(registry.address));
    const answer = await api.ask("/v1/transactions", { raw });
    expect([answer.status, answer.headers.get("location")]).to.deep.equal([202, `/v1/requests/${hash}`]);
    expect((await settled(apiAt(api.running.url), hash)).state).to.equal("final");
    expect((await api.ask(`/v1/accounts/${api.cast.point.account}`)).body["status"]).to.equal("suspended");
    expect((await api.ask("/v1/transactions", { raw })).body["status"]).to.equal("duplicate");
  });

  it("given a suspended keeper, when a collect is handed in, then it is recorded and flagged for review", async () => {
    const acts = api.acts(0, 1);
    await api.ask("/v1/acts", [acts[0]!.item]);
    await allFinal(apiAt(api.running.url), acts);
    const headers = await logInAs(api, api.cast.keeper);
    const { body } = await api.ask(`/v1/lots/${acts[0]!.digest}/provenance?view=full`, undefined, headers);
    const [node] = body["nodes"] as { flags: string[]; acts: { reasons: string[] }[] }[];
    expect([node!.flags, node!.acts[0]!.reasons]).to.deep.equal([["review"], ["suspended"]]);
  });

  it("given a stranger's key, when it hands in a transaction, then it is refused and nothing is stored", async () => {
    const { raw, hash } = await suspended(stranger, 0);
    const answer = await api.ask("/v1/transactions", { raw });
    expect([answer.status, answer.body["code"]]).to.deep.equal([403, "sender-unknown"]);
    expect((await api.ask(`/v1/requests/${hash}`)).status).to.equal(404);
  });

  it("given a collector's key, when it calls what only the registry may, then the request is rejected with the contract's reason", async () => {
    const collector = createSigner((await import("../../../scripts/demo/keys.ts")).seeded("regular/3"));
    const { raw, hash } = await suspended(collector, await nonceOf(collector.address));
    expect((await api.ask("/v1/transactions", { raw })).status).to.equal(202);
    const view = await settled(apiAt(api.running.url), hash);
    expect(view.state).to.equal("rejected");
    expect(view.reason?.en).to.be.a("string");
  });

  it("given a nonce that is used, when another transaction is handed in with it, then it is refused", async () => {
    const { raw } = await suspended(registry, 0);
    const answer = await api.ask("/v1/transactions", { raw });
    expect([answer.status, answer.body["code"]]).to.deep.equal([409, "nonce-taken"]);
  });

  it("given bytes that are no transaction, or one for another chain, when handed in, then they are refused", async () => {
    const elsewhere = await suspended(registry, await nonceOf(registry.address), 1);
    for (const raw of ["0x02ff", elsewhere.raw]) {
      const answer = await api.ask("/v1/transactions", { raw });
      expect([answer.status, answer.body["code"]]).to.deep.equal([422, "transaction-malformed"]);
    }
  });
});
