import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { id } from "ethers";
import { skipBecause } from "../support/skip.ts";

const project = resolve(import.meta.dirname, "../..");
const file = join(project, "test/server/carbon/certificate.json");
const text = readFileSync(file, "utf8");
const { proved } = JSON.parse(text) as { proved: { block: { hash: string }; contract: string } };
const trust = ["--trust", proved.block.hash];
const command = ["--import", join(project, "scripts/loader.mjs"), join(project, "scripts/verify.ts")];

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs it; `before` is a command that runs it in its turn. */
function run(args: string[], before: string[] = []): Ended {
  const [program, ...rest] = [...before, process.execPath, ...command, ...args];
  const { status, stdout, stderr } = spawnSync(program!, rest, { encoding: "utf8" });
  return { code: status, out: stdout, err: stderr };
}

describe("npm run verify", function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tidemark-verify-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** A copy of the certificate with something replaced. */
  function forged(from: string, to: string): string {
    expect(text).to.contain(from);
    const path = join(folder, "forged.json");
    writeFileSync(path, text.replace(from, to));
    return path;
  }

  it("given a certificate and no network at all, when it is checked against the block's hash, then it holds and says what was retired", function () {
    const offline = ["unshare", "--map-root-user", "--net"];
    try {
      execFileSync(offline[0]!, [...offline.slice(1), "true"], { stdio: "ignore" });
    } catch {
      return skipBecause(this, "this machine lets nobody take the network away from a process (unshare --net)");
    }
    const { code, out, err } = run([file, ...trust, "--contract", proved.contract], offline);
    expect(err).to.equal("");
    expect(code, out).to.equal(0);
    expect(out.split("\n").filter((line) => line.startsWith("✓"))).to.have.length(7);
    expect(out).to.not.match(/[✗?]/);
    for (const said of ["422,500 kg CO2e", "TM-2-2020-1-270000", "Judicial restoration", "2023-01 – 2023-12"]) {
      expect(out).to.contain(said);
    }
  });

  it("given no hash to trust, when it is checked, then it says whom to ask for what, and the exit code is 3 unless that is wanted", () => {
    const { code, out } = run([file]);
    expect(code).to.equal(3);
    expect(out)
      .to.match(/--trust/)
      .and.contain(proved.block.hash);
    expect(run([file, "--untrusted"]).code).to.equal(0);
  });

  it("given another block's hash, or a field that was changed, when it is checked, then the exit code is 1 and the field is named", () => {
    const other = run([file, "--trust", id("another block")]);
    expect(other.code).to.equal(1);
    expect(other.out).to.contain("✗ proved.block.hash is another block");
    const { code, out } = run([forged('"kg": "122500"', '"kg": "122501"'), ...trust]);
    expect(code).to.equal(1);
    expect(out).to.contain("✗ proved.retirement.blocks[1].kg does not fit the record");
    expect(out).to.not.contain("CO2e");
  });

  it("given --json, when it is checked, then the answer is one document", () => {
    const held = run([file, ...trust, "--json"]);
    expect(held.code).to.equal(0);
    expect(JSON.parse(held.out)).to.deep.include({ ok: true, trusted: true, beneficiary: null, failed: null });
    const { code, out } = run([forged('"country": 156', '"country": 157'), ...trust, "--json"]);
    expect(code).to.equal(1);
    const { ok, failed } = JSON.parse(out) as { ok: boolean; failed: { field: string } };
    expect({ ok, field: failed.field }).to.deep.equal({ ok: false, field: "proved.retirement.country" });
  });

  it("given a name and a salt, when it is checked, then it says whether it is claimed for that name", () => {
    const salt = ["--salt", id("a salt")];
    const right = run([file, ...trust, "--beneficiary", "象山县人民法院", ...salt]);
    expect(right.code).to.equal(0);
    expect(right.out).to.contain("✓ 受益方是 It is claimed for 象山县人民法院");
    const wrong = run([file, ...trust, "--beneficiary", "Somebody else", ...salt]);
    expect(wrong.code).to.equal(1);
    expect(wrong.out).to.contain("✗").and.contain("proved.retirement.beneficiary");
  });

  it("given what it cannot read, when it is run, then the exit code is 2 and one sentence says why", () => {
    const wrong: [string[], RegExp][] = [
      [[], /Name one file/],
      [[join(folder, "none.json"), ...trust], /could not be read/],
      [[file, "--trust", "0x12"], /--trust takes 32 bytes/],
      [[file, ...trust, "--beneficiary", "x"], /go together/],
      [[file, "--rpc", "http://127.0.0.1"], /--rpc/],
    ];
    for (const [args, why] of wrong) {
      const { code, out, err } = run(args);
      expect({ code, out }, args.join(" ")).to.deep.equal({ code: 2, out: "" });
      expect(err)
        .to.match(/^tidemark: /)
        .and.match(why);
    }
  });
});
