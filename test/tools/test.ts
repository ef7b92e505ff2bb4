/** `npm test` over a small project of its own: what it counts, what it calls a failure, and its last line. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { expect } from "chai";

const project = resolve(import.meta.dirname, "../..");

const planted = {
  "test/server/chain/sums.ts": `it("adds", () => undefined); it("adds again", () => undefined);`,
  "test/server/chain/differs.ts": `import { expect } from "chai"; describe("grams", () => { it("agree", () => expect({ grams: 1 }).to.deep.equal({ grams: 2 })); });`,
  "test/server/breaks.ts": `console.error("the last words"); it("breaks", () => process.exit(0));`,
  "test/server/empty.ts": `describe("nothing", () => undefined);`,
  "test/server/rejects.ts": `it("leaves a promise", async () => {
    void Promise.reject(new Error("nobody awaits this"));
    await new Promise((later) => setTimeout(later, 20));
  });`,
  "test/server/only.ts": `it.only("alone", () => undefined);`,
  "test/server/seed.ts": `it("shows " + process.env["TIDEMARK_FUZZ_SEED"], () => { throw new Error("shown"); });`,
  "test/flows/kills/skips.ts": `import { skipBecause } from "../../support/skip.ts";
    it("one", function () { skipBecause(this, "there is no sea here"); });
    describe("two", () => { before(function () { skipBecause(this, "nor a boat"); }); it("a", () => undefined); it("b", () => undefined); });
    it("three", function () { this.skip(); });`,
  "test/flows/kills/open.ts": `it("leaves a clock running", () => { setInterval(() => undefined, 1000); });`,
};

describe("npm test", function () {
  this.timeout(60_000);
  let root: string;

  async function run(...filters: string[]): Promise<{ status: number; output: string; last: string }> {
    const args = ["--import", "./scripts/loader.mjs", "scripts/test.ts", ...filters];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (piece: Buffer) => (output += piece.toString()));
    const [status] = (await once(child, "close")) as [number];
    return { status, output, last: output.trimEnd().split("\n").at(-1)! };
  }

  before(() => {
    root = mkdtempSync(join(tmpdir(), "tidemark-test-"));
    for (const part of [
      "package.json",
      "tsconfig.json",
      "scripts/loader.mjs",
      "scripts/test.ts",
      "scripts/tooling",
      "test/support/skip.ts",
    ]) {
      cpSync(join(project, part), join(root, part), { recursive: true });
    }
    symlinkSync(join(project, "node_modules"), join(root, "node_modules"));
    for (const [file, text] of Object.entries(planted)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it("given passing tests, when only they are asked for, then it counts them and succeeds", async () => {
    const { status, output, last } = await run("chain/sums");
    expect(last).to.equal("2 passed, 0 failed, 0 skipped");
    expect(output).to.match(/^server +[\d.]+ s {3}2 passed, 0 failed, 0 skipped$/m);
    expect(status).to.equal(0);
  });

  it("given a failing test among passing ones, when they run, then the difference is shown and it fails", async () => {
    const { status, output, last } = await run("server/chain");
    expect(last).to.equal("2 passed, 1 failed, 0 skipped");
    expect(output).to.match(/1\) grams\s+agree[^]*-\s+"grams": 1\s+\+\s+"grams": 2/);
    expect(status).to.equal(1);
  });

  it("given skips, when they run, then each shows its reason, and one without a reason is a failure", async () => {
    const { status, output, last } = await run("kills/skips");
    expect(last).to.equal("0 passed, 1 failed, 3 skipped");
    expect(output).to.include(
      "skipped: one: there is no sea here\nskipped: two a: nor a boat\nskipped: two b: nor a boat\n",
    );
    expect(output).to.include("1) three\n  is skipped without a reason");
    expect(status).to.equal(1);
  });

  it("given a suite that exits in the middle, when it runs, then that is a failure with its last words", async () => {
    const { status, output, last } = await run("breaks");
    expect(last).to.equal("0 passed, 1 failed, 0 skipped");
    expect(output).to.match(/server: the suite broke off: exit code 0\nthe last words/);
    expect(status).to.equal(1);
  });

  it("given files without a test, when they run, then that is a failure", async () => {
    const { output, last } = await run("empty");
    expect(last).to.equal("0 passed, 1 failed, 0 skipped");
    expect(output).to.include("server: ran no test, though it has 1 file");
  });

  it("given a rejection that nobody awaits, when its test runs, then that fails with its words", async () => {
    const { status, output } = await run("rejects");
    expect(output).to.match(/1\) leaves a promise:\s+Uncaught Error: nobody awaits this/);
    expect(status).to.equal(1);
  });

  it("given `only`, when it runs, then the suite is refused", async () => {
    const { status, last } = await run("server/only");
    expect(last).to.equal("0 passed, 1 failed, 0 skipped");
    expect(status).to.equal(1);
  });

  it("given a test that leaves something running, when its suite ends, then that is a failure", async () => {
    const { output, last } = await run("kills/open");
    expect(last).to.equal("1 passed, 1 failed, 0 skipped");
    expect(output).to.include("flows, kills: something is still running 5 s after the last test");
  });

  it("given no file of that name, when it is asked for, then it says so and fails", async () => {
    const { status, output, last } = await run("server/tides");
    expect(output).to.include("no test file has server/tides in its path under test/");
    expect(last).to.equal("0 passed, 1 failed, 0 skipped");
    expect(status).to.equal(1);
  });

  it("given a test file in no suite's folder, when tests run, then it is named and that is a failure", async () => {
    writeFileSync(join(root, "test/flows/stray.ts"), `it("is never run", () => undefined);`);
    const { status, output, last } = await run("chain/sums");
    rmSync(join(root, "test/flows/stray.ts"));
    expect(output).to.include("1) test/flows/stray.ts is in no suite's folder");
    expect([status, last]).to.deep.equal([1, "2 passed, 1 failed, 0 skipped"]);
  });

  it("given no seed, when tests run, then they get the fixed one and it is printed", async () => {
    const { output } = await run("server/seed");
    expect(output).to.match(/^fuzz seed (0x[0-9a-f]+)\n[^]*shows \1/);
  });
});
