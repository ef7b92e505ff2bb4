import { expect } from "chai";
import { id } from "ethers";
import type { Hex } from "../../../server/chain/port.ts";
import { openApi, type Answer, type TestApi } from "../../support/api.ts";
import { contribution, scope, settleBay, type Bay } from "../../support/bay.ts";
import { block } from "../../support/bayTerms.ts";

const MILLION = 1_000_000;
const KG = 5 * MILLION;

const shownScope = { code: 4, term: "contested-science", en: "Contested science", zh: "科学上有争议" };

const north = id("the north shore");
const south = id("the south shore");

describe("projects and credits over HTTP", function () {
  this.timeout(30_000);
  let api: TestApi;
  let bay: Bay;
  let methodology: Hex;
  let report: Hex;

  before(async function () {
    this.timeout(60_000);
    api = await openApi();
    bay = await settleBay(api);
    methodology = await bay.document("How mussels are measured");
  });
  after(() => api.close());

  const get = async (path: string): Promise<Record<string, unknown>> => {
    const { status, body } = await api.ask(path);
    expect(status, JSON.stringify(body)).to.equal(200);
    return body;
  };
  const shares = (): { account: Hex; bps: number }[] =>
    [
      { account: bay.proponent.account, bps: 4_000 },
      { account: bay.farmer.account, bps: 6_000 },
    ].toSorted((a, b) => (a.account < b.account ? -1 : 1));
  const summary = ({ body }: Answer): { en: string; zh: string } => body["summary"] as { en: string; zh: string };

  it("given documents on record, when a methodology and a project are prepared and signed, then they are shown", async () => {
    const added = await bay.does(bay.admin, "/v1/methodologies", { document: methodology, scope, quorum: 2 });
    expect(summary(added)).to.deep.equal({
      en: "Add a methodology: claim scope Contested science, 2 verifiers",
      zh: "新增方法学：声明范围为科学上有争议，需 2 家核查方",
    });
    const document = await bay.document("The bay's project");
    const { proponent, measurer } = bay;
    const parties = { methodology: "1", proponent: proponent.account, measurer: measurer.account };
    const boundaries = [north, south].toSorted();
    await bay.does(bay.registry, "/v1/projects", { ...parties, document, boundaries, shares: shares() });
    expect(await get("/v1/methodologies")).to.deep.equal({
      methodologies: [{ id: "1", document: methodology, scope: shownScope, quorum: 2, bufferBps: 0 }],
      next: null,
    });
    const shown = { id: "1", ...parties, document, quorum: 2, scope: shownScope };
    expect(await get("/v1/projects")).to.deep.equal({ projects: [shown], next: null });
    expect(await get("/v1/projects?limit=1")).to.deep.equal({ projects: [shown], next: null });
    expect(await get(`/v1/projects?proponent=${bay.buyer.account}`)).to.deep.equal({ projects: [], next: null });
    expect(await get("/v1/projects?after=1")).to.deep.equal({ projects: [], next: null });
    expect(await get("/v1/projects/1")).to.deep.equal({
      ...shown,
      shares: shares(),
      boundaries: boundaries.map((boundary) => ({ id: boundary, lastDay: null })),
      reports: [],
    });
  });

  it("given a project, when its measurer hands a report in, then it stands there as submitted", async () => {
    const document = await bay.document("Ropes and scales, 2015 to 2016");
    const terms = { boundary: north, fromDay: "2015-01-01", toDay: "2016-12-31", claimedKg: String(KG), document };
    await bay.does(bay.measurer, "/v1/projects/1/reports", terms);
    const { reports } = (await get("/v1/projects/1")) as { reports: [Record<string, unknown>] };
    report = reports[0]["id"] as Hex;
    expect(await get(`/v1/reports/${report}`)).to.deep.equal(reports[0]);
    expect(reports[0]).to.deep.equal({
      ...{ id: report, project: "1", measurer: bay.measurer.account, ...terms, state: "submitted", attestedKg: null },
      ...{ issuedKg: "0", issuer: null, statements: [], batches: [] },
    });
  });

  it("given a report, when one verifier's statement comes in a bundle with a collect and another's alone, then both are final and the report is verified", async () => {
    const [lot] = api.acts(0, 1);
    const first = bay.statement(bay.verifier, { report, attestedKg: String(KG) });
    const second = bay.statement(bay.second, { report, attestedKg: String(4 * MILLION) });
    const broken = { ...first, act: { ...first.act, attestedKg: 5 } };
    const mixed = await api.ask("/v1/acts", [broken, first, lot!.item, first]);
    expect(mixed.status).to.equal(202);
    const results = mixed.body["results"] as { digest?: string; status: string; receipt: string }[];
    expect(results.map(({ digest, status }) => [digest, status])).to.deep.equal([
      [undefined, "rejected"],
      [bay.digest(first), "accepted"],
      [lot!.digest, "accepted"],
      [bay.digest(first), "duplicate"],
    ]);
    const alone = await api.ask("/v1/projects/1/verifications", second);
    expect([alone.status, alone.headers.get("location")]).to.deep.equal([202, `/v1/requests/${bay.digest(second)}`]);
    expect(alone.body).to.include({ digest: bay.digest(second), status: "accepted" });
    for (const digest of [bay.digest(first), bay.digest(second)]) {
      expect(await bay.settled(digest)).to.include({ state: "final", kind: "verification", reason: null });
    }
    expect(await bay.settled(lot!.digest)).to.include({ state: "final" });
    const again = await api.ask("/v1/projects/1/verifications", first);
    expect(again.body).to.deep.equal({ digest: bay.digest(first), status: "duplicate", receipt: results[1]!.receipt });
    const shown = await get(`/v1/reports/${report}`);
    expect(shown).to.include({ state: "verified", attestedKg: String(4 * MILLION) });
    expect(shown["statements"]).to.have.deep.members(
      [first, second].map(({ act }) => {
        const { verifier, attestedKg, statement, signedAt } = act;
        return { verifier, attestedKg, statement, signedAt, digest: bay.digest({ act }) };
      }),
    );
  });

  it("given a verified report, when its credits are issued, then batch, blocks and holdings say so, in pages", async () => {
    const { farmer, issuer, proponent } = bay;
    const allotted = (kg: number, recipient: Hex): object => ({ recipient, kg: String(kg) });
    const issued = await bay.does(issuer, "/v1/projects/1/issuances", {
      report,
      batches: [
        { vintage: 2015, scope, allotments: [allotted(MILLION, farmer.account), allotted(500, proponent.account)] },
        { vintage: 2016, scope, allotments: [allotted(2 * MILLION, farmer.account)] },
      ],
    });
    expect(summary(issued).en).to.equal(
      "Issue 3000500 kg CO2e of project 1 in 2 batches, once and for all for this report",
    );
    const shown = await get(`/v1/reports/${report}`);
    expect(shown).to.deep.include({
      state: "issued",
      issuedKg: "3000500",
      issuer: issuer.account,
      batches: ["1", "2"],
    });
    const { boundaries } = (await get("/v1/projects/1")) as { boundaries: { id: string; lastDay: string | null }[] };
    expect(boundaries).to.deep.include({ id: north, lastDay: "2016-12-31" });

    const bare = { batch: "1", disposition: "live", locks: [], purpose: null, retirement: null };
    const blocks = [
      { ...bare, id: block(1), serials: "TM-1-2015-1-1000000", first: "1", kg: "1000000", holder: farmer.account },
      {
        ...bare,
        id: block(1_000_001),
        serials: "TM-1-2015-1000001-1000500",
        first: "1000001",
        kg: "500",
        holder: proponent.account,
      },
    ];
    const batch = await get("/v1/batches/1");
    expect(batch).to.deep.equal({
      ...{ id: "1", project: "1", report, vintage: 2015, scope: shownScope },
      ...{ issuedKg: "1000500", liveKg: "1000500", retiredKg: "0", cancelledKg: "0", exportedKg: "0" },
      ...{ blocks, next: null },
    });
    const { batches } = (await get(`/v1/batches?report=${report}`)) as { batches: object[] };
    expect(batch).to.deep.include(batches[0]);
    expect(batches[0]).to.not.have.any.keys("blocks", "next");
    expect(await get("/v1/batches?limit=1")).to.deep.equal({ batches: [batches[0]], next: "1" });
    expect(await get("/v1/batches?project=9")).to.deep.equal({ batches: [], next: null });
    const listed = await get("/v1/reports?project=1");
    expect(listed["reports"]).to.deep.include(await get(`/v1/reports/${report}`));
    expect(await get("/v1/reports?project=9")).to.deep.equal({ reports: [], next: null });
    const page = await get("/v1/batches/1?limit=1");
    expect(page).to.deep.include({ blocks: [blocks[0]], next: block(1) });
    expect(await get(`/v1/batches/1?limit=1&after=${block(1)}`)).to.deep.include({ blocks: [blocks[1]] });
    const held = await get(`/v1/accounts/${farmer.account}/blocks?limit=1`);
    expect(held).to.deep.equal({ blocks: [blocks[0]], next: block(1) });
    const rest = await get(`/v1/accounts/${farmer.account}/blocks?after=${block(1)}`);
    expect(rest).to.deep.include({ next: null });
    expect((rest["blocks"] as { id: string }[]).map((each) => each.id)).to.deep.equal([block(1, 2)]);
  });
  it("given a block, when a part is given away and a part of that is retired, then each part has its whole history", async () => {
    const { farmer, buyer } = bay;
    const basis = id("a contract of sale");
    const given = await bay.does(farmer, "/v1/transfers", {
      ...{ pieces: [{ block: block(1), kg: "400000" }], to: buyer.account, basis },
    });
    expect(summary(given).en).to.equal(`Give 400000 kg CO2e to ${buyer.account}`);
    const claim = { beneficiary: id("who, salted"), purpose: contribution, fromMonth: "2025-01", toMonth: "2025-12" };
    const pieces = [{ block: block(600_001), kg: "150000" }];
    const retired = await bay.does(buyer, "/v1/retirements", { pieces, ...claim });
    expect(summary(retired).zh).to.equal("永久注销 150000 千克 CO2e：气候贡献（不作中和声明），2025-01 至 2025-12");

    const events = async (first: number): Promise<unknown[]> => {
      const { history } = (await get(`/v1/blocks/${block(first)}`)) as { history: Record<string, unknown>[] };
      return history.map(({ kind, block: at, kg, from, holder }) => [kind, at, kg, from, holder]);
    };
    const issued = ["issued", block(1), "1000000", null, farmer.account];
    expect(await events(1)).to.deep.equal([issued]);
    const moved = [
      ["split", block(600_001), "400000", null, farmer.account],
      ["moved", block(600_001), "400000", farmer.account, buyer.account],
    ];
    expect(await events(600_001)).to.deep.equal([issued, ...moved]);
    expect(await events(850_001)).to.deep.equal([
      issued,
      ...moved,
      ["split", block(850_001), "150000", null, buyer.account],
      ["retired", block(850_001), "150000", null, buyer.account],
    ]);
    expect(await get(`/v1/blocks/${block(850_001)}`)).to.deep.include({
      ...{ serials: "TM-1-2015-850001-1000000", kg: "150000", disposition: "retired", retirement: "1" },
    });
    expect(await get(`/v1/blocks/${block(600_001)}`)).to.deep.include({
      kg: "250000",
      disposition: "live",
      retirement: null,
    });
    expect(await get("/v1/batches/1")).to.deep.include({ liveKg: "850500", retiredKg: "150000" });
    const held = (await get(`/v1/accounts/${buyer.account}/blocks`))["blocks"] as { id: string }[];
    expect(held.map((each) => each.id)).to.deep.equal([block(600_001)]);
  });

  it("given a retirement, when it is asked for, then it tells claim and serials; in pages without the serials", async () => {
    const { blocks, ...told } = await get("/v1/retirements/1");
    expect(blocks).to.deep.equal([{ id: block(850_001), serials: "TM-1-2015-850001-1000000", kg: "150000" }]);
    expect(told).to.deep.include({
      ...{ id: "1", holder: bay.buyer.account, beneficiary: id("who, salted"), kg: "150000" },
      ...{ fromMonth: "2025-01", toMonth: "2025-12", country: 156, document: null, note: null },
    });
    expect(told["purpose"]).to.include({ code: 6, term: "contribution" });
    expect(await get("/v1/retirements")).to.deep.equal({ retirements: [told], next: null });
    expect(await get("/v1/retirements?after=1")).to.deep.equal({ retirements: [], next: null });
  });

  it("given blocks, when a keeper freezes a part and the holder cancels another, then locks and figures say so", async () => {
    const { farmer, other } = bay;
    await bay.grant("FREEZE", other);
    const frozen = { pieces: [{ block: block(1), kg: "100" }], set: ["frozen"], basis: id("an order") };
    expect(summary(await bay.does(other, "/v1/locks", frozen)).en).to.equal("Change the locks of 100 kg CO2e: +frozen");
    const shown = await get(`/v1/blocks/${block(599_901)}`);
    expect(shown).to.deep.include({ kg: "100", locks: ["frozen"], holder: farmer.account });
    expect((shown["history"] as object[]).at(-1)).to.deep.include({ kind: "locks", set: ["frozen"], cleared: [] });
    const cleared = { pieces: [{ block: block(599_901), kg: "100" }], cleared: ["frozen"], basis: id("another order") };
    await bay.does(other, "/v1/locks", cleared);
    expect(await get(`/v1/blocks/${block(599_901)}`)).to.deep.include({ locks: [] });
    const pieces = [{ block: block(1, 2), kg: "2000000" }];
    await bay.does(farmer, "/v1/cancellations", { pieces, basis: id("a mistake") });
    expect(await get(`/v1/blocks/${block(1, 2)}`)).to.deep.include({ disposition: "cancelled" });
    expect(await get("/v1/batches/2")).to.deep.include({ liveKg: "0", cancelledKg: "2000000" });
  });

  it("given ids of nothing, when they are asked for, then each is not found; given none at all, refused", async () => {
    const nothing = `0x${"ee".repeat(32)}`;
    const largest = `0x${"ff".repeat(32)}`;
    const absent = [
      ...["/v1/projects/2", "/v1/projects/999999999999999999", `/v1/reports/${nothing}`, "/v1/batches/3"],
      ...[`/v1/blocks/${block(2)}`, `/v1/blocks/${nothing}`, `/v1/blocks/${largest}`, "/v1/retirements/2"],
    ];
    for (const path of absent) {
      const { status, body } = await api.ask(path);
      expect([status, body["code"]], path).to.deep.equal([404, "not-found"]);
    }
    const malformed = [
      ...["/v1/projects/0", "/v1/projects/01", "/v1/projects/-1", "/v1/projects/1e3", `/v1/batches/${2n ** 127n}`],
      ...["/v1/reports/0x12", "/v1/blocks/1", `/v1/blocks/${nothing.toUpperCase()}`, "/v1/retirements/1.5"],
      ...["/v1/accounts/0x12/blocks", "/v1/projects?limit=0", "/v1/projects?limit=1001", "/v1/projects?after=x"],
      ...["/v1/projects?page=2", "/v1/batches/1?after=1", "/v1/retirements?limit=1&limit=2"],
    ];
    for (const path of malformed) {
      const { status, body } = await api.ask(path);
      expect([status, body["code"]], path).to.deep.equal([400, "invalid-request"]);
    }
  });

  it("given a page's end beyond all numbers, when the next page is asked for, then it is empty", async () => {
    for (const serial of [2n ** 63n, 2n ** 127n, 2n ** 128n - 1n]) {
      const page = await get(`/v1/batches/1?after=${block(serial)}`);
      expect(page, String(serial)).to.deep.include({ blocks: [], next: null });
      const held = await get(`/v1/accounts/${bay.farmer.account}/blocks?after=${block(1, serial)}`);
      expect(held, String(serial)).to.deep.equal({ blocks: [], next: null });
    }
  });
});
