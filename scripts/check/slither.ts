/**
 * `npm run check:slither`: Slither over the contracts. Each finding of high or medium impact must stand in
 * `.github/slither.json` with the reason why it is none, and each reason there must have its finding.
 * Exit code 3: there is no Slither.
 */
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

interface SolcOutput {
  contracts: Record<string, Record<string, { evm: Record<string, unknown> }>>;
  errors?: { severity: string; formattedMessage: string }[];
}

interface Solc {
  version(): string;
  compile(input: string, readers: { import(path: string): { contents: string } | { error: string } }): string;
}

interface Triaged {
  check: string;
  finding: string;
  reason: string;
}

interface Report {
  success: boolean;
  error: string | null;
  results: { detectors?: { check: string; impact: string; description: string }[] };
}

const MISSING = 3;
const root = resolve(import.meta.dirname, "../..");
const triageFile = join(root, ".github", "slither.json");
const require = createRequire(import.meta.url);

/** A deterministic name of a finding: Slither's sentences without places, which move with every line above them. */
const nameOf = (description: string): string =>
  description
    .replaceAll(/ \([^()\s]+\.sol#[\d-]+\)/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();

/**
 * Compiles to the syntax tree only, which is all that Slither reads, and writes it as Hardhat 2 did: Slither does not
 * know Hardhat 3's files.
 */
function writeBuild(folder: string): void {
  const solc = require("solc") as Solc;
  const read = (path: string): { content: string } => ({ content: readFileSync(join(root, path), "utf8") });
  const sources = Object.fromEntries(globSync("contracts/**/*.sol", { cwd: root }).map((path) => [path, read(path)]));
  const outputSelection = { "*": { "": ["ast"], "*": ["abi", "evm.methodIdentifiers"] } };
  const input = { language: "Solidity", sources, settings: { evmVersion: "cancun", viaIR: true, outputSelection } };
  const load = (path: string): { contents: string } => {
    sources[path] = read(join("node_modules", path));
    return { contents: sources[path].content };
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: load })) as SolcOutput;
  const wrong = output.errors?.find(({ severity }) => severity === "error");
  if (wrong) throw new Error(wrong.formattedMessage);
  const code = { object: "", opcodes: "", sourceMap: "", linkReferences: {} };
  for (const contract of Object.values(output.contracts).flatMap((file) => Object.values(file))) {
    contract.evm = { ...contract.evm, bytecode: code, deployedBytecode: code };
  }
  const solcLongVersion = solc.version().replace(/\.Emscripten.*/, "");
  const solcVersion = solcLongVersion.replace(/\+.*/, "");
  mkdirSync(join(folder, "build-info"));
  const build = { _format: "hh-sol-build-info-1", solcVersion, solcLongVersion, input, output };
  writeFileSync(join(folder, "build-info", "contracts.json"), JSON.stringify(build));
}

/** @throws Error with Slither's words where it could not analyse */
function analyse(folder: string): Report {
  const report = join(folder, "report.json");
  const framework = ["--compile-force-framework", "hardhat", "--hardhat-ignore-compile"];
  const { stderr } = spawnSync(
    "slither",
    [
      ".",
      ...framework,
      ...["--hardhat-artifacts-directory", folder],
      ...["--filter-paths", "node_modules,@openzeppelin"],
      ...["--exclude-informational", "--exclude-low", "--exclude-optimization"],
      ...["--json", report],
    ],
    { cwd: root, encoding: "utf8" },
  );
  const analysed = /\((\d+) contracts with (\d+) detectors\)/.exec(stderr);
  // it calls an empty analysis a success
  if (!analysed || analysed[1] === "0" || analysed[2] === "0") throw new Error(stderr);
  console.log(`Slither: ${analysed[1]} contracts, ${analysed[2]} detectors of high and medium impact`);
  const read = JSON.parse(readFileSync(report, "utf8")) as Report;
  if (!read.success) throw new Error(read.error ?? stderr);
  return read;
}

/** Findings without a reason, and reasons without a finding, as lines. */
function compare({ results }: Report, triage: readonly Triaged[]): string[] {
  const found = (results.detectors ?? []).map(({ check, impact, description }) => {
    return { check, impact, finding: nameOf(description) };
  });
  const same = (a: { check: string; finding: string }, b: typeof a): boolean =>
    a.check === b.check && a.finding === b.finding;
  const untriaged = found.filter((each) => !triage.some((entry) => same(entry, each) && entry.reason !== ""));
  const stale = triage.filter((entry) => !found.some((each) => same(entry, each)));
  console.log(`${found.length} findings, ${found.length - untriaged.length} of them with a reason`);
  return [
    ...untriaged.map(({ check, impact, finding }) => `${impact}, ${check}, not in .github/slither.json: ${finding}`),
    ...stale.map(({ check, finding }) => `${check}, in .github/slither.json, is found no more: ${finding}`),
  ];
}

function run(): number {
  if (spawnSync("slither", ["--version"]).status !== 0) {
    console.error("没有 Slither：请运行 pip install slither-analyzer，并使 slither 位于 PATH 中。");
    console.error("Slither is not here: pip install slither-analyzer, and have slither on the PATH.");
    return MISSING;
  }
  const folder = mkdtempSync(join(tmpdir(), "tidemark-slither-"));
  try {
    writeBuild(folder);
    const lines = compare(analyse(folder), JSON.parse(readFileSync(triageFile, "utf8")) as Triaged[]);
    for (const line of lines) console.error(line);
    return lines.length > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

process.exitCode = run();
