import { createHash } from "node:crypto";
import { expect } from "chai";
import { buildDag, cidFault, nameOf } from "../../../server/documents/dag.ts";
import type { Problem } from "../../../server/errors.ts";
import { MEBIBYTE, pattern } from "../../support/documents.ts";

describe("the DAG of a document", () => {
  // what `ipfs add` of Kubo 0.42.0 says of the same bytes after `ipfs config profile apply unixfs-v1-2025`
  const vectors: [string, Uint8Array, string, number][] = [
    ["hello", Buffer.from("hello\n"), "bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am", 1],
    ["1 MiB", pattern(MEBIBYTE), "bafkreiep7x36nt66cvnlcghb64cdlw467uhjm5c6m5efjck63ult7rmrzi", 1],
    ["1 MiB and a byte", pattern(MEBIBYTE + 1), "bafybeihtedftjxy6bkqn6rdcfaov6mbrtqtta46qt6cfk42rr7ktkai4qm", 3],
    ["3 MB", pattern(3_000_000), "bafybeigqqfhjsrvw6mfesh7bzfomwvlariwsdhk2w54gbno53knbfcpewu", 4],
  ];
  for (const [title, bytes, cid, blocks] of vectors) {
    it(`given ${title}, when its DAG is built, then root and blocks are those that Kubo makes under the profile`, async () => {
      const dag = await buildDag(bytes);
      expect([dag.root.toString(), dag.blocks.length]).to.deep.equal([cid, blocks]);
    });
  }

  it("given up to 1 MiB, when it is named, then the CID's digest is the sha256 of the bytes; above it is not", async () => {
    for (const [bytes, same] of [
      [pattern(MEBIBYTE), true],
      [pattern(MEBIBYTE + 1), false],
    ] as const) {
      const dag = await buildDag(bytes);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      expect(nameOf(dag, bytes)).to.include({ sha256: `0x${sha256}`, bytes: bytes.length });
      expect(Buffer.from(dag.root.multihash.digest).toString("hex") === sha256).to.equal(same);
    }
  });

  it("given no bytes, when the DAG is built, then it refuses", async () => {
    const thrown = await buildDag(new Uint8Array()).catch((error: unknown) => error);
    expect((thrown as Problem).view.code).to.equal("document-empty");
  });

  const faults: [string, string, string][] = [
    ["a path", "../key.json", "is not a CID"],
    ["a CID and a path", "bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am/../x", "is not a CID"],
    ["nothing", "", "is not a CID"],
    ["a cut CID", "bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbaugulue", "is not a CID"],
    ["padding", "bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am=", "is not a CID"],
    ["bits beyond the end", "bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6an", "is not a CID"],
    ["a CIDv0 in base32", "bciqfrenvwurnlxyinuh7bmiq7pm5eg5u7rywhlzu2cbinixii33l4ay", "is not a CID"],
    ["a CIDv0", "QmZULkCELmmk5XNfCgTnCyFgAVxBRBXyDHGGMVoLFLiXEN", "is not a CID"],
    ["upper case", "BAFKREICYSG23KIWV34EG2D7QWEIPXWOSDO2PY4LDV42NBAUGULUEN5V6AM", "is not a CID"],
    ["codec dag-cbor", "bafyreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am", "codec 0x71"],
    [
      "hash sha2-512",
      "bafkrgqhhyivzstcz3hhswshfjgy6ertgmnqeleynhwt4dlfsthi4hn7zgh4uvlsb5xncykzapi3ocd4lzogukir6ksdy6wzrnz6ohnv4aglcs",
      "hash function 0x13",
    ],
    ["a hash that is the bytes themselves", "bafkqablimvwgy3y", "hash function 0x0"],
  ];
  for (const [title, text, words] of faults) {
    it(`given ${title}, when it is read as a document's CID, then what is wrong is named`, () => {
      expect(cidFault(text)).to.contain(words);
    });
  }
});
