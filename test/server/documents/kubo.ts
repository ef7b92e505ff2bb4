/** Documents in a real Kubo, where this machine has one; where it has none, only what the server says of that. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { openDocuments } from "../../../server/documents/open.ts";
import type { Documents } from "../../../server/documents/port.ts";
import { Problem } from "../../../server/errors.ts";
import { MEBIBYTE, pattern } from "../../support/documents.ts";
import { skipBecause } from "../../support/skip.ts";

const script = fileURLToPath(new URL("../../../scripts/kubo.sh", import.meta.url));

async function problemOf(work: Promise<unknown>): Promise<Problem["view"]> {
  const thrown = await work.catch((error: unknown) => error);
  expect(thrown).to.be.instanceOf(Problem);
  return (thrown as Problem).view;
}

function hasKubo(): boolean {
  try {
    execFileSync(script, ["find"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("documents in Kubo", function () {
  this.timeout(30_000);
  let held: ChildProcess | undefined;
  let url: string;
  let repository: string;
  let documents: Documents;

  const open = (at = url): Promise<Documents> => openDocuments({ url: at, folder: "/nowhere" });
  const api = async (call: string): Promise<string> =>
    (await fetch(`${url}/api/v0/${call}`, { method: "POST" })).text();

  before(async function () {
    const missing = hasKubo() ? undefined : "no Kubo: run scripts/kubo.sh build, or set TIDEMARK_KUBO_BINARY";
    if (missing && process.env["CI"] === "true") throw new Error(missing);
    if (missing) skipBecause(this, missing);
    // the node lives as long as this command's input is open: it goes when this process does
    const child = spawn(script, ["run", "--", "sh", "-c", 'echo "$TIDEMARK_KUBO_URL $IPFS_PATH"; cat'], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    held = child;
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    [url, repository] = line.split(" ") as [string, string];
    documents = await open();
  });
  after(async () => {
    if (!held) return;
    const gone = once(held, "exit");
    held.stdin!.end();
    await gone;
    expect(existsSync(repository)).to.equal(false);
  });

  for (const [title, bytes] of [
    ["a line", Buffer.from("hello\n")],
    ["1 MiB", pattern(MEBIBYTE)],
    ["3 MB", pattern(3_000_000)],
  ] as const) {
    it(`given ${title}, when it is put, then Kubo has it pinned under the name that files give it, and it comes back whole`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "tidemark-documents-"));
      const asFile = await (await openDocuments({ url: undefined, folder })).put(bytes);
      rmSync(folder, { recursive: true });
      const named = await documents.put(bytes);
      expect(named).to.deep.equal(asFile);
      expect(await api(`pin/ls?arg=${named.cid}&type=recursive`)).to.contain(named.cid);
      await api("repo/gc");
      expect(Buffer.compare((await (await open()).get(named.cid))!, bytes)).to.equal(0);
      expect(await documents.put(bytes)).to.deep.equal(named);
    });
  }

  it("given another chunk size in Kubo's own settings, when a document is put, then its CID is the same", async () => {
    const set = (value: string): Promise<string> => api(`config?arg=Import.UnixFSChunker&arg=${value}`);
    await set("size-1000");
    const { cid } = await documents.put(pattern(MEBIBYTE + 1));
    await set("size-1048576");
    expect(cid).to.equal("bafybeihtedftjxy6bkqn6rdcfaov6mbrtqtta46qt6cfk42rr7ktkai4qm");
  });

  it("given a CID that Kubo does not have, when it is read, then there is nothing", async () => {
    expect(await documents.get("bafkreiep7x36nt66cvnlcghb64cdlw467uhjm5c6m5efjck63ult7rmrza")).to.equal(undefined);
  });

  it("given a block that was changed on Kubo's disk, when the document is read or put again, then its bytes are not given out, nor is it said to be stored", async () => {
    const text = "A weighbridge ticket.";
    const { cid } = await documents.put(Buffer.from(text));
    const blocks = join(repository, "blocks");
    const path = readdirSync(blocks, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".data"))
      .map((name) => join(blocks, name))
      .find((name) => readFileSync(name, "latin1") === text)!;
    writeFileSync(path, text.replace("ticket", "picket"));
    expect((await problemOf(documents.get(cid))).code).to.equal("document-damaged");
    // Kubo keeps what it has: to say that the document is stored would be wrong
    expect((await problemOf(documents.put(Buffer.from(text)))).code).to.equal("document-damaged");
  });

  it("given what answers in Kubo's place but is none, when documents are put and read, then the store is away, in words", async () => {
    const other = await open(`${url}/not-kubo`);
    for (const work of [
      () => other.put(Buffer.from("hello\n")),
      () => other.get("bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am"),
    ]) {
      expect((await problemOf(work())).code).to.equal("documents-away");
    }
  });
});

describe("documents in a Kubo that is away", () => {
  it("given nothing that listens, when documents are put and read, then the store is away, and where it was looked for is told", async () => {
    const documents = await openDocuments({ url: "http://127.0.0.1:9", folder: "/nowhere" });
    for (const work of [
      () => documents.put(Buffer.from("hello\n")),
      () => documents.get("bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am"),
    ]) {
      const { code, status, detail } = await problemOf(work());
      expect([code, status]).to.deep.equal(["documents-away", 503]);
      expect(detail).to.contain("127.0.0.1:9");
    }
  });
});
