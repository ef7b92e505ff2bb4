import { expect } from "chai";
import { id } from "ethers";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { roles } from "../../../server/access/roles.ts";
import { addressOf, keyId, keyOf } from "../../support/acts.ts";
import {
  batchWord,
  blockId,
  blockWord,
  createBay,
  firstDay,
  lastDay,
  scope,
  shore,
  verifiers,
  type Bay,
} from "../../support/carbon.ts";
import { packed, forever } from "../../support/coast.ts";

const load = await createBay();

const originWord = (project: number, vintage: number): bigint => packed([project, 64], [vintage, 16], [scope, 16]);

describe("Projects.issue", () => {
  let bay: Bay;
  let report: string;

  beforeEach(async () => {
    bay = await load();
    report = await bay.attested();
  });

  const refused = (call: Promise<unknown>, error: string, ...args: unknown[]) =>
    expect(call)
      .to.be.revertedWithCustomError(bay.projects, error)
      .withArgs(...args);

  it("given an attested report, when it is issued, then blocks lie end to end from serial 1", async () => {
    const { holder, buyer, batch, issue } = bay;
    const changes = await bay.changes(() =>
      issue(
        report,
        batch([
          [holder, 600],
          [buyer, 1],
          [holder, 99],
        ]),
        batch([[buyer, 300]]),
      ),
    );
    const [first, second, third] = [blockId(1, 1), blockId(1, 601), blockId(1, 602)];
    expect(changes).to.deep.equal({
      [`word ${first}`]: blockWord({ kg: 600 }),
      [`holder ${first}`]: holder.address,
      [`word ${second}`]: blockWord({ kg: 1 }),
      [`holder ${second}`]: buyer.address,
      [`word ${third}`]: blockWord({ kg: 99 }),
      [`holder ${third}`]: holder.address,
      [`word ${blockId(2, 1)}`]: blockWord({ kg: 300 }),
      [`holder ${blockId(2, 1)}`]: buyer.address,
      "batch 1": batchWord(700),
      "origin 1": originWord(1, 2024),
      "batch 2": batchWord(300),
      "origin 2": originWord(1, 2024),
    });
    expect((await bay.projects.reportOf(report)).issuedKg).to.equal(1_000);
    expect(await bay.projects.boundaryOf(shore)).to.deep.equal([1n, BigInt(lastDay)]);
  });

  it("given an issuance, then it tells the report, the batch and the blocks", async () => {
    const { holder, batch, issue, projects, credits } = bay;
    const call = await issue(report, batch([[holder, 700]]));
    await expect(call).to.emit(projects, "ReportIssued").withArgs(report, 1, bay.world.issuer, 700);
    await expect(call).to.emit(credits, "BatchOpened").withArgs(1, 1, report, 2024, scope, 700);
    await expect(call).to.emit(credits, "Issued").withArgs(1, report, holder, blockId(1, 1), 700);
  });

  it("given who measured, verified or issues, when credits are allotted to one of them, then nothing is issued", async () => {
    const { holder, batch, issue, world } = bay;
    for (const account of [world.issuer.address, bay.measurer.address, verifiers[0]!]) {
      const allotted = batch([
        [holder, 600],
        [{ address: account }, 1],
      ]);
      await refused(issue(report, allotted), "ConflictOfInterest", 1, account);
    }
    expect((await bay.projects.reportOf(report)).issuedKg).to.equal(0);
  });

  it("given a report over several years, then each of them may be a vintage, and no other year", async () => {
    const period = { fromDay: firstDay - 366, toDay: lastDay + 1 };
    const long = await bay.attested({ ...period, document: id("three years") });
    const of = (vintage: number) => bay.batch([[bay.holder, 10]], { vintage });
    for (const vintage of [2021, 2026, 0, 65_535]) {
      await refused(
        bay.issue(long, of(2023), of(vintage)),
        ...(["VintageOutsidePeriod", vintage, period.fromDay, period.toDay] as const),
      );
    }
    await bay.issue(long, of(2022), of(2023), of(2024), of(2025));
    expect(await Promise.all([1, 2, 3, 4].map(async (n) => (await bay.credits.batches(n)).origin))).to.deep.equal(
      [2022, 2023, 2024, 2025].map((vintage) => originWord(1, vintage)),
    );
  });

  it("given more than the least that was attested, in one block or many, then it is refused", async () => {
    await bay.carry(bay.statement(report, 800, 1));
    const { holder, buyer, batch, issue } = bay;
    await refused(issue(report, batch([[holder, 801]])), "AboveAttested", report, 801, 800);
    const halves = [
      batch([[holder, 400]]),
      batch([
        [holder, 400],
        [buyer, 1],
      ]),
    ];
    await refused(issue(report, ...halves), "AboveAttested", report, 801, 800);
    // sums that no 64 bits hold are sums all the same
    const most = 2n ** 64n - 1n;
    await refused(
      issue(
        report,
        batch([
          [holder, most],
          [holder, 2n],
        ]),
      ),
      "AboveAttested",
      report,
      most + 2n,
      800,
    );
    await issue(report, batch([[holder, 800]]));
  });

  it("given a report for which credits were issued, however few, then it is refused", async () => {
    await bay.issue(report, bay.batch([[bay.holder, 1]]));
    await refused(bay.issue(report, bay.batch([[bay.holder, 1]])), "ReportClosed", report);
  });

  it("given a report that is none, was refused by a verifier, or by nobody attested, then it is refused", async () => {
    const one = bay.batch([[bay.holder, 1]]);
    await refused(bay.issue(id("none"), one), "ReportUnknown", id("none"));
    const unseen = await bay.submit({ document: id("unseen") });
    await refused(bay.issue(unseen, one), "QuorumMissing", unseen, 0, 1);
    await bay.carry(bay.statement(report, 0, 1));
    await refused(bay.issue(report, one), "AboveAttested", report, 1, 0);
  });

  it("given a quorum of three, then two accounts are too few, however many keys they have", async () => {
    const { Parties, registry, manager } = bay.world;
    const east = id("the east shore");
    await bay.projects.addMethodology({ document: id("strict"), scope, quorum: 3, bufferBps: 0 });
    await bay.projects.connect(registry).registerProject(bay.project({ methodology: 2, boundaries: [east] }));
    const strict = await bay.submit({ project: 2, boundary: east });
    for (const n of [0, 1]) await bay.carry(bay.statement(strict, 1_000, n));
    const second = keyOf("second");
    await Parties.connect(registry).bindKey(verifiers[0]!, keyId(addressOf(second)), 0, forever);
    await manager.grantRole(roles.VERIFIER, addressOf(second), 0);
    await bay.carry(bay.statement(strict, 1_000, 0), (digest) => second.sign(digest).compactSerialized);
    const one = bay.batch([[bay.holder, 1]]);
    await refused(bay.issue(strict, one), "QuorumMissing", strict, 2, 3);
    await bay.carry(bay.statement(strict, 1_000, 2));
    await bay.issue(strict, one);
  });

  it("given an issuer with a part in the project, or who attested the report, then it is refused", async () => {
    const { Parties, registry, manager, issuer } = bay.world;
    const as = async (account: { address: string } | string, key: HardhatEthersSigner) => {
      await Parties.connect(registry).bindKey(account as string, keyId(key.address), 0, forever);
      await manager.grantRole(roles.ISSUER, key, 0);
      return bay.projects.connect(key).issue(report, [bay.batch([[bay.holder, 1]])]);
    };
    for (const party of [bay.proponent, bay.measurer, bay.farmer]) {
      await manager.grantRole(roles.ISSUER, party, 0);
      const call = bay.projects.connect(party).issue(report, [bay.batch([[bay.holder, 1]])]);
      await refused(call, "ConflictOfInterest", 1, party);
    }
    await refused(as(verifiers[0]!, bay.world.stranger), "ConflictOfInterest", 1, verifiers[0]);
    // another's verifier may, and so may a verifier of another report
    await bay.issue(report, bay.batch([[bay.holder, 1]]));
    expect(await bay.projects.shareOf(1, issuer)).to.equal(0);
  });

  it("given an issuer who is suspended, or no account, then it is refused", async () => {
    const { Parties, registry, manager, issuer, stranger } = bay.world;
    const one = bay.batch([[bay.holder, 1]]);
    await Parties.connect(registry).setStatus(issuer, 2, id("basis"));
    await refused(bay.issue(report, one), "AccountNotActive", issuer);
    await manager.grantRole(roles.ISSUER, stranger, 0);
    await refused(bay.projects.connect(stranger).issue(report, [one]), "ActorUnknown", stranger);
  });

  it("given a period that overlaps one that was issued in its boundary, then it is refused", async () => {
    await bay.issue(report, bay.batch([[bay.holder, 1]]));
    const one = bay.batch([[bay.holder, 1]]);
    for (const [fromDay, toDay] of [
      [lastDay, lastDay + 9],
      [firstDay - 9, firstDay],
      [firstDay - 30, firstDay - 20],
      [firstDay + 5, firstDay + 5],
    ] as const) {
      const other = await bay.attested({ fromDay, toDay, document: id(`${fromDay}`) });
      await refused(bay.issue(other, one), "PeriodOverlaps", shore, fromDay, lastDay);
    }
    const next = await bay.attested({ fromDay: lastDay + 1, toDay: lastDay + 9 });
    await bay.issue(next, bay.batch([[bay.holder, 1]], { vintage: 2025 }));
  });

  it("given a scope that is not the methodology's, then it is refused", async () => {
    const call = bay.issue(report, bay.batch([[bay.holder, 1]], { scope: 2 }));
    await refused(call, "ScopeNotOfMethodology", 2, scope);
  });

  it("given a receiver who is not registered or suspended, no kilograms or no blocks, then it is refused", async () => {
    const { stranger, Parties, registry } = bay.world;
    const { credits, batch, issue, holder, buyer } = bay;
    const refusedThere = (call: Promise<unknown>, error: string, ...args: unknown[]) =>
      expect(call)
        .to.be.revertedWithCustomError(credits, error)
        .withArgs(...args);
    await refusedThere(
      issue(
        report,
        batch([
          [holder, 1],
          [stranger, 1],
        ]),
      ),
      "AccountNotActive",
      stranger,
    );
    await Parties.connect(registry).setStatus(buyer, 2, id("basis"));
    await refusedThere(issue(report, batch([[buyer, 1]])), "AccountNotActive", buyer);
    await refusedThere(
      issue(
        report,
        batch([
          [holder, 1],
          [holder, 0],
        ]),
      ),
      "KgMissing",
      blockId(1, 2),
    );
    await refusedThere(issue(report, batch([[holder, 1]]), batch([])), "PiecesMissing");
    await refusedThere(issue(report), "PiecesMissing");
    expect((await bay.projects.reportOf(report)).issuedKg).to.equal(0);
    expect(await bay.projects.boundaryOf(shore)).to.deep.equal([1n, 0n]);
  });
});

describe("Credits.issue", () => {
  it("given a module that issues more than 2^63 − 1 kg in one batch, then it is refused", async () => {
    const { world, credits, batch, holder } = await load();
    await world.manager.grantRole(roles.ISSUANCE, world.admin, 0);
    const most = 2n ** 63n - 1n;
    const over = batch([
      [holder, most],
      [holder, 1n],
    ]);
    await expect(credits.issue(id("report"), 1, [over]))
      .to.be.revertedWithCustomError(credits, "KgNotPossible")
      .withArgs(1, most + 1n);
    await credits.issue(id("report"), 1, [batch([[holder, most]])]);
    expect((await credits.batches(1)).word >> 192n).to.equal(most);
  });

  it("given a module of its own, when it issues, then for the report and project it names", async () => {
    const { world, credits, batch, holder } = await load();
    await world.manager.grantRole(roles.ISSUANCE, world.admin, 0);
    await expect(credits.issue(id("report"), 9, [batch([[holder, 1]], { vintage: 2020 })]))
      .to.emit(credits, "BatchOpened")
      .withArgs(1, 9, id("report"), 2020, scope, 1);
    expect((await credits.batches(1)).origin).to.equal(originWord(9, 2020));
  });

  it("given purposes of a scope, when the administrator sets them, then the last are those that count", async () => {
    const { credits } = await load();
    await expect(credits.setPurposes(7, 5)).to.emit(credits, "PurposesSet").withArgs(7, 5);
    await credits.setPurposes(7, 2n ** 256n - 1n);
    expect(await credits.purposesOf(7)).to.equal(2n ** 256n - 1n);
    expect(await credits.purposesOf(8)).to.equal(0);
  });
});
