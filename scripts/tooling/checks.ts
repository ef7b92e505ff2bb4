/** What `npm run check` runs: each check is one tool over the files that are under version control or new. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Children, Ending } from "./children.ts";

export interface Check {
  name: string;
  /** What is wrong, as the tool says it; `undefined` when nothing is. */
  run(): Promise<string | undefined>;
}

/** Milliseconds a tool may take. */
const limit = 300_000;
const packageBinaries = {
  tsc: "typescript/bin/tsc",
  eslint: "eslint/bin/eslint.js",
  depcruise: "dependency-cruiser/bin/dependency-cruiser.mjs",
  prettier: "prettier/bin/prettier.cjs",
  solhint: "solhint/solhint.js",
} as const;

interface Cruise {
  modules: { source: string }[];
  summary: {
    totalDependenciesCruised: number;
    violations: { from: string; to: string; rule: { name: string }; cycle?: { name: string }[] }[];
  };
}

/** The checks of the project in folder `root`, the longest first. */
export function createChecks(children: Children, root: string): readonly Check[] {
  const tool = (name: keyof typeof packageBinaries, args: readonly string[]): Promise<Ending> =>
    children.run(process.execPath, [join(root, "node_modules", packageBinaries[name]), ...args], { cwd: root, limit });

  async function trackedFiles(extensions: readonly string[]): Promise<string[]> {
    const patterns = extensions.map((extension) => `*.${extension}`);
    const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...patterns];
    const { status, output, reason } = await children.run("git", list, { cwd: root, limit });
    if (status !== 0) throw new Error(`git cannot list the files to check: ${reason ?? output}`);
    const files = output.split("\0").filter((file) => file !== "" && existsSync(join(root, file)));
    return [...new Set(files)];
  }

  async function importDirections(): Promise<string | undefined> {
    const sources = (await trackedFiles(["ts", "js"])).filter((file) =>
      // test/bench is another indexer's app, with packages of its own
      /^(server|scripts|test(?!\/bench))\//.test(file),
    );
    const folders = [...new Set(sources.map((file) => file.split("/")[0]!))];
    const ending = await tool("depcruise", [
      "--config",
      ".dependency-cruiser.cjs",
      "--output-type",
      "json",
      ...folders,
    ]);
    return ending.output.startsWith("{") ? cruised(sources, JSON.parse(ending.output) as Cruise) : words(ending);
  }

  return [
    { name: "lint", run: async () => faults(await tool("eslint", ["--max-warnings", "0", "."])) },
    { name: "types", run: async () => faults(await tool("tsc", ["--noEmit", "-p", "."])) },
    { name: "import directions", run: importDirections },
    {
      name: "format",
      async run() {
        const files = await trackedFiles(["ts", "js", "mjs", "cjs", "json", "sol"]);
        return faults(await tool("prettier", ["--check", "--log-level", "warn", ...files]));
      },
    },
    {
      name: "Solidity lint",
      async run() {
        const files = (await trackedFiles(["sol"])).filter((file) => file.startsWith("contracts/"));
        if (files.length === 0) return undefined;
        return faults(await tool("solhint", ["--disc", "--noPoster", "--max-warnings", "0", ...files]));
      },
    },
  ];
}

const words = ({ output, reason, status }: Ending): string =>
  [output.trim(), reason ?? `exit code ${String(status)}`].filter((part) => part !== "").join("\n");

const faults = (ending: Ending): string | undefined => (ending.status === 0 ? undefined : words(ending));

/**
 * Dependency-cruiser reads nothing, and finds nothing wrong, when it meets a TypeScript that it does not know: every
 * source file must be among what it read, with the imports that were found in them.
 */
function cruised(sources: readonly string[], { modules, summary }: Cruise): string | undefined {
  const read = new Set(modules.map(({ source }) => source));
  const missed = sources.filter((file) => !read.has(file));
  if (missed.length > 0 || summary.totalDependenciesCruised < sources.length / 2) {
    const what = `${sources.length - missed.length} of ${sources.length} files and ${summary.totalDependenciesCruised} imports`;
    return `dependency-cruiser read only ${what}; does it know this version of TypeScript? Missed: ${missed.slice(0, 10).join(", ")}`;
  }
  const lines = summary.violations.map(({ from, to, rule, cycle }) => {
    const path = cycle ? cycle.map(({ name }) => name).join(" → ") : to;
    return `${rule.name}: ${from} → ${path}`;
  });
  return lines.length > 0 ? lines.join("\n") : undefined;
}
