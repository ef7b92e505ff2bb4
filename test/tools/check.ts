/** Planted violations: each tool of `npm run check` is seen to refuse what it is there for. */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { expect } from "chai";
import { createChecks } from "../../scripts/tooling/checks.ts";
import { createChildren } from "../../scripts/tooling/children.ts";

const project = resolve(import.meta.dirname, "../..");
const configs = [
  ".dependency-cruiser.cjs",
  ".prettierignore",
  ".prettierrc.json",
  ".solhint.json",
  "eslint.config.js",
  "package.json",
  "tsconfig.json",
];

const sound = {
  "server/errors.ts": `export const refuse = (sentence: string): Error => new Error(sentence);\n`,
  "server/config.ts": `export const home = (): string | undefined => process.env["TIDEMARK_HOME"];\n`,
  "server/chain/port.ts": `import type { Wallet } from "ethers";\n\nexport const addressOf = (wallet: Wallet): string => wallet.address;\n`,
  "server/db/postgres.ts": `import { Pool } from "pg";\n\nexport const open = (): Pool => new Pool();\n`,
  "server/relayer/send.ts": `import { refuse } from "../errors.ts";\n\nexport const send = (): Promise<void> => Promise.reject(refuse("no"));\n`,
  "server/access/queries.ts": `export const parties = (): number => 1;\n`,
  "server/access/projections.ts": `export const applied = (): number => 1;\n`,
  "server/traceability/routes.ts": `import { parties } from "../access/queries.ts";\n\nexport const lots = (): number => parties();\n`,
  "server/api/app.ts": `import { lots } from "../traceability/routes.ts";\n\nexport const app = (): number => lots();\n`,
  "server/main.ts": `import { app } from "./api/app.ts";\n\nconsole.log(app());\n`,
  "test/support/none.ts": `export const none = 0;\n`,
  "contracts/Sound.sol": `// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A counter
/// @author Tidemark
/// @notice Counts
contract Sound {
    /// @notice how often it was counted
    uint256 public count;

    /// @notice Counts one more
    function more() external {
        ++count;
    }
}
`,
};

describe("npm run check", function () {
  this.timeout(120_000);
  const children = createChildren();
  let root: string;

  function write(files: Record<string, string>): void {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
  }

  async function verdict(check: string): Promise<string> {
    const found = createChecks(children, root).find(({ name }) => name === check);
    return (await found!.run()) ?? "ok";
  }

  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), "tidemark-check-")));
    for (const file of configs) cpSync(join(project, file), join(root, file));
    symlinkSync(join(project, "node_modules"), join(root, "node_modules"));
    execFileSync("git", ["init", "--quiet"], { cwd: root });
    writeFileSync(join(root, ".git/info/exclude"), "node_modules\n");
    write(sound);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it("given sound sources, when each tool runs, then it has nothing against them", async () => {
    for (const { name, run } of createChecks(children, root)) expect(await run(), name).to.equal(undefined);
  });

  it("given a number where text is declared, when types are checked, then it refuses", async () => {
    write({ "server/planted.ts": `export const text: string = 1;\n` });
    expect(await verdict("types")).to.match(/server\/planted\.ts.*TS2322/);
  });

  it("given one file for each rule, when the sources are linted, then each is refused by its rule", async () => {
    const planted: Record<string, [text: string, rule: string]> = {
      "server/floating.ts": [
        `export const f = (p: () => Promise<void>): void => {\n  p();\n};\n`,
        "no-floating-promises",
      ],
      "server/any.ts": [`export const f = (x: any): string => String(x);\n`, "no-explicit-any"],
      "server/cases.ts": [
        `export function f(x: "a" | "b"): void {\n  switch (x) {\n    case "a":\n  }\n}\n`,
        "switch-exhaustiveness-check",
      ],
      "server/types.ts": [`import { Pool } from "pg";\nexport type P = Pool;\n`, "consistent-type-imports"],
      "server/environment.ts": [`export const home = process.env["HOME"];\n`, "only reader of the environment"],
      "server/float.ts": [`export const grams = parseFloat("1.5");\n`, "float parser"],
      "server/Name.ts": [`export const Some_Name = 1;\n`, "naming-convention"],
      "server/long.ts": [`export const x = [\n${"  1,\n".repeat(350)}];\n`, "max-lines"],
      "server/said.ts": [`console.log(1);\n`, "no-console"],
      "server/disabled.ts": [`// eslint-disable-next-line\nexport const g = parseFloat("1");\n`, "float parser"],
      "server/builtin.ts": [`import { join } from "path";\nexport const j = join;\n`, "Write node:path"],
      "server/counter.ts": [`export class Counter {\n  count = 0;\n}\n`, "createX"],
      "server/kinds.ts": [`export enum Kind {\n  One,\n}\n`, "union of literals"],
      "server/whole.ts": [`export default 1;\n`, "No default exports"],
      "server/access/index.ts": [`export { parties } from "./queries.ts";\n`, "after what is in it"],
      "test/nothing.ts": [`import { expect } from "chai";\nexpect(1);\n`, "asserts nothing"],
      "test/one.ts": [`it.only("one", () => undefined);\n`, "skip every other test"],
    };
    write(Object.fromEntries(Object.entries(planted).map(([file, [text]]) => [file, text])));
    const said = await verdict("lint");
    for (const [file, [, rule]] of Object.entries(planted)) {
      const [, ofFile = ""] = said.split(join(root, file));
      expect(ofFile.split(`\n${root}`)[0], file).to.include(rule);
    }
  });

  it("given imports against the directions, when they are checked, then each is refused by its rule", async () => {
    const planted: Record<string, [imported: string, rule: string]> = {
      "server/chain/up.ts": ["../api/app.ts", "ports"],
      "server/chain/aside.ts": ["../db/postgres.ts", "ports"],
      "server/relayer/carbon.ts": ["../traceability/routes.ts", "carriers"],
      "server/traceability/inside.ts": ["../access/projections.ts", "domain"],
      "server/traceability/top.ts": ["../api/app.ts", "main-on-top"],
      "server/api/top.ts": ["../main.ts", "api"],
      "server/compose/top.ts": ["../main.ts", "compose-under-main"],
      "server/log.ts": ["./chain/port.ts", "bottom"],
      "server/api/wallet.ts": ["ethers", "chain-only"],
      "server/relayer/network.ts": ["hardhat", "chain-only"],
      "server/traceability/rows.ts": ["pg", "db-only"],
      "server/indexer/rows.ts": ["@electric-sql/pglite", "db-only"],
      "server/api/fixture.ts": ["../../test/support/none.ts", "server-alone"],
      "scripts/audit.ts": ["../server/errors.ts", "audit-apart"],
      "scripts/audit/peek.ts": ["../../server/access/queries.ts", "audit-apart"],
      "server/api/dev.ts": ["chai", "server-dependencies"],
      "server/web/page.ts": ["../errors.ts", "web-apart"],
      "server/db/nowhere.ts": ["./missing.ts", "no-unresolved"],
      "server/db/left.ts": ["./right.ts", "no-cycle"],
    };
    write(
      Object.fromEntries(
        Object.entries(planted).map(([file, [imported]]) => [file, `export * as x from "${imported}";\n`]),
      ),
    );
    write({ "server/db/right.ts": `export * as x from "./left.ts";\n` });
    const said = (await verdict("import directions")).split("\n");
    for (const [file, [, rule]] of Object.entries(planted)) {
      expect(
        said.filter((line) => line.startsWith(`${rule}: ${file} → `)),
        `${rule}: ${file}`,
      ).to.have.length(1);
    }
  });

  it("given an import of a type only, when directions are checked, then it is refused all the same", async () => {
    write({ "server/api/wallet.ts": `import type { Wallet } from "ethers";\nexport type W = Wallet;\n` });
    expect(await verdict("import directions")).to.match(/^chain-only: server\/api\/wallet\.ts/);
  });

  for (const [less, words, others] of [
    ["files", `path: "^test/bench/"`, `path: "^server/access/projections"`],
    ["imports", "options: {", `options: { moduleSystems: ["cjs"],`],
  ] as const) {
    it(`given a tool that reads only some ${less}, when directions are checked, then it says so`, async () => {
      const config = readFileSync(join(root, ".dependency-cruiser.cjs"), "utf8");
      write({ ".dependency-cruiser.cjs": config.replace(words, others) });
      const read = less === "files" ? "10 of 11 files and 6 imports" : "11 of 11 files and 0 imports";
      expect(await verdict("import directions")).to.include(`read only ${read}`);
    });
  }

  it("given a badly laid out file of each kind, when the format is checked, then each is named", async () => {
    write({
      "server/wide.ts": `export const   x = 1\n`,
      "contracts/Wide.sol": `// SPDX-License-Identifier: Apache-2.0\npragma solidity   0.8.37;\n`,
      "some.json": `{"a":    1}\n`,
    });
    expect(await verdict("format"))
      .to.include("server/wide.ts")
      .and.include("contracts/Wide.sol")
      .and.include("some.json");
  });

  it("given Solidity with warnings only, when it is linted, then it is refused", async () => {
    const head = `// SPDX-License-Identifier: Apache-2.0\npragma solidity 0.8.37;\n\n`;
    write({
      "contracts/Planted.sol": `${head}import "./Sound.sol";\n\ncontract Planted is Sound {\n    uint256 X;\n}\n`,
    });
    expect(await verdict("Solidity lint")).to.match(/Planted\.sol[^]*warning/);
  });
});
