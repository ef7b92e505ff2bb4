import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { id, solidityPackedKeccak256 } from "ethers";
import fc from "fast-check";
import { createProver } from "../../../server/chain/proofs.ts";
import { encodeRetirement } from "../../../server/chain/retirements.ts";
import { keccak, toBytes, toHex } from "../../../server/chain/eip712.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { beneficiaryHash } from "../../../server/carbon/beneficiary.ts";
import { createCertificates } from "../../../server/carbon/certificate.ts";
import type { Certificate } from "../../../server/carbon/certificateForm.ts";
import { verify, type Verdict } from "../../../scripts/verify/verify.ts";
import { beneficiary, certifySome, readRetired, type Certified } from "../../support/certificates.ts";
import { person } from "../../support/ledger.ts";

type Path = readonly (string | number)[];
type Tree = Record<string | number, unknown>;

const golden = join(import.meta.dirname, "certificate.json");
/** hash of the block that the committed certificate is proved at */
const goldenBlock: Hex = "0xd1c23294a4a4d943e6bb11a489ff9db8fe8c033ec21c8c88c914e9d85286753c";

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null;
const nameOf = (path: Path): string =>
  path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`))
    .join("")
    .slice(1);

/** Every path in a certificate, of values and of what holds them. */
function pathsIn(value: unknown, path: Path = []): Path[] {
  if (!isTree(value)) return [path];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [path, ...keys.flatMap((key) => pathsIn(value[key], [...path, key]))];
}

const valueAt = (value: unknown, path: Path): unknown => path.reduce((at, key) => (at as Tree)[key], value);

/** A copy with another value at one place. */
function changed(certificate: unknown, path: Path, to: (value: unknown) => unknown): Tree {
  const copy = structuredClone(certificate) as Tree;
  const last = path.at(-1)!;
  const parent = valueAt(copy, path.slice(0, -1)) as Tree;
  parent[last] = to(parent[last]);
  return copy;
}

/** Another value of the same form: one digit of a hex text, a neighbouring number, a letter of a word. */
function neighbour(value: unknown, at: number, by: number): unknown {
  if (value === null) return id("something");
  if (typeof value === "number") return value + (by % 2 === 0 ? by : -by);
  const text = value as string;
  if (/^\d+$/.test(text)) return String(BigInt(text) + BigInt(by));
  const start = text.startsWith("0x") ? 2 : 0;
  const place = start + (at % (text.length - start));
  const other = start === 2 ? ((parseInt(text[place]!, 16) + by) % 16).toString(16) : text[place] === "x" ? "y" : "x";
  return text.slice(0, place) + other + text.slice(place + 1);
}

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

  async function expectRefused(certificate: unknown, field: string, block = trust): Promise<void> {
    const { failed } = await check(certificate, block);
    expect(failed?.field, JSON.stringify(failed)).to.equal(field);
  }

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

  it("given any one value of it changed, when a certificate is checked, then it is refused, and that field is named", async () => {
    for (const certificate of [noted, plain]) {
      const leaves = pathsIn(certificate).filter((path) => !isTree(valueAt(certificate, path)));
      for (const path of leaves)
        await expectRefused(
          changed(certificate, path, (v) => neighbour(v, 5, 1)),
          nameOf(path),
        );
      const drawn = fc.tuple(fc.constantFrom(...leaves), fc.nat(), fc.integer({ min: 1, max: 15 }));
      const property = fc.asyncProperty(drawn, async ([path, at, by]) => {
        await expectRefused(
          changed(certificate, path, (value) => neighbour(value, at, by)),
          nameOf(path),
        );
      });
      await fc.assert(property, { numRuns: 150 });
    }
    await expectRefused(
      changed(noted, ["proved", "note"], () => null),
      "proved.note",
    );
  });

  it("given any one field left out, or one besides, or one twice, when a certificate is checked, then it is refused by its name", async () => {
    const named = pathsIn(noted).filter((path) => typeof path.at(-1) === "string");
    for (const path of named) {
      const without = changed(noted, path, () => undefined);
      await expectRefused(without, nameOf(path));
    }
    for (const path of pathsIn(noted)) {
      if (Array.isArray(valueAt(noted, path)) || !isTree(valueAt(noted, path))) continue;
      await expectRefused(
        changed({ noted }, ["noted", ...path], (at) => ({ ...(at as Tree), extra: 1 }))["noted"],
        nameOf([...path, "extra"]).replace(/^\./, ""),
      );
    }
    const twice = JSON.stringify(noted).replace('"scope":3', '"scope":4,"scope":3');
    expect((await verify(twice, { block: trust })).failed?.step).to.equal("form");
  });

  it("given an array with an item less, more or in another place, when a certificate is checked, then it is refused there", async () => {
    const lists = pathsIn(noted).filter((path) => Array.isArray(valueAt(noted, path)));
    expect(lists).to.have.length(10);
    const ways = [
      (list: unknown[]) => list.slice(0, -1),
      (list: unknown[]) => list.slice(1),
      (list: unknown[]) => [...list, list.at(-1)],
      (list: unknown[]) => [...list.slice(1), list[0]],
    ];
    for (const path of lists) {
      for (const [i, way] of ways.entries()) {
        const { failed } = await check(changed(noted, path, (list) => way(list as unknown[])));
        const where = `${nameOf(path)} ${i}: ${JSON.stringify(failed)}`;
        // scopes are alike: in another order they say the same
        if (nameOf(path) === "described.scopes" && i === 3) expect(failed, where).to.equal(undefined);
        else expect(failed?.field.startsWith(nameOf(path)), where).to.equal(true);
      }
    }
  });

  it("given proofs of another retirement, another key or another block, when put into a certificate, then they are named", async () => {
    const other = changed(noted, ["proofs", "record"], () => plain.proofs.record);
    await expectRefused(other, "proofs.record");
    await expectRefused(
      changed(noted, ["proofs", "note"], () => noted.proofs.record),
      "proofs.note",
    );
    await made.annotate(2n, "a later remark");
    const retired = await readRetired(made.ledger.chain, made.credits, 2n);
    const later = await made.certify(retired, await made.head());
    expect(later.proved.note).to.equal(id("a later remark"));
    await expectRefused(later, "proved.block.hash");
    expect((await check(later, later.proved.block.hash)).failed).to.equal(undefined);
    // the note hidden by a proof from before it
    const hidden = {
      ...later,
      proved: { ...later.proved, note: null },
      proofs: { ...later.proofs, note: plain.proofs.note },
    };
    await expectRefused(hidden, "proofs.note[0]", later.proved.block.hash);
  });

  it("given fields that were forged to fit one another, when a certificate is checked, then the register's record stands against them", async () => {
    const retired = await readRetired(made.ledger.chain, made.credits, 1n);
    const [first, ...rest] = retired.blocks;
    const encoded = encodeRetirement({ ...retired, blocks: [{ ...first!, kg: first!.kg + 1n }, ...rest] });
    const record = toHex(keccak(toBytes(encoded)));
    const forged = structuredClone(noted) as { proved: Certificate["proved"]; described: Certificate["described"] };
    Object.assign(forged.proved, { encoded, record });
    forged.proved.retirement.blocks[0]!.kg = "270001";
    await expectRefused(forged, "proved.record");
  });

  it("given no hash to trust, when a certificate is checked, then header and hash are held against one another", async () => {
    const text = JSON.stringify(noted);
    expect((await verify(text)).failed).to.equal(undefined);
    const other = JSON.stringify(changed(noted, ["proved", "block", "hash"], () => id("another block")));
    expect((await verify(other)).failed?.step).to.equal("block");
    const contract = person("another register").account;
    expect((await verify(text, { block: trust, contract })).failed?.field).to.equal("proved.contract");
    expect((await verify(text, { block: trust, contract: made.credits })).failed).to.equal(undefined);
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
