import { expect } from "chai";
import { AbiCoder, id, keccak256, ZeroAddress, ZeroHash } from "ethers";
import { createBay, firstDay, lastDay, scope, shore, type Bay } from "../../support/carbon.ts";
import { startOfTests } from "../../support/contracts.ts";

const load = await createBay();
const east = id("the east shore");
const yesterday = Math.floor(startOfTests / 86_400) - 1;

describe("Projects.addMethodology", () => {
  let bay: Bay;

  beforeEach(async () => {
    bay = await load();
  });

  const methodology = { document: id("another methodology"), scope, quorum: 3, bufferBps: 0 };

  it("given a document, a scope and a quorum, then it has the next id", async () => {
    await expect(bay.projects.addMethodology(methodology))
      .to.emit(bay.projects, "MethodologyAdded")
      .withArgs(2, methodology.document, scope, 3, 0);
    expect(await bay.projects.methodologyOf(2)).to.deep.equal([methodology.document, BigInt(scope), 3n, 0n]);
    expect(await bay.projects.counts()).to.deep.equal([2n, 1n]);
    expect(await bay.projects.methodologyOf(3)).to.deep.equal([ZeroHash, 0n, 0n, 0n]);
  });

  it("given none of one of them, or a buffer, then it is refused", async () => {
    for (const terms of [{ document: ZeroHash }, { scope: 0 }, { quorum: 0 }, { bufferBps: 1 }]) {
      await expect(bay.projects.addMethodology({ ...methodology, ...terms })).to.be.revertedWithCustomError(
        bay.projects,
        "MethodologyNotPossible",
      );
    }
  });
});

describe("Projects.registerProject", () => {
  let bay: Bay;

  beforeEach(async () => {
    bay = await load();
  });

  /** A project on the east shore, unless said otherwise. */
  const register = (terms: Parameters<Bay["project"]>[0] = {}) =>
    bay.projects.connect(bay.world.registry).registerProject(bay.project({ boundaries: [east], ...terms }));
  const refused = (terms: Parameters<Bay["project"]>[0], error: string, ...args: unknown[]) =>
    expect(register(terms))
      .to.be.revertedWithCustomError(bay.projects, error)
      .withArgs(...args);
  const ascending = (...shares: { account: string; bps: number }[]) =>
    shares.toSorted((a, b) => (BigInt(a.account) < BigInt(b.account) ? -1 : 1));

  it("given parties, boundaries and shares, then it has the next id and all that", async () => {
    const { project, projects, proponent, measurer, farmer, other } = bay;
    const terms = project({ boundaries: [east, id("the west shore")] });
    await expect(register(terms))
      .to.emit(projects, "ProjectRegistered")
      .withArgs(
        ...[2, proponent, 1, measurer, terms.document, terms.boundaries],
        (shares: { account: string; bps: bigint }[]) =>
          JSON.stringify(shares.map(({ account, bps }) => [account, Number(bps)])) ===
          JSON.stringify(terms.shares.map(({ account, bps }) => [account, bps])),
      );
    expect(await projects.projectOf(2)).to.deep.equal([1n, proponent.address, measurer.address]);
    expect(await projects.shareOf(2, proponent)).to.equal(4_000);
    expect(await projects.shareOf(2, farmer)).to.equal(6_000);
    expect(await projects.shareOf(2, other)).to.equal(0);
    for (const boundary of terms.boundaries) {
      expect(await projects.boundaryOf(boundary)).to.deep.equal([2n, 0n]);
    }
    expect(await projects.counts()).to.deep.equal([1n, 2n]);
  });

  it("given a methodology or a document that is none, then it is refused", async () => {
    await refused({ methodology: 2 }, "MethodologyUnknown", 2);
    await refused({ methodology: 0 }, "MethodologyUnknown", 0);
    await refused({ document: ZeroHash }, "DocumentMissing");
  });

  it("given a boundary of another project, the same twice, or none, then it is refused", async () => {
    await refused({ boundaries: [shore] }, "BoundaryTaken", shore, 1);
    await refused({ boundaries: [east, east] }, "BoundaryTaken", east, 2);
    await refused({ boundaries: [] }, "BoundaryMissing");
    await refused({ boundaries: [ZeroHash] }, "BoundaryMissing");
  });

  it("given parties that are not active, then it is refused", async () => {
    const { stranger } = bay.world;
    await refused({ proponent: stranger.address }, "AccountNotActive", stranger);
    await refused({ measurer: ZeroAddress }, "AccountNotActive", ZeroAddress);
    await refused({ shares: [bay.share(stranger, 10_000)] }, "AccountNotActive", stranger);
    await bay.world.Parties.connect(bay.world.registry).setStatus(bay.measurer, 2, id("basis"));
    await refused({}, "AccountNotActive", bay.measurer);
  });

  it("given a measurer who is the proponent or has a share, then it is refused", async () => {
    const { proponent, measurer, share } = bay;
    await refused({ measurer: proponent.address }, "ConflictOfInterest", 2, proponent);
    await refused({ shares: [share(measurer, 10_000)] }, "ConflictOfInterest", 2, measurer);
  });

  it("given shares that are not whole, or not in order, then it is refused", async () => {
    const { proponent, farmer, share } = bay;
    const [first, last] = ascending(share(proponent, 5_000), share(farmer, 5_000)) as [
      ReturnType<typeof share>,
      ReturnType<typeof share>,
    ];
    await refused({ shares: [] }, "SharesNotWhole", 0);
    await refused({ shares: [share(proponent, 9_999)] }, "SharesNotWhole", 9_999);
    await refused({ shares: [share(proponent, 10_001)] }, "SharesNotWhole", 10_001);
    await refused({ shares: [last, first] }, "SharesNotWhole", 5_000);
    await refused({ shares: [first, first] }, "SharesNotWhole", 5_000);
    await refused(
      {
        shares: [
          { ...first, bps: 0 },
          { ...last, bps: 10_000 },
        ],
      },
      "SharesNotWhole",
      0,
    );
  });
});

describe("Projects.submitReport", () => {
  let bay: Bay;

  beforeEach(async () => {
    bay = await load();
  });

  const submit = (terms: Parameters<Bay["report"]>[0] = {}, by = bay.measurer) =>
    bay.projects.connect(by).submitReport(bay.report(terms));
  const refused = (terms: Parameters<Bay["report"]>[0], error: string, ...args: unknown[]) =>
    expect(submit(terms))
      .to.be.revertedWithCustomError(bay.projects, error)
      .withArgs(...args);

  it("given the measurer, then the report stands under the hash of what it is for", async () => {
    const types = ["uint64", "bytes32", "uint32", "uint32", "bytes32"];
    const fields = [1, shore, firstDay, lastDay, id("report")];
    const report = keccak256(AbiCoder.defaultAbiCoder().encode(types, fields));
    expect(await bay.projects.reportId(bay.report())).to.equal(report);
    await expect(submit())
      .to.emit(bay.projects, "ReportSubmitted")
      .withArgs(report, 1, bay.measurer, shore, firstDay, lastDay, 1_000, id("report"));
    const state = [1n, 1_000n, 0n, 0n, BigInt(firstDay), BigInt(lastDay), 0n, shore];
    expect(await bay.projects.reportOf(report)).to.deep.equal(state);
  });

  it("given anybody but the project's measurer, then it is refused", async () => {
    for (const by of [bay.proponent, bay.holder, bay.world.issuer]) {
      await expect(submit({}, by)).to.be.revertedWithCustomError(bay.projects, "NotMeasurer").withArgs(1, by);
    }
    const { stranger } = bay.world;
    await expect(submit({}, stranger)).to.be.revertedWithCustomError(bay.projects, "ActorUnknown").withArgs(stranger);
  });

  it("given a project that is none, a boundary of another one or of none, then it is refused", async () => {
    await refused({ project: 2 }, "ProjectUnknown", 2);
    await refused({ boundary: east }, "BoundaryForeign", east, 1);
    await bay.projects.connect(bay.world.registry).registerProject(bay.project({ boundaries: [east] }));
    await refused({ boundary: east }, "BoundaryForeign", east, 1);
  });

  it("given a period that ends before it begins, is not over, or begins before time, then it is refused", async () => {
    for (const [fromDay, toDay] of [
      [lastDay, firstDay],
      [firstDay, yesterday + 1],
      [firstDay, 2 ** 32 - 1],
      [0, lastDay],
    ] as const) {
      await refused({ fromDay, toDay }, "PeriodNotPossible", fromDay, toDay);
    }
    await submit({ fromDay: yesterday, toDay: yesterday });
  });

  it("given no document, nothing claimed, or too much, then it is refused", async () => {
    await refused({ document: ZeroHash }, "DocumentMissing");
    await refused({ claimedKg: 0 }, "ClaimNotPossible", 0);
    await refused({ claimedKg: 2n ** 63n }, "ClaimNotPossible", 2n ** 63n);
    await submit({ claimedKg: 2n ** 63n - 1n });
  });

  it("given the same report again, with another claim, then it is refused", async () => {
    const report = await bay.submit();
    await refused({ claimedKg: 999 }, "ReportExists", report);
    await submit({ document: id("corrected report") });
  });
});
