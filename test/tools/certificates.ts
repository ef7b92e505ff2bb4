import { createMerkleProof, createMPT } from "@ethereumjs/mpt";
import { RLP } from "@ethereumjs/rlp";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { id } from "ethers";
import fc from "fast-check";
import { encodeRetirement, retirementKeys } from "../../server/chain/retirements.ts";
import { keccak, toBytes, toHex } from "../../server/chain/eip712.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { Certificate } from "../../server/carbon/certificateForm.ts";
import { verify, type Verdict } from "../../scripts/verify/verify.ts";
import { certifySome, readRetired, type Certified } from "../support/certificates.ts";
import { person } from "../support/ledger.ts";

type Path = readonly (string | number)[];
type Tree = Record<string | number, unknown>;

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

describe("checks of certificates", function () {
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
    const blocks = noted.proved.retirement.blocks.map((block, i) => (i === 0 ? { ...block, kg: "270001" } : block));
    const retirement = { ...noted.proved.retirement, blocks };
    const forge = (proved: Partial<Certificate["proved"]>) => ({ ...noted, proved: { ...noted.proved, ...proved } });
    await expectRefused(forge({ retirement, encoded, record }), "proved.record");
    await expectRefused(forge({ retirement, encoded }), "proved.record");
    await expectRefused(forge({ retirement, record }), "proved.encoded");
    await expectRefused(forge({ encoded, record }), "proved.retirement.blocks[0].kg");
  });

  it("given a node that belongs to the trie but not to the proof, when a certificate is checked, then the proof is refused", async () => {
    // the account's leaf names the root of its storage
    await expectRefused(
      changed(noted, ["proofs", "account"], (nodes) => [...(nodes as Hex[]), noted.proofs.record[0]]),
      "proofs.account",
    );
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

  /** The certificate in a block that somebody made up, with an account or a record of their own. */
  async function madeUp(account: (storageRoot: Uint8Array) => Uint8Array, record: Uint8Array): Promise<Certificate> {
    const key = toBytes(retirementKeys(1n).record);
    const trieOf = async (at: Uint8Array, value: Uint8Array): Promise<{ root: Uint8Array; proof: Hex[] }> => {
      const trie = await createMPT({ useKeyHashing: true });
      await trie.put(at, value);
      return { root: trie.root(), proof: (await createMerkleProof(trie, at)).map(toHex) };
    };
    const storage = await trieOf(key, record);
    const state = await trieOf(toBytes(noted.proved.contract), account(storage.root));
    const header = RLP.decode(toBytes(noted.proved.block.headerRlp)) as Uint8Array[];
    header[3] = state.root;
    const bytes = RLP.encode(header);
    const block = { ...noted.proved.block, hash: toHex(keccak(bytes)), headerRlp: toHex(bytes) };
    const proofs = { ...noted.proofs, account: state.proof, record: storage.proof };
    return { ...noted, proved: { ...noted.proved, block }, proofs };
  }

  it("given a block that somebody made up, when a certificate in it is checked without trust, then what is odd is refused in words", async () => {
    const account = (root: Uint8Array): Uint8Array => RLP.encode([1, 0, root, new Uint8Array(32)]);
    const right = RLP.encode(toBytes(noted.proved.record));
    const cases: [Certificate, string | undefined][] = [
      // as far as the record nobody could tell: this is what the hash of the block is for
      [await madeUp(account, right), "proofs.note[0]"],
      [await madeUp(() => utf8ToBytes("no account at all"), right), "proofs.account"],
      [await madeUp(() => RLP.encode([1, 2]), right), "proofs.account"],
      [await madeUp((root) => RLP.encode([1, 0, root, root, 1]), right), "proofs.account"],
      [await madeUp(account, RLP.encode(new Uint8Array())), "proofs.record"],
      [await madeUp(account, RLP.encode(new Uint8Array(40).fill(1))), "proofs.record"],
      [await madeUp(account, Uint8Array.of(0xb9)), "proofs.record"],
    ];
    for (const [certificate, field] of cases) {
      expect((await verify(JSON.stringify(certificate))).failed?.field).to.equal(field);
      await expectRefused(certificate, "proved.block.hash");
    }
  });
});
