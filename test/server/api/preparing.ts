import { expect } from "chai";
import { id } from "ethers";
import type { Hex } from "../../../server/chain/port.ts";
import { openApi, type TestApi } from "../../support/api.ts";
import { scope, settleBay, type Bay } from "../../support/bay.ts";
import { beginProject, block, piece, shore, type Terms } from "../../support/bayTerms.ts";
import { person } from "../../support/ledger.ts";

const MOST = 2n ** 63n - 1n;
const number = (hex: string): string => String(BigInt(hex));
const basis = id("a basis");

type Who = Pick<Bay["farmer"], "signer">;

describe("preparing what holders sign", function () {
  this.timeout(30_000);
  let api: TestApi;
  let bay: Bay;
  let terms: Terms;
  /** attested reports, of which credits were issued, and were not */
  let closed: Hex;
  let open: Hex;

  before(async function () {
    this.timeout(60_000);
    api = await openApi();
    bay = await settleBay(api);
    terms = await beginProject(bay);
    closed = await terms.attested({ fromDay: "2020-01-01", toDay: "2020-12-31" });
    open = await terms.attested();
    const issuance = terms.issuance(closed, [1_000, 1], { vintage: 2020 });
    await bay.does(bay.issuer, "/v1/projects/1/issuances", issuance);
  });
  after(() => api.close());

  /** Each must be refused for the reason told, whose values stand behind it. */
  async function revert(path: string, cases: [who: Who, terms: object, told: string][]): Promise<void> {
    for (const [who, given, told] of cases) {
      const { status, body } = await bay.prepare(who, path, given);
      expect([status, body["code"], body["detail"]], path).to.deep.equal([409, "would-revert", told]);
      const { reason, values } = body as { reason: string; values: Record<string, string> };
      expect([reason, ...Object.entries(values).map((pair) => pair.join(" "))].join(", ")).to.equal(told);
    }
  }

  it("given projects and reports that the contract would refuse, when they are to be prepared, then the answer names reason and values", async () => {
    const { registry, measurer, farmer, buyer, proponent } = bay;
    const { project, report, document } = terms;
    const stranger = `AccessManagedUnauthorized, caller ${buyer.account}`;
    await revert("/v1/methodologies", [[buyer, { document, scope, quorum: 1 }, stranger]]);
    const nines = { boundaries: [id("new")], shares: [{ account: farmer.account, bps: 9_999 }] };
    await revert("/v1/projects", [
      [buyer, project(), stranger],
      [registry, project(), `BoundaryTaken, boundary ${shore}, project 1`],
      [registry, project({ methodology: "9" }), "MethodologyUnknown, methodology 9"],
      [registry, project(nines), "SharesNotWhole, bps 9999"],
      [
        registry,
        project({ measurer: proponent.account }),
        `ConflictOfInterest, project 2, account ${proponent.account}`,
      ],
    ]);
    await revert("/v1/projects/2/reports", [[measurer, report(), "ProjectUnknown, project 2"]]);
    await revert("/v1/projects/1/reports", [
      [measurer, report(), `ReportExists, report ${open}`],
      [proponent, report(), `NotMeasurer, project 1, account ${proponent.account}`],
      [measurer, report({ fromDay: "1970-01-01" }), "PeriodNotPossible, fromDay 0, toDay 18992"],
      [measurer, report({ toDay: "9999-12-31" }), "PeriodNotPossible, fromDay 18628, toDay 2932896"],
      [measurer, report({ boundary: basis }), `BoundaryForeign, boundary ${basis}, project 1`],
    ]);
  });

  it("given issuances that the contract would refuse, when they are to be prepared, then the answer names reason and values", async () => {
    const { issuer, farmer } = bay;
    const { issuance } = terms;
    const nobody = person("nobody").account;
    const allotments = [{ recipient: nobody, kg: "1" }];
    await revert("/v1/projects/1/issuances", [
      [farmer, issuance(open, [1]), `AccessManagedUnauthorized, caller ${farmer.account}`],
      [issuer, issuance(closed, [1]), `ReportClosed, report ${closed}`],
      [issuer, issuance(open, [5_001]), `AboveAttested, report ${open}, kg 5001, attestedKg 5000`],
      [issuer, issuance(open, [MOST, MOST]), `AboveAttested, report ${open}, kg ${2n * MOST}, attestedKg 5000`],
      [
        issuer,
        issuance(open, [1], { vintage: 2020 }),
        "VintageOutsidePeriod, vintage 2020, fromDay 18628, toDay 18992",
      ],
      [issuer, issuance(open, [1], { scope: 1 }), "ScopeNotOfMethodology, scope 1, ofMethodology 4"],
      [issuer, issuance(open, [], { allotments }), `AccountNotActive, account ${nobody}`],
    ]);
  });

  it("given commands that the register would refuse, when they are to be prepared, then the answer names reason and values", async () => {
    const { farmer, buyer, other, admin } = bay;
    const { transfer, retirement } = terms;
    const nobody = person("nobody").account;
    const foreign = `NotHolder, id ${number(block(1))}, account ${buyer.account}, holder ${farmer.account}`;
    const far = block(1, 2n ** 127n);
    const last = block(2n ** 128n - 1n, 2n ** 128n - 1n);
    await revert("/v1/transfers", [
      [buyer, transfer(), foreign],
      [farmer, transfer({ to: nobody }), `AccountNotActive, account ${nobody}`],
      [farmer, transfer({ pieces: [piece(1_001)] }), `KgAboveBlock, id ${number(block(1))}, kg 1001, has 1000`],
      [farmer, transfer({ pieces: [piece(1, far)] }), `KgAboveBlock, id ${number(far)}, kg 1, has 0`],
      [farmer, transfer({ pieces: [piece(MOST, last)] }), `KgAboveBlock, id ${number(last)}, kg ${MOST}, has 0`],
    ]);
    await revert("/v1/retirements", [
      [buyer, retirement(), foreign],
      [farmer, retirement({ purpose: 1 }), "PurposeNotInScope, purpose 1, scope 4"],
      [farmer, retirement({ toMonth: "2024-12" }), "MonthsNotPossible, fromMonth 202501, toMonth 202412"],
      [farmer, retirement({ beneficiary: block(0, 0) }), "BeneficiaryMissing"],
    ]);
    const pieces = [piece(1)];
    await revert("/v1/cancellations", [[buyer, { pieces, basis }, foreign]]);
    const both = { pieces, basis, set: ["frozen"], cleared: ["frozen"] };
    const { address } = admin.signer;
    await revert("/v1/locks", [
      [other, { pieces, basis }, "LocksNotPossible, set 0, cleared 0"],
      [other, both, "LocksNotPossible, set 8, cleared 8"],
      [other, { pieces, basis, set: ["listed", "court-hold"] }, `NotKeeper, key ${other.account}, locks 17`],
      [admin, { pieces, basis, cleared: ["dedicated"] }, `NotKeeper, key ${address}, locks 32`],
    ]);
  });

  it("given a block, when its holder splits it and its keeper binds a part to one purpose, then that part may be retired for no other", async () => {
    const { farmer, other } = bay;
    const whole = { piece: piece(1_000) };
    const told = `KgAboveBlock, id ${number(block(1))}, kg 1000, has 999`;
    await revert("/v1/splits", [
      [farmer, whole, told],
      [
        other,
        { piece: piece(1) },
        `NotHolder, id ${number(block(1))}, account ${other.account}, holder ${farmer.account}`,
      ],
    ]);
    await bay.does(farmer, "/v1/splits", { piece: piece(10) });
    const pieces = [piece(10, block(991))];
    await revert("/v1/dedications", [
      [other, { pieces, purpose: 4, basis }, `AccessManagedUnauthorized, caller ${other.account}`],
    ]);
    await bay.grant("DEDICATION", other);
    await bay.does(other, "/v1/dedications", { pieces, purpose: 4, basis });
    const { body } = await api.ask(`/v1/blocks/${block(991)}`);
    expect(body).to.deep.include({ kg: "10", locks: ["dedicated"] });
    expect((body["purpose"] as { code: number }).code).to.equal(4);
    const locked = `BlockLocked, id ${number(block(991))}, locks 32`;
    await revert("/v1/retirements", [[farmer, terms.retirement({ pieces }), locked]]);
    await bay.does(farmer, "/v1/retirements", terms.retirement({ pieces, purpose: 4 }));
  });

  it("given a certificate, when an auditor points to a document from it, then it says so, and stays what it is", async () => {
    const { other } = bay;
    const { body: before } = await api.ask("/v1/retirements/1");
    const note = terms.document;
    await revert("/v1/retirements/1/notes", [[other, { note }, `AccessManagedUnauthorized, caller ${other.account}`]]);
    await bay.grant("AUDITOR", other);
    await revert("/v1/retirements/9/notes", [[other, { note }, "RetirementUnknown, retirement 9"]]);
    await bay.does(other, "/v1/retirements/1/notes", { note });
    const { body: after } = await api.ask("/v1/retirements/1");
    expect(after).to.deep.equal({ ...before, note });
    const unknown = await bay.prepare(other, "/v1/retirements/1/notes", { note: id("nobody has it") });
    expect([unknown.status, unknown.body["code"]]).to.deep.equal([409, "document-unknown"]);
  });

  it("given a locked block, when its holder would move or end it, then the answer names the lock", async () => {
    await bay.grant("PLEDGE", bay.other);
    const pieces = [piece(1, block(1_001))];
    await bay.does(bay.other, "/v1/locks", { pieces, set: ["pledged"], basis });
    const told = `BlockLocked, id ${number(block(1_001))}, locks 2`;
    await revert("/v1/transfers", [[bay.farmer, terms.transfer({ pieces }), told]]);
    await revert("/v1/retirements", [[bay.farmer, terms.retirement({ pieces }), told]]);
    await revert("/v1/cancellations", [[bay.farmer, { pieces, basis }, told]]);
  });

  it("given documents and codes that nobody knows, and another project's report, when they are named, then each is refused by name", async () => {
    const { admin, registry, measurer, issuer, farmer } = bay;
    const { document, project, report, issuance, retirement } = terms;
    const unread = { document: id("never uploaded") };
    const purposeless = { list: "purpose", unknown: 0 };
    const scopeless = { list: "claimScope", unknown: 99 };
    const cases: [who: Who, path: string, given: object, code: string, more?: object][] = [
      [admin, "/v1/methodologies", { ...unread, scope, quorum: 1 }, "document-unknown"],
      [registry, "/v1/projects", project(unread), "document-unknown"],
      [measurer, "/v1/projects/1/reports", report(unread), "document-unknown"],
      [admin, "/v1/methodologies", { document, scope: 99, quorum: 1 }, "vocabulary-unknown", scopeless],
      [farmer, "/v1/retirements", retirement({ purpose: 0 }), "vocabulary-unknown", purposeless],
      [farmer, "/v1/dedications", { pieces: [piece(1)], purpose: 0, basis }, "vocabulary-unknown", purposeless],
      [issuer, "/v1/projects/2/issuances", issuance(open, [1]), "report-unknown"],
      [issuer, "/v1/projects/1/issuances", issuance(id("no report") as Hex, [1]), "report-unknown"],
    ];
    for (const [who, path, given, code, more] of cases) {
      const { status, body } = await bay.prepare(who, path, given);
      expect(status, JSON.stringify(body)).to.be.oneOf([409, 422]);
      expect(body, path).to.deep.include({ ...more, code });
    }
  });

  it("given figures, days and months that are none, when they are named, then each is refused where it stands", async () => {
    const { document, project, report, transfer, retirement } = terms;
    const farmer = bay.farmer.account;
    const figures = ["0", "-1", "1.5", "1e3", "01", "", String(MOST + 1n), 5];
    const days = ["2021-02-29", "2021-13-01", "10000-01-01", "1969-12-31", "0000-01-01", "2021-1-1", 18_628];
    const months = ["2025-00", "2025-13", "25-01", "10000-01", "0999-12", 202_501];
    const cases: [path: string, given: object, at: string][] = [
      ...figures.map((kg): [string, object, string] => {
        return ["/v1/transfers", transfer({ pieces: [{ block: block(1), kg }] }), "pieces.0.kg"];
      }),
      ...days.map((day): [string, object, string] => ["/v1/projects/1/reports", report({ fromDay: day }), "fromDay"]),
      ...months.map((month): [string, object, string] => {
        return ["/v1/retirements", retirement({ fromMonth: month }), "fromMonth"];
      }),
      ["/v1/projects/1/reports", report({ claimedKg: "0" }), "claimedKg"],
      ["/v1/projects/1/reports", report({ claimedKg: String(2n ** 64n) }), "claimedKg"],
      ["/v1/projects/0/reports", report(), "id"],
      [`/v1/projects/${2n ** 64n}/reports`, report(), "id"],
      ["/v1/methodologies", { document, scope: 65_536, quorum: 1 }, "scope"],
      ["/v1/methodologies", { document, scope, quorum: 0 }, "quorum"],
      ["/v1/methodologies", { document, scope, quorum: 256 }, "quorum"],
      ["/v1/projects", project({ shares: [{ account: farmer, bps: 10_001 }] }), "shares.0.bps"],
      ["/v1/projects", project({ methodology: "0" }), "methodology"],
      ["/v1/projects", project({ boundaries: [] }), "boundaries"],
      ["/v1/transfers", transfer({ pieces: [] }), "pieces"],
      ["/v1/transfers", transfer({ pieces: Array<object>(201).fill(piece(1)) }), "pieces"],
      ["/v1/transfers", transfer({ to: "0x12" }), "to"],
      ["/v1/transfers", transfer({ extra: 1 }), ""],
      ["/v1/retirements", retirement({ country: 0 }), "country"],
      ["/v1/retirements", retirement({ purpose: 65_536 }), "purpose"],
      ["/v1/locks", { pieces: [piece(1)], set: ["dedicated"], basis }, "set.0"],
      ["/v1/locks", { pieces: [piece(1)], set: ["welded"], basis }, "set.0"],
    ];
    for (const [path, given, at] of cases) {
      const { status, body } = await bay.prepare(bay.farmer, path, given);
      const told = `${path} ${JSON.stringify(given).slice(0, 200)}: ${String(body["detail"])}`;
      expect([status, body["code"]], told).to.deep.equal([400, "invalid-request"]);
      expect((body["errors"] as { at: string }[])[0]!.at, told).to.equal(at);
    }
  });

  /** So many batches of 100 blocks each. */
  function crowded(batches: number): object {
    const { batches: one, ...rest } = terms.issuance(open, Array<number>(100).fill(1));
    return { ...rest, batches: Array<object>(batches).fill(one[0]!) };
  }

  it("given more than a transaction has gas for, when it is to be prepared, then that is said", async () => {
    const { status, body } = await bay.prepare(bay.issuer, "/v1/projects/1/issuances", crowded(4));
    expect([status, body["code"], body["reason"]]).to.deep.equal([409, "would-revert", "OutOfGas"]);
  });

  it("given a call that takes nearly all the gas there is, when it is prepared and signed, then the chain takes it", async () => {
    const { body } = await bay.does(bay.issuer, "/v1/projects/1/issuances", crowded(3));
    // an estimate of 15.6 M, for which a quarter more would be too much
    expect(body["transaction"]).to.include({ gasLimit: "16777216" });
    expect((await api.ask("/v1/batches/4")).body).to.include({ issuedKg: "100" });
  });

  it("given prepared transactions, when nobody signs them, then nothing has changed", async () => {
    const prepare = async (): Promise<unknown> =>
      (await bay.prepare(bay.farmer, "/v1/transfers", terms.transfer())).body;
    const first = await prepare();
    expect(await prepare()).to.deep.equal(first);
    expect(first).to.have.nested.property("transaction.from", bay.farmer.account);
  });
});
