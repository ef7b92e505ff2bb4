import { expect } from "chai";
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from "jose";
import type { SignedItem } from "../../../scripts/bench/acts.ts";
import { allFinal, apiAt } from "../../support/homes.ts";
import { openApi, type TestApi } from "../../support/api.ts";

interface Result {
  digest?: string;
  status: string;
  receipt?: string;
  problem?: { code: string };
}

describe("POST /v1/acts", () => {
  let api: TestApi;
  before(async function () {
    this.timeout(60_000);
    api = await openApi();
  });
  after(() => api.close());

  const results = (body: Record<string, unknown>): Result[] => body["results"] as Result[];
  /** everything a refused bundle must leave as it was */
  async function standing(): Promise<string> {
    const rows = await api.running.db.sql`
      SELECT (SELECT count(*) FROM request) AS requests, (SELECT count(*) FROM lot) AS lots,
             (SELECT count(*) FROM act) AS acts, (SELECT count(*) FROM tx) AS transactions`;
    return JSON.stringify(rows, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
  }
  const spoiled = ({ item }: SignedItem, change: (copy: SignedItem["item"]) => void): SignedItem["item"] => {
    const copy = structuredClone(item);
    change(copy);
    return copy;
  };

  it("given registered people, when a bundle is handed in, then each act is accepted, recorded, and a lot", async () => {
    const acts = api.acts(0, 5);
    const answer = await api.ask(
      "/v1/acts",
      acts.map(({ item }) => item),
    );
    expect(answer.status).to.equal(202);
    expect(results(answer.body).map(({ digest, status }) => [digest, status])).to.deep.equal(
      acts.map(({ digest }) => [digest, "accepted"]),
    );
    await allFinal(apiAt(api.running.url), acts);
    const lot = await api.ask(`/v1/lots/${acts[3]!.digest}`);
    expect(lot.body).to.include({
      id: acts[3]!.digest,
      massGrams: 1_003,
      custodian: api.cast.point.account,
      seq: 0,
      disposition: "open",
    });
    expect(lot.body["class"]).to.include({ code: 1, term: "pet-bottle", zh: "PET 塑料瓶" });
  });

  it("given an accepted act, when it is handed in again, then it is a duplicate with the first receipt", async () => {
    const [act] = api.acts(10, 1);
    const first = await api.ask("/v1/acts", [act!.item]);
    const again = await api.ask("/v1/acts", [act!.item, act!.item]);
    const { receipt } = results(first.body)[0]!;
    expect(results(again.body)).to.deep.equal([
      { digest: act!.digest, status: "duplicate", receipt },
      { digest: act!.digest, status: "duplicate", receipt },
    ]);
    await allFinal(apiAt(api.running.url), [act!]);
    const rows = await api.running.db.sql`SELECT 1 FROM act WHERE digest = ${act!.digest}`;
    expect(rows).to.have.length(1);
  });

  it("given a receipt, when it is checked against the published keys, then it names this ledger and the act", async () => {
    const [act] = api.acts(11, 1);
    const answer = await api.ask("/v1/acts", [act!.item]);
    const { body: keys } = await api.ask("/.well-known/jwks.json");
    expect(JSON.stringify(keys)).to.not.include('"d"');
    const keySet = createLocalJWKSet(keys as unknown as JSONWebKeySet);
    const { payload } = await compactVerify(results(answer.body)[0]!.receipt!, keySet);
    const { body: ledger } = await api.ask("/v1/ledger");
    const said = JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>;
    expect(said).to.deep.include({ digest: act!.digest, chainId: ledger["chainId"], authority: ledger["authority"] });
    expect(said["acceptedAt"]).to.be.closeTo(Date.now(), 60_000);
    await allFinal(apiAt(api.running.url), [act!]);
  });

  it("given one good act among bad ones, when they are handed in together, then only the good one is accepted", async () => {
    const [good, other] = api.acts(20, 2) as [SignedItem, SignedItem];
    const stranger = `0x${"77".repeat(20)}` as const;
    const cases: [string, unknown][] = [
      ["act-malformed", { hello: "world" }],
      ["act-malformed", spoiled(other, (copy) => (copy.act.grams = 1.5))],
      ["act-malformed", { ...other.item, extra: true }],
      ["grams-zero", spoiled(other, (copy) => (copy.act.grams = 0))],
      ["bad-signature", spoiled(other, (copy) => copy.act.grams++)],
      ["bad-signature", spoiled(other, (copy) => (copy.receiverSignature = copy.giverSignature))],
      ["bad-signature", spoiled(other, (copy) => (copy.giverSignature = good.item.giverSignature))],
      ["bad-signature", spoiled(other, (copy) => (copy.giverSignature = `0x${"00".repeat(64)}`))],
      ["account-unknown", spoiled(other, (copy) => (copy.act.collector = stranger))],
      // the collector's signature is judged before the keeper
      ["bad-signature", spoiled(other, (copy) => (copy.act.keeper = stranger))],
    ];
    const answer = await api.ask("/v1/acts", [...cases.map(([, item]) => item), good.item]);
    expect(answer.status).to.equal(202);
    expect(results(answer.body).map(({ status, problem }) => problem?.code ?? status)).to.deep.equal([
      ...cases.map(([code]) => code),
      "accepted",
    ]);
    await allFinal(apiAt(api.running.url), [good]);
    expect((await api.ask(`/v1/requests/${other.digest}`)).status).to.equal(404);
  });

  it("given a key bound from 2024 on, when it signs an act captured before, then the act is refused by name", async () => {
    const early = signedEarly(api);
    const answer = await api.ask("/v1/acts", [early]);
    expect(answer.status).to.equal(422);
    expect(results(answer.body)[0]!.problem!.code).to.equal("key-not-valid");
  });

  it("given only bad acts, when they are handed in, then the whole answer is a problem and nothing changed", async () => {
    const before = await standing();
    const answer = await api.ask("/v1/acts", [{}, { type: "Collect" }]);
    expect(answer.status).to.equal(422);
    expect(answer.headers.get("content-type")).to.include("application/problem+json");
    expect(answer.body["code"]).to.equal("nothing-accepted");
    expect(results(answer.body)).to.have.length(2);
    expect(await standing()).to.equal(before);
  });

  const bodies: [string, number, string, unknown, Record<string, string>?][] = [
    ["JSON that is cut off", 400, "malformed-json", '[{"type":'],
    ["no array", 400, "invalid-request", { type: "Collect" }],
    ["an empty array", 400, "invalid-request", []],
    ["more acts than a bundle may have", 400, "invalid-request", Array<number>(2_001).fill(0)],
    ["a body over the limit", 413, "body-too-large", JSON.stringify(["x".repeat(1_100_000)])],
    ["another media type", 415, "unsupported-media-type", "[]", { "content-type": "text/plain" }],
    ["another charset", 415, "unsupported-media-type", "[]", { "content-type": "application/json; charset=koi8-r" }],
    ["a JSON bomb of nested arrays", 422, "nothing-accepted", `${"[".repeat(5_000)}${"]".repeat(5_000)}`],
  ];
  for (const [what, status, code, body, headers] of bodies) {
    it(`given ${what}, when it is handed in, then the answer is ${status} ${code} and nothing changed`, async () => {
      const before = await standing();
      const answer = await api.ask("/v1/acts", body, headers);
      expect([answer.status, answer.body["code"]]).to.deep.equal([status, code]);
      expect(answer.body["remedy"]).to.be.a("string");
      expect(await standing()).to.equal(before);
    });
  }
});

/** An act the keeper signs with a key that is bound only from 2024 on. */
function signedEarly(api: TestApi): SignedItem["item"] {
  // the bulk acts are captured from the first second of 2024 on; number −86,400 is a day before
  return api.acts(-100, 1)[0]!.item;
}
