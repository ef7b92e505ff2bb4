import { createHash } from "node:crypto";
import { expect } from "chai";
import { id } from "ethers";
import { actKey, auditorSigner, type ActKey } from "../../../scripts/demo/keys.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { buildSumTree } from "../../../server/profit/sumTree.ts";
import { logInAs, type TestApi } from "../../support/api.ts";
import { scope, type Bay } from "../../support/bay.ts";
import { allFinal, apiAt } from "../../support/homes.ts";
import { allocator, bank, payer, topBytes } from "../../support/money.ts";
import { lineageRules, LOTS, openPools, POOL_FEN, refused, type Leaf, type PoolDesk } from "../../support/poolDesk.ts";

const unknown = id("nothing");
const numbered = (n: number): Hex => `0x${n.toString(16).padStart(64, "0")}`;

describe("pools over HTTP", function () {
  this.timeout(30_000);
  let api: TestApi;
  let bay: Bay;
  let desk: PoolDesk;
  let lots: Hex[];

  before(async function () {
    this.timeout(90_000);
    desk = await openPools();
    ({ api, bay, lots } = desk);
  });
  after(() => api.close());

  it("given a bank's key, when it deposits and pays out, then balances follow, and a reference is good once", async () => {
    const given = { account: payer.account, amountFen: "100000", bankReference: id("deposit 1") };
    const { body } = await bay.does(bank, "/v1/deposits", given);
    expect(body["summary"]).to.deep.equal({
      zh: `银行为账户 ${payer.account} 存入 1000.00 元`,
      en: `The bank takes in 1000.00 yuan for account ${payer.account}`,
    });
    const again = await bay.prepare(bank, "/v1/deposits", given);
    expect(refused(again)).to.deep.equal([409, "would-revert", "ReferenceUsed"]);
    const stranger = await bay.prepare(bay.farmer, "/v1/deposits", { ...given, bankReference: id("deposit 2") });
    expect(refused(stranger)).to.deep.equal([409, "would-revert", "AccessManagedUnauthorized"]);
    const taken = await bay.does(bank, "/v1/withdrawals", { ...given, amountFen: "5", bankReference: id("out 1") });
    expect((taken.body["summary"] as { en: string }).en).to.contain("pays 0.05 yuan out");
    expect(await desk.money(payer.account)).to.deep.equal(["99995", "0", "0"]);
    const over = await bay.prepare(bank, "/v1/withdrawals", { ...given, bankReference: id("out 2") });
    expect(refused(over)).to.deep.equal([409, "would-revert", "ERC20InsufficientBalance"]);
    const none = await bay.prepare(bank, "/v1/deposits", { ...given, amountFen: "0" });
    expect(refused(none)).to.deep.equal([400, "invalid-request"]);
  });

  for (const [what, more, expected] of [
    ["a ruleset that is not on record", { ruleset: unknown }, [422, "ruleset-unknown"]],
    ["lots by a project's rules", { ruleset: "project" }, [422, "ruleset-not-fitting"]],
    ["a project by a lineage's rules", { kind: "project", subjects: [numbered(1)] }, [422, "ruleset-not-fitting"]],
    ["a lot that is not known", { subjects: [unknown] }, [422, "subject-unknown"]],
    [
      "a project that is not known",
      { kind: "project", subjects: [numbered(7)], ruleset: "project" },
      [422, "subject-unknown"],
    ],
    ["a batch that is not known", { kind: "batch", subjects: [unknown], ruleset: "project" }, [422, "subject-unknown"]],
    ["a source that nobody knows", { source: 999 }, [422, "vocabulary-unknown"]],
    ["more than the payer has", { amountFen: "100000000" }, [409, "would-revert", "ERC20InsufficientBalance"]],
    ["no money", { amountFen: "0" }, [400, "invalid-request"]],
    ["no subject", { subjects: [] }, [400, "invalid-request"]],
  ] as const) {
    it(`given ${what}, when a pool is asked for, then it is refused as ${expected.join(" ")}`, async () => {
      const ruleset = "ruleset" in more && more.ruleset === "project" ? { ruleset: desk.project } : {};
      expect(refused(await bay.prepare(payer, "/v1/pools", desk.terms({ ...more, ...ruleset })))).to.deep.equal(
        expected,
      );
    });
  }

  it("given a document that is no ruleset, and subjects that descend, when a pool is asked for, then each is refused", async () => {
    const spaced = await bay.document(lineageRules.replace(",", ", "));
    expect(refused(await bay.prepare(payer, "/v1/pools", desk.terms({ ruleset: spaced })))).to.deep.equal([
      422,
      "ruleset-unknown",
    ]);
    const descending = desk.terms({ subjects: lots.toReversed() });
    expect(refused(await bay.prepare(payer, "/v1/pools", descending))).to.deep.equal([400, "invalid-request"]);
  });

  it("given lots, when a pool is prepared, signed and read, then it stands there, in pages, and how it would be divided", async () => {
    const { body } = await bay.does(payer, "/v1/pools", desk.terms());
    expect(body["summary"]).to.deep.equal({
      zh: "为 6 批物料出资 100.01 元，按规则“按重量”分配",
      en: 'Put 100.01 yuan into a pool for 6 lots, divided by the rule "By weight"',
    });
    await bay.does(payer, "/v1/pools", desk.terms({ subjects: lots.slice(0, 1), amountFen: "9" }));
    const { subjects, heldFen, paidChunks, ruleset, fundedAt, subject, ...pool } = await desk.get("/v1/pools/1");
    expect([subjects, heldFen, paidChunks]).to.deep.equal([lots, "0", 0]);
    expect(ruleset).to.deep.equal({ digest: desk.lineage, name: { zh: "按重量", en: "By weight" } });
    expect(pool).to.deep.equal({
      ...{ id: "1", kind: "lots", payer: payer.account, amountFen: String(POOL_FEN), paidFen: "0", state: "funded" },
      ...{ source: { code: 1, term: "premium", en: "A brand's premium", zh: "品牌溢价" }, division: null },
    });
    const first = await desk.get("/v1/pools?limit=1");
    expect(first).to.deep.equal({ pools: [{ ...pool, ruleset: desk.lineage, fundedAt, subject }], next: "1" });
    const second = await desk.get("/v1/pools?after=1&limit=1");
    expect([(second["pools"] as { id: string }[])[0]!.id, second["next"]]).to.deep.equal(["2", null]);
    for (const path of ["/v1/pools/3", "/v1/pools/3/allocation"]) {
      expect(refused(await api.ask(path))).to.deep.equal([404, "not-found"]);
    }
    expect(refused(await desk.payouts(3))).to.deep.equal([404, "not-found"]);
    expect(refused(await desk.payouts(1))).to.deep.equal([409, "not-published"]);
    expect(refused(await api.ask("/v1/pools/0"))).to.deep.equal([400, "invalid-request"]);
  });

  it("given a pool that is not divided yet, when its allocation is asked for in pages, then it is what follows by hand, with the reasons", async () => {
    const preview = await desk.get("/v1/pools/1/allocation");
    expect(preview).to.include({ pool: "1", state: "preview", version: 1, root: null, matches: null, leafCount: 7 });
    const { block, hash } = await desk.get("/v1/audit/digest");
    expect(preview["asOf"]).to.deep.equal({ block, hash });
    expect(preview["chunks"]).to.deep.equal({ count: 1, paid: 0 });
    const leaves = preview["leaves"] as Leaf[];
    expect(new Map(leaves.map(({ account, amountFen }) => [account, BigInt(amountFen)]))).to.deep.equal(
      new Map([...desk.byHand()].sort(([a], [b]) => (a < b ? -1 : 1))),
    );
    const third = leaves.find(({ account }) => account === api.cast.regular[3]!.address)!;
    expect(third.parts).to.have.length(1);
    expect(third.parts[0]).to.include({ role: "collector", bps: 7_000, ofBps: 10_000, grams: "1003", lotCount: 1 });
    expect(third.parts[0]).to.include({ weight: `1003${"0".repeat(18)}`, ofWeight: `6015${"0".repeat(18)}` });
    const [numerator, denominator] = (third.parts[0]!["exactFen"] as string).split("/").map(BigInt) as [bigint, bigint];
    expect(numerator * 10n * 6_015n).to.equal(POOL_FEN * 7n * 1_003n * denominator);

    const paged: Leaf[] = [];
    let next: string | null | undefined;
    do {
      const after: string = next === undefined ? "" : `&after=${next}`;
      const page = await desk.get(`/v1/pools/1/allocation?limit=3${after}`);
      paged.push(...(page["leaves"] as Leaf[]));
      next = page["next"] as string | null;
    } while (next !== null);
    expect(paged).to.deep.equal(leaves);
  });

  it("given nobody logged in, an unknown key or no allocator, when a division is asked for, then it is refused", async () => {
    const asked = async (from: Hex, headers = {}): Promise<unknown[]> =>
      refused(await api.ask("/v1/pools/1/allocation", { from }, headers));
    expect(await asked(allocator.account)).to.deep.equal([401, "login-needed"]);
    expect(await asked(allocator.account, await logInAs(api, actKey("nobody", 7)))).to.deep.equal([
      403,
      "sender-unknown",
    ]);
    const keeper = await logInAs(api, api.cast.keeper);
    expect(await asked(payer.account, keeper)).to.deep.equal([409, "would-revert", "AccessManagedUnauthorized"]);
    expect(refused(await api.ask("/v1/pools/9/allocation", { from: payer.account }, keeper))).to.deep.equal([
      404,
      "not-found",
    ]);
  });

  it("given a division that is published, when it is asked for, then it follows from the document whose digest is on chain", async () => {
    const before = (await desk.get("/v1/pools/1/allocation"))["leaves"] as Leaf[];
    const { body } = await desk.publish(1);
    expect(body["summary"])
      .to.have.property("en")
      .that.contains("Publish division 1 of pool 1: 100.01 yuan to 7 accounts");
    const { leaves, ...told } = await desk.get("/v1/pools/1/allocation");
    expect(leaves).to.deep.equal(before);
    const { inputs, root } = body as Record<"inputs" | "root", Hex>;
    expect(told).to.deep.include({
      state: "published",
      version: 1,
      asOf: null,
      inputs,
      root,
      recomputedRoot: root,
      matches: true,
    });
    const document = await fetch(`${api.running.url}/v1/documents/${inputs}`);
    const bytes = Buffer.from(await document.arrayBuffer());
    expect(`0x${createHash("sha256").update(bytes).digest("hex")}`).to.equal(inputs);
    const inside = JSON.parse(bytes.toString("utf8")) as Record<string, unknown>;
    expect(inside).to.include({ kind: "lineage", pool: "1", amountFen: String(POOL_FEN), ruleset: desk.lineage });
    expect(inside).to.not.have.property("asOf");
    expect(inside["entitled"]).to.have.property("collector").with.length(LOTS);
    expect((await desk.get("/v1/pools/1"))["division"]).to.deep.include({
      version: 1,
      root,
      inputs,
      leafCount: 7,
      chunks: 1,
    });
  });

  it("given a published division, when its chunk is pushed by anybody, then people have their fen, and nothing is left to pay", async () => {
    await desk.payAll(1);
    const expected = desk.byHand();
    const [person] = api.cast.regular as [ActKey];
    const fen = String(expected.get(person.address)!);
    expect(await desk.money(person.address)).to.deep.equal([fen, fen, "0"]);
    const { leaves, chunks } = (await desk.get("/v1/pools/1/allocation")) as { leaves: Leaf[]; chunks: unknown };
    expect([leaves.every(({ paid }) => paid), chunks]).to.deep.equal([true, { count: 1, paid: 1 }]);
    expect(await desk.get("/v1/pools/1")).to.include({ state: "closed", paidFen: String(POOL_FEN), paidChunks: 1 });
    expect((await desk.payouts(1)).body["payouts"]).to.deep.equal([]);
  });

  it("given somebody who was paid, when the lots behind it are asked for, then that person and an auditor see them, others do not", async () => {
    const [person, neighbour] = api.cast.regular as [ActKey, ActKey];
    const path = `/v1/payees/${person.address}?view=full`;
    expect(refused(await api.ask(path))).to.deep.equal([401, "login-needed"]);
    expect(refused(await api.ask(path, undefined, await logInAs(api, neighbour)))).to.deep.equal([403, "need-to-know"]);
    const { pools, next, ...rest } = await desk.get(path, await logInAs(api, person));
    const fen = String(desk.byHand().get(person.address)!);
    expect(rest).to.deep.include({ view: "full", paidFen: fen, poolCount: 1 });
    expect([(pools as unknown[]).length, next]).to.deep.equal([1, null]);
    const [pool] = pools as [Record<string, unknown>];
    const { payouts: got, parts, ...told } = pool as { payouts: object[]; parts: object[] };
    expect(told).to.deep.equal({
      ...{ pool: "1", leafFen: fen, heldFen: "0" },
      ruleset: { digest: desk.lineage, name: { zh: "按重量", en: "By weight" } },
    });
    expect(got[0]).to.include({ to: person.address, amountFen: fen, chunk: 0, entitled: person.address, basis: null });
    expect(parts[0]).to.deep.include({ role: "collector", grams: "1000", lots: [api.acts(0, 1)[0]!.digest] });
    const auditor = await logInAs(api, actKey("auditor", 0));
    expect((await desk.get(path, auditor))["pools"]).to.deep.equal(pools);
    expect((await desk.get(`/v1/payees/${person.address}`))["pools"]).to.equal(null);
  });

  it("given a payee who is suspended, when the chunk is paid, then the money waits and is told, until it is released", async () => {
    const [person] = api.cast.regular.slice(5) as [ActKey];
    const status = (code: number): Promise<void> =>
      bay.call(bay.registry, "Parties", "setStatus", [person.address, code, id("basis")]);
    await bay.does(payer, "/v1/pools", desk.terms({ amountFen: "6016" }));
    await desk.publish(3);
    await status(2);
    await desk.payAll(3);
    const [balance, paid, held] = await desk.money(person.address);
    expect(BigInt(held)).to.equal(704n);
    expect(await desk.get("/v1/pools/3")).to.include({ heldFen: held, paidFen: "6016", state: "closed" });
    const release = { account: person.address };
    const early = await bay.prepare(bay.farmer, "/v1/pools/3/releases", release);
    expect(refused(early)).to.deep.equal([409, "would-revert", "AccountNotActive"]);
    await status(1);
    const given = { ...release, to: bay.farmer.account, basis: id("an heir") };
    const elsewhere = await bay.prepare(bay.farmer, "/v1/pools/3/releases", given);
    expect(refused(elsewhere)).to.deep.equal([409, "would-revert", "AccessManagedUnauthorized"]);
    await bay.does(bay.farmer, "/v1/pools/3/releases", release);
    const none = await bay.prepare(bay.farmer, "/v1/pools/3/releases", release);
    expect(refused(none)).to.deep.equal([409, "would-revert", "NothingHeld"]);
    expect(refused(await bay.prepare(bay.farmer, "/v1/pools/99/releases", release))).to.deep.equal([404, "not-found"]);
    const after = [BigInt(balance) + 704n, BigInt(paid) + 704n, 0n].map(String);
    expect(await desk.money(person.address)).to.deep.equal(after);
    const headers = await logInAs(api, person);
    const { pools } = (await desk.get(`/v1/payees/${person.address}?view=full&after=1&limit=1`, headers)) as {
      pools: { payouts: object[] }[];
    };
    expect(pools[0]!.payouts[0]).to.include({ amountFen: "704", chunk: null, basis: null });
  });

  it("given a project and a batch of its credits, when pools for them are divided, then by its registered shares", async () => {
    const shares = [
      { account: bay.proponent.account, bps: 2_500 },
      { account: bay.farmer.account, bps: 7_500 },
    ].toSorted((a, b) => (a.account < b.account ? -1 : 1));
    const document = await bay.document("a bay's methodology");
    await bay.does(bay.admin, "/v1/methodologies", { document, scope, quorum: 1 });
    const parties = { methodology: "1", proponent: bay.proponent.account, measurer: bay.measurer.account };
    await bay.does(bay.registry, "/v1/projects", { ...parties, document, boundaries: [id("bay")], shares });
    const of = { ruleset: desk.project, source: 2, amountFen: "1003" };
    const { body } = await bay.does(
      payer,
      "/v1/pools",
      desk.terms({ ...of, kind: "project", subjects: [numbered(1)] }),
    );
    expect((body["summary"] as { en: string }).en).to.equal(
      'Put 10.03 yuan into a pool for project 1, divided by the rule "By shares"',
    );
    const { leaves } = (await desk.get("/v1/pools/4/allocation")) as { leaves: Leaf[] };
    // 752.25 and 250.75
    const expected = { [bay.farmer.account]: "752", [bay.proponent.account]: "251" };
    expect(Object.fromEntries(leaves.map(({ account, amountFen }) => [account, amountFen]))).to.deep.equal(expected);
    expect(leaves[0]!.parts[0]).to.include({ role: "share", grams: null, ofWeight: "10000", lotCount: 0 });
    await desk.publish(4);
    expect(await desk.get("/v1/pools/4/allocation")).to.include({ matches: true });

    const period = { boundary: id("bay"), fromDay: "2020-01-01", toDay: "2020-12-31", claimedKg: "1000", document };
    await bay.does(bay.measurer, "/v1/projects/1/reports", period);
    const { reports } = (await desk.get("/v1/projects/1")) as { reports: [{ id: Hex }] };
    const [{ id: report }] = reports;
    const { body: carried } = await api.ask("/v1/projects/1/verifications", bay.statement(bay.verifier, { report }));
    expect(await bay.settled(carried["digest"])).to.include({ state: "final" });
    const allotments = [{ recipient: bay.farmer.account, kg: "1000" }];
    await bay.does(bay.issuer, "/v1/projects/1/issuances", { report, batches: [{ vintage: 2020, scope, allotments }] });
    await bay.does(payer, "/v1/pools", desk.terms({ ...of, kind: "batch", subjects: [numbered(1)] }));
    const batch = (await desk.get("/v1/pools/5/allocation")) as { leaves: Leaf[] };
    expect(Object.fromEntries(batch.leaves.map(({ account, amountFen }) => [account, amountFen]))).to.deep.equal(
      expected,
    );
  });

  it("given a contested lot alone, when its pool is to be divided, then nobody is entitled", async () => {
    const [lot] = api.acts(40, 1);
    await api.ask("/v1/acts", [lot!.item]);
    await allFinal(apiAt(api.running.url), [lot!]);
    await bay.call({ signer: auditorSigner() }, "LotLedger", "ruleOnFlags", [lot!.digest, 1, 0, id("basis")]);
    await bay.does(payer, "/v1/pools", desk.terms({ subjects: [lot!.digest], amountFen: "10" }));
    expect(refused(await api.ask("/v1/pools/6/allocation"))).to.deep.equal([422, "nobody-entitled"]);
  });

  it("given a published root whose inputs nobody has, or that does not follow from them, when asked for, then each is said plainly", async () => {
    const tree = buildSumTree({ pool: 2n, version: 1 }, [{ account: payer.account, amountFen: 9n }]);
    const published = (digest: string): Promise<void> =>
      bay.call(allocator, "PremiumPools", "publishRoot", [2, 1, digest, topBytes(tree.top)]);
    const admin = (seconds: number): Promise<void> => bay.call(bay.admin, "PremiumPools", "setDelay", [seconds]);
    await admin(3_600);
    await published(unknown);
    expect(refused(await api.ask("/v1/pools/2/allocation"))).to.deep.equal([409, "inputs-unknown"]);
    expect(refused(await desk.payouts(2))).to.deep.equal([409, "inputs-unknown"]);
    // its inputs go on record, but what is published beside them is something else
    const keeper = await logInAs(api, api.cast.keeper);
    const sound = await api.ask("/v1/pools/2/allocation", { from: allocator.account }, keeper);
    expect(sound.status, JSON.stringify(sound.body)).to.equal(200);
    const wrong = buildSumTree({ pool: 2n, version: 2 }, [{ account: payer.account, amountFen: 9n }]);
    await bay.call(allocator, "PremiumPools", "publishRoot", [2, 1, sound.body["inputs"], topBytes(wrong.top)]);
    const told = await desk.get("/v1/pools/2/allocation");
    expect(told).to.include({ version: 2, root: wrong.root, matches: false });
    expect(told["recomputedRoot"]).to.match(/^0x/).and.not.equal(wrong.root);
    expect(refused(await desk.payouts(2))).to.deep.equal([409, "division-differs"]);
    // the right one replaces it, and waits for its time
    await desk.publish(2);
    expect(await desk.get("/v1/pools/2/allocation")).to.include({ version: 3, matches: true });
    expect(refused(await desk.payouts(2))).to.deep.equal([409, "would-revert", "PoolNotOpen"]);
  });

  it("given all this, when the books are asked for, then they balance", async () => {
    const { ok, checks } = await desk.get("/v1/audit/conservation");
    expect((checks as { ok: boolean }[]).filter((check) => !check.ok)).to.deep.equal([]);
    expect(ok).to.equal(true);
  });
});
