import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { openDocuments } from "../../../server/documents/open.ts";
import type { Documents } from "../../../server/documents/port.ts";
import { Problem } from "../../../server/errors.ts";
import { pattern } from "../../support/documents.ts";
import { asNobody } from "../../support/nobody.ts";

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const thrown = await work.then(
    () => "nothing was thrown",
    (error: unknown) => error,
  );
  return thrown instanceof Problem ? thrown.view.code : String(thrown);
};

describe("documents as files", () => {
  let home: string;
  let folder: string;
  let documents: Documents;
  const open = (): Promise<Documents> => openDocuments({ url: undefined, folder });
  const text = Buffer.from("The point's scale was calibrated.\n");

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), "tidemark-documents-"));
    folder = join(home, "documents");
    documents = await open();
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  for (const [title, bytes] of [
    ["a line of text", text],
    ["3 MB", pattern(3_000_000)],
  ] as const) {
    it(`given ${title} that was put, when it is read after a restart, then it is the same, in one file under its CID`, async () => {
      const { cid } = await documents.put(bytes);
      await documents.close();
      expect(Buffer.compare((await (await open()).get(cid))!, bytes)).to.equal(0);
      expect(readdirSync(folder)).to.deep.equal([cid]);
    });
  }

  it("given the same bytes put twenty times at once, when they are read, then there is one file and all got one name", async () => {
    const named = await Promise.all(Array.from({ length: 20 }, () => documents.put(text)));
    expect(new Set(named.map(({ cid }) => cid)).size).to.equal(1);
    expect(readdirSync(folder)).to.deep.equal([named[0]!.cid]);
  });

  it("given a CID of which nothing was put, when it is read, then there is nothing", async () => {
    const { cid } = await documents.put(text);
    rmSync(join(folder, cid));
    expect(await documents.get(cid)).to.equal(undefined);
  });

  it("given a file torn by a crash while it was written, when the documents are opened, then it is gone and no document", async () => {
    const { cid } = await documents.put(text);
    writeFileSync(join(folder, ".new-0b7c"), text.subarray(0, 5));
    expect(Buffer.from((await (await open()).get(cid))!)).to.deep.equal(text);
    expect(readdirSync(folder)).to.deep.equal([cid]);
  });

  const damages: [string, (path: string) => void][] = [
    [
      "one bit of it flipped",
      (path) =>
        writeFileSync(
          path,
          readFileSync(path).map((byte, i) => (i === 7 ? byte ^ 1 : byte)),
        ),
    ],
    ["its end cut off", (path) => truncateSync(path, 10)],
    ["all of it gone", (path) => truncateSync(path, 0)],
    ["more behind it", (path) => writeFileSync(path, "x", { flag: "a" })],
    ["a folder in its place", (path) => (rmSync(path), mkdirSync(path))],
  ];
  for (const [title, damage] of damages) {
    it(`given a document with ${title}, when it is read, then it is refused as damaged`, async () => {
      for (const bytes of [text, pattern(3_000_000)]) {
        const { cid } = await documents.put(bytes);
        damage(join(folder, cid));
        expect(await codeOf(documents.get(cid))).to.equal("document-damaged");
      }
    });
  }

  it("given a damaged document, when the same bytes are put again, then it is mended", async () => {
    const { cid } = await documents.put(text);
    truncateSync(join(folder, cid), 10);
    await documents.put(text);
    expect(Buffer.from((await documents.get(cid))!)).to.deep.equal(text);
  });

  it("given a file beside the folder, when a path to it is asked for in place of a CID, then it is refused", async () => {
    writeFileSync(join(home, "keys.json"), "secret");
    for (const path of ["../keys.json", "%2e%2e/keys.json", "..", ".", "", join(home, "keys.json"), "x\0"]) {
      expect(await codeOf(documents.get(path)), path).to.equal("invalid-request");
    }
  });

  it("given a folder that cannot be written, when a document is put, then it says so and leaves nothing behind", async () => {
    rmSync(folder, { recursive: true });
    expect(await codeOf(documents.put(text))).to.equal("not-writable");
    expect(existsSync(folder)).to.equal(false);
  });

  it("given a folder of somebody else, when the documents are opened, then the start is refused and names it", async () => {
    const thrown: unknown = await asNobody(open).catch((error: unknown) => error);
    expect(thrown).to.have.property("name", "Refusal");
    expect(thrown).to.have.property("message").that.contains(folder);
  });
});
