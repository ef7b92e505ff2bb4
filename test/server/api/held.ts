import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { id } from "ethers";
import type { Unsigned } from "../../../server/chain/calls.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { nextNonce, sendRaw } from "../../../server/chain/transactions.ts";
import { createLog } from "../../../server/log.ts";
import { logInAs, logInAsAdmin, openApi, type Answer, type TestApi } from "../../support/api.ts";
import { settleBay, type Bay } from "../../support/bay.ts";
import { beginProject, block, piece, type Terms } from "../../support/bayTerms.ts";
import { secretOf, type Person } from "../../support/ledger.ts";

type Headers = Record<string, string>;

interface Document {
  paths: Record<"/v1/transfers", { post: { parameters: [{ name: string; schema: { pattern: string } }] } }>;
}

describe("keys that the server holds", function () {
  this.timeout(60_000);
  let api: TestApi;
  let bay: Bay;
  let terms: Terms;
  let farmer: Headers;
  let names = 0;

  before(async function () {
    this.timeout(120_000);
    const held = ["farmer", "other"].map(secretOf);
    api = await openApi({ TIDEMARK_POOL_DELAY: "1" }, createLog("silent"), held);
    bay = await settleBay(api);
    terms = await beginProject(bay);
    const report = await terms.attested();
    await bay.does(bay.issuer, "/v1/projects/1/issuances", terms.issuance(report, [1_000, 1_000]));
    farmer = await loginOf(bay.farmer);
  });
  after(() => api.close());

  const loginOf = ({ account, sign }: Person): Promise<Headers> => logInAs(api, { address: account, sign });
  const named = (name?: string): Headers => ({ "idempotency-key": name ?? `request-${++names}` });
  const ask = (path: string, body: object, headers: Headers): Promise<Answer> =>
    api.ask(path, { from: bay.farmer.account, ...body }, headers);
  const transfer = (headers: Headers, more: object = {}): Promise<Answer> =>
    ask("/v1/transfers", terms.transfer(more), headers);
  const told = ({ status, body }: Answer): unknown[] => [status, body["code"]];
  async function signed(): Promise<number> {
    const [row] = await api.running.db.sql<{ n: bigint }>`
      SELECT count(*) AS n FROM tx WHERE sender = ${bay.farmer.account}`;
    return Number(row!.n);
  }
  async function final(answer: Answer): Promise<void> {
    expect(answer.status, JSON.stringify(answer.body)).to.equal(202);
    expect(await bay.settled(answer.body["digest"])).to.include({ state: "final", kind: "transaction" });
  }

  it("given a key of somebody else's, when a transaction is prepared, then it comes unsigned, name and login or not", async () => {
    for (const headers of [{}, named(), { ...farmer, ...named() }]) {
      const { status, body } = await api.ask(
        "/v1/transfers",
        { from: bay.buyer.account, ...terms.transfer({ pieces: [piece(1, block(1))] }) },
        headers,
      );
      // the buyer holds nothing yet: tried, not signed
      expect([status, body["reason"]]).to.deep.equal([409, "NotHolder"]);
    }
  });

  it("given a key of somebody else's, when the request's name is not well-formed, then it is refused as for any key, and as documented", async () => {
    const { paths } = (await api.ask("/openapi.json")).body as unknown as Document;
    const [{ name: header, schema }] = paths["/v1/transfers"].post.parameters;
    expect([header, '"two words"', "one"].filter((name) => new RegExp(schema.pattern).test(name))).to.have.length(3);
    for (const name of ["x".repeat(256), "two words"]) {
      expect(name).to.not.match(new RegExp(schema.pattern));
      const body = { from: bay.buyer.account, ...terms.transfer() };
      expect(told(await api.ask("/v1/transfers", body, named(name)))).to.deep.equal([422, "idempotency-key-needed"]);
    }
  });

  it("given a held key, when nobody, a stranger, or a request without a name asks, then nothing is signed", async () => {
    const before = await signed();
    const stranger = { ...(await loginOf(bay.buyer)), ...named() };
    const cases: [Headers, unknown[]][] = [
      [named(), [401, "login-needed"]],
      [stranger, [403, "signer-foreign"]],
      [await logInAs(api, api.cast.keeper), [403, "signer-foreign"]],
      [farmer, [422, "idempotency-key-needed"]],
      [{ ...farmer, ...named("two words") }, [422, "idempotency-key-needed"]],
      [{ ...farmer, ...named("x".repeat(256)) }, [422, "idempotency-key-needed"]],
      [{ ...farmer, ...named('""') }, [422, "idempotency-key-needed"]],
    ];
    for (const [headers, expected] of cases) expect(told(await transfer(headers))).to.deep.equal(expected);
    expect(await signed()).to.equal(before);
    expect(await api.running.db.sql`SELECT FROM idempotency`).to.deep.equal([]);
  });

  it("given its account's login, when a transfer is asked for, then it is signed, stored, told with a receipt, and recorded", async () => {
    const answer = await transfer({ ...farmer, ...named() });
    expect(answer.body).to.deep.include({
      status: "accepted",
      summary: { en: `Give 1 kg CO2e to ${bay.buyer.account}`, zh: `将 1 千克 CO2e 转给 ${bay.buyer.account}` },
    });
    const { digest, receipt } = answer.body as { digest: string; receipt: string };
    expect(answer.headers.get("location")).to.equal(`/v1/requests/${digest}`);
    const claims = JSON.parse(Buffer.from(receipt.split(".")[1]!, "base64url").toString()) as object;
    expect(claims).to.include({ digest });
    await final(answer);
    const { body } = await api.ask(`/v1/accounts/${bay.buyer.account}/blocks`);
    expect(body["blocks"]).to.have.length(1);
  });

  it("given a request that was answered, when it is sent again, in other words too, then the first answer comes again and nothing is signed", async () => {
    const first = await transfer({ ...farmer, ...named("again") });
    await final(first);
    const count = await signed();
    const turned = Object.fromEntries(Object.entries(terms.transfer()).reverse());
    for (const headers of [named("again"), named('"again"')]) {
      const again = await api.ask("/v1/transfers", { ...turned, from: bay.farmer.account }, { ...farmer, ...headers });
      expect([again.status, again.body]).to.deep.equal([202, first.body]);
      expect(again.headers.get("location")).to.equal(first.headers.get("location"));
    }
    const other = { ...farmer, ...named("again") };
    expect(told(await transfer(other, { pieces: [piece(2)] }))).to.deep.equal([422, "idempotency-key-reused"]);
    const cancelled = await ask("/v1/cancellations", { pieces: [piece(1)], basis: id("a basis") }, other);
    expect(told(cancelled)).to.deep.equal([422, "idempotency-key-reused"]);
    expect(await signed()).to.equal(count);
  });

  it("given an API key of the account, then it signs; one of another account does not, and a name is not shared between them", async () => {
    const operator = await logInAsAdmin(api);
    const keyFor = async ({ account }: Person): Promise<Headers> => {
      const { body } = await api.ask("/v1/api-keys", { account, label: "a machine" }, operator);
      return { authorization: `Bearer ${String(body["key"])}` };
    };
    await final(await transfer({ ...(await keyFor(bay.farmer)), ...named("machine") }));
    expect(told(await transfer({ ...(await keyFor(bay.buyer)), ...named("machine") }))).to.deep.equal([
      403,
      "signer-foreign",
    ]);
  });

  it("given the same request twice at once, then it is signed once; given several, each at a nonce of its own", async () => {
    const count = await signed();
    const headers = { ...farmer, ...named() };
    const twice = await Promise.all([transfer(headers), transfer(headers), transfer(headers)]);
    expect(new Set(twice.map(({ status, body }) => `${status} ${String(body["digest"])}`)).size).to.equal(1);
    expect(await signed()).to.equal(count + 1);
    const pieces = [piece(1, block(1_001))];
    const several = await Promise.all(
      Array.from({ length: 4 }, (_, i) => transfer({ ...farmer, ...named() }, { pieces, basis: id(`sale ${i}`) })),
    );
    for (const each of several) await final(each);
    const rows = await api.running.db.sql<{ nonce: bigint }>`
      SELECT nonce FROM tx WHERE sender = ${bay.farmer.account} ORDER BY nonce`;
    expect(rows.map(({ nonce }) => Number(nonce))).to.deep.equal(rows.map((_, i) => i));
  });

  it("given the key is used elsewhere too, then the server goes on behind it, and a nonce it took is told to be taken", async () => {
    const { chain } = api.running;
    const { account, signer } = bay.farmer;
    const { body: ledger } = await api.ask("/v1/ledger");
    const credits = (ledger["contracts"] as Record<string, Hex>)["Credits"]!;
    const foreign = { to: credits, data: "0x" as Hex, gasLimit: 100_000n, chainId: ledger["chainId"] as number };
    const nonce = await nextNonce(chain, account);
    await sendRaw(chain, signer.sign({ ...foreign, nonce }).raw).catch(() => undefined);
    while ((await nextNonce(chain, account)) === nonce) await sleep(20);
    await final(await transfer({ ...farmer, ...named() }));
    const taken = await api.ask("/v1/transactions", { raw: signer.sign({ ...foreign, nonce: nonce + 1 }).raw });
    expect(told(taken)).to.deep.equal([409, "nonce-taken"]);
  });

  it("given what the contract refuses, then its name stays free for when it would not", async () => {
    const headers = { ...farmer, ...named() };
    const refused = await transfer(headers, { pieces: [piece(9_999)] });
    expect(refused.body).to.include({ code: "would-revert", reason: "KgAboveBlock" });
    await final(await transfer(headers));
  });

  it("given a held key that holds a role, then it signs for its own login only", async () => {
    const pieces = [piece(1, block(1_001))];
    const lock = (headers: Headers): Promise<Answer> =>
      ask(
        "/v1/locks",
        { from: bay.other.account, pieces, set: ["pledged"], cleared: [], basis: id("a loan") },
        headers,
      );
    await bay.grant("PLEDGE", bay.other);
    const operator = await logInAsAdmin(api);
    const { body } = await api.ask("/v1/api-keys", { account: bay.other.account, label: "a machine" }, operator);
    const machine = { authorization: `Bearer ${String(body["key"])}`, ...named() };
    const refused = await lock(machine);
    expect(told(refused)).to.deep.equal([403, "signer-foreign"]);
    expect(refused.body["detail"]).to.contain("PLEDGE");
    await final(await lock({ ...(await loginOf(bay.other)), ...named() }));
  });

  it("given a pool of a held key's, when its chunks are to be paid, then each is signed, in order, and told again as it was", async () => {
    const { farmer: payer, issuer } = bay;
    await bay.grant("BANK", issuer);
    await bay.grant("ALLOCATOR", issuer);
    const bankReference = id("a deposit");
    await bay.does(issuer, "/v1/deposits", { account: payer.account, amountFen: "10001", bankReference });
    const ruleset = await bay.document('{"kind":"project","name":{"en":"By shares","zh":"按份额"}}');
    const funds = { kind: "project", subjects: [`0x${"0".repeat(63)}1`], source: 1, amountFen: "10001", ruleset };
    await final(await ask("/v1/pools", funds, { ...farmer, ...named() }));
    const login = await logInAs(api, api.cast.keeper);
    const published = await api.ask("/v1/pools/1/allocation", { from: issuer.account }, login);
    const unsigned = published.body["transaction"] as Unsigned;
    const { raw } = issuer.signer.sign({ ...unsigned, gasLimit: BigInt(unsigned.gasLimit) });
    expect((await bay.settled((await api.ask("/v1/transactions", { raw })).body["digest"])).state).to.equal("final");
    const headers = { ...farmer, ...named() };
    let paid = await ask("/v1/pools/1/payouts", {}, headers);
    while (paid.body["reason"] === "PoolNotOpen") {
      await sleep(100);
      paid = await ask("/v1/pools/1/payouts", {}, headers);
    }
    expect(paid.status, JSON.stringify(paid.body)).to.equal(202);
    const payouts = paid.body["payouts"] as { chunk: number; sumFen: string; digest: string }[];
    expect(payouts).to.have.length(1);
    expect(payouts[0]).to.include({ chunk: 0, sumFen: "10001", status: "accepted" });
    expect(await bay.settled(payouts[0]!.digest)).to.include({ state: "final" });
    const again = await ask("/v1/pools/1/payouts", {}, headers);
    expect([again.status, again.body]).to.deep.equal([202, paid.body]);
    // all are paid: there is nothing to sign
    const none = await ask("/v1/pools/1/payouts", {}, { ...farmer, ...named() });
    expect([none.status, none.body["payouts"]]).to.deep.equal([200, []]);
  });

  it("given its account is suspended, then nothing is signed, by login or by API key, but what was answered is told again", async () => {
    const headers = { ...farmer, ...named() };
    const first = await transfer(headers);
    await final(first);
    const count = await signed();
    await bay.call(bay.registry, "Parties", "setStatus", [bay.farmer.account, 2, id("a ruling")]);
    expect(told(await transfer({ ...farmer, ...named() }))).to.deep.equal([409, "account-not-active"]);
    expect((await transfer(headers)).body).to.deep.equal(first.body);
    expect(await signed()).to.equal(count);
  });
});
