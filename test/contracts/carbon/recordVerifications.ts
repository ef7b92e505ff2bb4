import { expect } from "chai";
import { id, ZeroHash } from "ethers";
import { roles } from "../../../server/access/roles.ts";
import { ILotEvents__factory } from "../../../typechain-types/index.js";
import { addressOf, keyId, keyOf, p256, secp, type Sign } from "../../support/acts.ts";
import { createBay, verifierKeys, verifiers, type Bay, type Statement } from "../../support/carbon.ts";
import { forever } from "../../support/coast.ts";
import { registrationOf } from "../../support/collects.ts";
import { startOfTests } from "../../support/contracts.ts";

const load = await createBay();
/** what statements share with the acts on lots */
const lots = ILotEvents__factory.createInterface();
const second = keyOf("second key of the first verifier");

describe("Projects.recordVerifications", () => {
  let bay: Bay;
  let report: string;

  beforeEach(async () => {
    bay = await load();
    report = await bay.submit();
  });

  /** Expects that the statement is skipped for this reason, and that nothing changes. */
  async function expectSkipped(statement: Statement, error: string, sign?: Sign): Promise<void> {
    const before = await bay.projects.reportOf(statement.report);
    const reason = (bay.projects.interface.getError(error) ?? lots.getError(error))!.selector;
    const call = bay.carry(statement, sign);
    await expect(call).to.emit(bay.projects, "Skipped").withArgs(statement.report, bay.digest(statement), reason);
    expect((await (await call).wait())?.logs).to.have.length(1);
    expect(await bay.projects.reportOf(statement.report)).to.deep.equal(before);
  }

  it("given a verifier's statement, when anybody carries it, then it is recorded", async () => {
    const statement = bay.statement(report, 900);
    await expect(bay.carry(statement))
      .to.emit(bay.projects, "Verified")
      .withArgs(report, verifiers[0], bay.digest(statement), 900, id("statement"), startOfTests);
    const { verifications, leastKg, issuedKg } = await bay.projects.reportOf(report);
    expect([verifications, leastKg, issuedKg]).to.deep.equal([1n, 900n, 0n]);
  });

  it("given several verifiers, whatever their order, then the least of what they attest stands", async () => {
    for (const [n, kg, least] of [
      [0, 900, 900n],
      [1, 700, 700n],
      [2, 1_000, 700n],
    ] as const) {
      await bay.carry(bay.statement(report, kg, n));
      expect((await bay.projects.reportOf(report)).leastKg).to.equal(least);
    }
    expect((await bay.projects.reportOf(report)).verifications).to.equal(3);
  });

  it("given a verifier who refuses, then the least is nothing", async () => {
    await bay.carry(bay.statement(report, 900));
    await bay.carry(bay.statement(report, 0, 1));
    const { verifications, leastKg } = await bay.projects.reportOf(report);
    expect([verifications, leastKg]).to.deep.equal([2n, 0n]);
  });

  it("given a bad statement among good ones, then the good ones are recorded", async () => {
    const words = (statement: Statement, key = verifierKeys[verifiers.indexOf(statement.verifier)]!) => {
      const { r, yParityAndS: vs } = key.sign(bay.digest(statement));
      return { ...statement, r, vs };
    };
    const good = [0, 1].map((n) => words(bay.statement(report, 900, n)));
    const bad = words(bay.statement(report, 900, 2), verifierKeys[0]);
    const call = bay.projects.connect(bay.world.stranger).recordVerifications([good[0]!, bad, good[1]!], []);
    expect(await bay.events(call)).to.deep.equal(["Verified", "Skipped", "Verified"]);
  });

  it("given a statement that was recorded, when it is carried again, or changed, then it is skipped", async () => {
    await bay.carry(bay.statement(report, 900));
    await expectSkipped(bay.statement(report, 900), "AlreadyVerified");
    await expectSkipped(bay.statement(report, 100), "AlreadyVerified");
  });

  it("given two keys of one account, then they are one voice", async () => {
    const { Parties, registry, manager } = bay.world;
    await Parties.connect(registry).bindKey(verifiers[0]!, keyId(addressOf(second)), 0, forever);
    await manager.grantRole(roles.VERIFIER, addressOf(second), 0);
    await bay.carry(bay.statement(report, 900), secp(second));
    await expectSkipped(bay.statement(report, 900), "AlreadyVerified");
    expect((await bay.projects.reportOf(report)).verifications).to.equal(1);
  });

  it("given a report that is none, or for which credits were issued, then it is skipped", async () => {
    await expectSkipped(bay.statement(id("no report")), "ReportUnknown");
    await bay.carry(bay.statement(report));
    await bay.issue(report, bay.batch([[bay.holder, 1]]));
    await expectSkipped(bay.statement(report, 900, 1), "ReportClosed");
  });

  it("given more than was claimed, or a date in the future, then it is skipped", async () => {
    await expectSkipped(bay.statement(report, 1_001), "AttestedAboveClaimed");
    const now = await bay.world.helpers.time.latest();
    await expectSkipped({ ...bay.statement(report), signedAt: now + 660 }, "SignedInFuture");
    await bay.carry({ ...bay.statement(report), signedAt: now + 590 });
    expect((await bay.projects.reportOf(report)).verifications).to.equal(1);
  });

  it("given another's signature, a changed statement or nonsense, then it is skipped", async () => {
    const statement = bay.statement(report);
    await expectSkipped(statement, "SignatureNotValid", secp(verifierKeys[1]!));
    const good = verifierKeys[0]!.sign(bay.digest(statement)).compactSerialized;
    for (const changed of [{ attestedKg: 999 }, { statement: id("other") }, { signedAt: startOfTests - 1 }]) {
      await expectSkipped({ ...statement, ...changed }, "SignatureNotValid", () => good);
    }
    await expectSkipped(statement, "SignatureNotValid", () => `0x${"11".repeat(64)}`);
    await expectSkipped(statement, "SignatureNotValid", () => "0x00");
  });

  it("given a key outside its dates, then it is skipped, and within them recorded", async () => {
    const { Parties, registry, manager } = bay.world;
    await Parties.connect(registry).bindKey(verifiers[0]!, keyId(addressOf(second)), startOfTests, startOfTests + 10);
    await manager.grantRole(roles.VERIFIER, addressOf(second), 0);
    for (const signedAt of [startOfTests - 1, startOfTests + 10]) {
      await expectSkipped({ ...bay.statement(report), signedAt }, "KeyNotValid", secp(second));
    }
    await bay.carry({ ...bay.statement(report), signedAt: startOfTests + 9 }, secp(second));
    expect((await bay.projects.reportOf(report)).verifications).to.equal(1);
  });

  it("given a key without the role, or from which it was taken, then it is skipped", async () => {
    const nobody = keyOf("somebody");
    const { Parties, registry, manager } = bay.world;
    await Parties.connect(registry).register([registrationOf(addressOf(nobody))]);
    const statement = { ...bay.statement(report), verifier: addressOf(nobody) };
    await expectSkipped(statement, "NotVerifier", secp(nobody));
    // whoever knows another key of a verifier's account is not for that a verifier
    await Parties.connect(registry).bindKey(verifiers[1]!, keyId(addressOf(second)), 0, forever);
    await expectSkipped(bay.statement(report, 900, 1), "NotVerifier", secp(second));
    const phone = p256("phone");
    await Parties.connect(registry).bindKey(verifiers[1]!, phone.keyId, 0, forever);
    await expectSkipped(bay.statement(report, 900, 1), "NotVerifier", phone.sign);
    await manager.revokeRole(roles.VERIFIER, verifiers[0]!);
    await expectSkipped(bay.statement(report), "NotVerifier");
  });

  it("given an account that is not registered, suspended or closed, then it is skipped", async () => {
    const { Parties, registry } = bay.world;
    const unknown = { ...bay.statement(report), verifier: addressOf(second) };
    await expectSkipped(unknown, "AccountNotRegistered", secp(second));
    for (const status of [2, 3]) {
      await Parties.connect(registry).setStatus(verifiers[0]!, status, id("basis"));
      await expectSkipped(bay.statement(report), "AccountNotActive");
    }
  });

  it("given a verifier who has a part in the project, then it is skipped", async () => {
    const { Parties, registry, manager } = bay.world;
    for (const [n, party] of [bay.proponent, bay.measurer, bay.farmer].entries()) {
      const key = keyOf("of a party", n);
      await Parties.connect(registry).bindKey(party, keyId(addressOf(key)), 0, forever);
      await manager.grantRole(roles.VERIFIER, addressOf(key), 0);
      const statement = { ...bay.statement(report), verifier: party.address };
      await expectSkipped(statement, "ConflictOfInterest", secp(key));
    }
  });

  it("given no statements, then nothing happens", async () => {
    expect(await bay.events(bay.projects.recordVerifications([], []))).to.deep.equal([]);
    expect((await bay.projects.reportOf(ZeroHash)).project).to.equal(0);
  });
});
