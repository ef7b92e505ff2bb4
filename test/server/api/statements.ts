import { expect } from "chai";
import { id } from "ethers";
import { roles } from "../../../server/access/roles.ts";
import { interfaces } from "../../../server/chain/contracts.ts";
import { sendAs } from "../../../server/chain/deploy.ts";
import { toHex } from "../../../server/chain/eip712.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { createSigner } from "../../../server/chain/transactions.ts";
import { openApi, type TestApi } from "../../support/api.ts";
import { settleBay, type Bay } from "../../support/bay.ts";
import { beginProject } from "../../support/bayTerms.ts";
import { person, registrationOf } from "../../support/ledger.ts";
import { deployWallet, honestWallet, walletSign } from "../../support/walletAccounts.ts";

const MOST = String(2n ** 63n - 1n);
describe("refusals of verifiers' statements", function () {
  this.timeout(30_000);
  let api: TestApi;
  let bay: Bay;
  /** reports of which credits were issued, and were not */
  let closed: Hex;
  let open: Hex;

  before(async function () {
    this.timeout(60_000);
    api = await openApi();
    bay = await settleBay(api);
    const terms = await beginProject(bay);
    closed = await terms.attested({ fromDay: "2020-01-01", toDay: "2020-12-31" });
    open = await bay.report("1", terms.report({ claimedKg: "1000" }));
    await bay.does(bay.issuer, "/v1/projects/1/issuances", terms.issuance(closed, [1], { vintage: 2020 }));
  });
  after(() => api.close());

  async function standing(): Promise<string> {
    const rows = await api.running.db.sql`
      SELECT (SELECT count(*) FROM request) AS requests, (SELECT count(*) FROM verification) AS statements,
             (SELECT count(*) FROM tx) AS transactions`;
    return JSON.stringify(rows, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
  }

  /** Hands a statement in by both doors, which must say the same of it. */
  async function refusal(statement: unknown): Promise<[status: unknown, code: unknown, detail: unknown]> {
    const alone = await api.ask("/v1/projects/1/verifications", statement);
    const bundled = await api.ask("/v1/acts", [statement]);
    const { results } = bundled.body as { results: { status: string; problem: Record<string, unknown> }[] };
    expect([bundled.status, results[0]!.status]).to.deep.equal([422, "rejected"]);
    const { instance, ...problem } = alone.body;
    expect(instance).to.be.a("string");
    expect(results[0]!.problem).to.deep.equal(problem);
    return [alone.status, alone.body["code"], alone.body["detail"]];
  }

  const cases: [what: string, make: () => unknown, status: number, code: string][] = [
    ["on no report", () => bay.statement(bay.second, {}), 409, "report-unknown"],
    ["on a report that is issued", () => bay.statement(bay.second, { report: closed }), 409, "report-closed"],
    ["above the claim", () => bay.statement(bay.second, { report: open, attestedKg: "1001" }), 409, "above-claimed"],
    ["of 2^63 − 1 kg", () => bay.statement(bay.second, { report: open, attestedKg: MOST }), 409, "above-claimed"],
    ["by the proponent", () => bay.statement(bay.proponent, { report: open }), 409, "conflict-of-interest"],
    ["by the measurer", () => bay.statement(bay.measurer, { report: open }), 409, "conflict-of-interest"],
    ["by one who has a share", () => bay.statement(bay.farmer, { report: open }), 409, "conflict-of-interest"],
    ["by somebody without the role", () => bay.statement(bay.buyer, { report: open }), 409, "not-verifier"],
    ["by nobody", () => bay.statement(person("nobody"), { report: open }), 422, "account-unknown"],
    ["signed by another", () => bay.statement(bay.second, { report: open }, bay.verifier), 422, "bad-signature"],
    [
      "signed for other kilograms",
      () => {
        const good = bay.statement(bay.second, { report: open });
        return { ...good, act: { ...good.act, attestedKg: "999" } };
      },
      422,
      "bad-signature",
    ],
    [
      "with a signature of zeros",
      () => ({ ...bay.statement(bay.second, { report: open }), signature: `0x${"00".repeat(64)}` }),
      422,
      "bad-signature",
    ],
    [
      "with a wallet's signature, of no wallet",
      () => ({ ...bay.statement(bay.second, { report: open }), signature: "0x02ab" }),
      422,
      "bad-signature",
    ],
    [
      "from an hour ahead",
      () => bay.statement(bay.second, { report: open, signedAt: Math.floor(Date.now() / 1_000) + 3_600 }),
      422,
      "signed-in-future",
    ],
    [
      "at the end of time",
      () => bay.statement(bay.second, { report: open, signedAt: 2 ** 40 - 1 }),
      422,
      "signed-in-future",
    ],
  ];
  for (const [what, make, status, code] of cases) {
    it(`given a statement ${what}, when it is handed in by either door, then it is ${code}, and nothing is kept`, async () => {
      const before = await standing();
      expect((await refusal(make())).slice(0, 2)).to.deep.equal([status, code]);
      expect(await standing()).to.equal(before);
    });
  }

  it("given statements that have not the form, when handed in, then each is act-malformed, with the places", async () => {
    const good = bay.statement(bay.second, { report: open });
    const terms = (act: object): object => ({ ...good, act: { ...good.act, ...act } });
    const malformed: [at: string, given: object][] = [
      ["act.attestedKg", terms({ attestedKg: 1_000 })],
      ["act.attestedKg", terms({ attestedKg: String(2n ** 63n) })],
      ["act.attestedKg", terms({ attestedKg: "-1" })],
      ["act.attestedKg", terms({ attestedKg: "1e3" })],
      ["act.signedAt", terms({ signedAt: 2 ** 40 })],
      ["act.signedAt", terms({ signedAt: -1 })],
      ["act.report", terms({ report: "0x12" })],
      ["act.verifier", terms({ verifier: bay.second.account.toUpperCase() })],
      ["act", terms({ more: 1 })],
      ["signature", { ...good, signature: good.signature.slice(0, -2) }],
      ["signature", { ...good, signature: `0x01${"00".repeat(128)}` }],
      ["signature", { ...good, signature: `0x02${"00".repeat(1_025)}` }],
      ["type", { ...good, type: "Collect" }],
    ];
    for (const [at, given] of malformed) {
      const { status, body } = await api.ask("/v1/projects/1/verifications", given);
      expect([status, body["code"]], JSON.stringify(given)).to.deep.equal([422, "act-malformed"]);
      expect((body["errors"] as { at: string }[]).map((error) => error.at)).to.deep.equal([at]);
    }
  });

  it("given a suspended verifier, when it states something, then it is refused; made active again, taken", async () => {
    const statement = bay.statement(bay.third, { report: open });
    await bay.call(bay.registry, "Parties", "setStatus", [bay.third.account, 2, id("why")]);
    expect((await refusal(statement)).slice(0, 2)).to.deep.equal([409, "account-not-active"]);
    await bay.call(bay.registry, "Parties", "setStatus", [bay.third.account, 1, id("why not")]);
    const { body } = await api.ask("/v1/projects/1/verifications", statement);
    expect(await bay.settled(body["digest"])).to.include({ state: "final" });
  });

  it("given a recorded statement, when its verifier states another, then that is refused; the first is a duplicate still", async () => {
    expect((await refusal(bay.statement(bay.third, { report: open, attestedKg: "1" }))).slice(0, 2)).to.deep.equal([
      409,
      "already-verified",
    ]);
    const { status, body } = await api.ask("/v1/projects/1/verifications", bay.statement(bay.third, { report: open }));
    expect([status, body["status"]]).to.deep.equal([202, "duplicate"]);
  });

  it("given a key dated by the registry, when it signs from before or after, then it is refused by name", async () => {
    const dated = person("a dated key");
    await bay.call(bay.registry, "Parties", "bindKey", [bay.second.account, keyId(dated.account), 1_000, 2_000]);
    for (const signedAt of [999, 2_000]) {
      const early = bay.statement(bay.second, { report: open, signedAt }, dated);
      expect((await refusal(early)).slice(0, 2)).to.deep.equal([422, "key-not-valid"]);
    }
    const good = bay.statement(bay.second, { report: open, signedAt: 1_000 }, dated);
    expect(await refusal(good)).to.deep.equal([409, "not-verifier", `${dated.account} of ${bay.second.account}`]);
  });

  it("given a verifier whose account is a wallet, when the wallet agrees to its statement, then it is recorded; when it does not, refused", async () => {
    const account = await deployWallet(api.running.chain, createSigner(id("deployer") as Hex), honestWallet);
    await bay.call(bay.registry, "Parties", "register", [[registrationOf(account)]]);
    const owner = { account, sign: (digest: Uint8Array) => walletSign(toHex(digest)) as Hex };
    const statement = bay.statement(owner, { report: open, attestedKg: "0" });
    expect((await refusal(statement)).slice(0, 2)).to.deep.equal([409, "not-verifier"]);
    await bay.grant("VERIFIER", owner);
    const forged = { ...statement, signature: walletSign(id("another digest")) };
    expect((await refusal(forged)).slice(0, 2)).to.deep.equal([422, "bad-signature"]);
    expect(await bay.settled(await bay.states(statement))).to.include({ state: "final" });
    expect((await api.ask(`/v1/reports/${open}`)).body).to.include({ attestedKg: "0" });
  });

  it("given a role revoked between intake and block, when a statement is carried, then it is skipped and says why; granted again, it is recorded", async () => {
    const { chain, db } = api.running;
    const { body } = await api.ask("/v1/ledger");
    const { chainId, contracts } = body as { chainId: number; contracts: Record<string, Hex> };
    const statement = bay.statement(bay.second, { report: open });
    await db.sql`UPDATE sender SET halted = 'held by a test'`;
    expect((await api.ask("/v1/projects/1/verifications", statement)).body).to.include({ status: "accepted" });
    const revoke = [roles.VERIFIER, bay.second.account] as const;
    const data = interfaces.AccessManager.encodeFunctionData("revokeRole", [...revoke]) as Hex;
    await sendAs(chain, bay.admin.signer, chainId, contracts["AccessManager"], data);
    // what is on its way is a duplicate, though it would be refused by now
    expect((await api.ask("/v1/projects/1/verifications", statement)).body).to.include({ status: "duplicate" });
    await db.sql`UPDATE sender SET halted = NULL`;
    await api.ask("/v1/projects/1/verifications", statement);
    expect(await bay.settled(bay.digest(statement))).to.deep.include({
      state: "skipped",
      reason: {
        name: "NotVerifier",
        code: "not-verifier",
        en: "The key did not hold the role VERIFIER.",
        zh: "签名密钥不具备核查方角色。",
      },
    });
    expect((await refusal(statement)).slice(0, 2)).to.deep.equal([409, "not-verifier"]);
    await bay.grant("VERIFIER", bay.second);
    expect((await api.ask("/v1/projects/1/verifications", statement)).body).to.include({ status: "duplicate" });
    expect(await bay.settled(bay.digest(statement))).to.include({ state: "final", reason: null });
  });

  it("given a statement recorded by somebody else as it was handed in, when it is carried, then it is final, though the chain skips it", async () => {
    const statement = bay.statement(bay.third, { report: open });
    await api.running.db.sql`
        UPDATE request SET state = 'queued', tx_hash = NULL, block = NULL WHERE digest = ${bay.digest(statement)}`;
    await api.ask("/v1/projects/1/verifications", statement);
    expect(await bay.settled(bay.digest(statement))).to.deep.include({ state: "final", tx: null, reason: null });
  });
});

const keyId = (address: string): string => `0x${"0".repeat(24)}${address.slice(2)}`;
