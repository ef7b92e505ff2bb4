/** The loader over a small project of its own: what it runs, and what its cache may and may not do. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { asNobody } from "../support/nobody.ts";

const loader = resolve(import.meta.dirname, "../../scripts/loader.mjs");

const planted = {
  "package.json": `{ "type": "module" }`,
  "main.ts": `import { kilograms } from "./typechain-types/index.js";
    const grams: number = kilograms * 1000;
    console.log(grams);`,
  "typechain-types/index.ts": `export { kilograms } from "./factories/scale.js";`,
  "typechain-types/factories/scale.ts": `export const kilograms: number = 2;`,
};

describe("scripts/loader.mjs", () => {
  let root: string;
  const at = (file: string): string => join(root, file);
  const kept = (): string[] => readdirSync(at("node_modules/.cache/stripped"));

  function run(): { stdout: string; stderr: string } {
    const args = ["--import", at("scripts/loader.mjs"), at("main.ts")];
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: "utf8",
      env: { ...process.env, NODE_COMPILE_CACHE: undefined },
    });
    return { stdout, stderr };
  }

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "tidemark-loader-"));
    for (const folder of ["scripts", "node_modules", "typechain-types/factories"]) {
      mkdirSync(at(folder), { recursive: true });
    }
    cpSync(loader, at("scripts/loader.mjs"));
    for (const [file, text] of Object.entries(planted)) writeFileSync(at(file), text);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it("given TypeScript that imports TypeChain's, when it runs twice, then it works, in silence, and is stripped once", () => {
    expect(run()).to.deep.equal({ stdout: "2000\n", stderr: "" });
    const first = kept();
    expect(first).to.have.lengthOf(3);
    expect(run()).to.deep.equal({ stdout: "2000\n", stderr: "" });
    expect(kept()).to.deep.equal(first);
  });

  it("given a source that changed, when it runs again, then the new one runs", () => {
    run();
    writeFileSync(at("typechain-types/factories/scale.ts"), `export const kilograms: number = 3;`);
    expect(run().stdout).to.equal("3000\n");
  });

  it("given cached files cut short or emptied by a power cut, when it runs again, then they are made anew", () => {
    for (const length of [0, 20]) {
      run();
      for (const name of kept()) truncateSync(join(at("node_modules/.cache/stripped"), name), length);
      expect(run()).to.deep.equal({ stdout: "2000\n", stderr: "" });
    }
  });

  it("given a folder that cannot be written, when it runs, then it works all the same", async () => {
    chmodSync(root, 0o755);
    chmodSync(at("node_modules"), 0o555);
    expect(await asNobody(async () => run())).to.deep.equal({ stdout: "2000\n", stderr: "" });
    expect(existsSync(at("node_modules/.cache"))).to.equal(false);
  });
});
