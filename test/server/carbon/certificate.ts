import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { id, solidityPackedKeccak256 } from "ethers";
import { createProver } from "../../../server/chain/proofs.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { beneficiaryHash } from "../../../server/carbon/beneficiary.ts";
import { createCertificates } from "../../../server/carbon/certificate.ts";
import type { Certificate } from "../../../server/carbon/certificateForm.ts";
import { verify, type Verdict } from "../../../scripts/verify/verify.ts";
import { beneficiary, certifySome, readRetired, type Certified } from "../../support/certificates.ts";
import { person } from "../../support/ledger.ts";

const golden = join(import.meta.dirname, "certificate.json");
/** hash of the block that the committed certificate is proved at */
const goldenBlock: Hex = "0xd1c23294a4a4d943e6bb11a489ff9db8fe8c033ec21c8c88c914e9d85286753c";

describe("certificates", function () {
  this.timeout(120_000);
  let made: Certified;
  let noted: Certificate;
  let plain: Certificate;
  let trust: Hex;

  before(async () => {
    made = await certifySome();
    [noted, plain] = made.certificates;
    trust = noted.proved.block.hash;
  });
  after(() => made.close());

  const check = (certificate: unknown, block = trust): Promise<Verdict> =>
    verify(JSON.stringify(certificate, null, 1), { block });

  it("given retirements with and without a note, when their certificates are checked against the block's hash, then all of it holds", async () => {
    for (const certificate of [noted, plain]) {
      const { failed, passed } = await check(certificate);
      expect(failed).to.equal(undefined);
      expect(passed).to.have.length(7);
    }
    expect(noted.proved).to.deep.include({
      note: id("a remark"),
      batches: [
        { id: "1", project: "7", vintage: 2019, scope: 3 },
        { id: "2", project: "7", vintage: 2020, scope: 3 },
      ],
    });
    expect(plain.proved.note).to.equal(null);
    expect(noted.described).to.deep.equal({
      kg: "422500",
      serials: ["TM-2-2020-1-270000", "TM-1-2019-147501-270000", "TM-1-2019-117501-147500"],
      purpose: "judicial-restoration",
      scopes: ["judicial-only", "judicial-only"],
    });
  });

  it("given many retirements, when those without a note are certified, then each proves that it has none", async () => {
    const holder = person("other holder");
    for (let i = 0; i < 24; i++) {
      const claim = [id(`beneficiary ${i}`), 3, 202_301, 202_301, 156, id("none")];
      await made.ledger.call(holder, "Credits", "retire", [[[(2n << 128n) | 270_001n, 1n]], claim]);
    }
    const head = await made.head();
    for (let retirement = 3n; retirement <= 26n; retirement++) {
      const retired = await readRetired(made.ledger.chain, made.credits, retirement);
      const certificate = await made.certify(retired, head);
      expect((await check(certificate, head.hash)).failed, String(retirement)).to.equal(undefined);
    }
  });

  it("given a certificate that was given out, when it is asked for again, then it is the same one until there is a note", async () => {
    const retired = await readRetired(made.ledger.chain, made.credits, 3n);
    const first = await made.certify(retired, await made.head());
    await made.annotate(3n, "superseded");
    const head = await made.head();
    expect(await made.certify(retired, head)).to.equal(first);
    const again = await made.certify(await readRetired(made.ledger.chain, made.credits, 3n), head);
    expect(again.proved).to.deep.include({ note: id("superseded"), record: first.proved.record });
    expect(again.proved.block).to.deep.include({ number: head.block, hash: head.hash });
  });

  it("given a row that the chain does not bear out, when it is to be certified, then it is not", async () => {
    const retired = await readRetired(made.ledger.chain, made.credits, 4n);
    const certify = createCertificates(createProver(made.ledger.chain), made.credits);
    const wrong = certify({ ...retired, record: id("another") as Hex }, await made.head());
    const why = await wrong.then(
      () => "certified",
      (error: unknown) => (error as Error).message,
    );
    expect(why).to.match(/another record or note of retirement 4 than the ledger/);
    // and the failure is not kept
    const certificate = await certify(retired, await made.head());
    expect(certificate.proved.record).to.equal(retired.record);
  });

  it("given the certificate committed with the first version, when it is checked, then it still holds", async () => {
    const text = readFileSync(golden, "utf8");
    const { failed, passed } = await verify(text, { block: goldenBlock });
    expect(failed).to.equal(undefined);
    expect(passed).to.have.length(7);
  });

  it("given a name and a salt, when hashed, then it is keccak256 of both, however the name was typed", () => {
    const { name, salt } = beneficiary;
    expect(noted.proved.retirement.beneficiary).to.equal(solidityPackedKeccak256(["string", "bytes32"], [name, salt]));
    expect(beneficiaryHash(" Zoe\u0301 ", salt)).to.equal(beneficiaryHash("Zo\u00e9", salt));
    expect(beneficiaryHash(name, id("another salt") as Hex)).to.not.equal(beneficiaryHash(name, salt));
  });
});
