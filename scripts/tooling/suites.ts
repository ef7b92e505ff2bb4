/** The suites of `npm test`, which files each runs, and what a suite's process says of its tests. */
import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";

export interface Suite {
  name: string;
  /** the folder under test/ whose files it runs */
  folder: string;
  kind: "mocha" | "solidity";
  /** milliseconds one test may take */
  testLimit: number;
  /** milliseconds the suite may take: none longer than all of .ci/run should */
  limit: number;
}

const minutes = 60_000;

/** In the order of starting: so that those at a time end together, here and with the many kills of .ci/run. */
export const suites: readonly Suite[] = [
  { name: "flows, kills", folder: "flows/kills", kind: "mocha", testLimit: 5 * minutes, limit: 20 * minutes },
  { name: "server", folder: "server", kind: "mocha", testLimit: 3 * minutes, limit: 20 * minutes },
  { name: "flows, crowds", folder: "flows/crowds", kind: "mocha", testLimit: 5 * minutes, limit: 15 * minutes },
  { name: "flows, stacks", folder: "flows/stacks", kind: "mocha", testLimit: 5 * minutes, limit: 15 * minutes },
  { name: "contracts, Solidity", folder: "contracts", kind: "solidity", testLimit: 10 * minutes, limit: 10 * minutes },
  { name: "contracts", folder: "contracts", kind: "mocha", testLimit: minutes, limit: 10 * minutes },
  { name: "flows, audits", folder: "flows/audits", kind: "mocha", testLimit: 5 * minutes, limit: 10 * minutes },
  { name: "flows, outages", folder: "flows/outages", kind: "mocha", testLimit: 5 * minutes, limit: 10 * minutes },
  { name: "tools", folder: "tools", kind: "mocha", testLimit: minutes, limit: 5 * minutes },
];

/** What a suite's process tells as it goes; `done` comes last, or the process broke off. */
export type SuiteMessage =
  | { kind: "passed" }
  | { kind: "failed"; text: string }
  | { kind: "skipped"; title: string; reason: string | undefined }
  | { kind: "done" };

export interface Chosen {
  suite: Suite;
  /** relative to the project's folder, with `/` */
  files: string[];
}

const isTest = { mocha: (file: string) => file.endsWith(".ts"), solidity: (file: string) => file.endsWith(".t.sol") };

/**
 * The suites with the files that `filters` leave: those whose path has one of them in it (`server/chain`), or all.
 * Suites without a file are left out.
 */
export function choose(root: string, filters: readonly string[]): Chosen[] {
  return suites
    .map((suite) => {
      const files = filesUnder(root, join(root, "test", suite.folder))
        .filter(isTest[suite.kind])
        .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
      return { suite, files };
    })
    .filter(({ files }) => files.length > 0);
}

/** Test files that are in no suite's folder, so that nobody would run them. Benchmarks bring apps of their own. */
export function strays(root: string): string[] {
  const folders = ["support", "bench", ...suites.map(({ folder }) => folder)].map((folder) => `test/${folder}/`);
  return filesUnder(root, join(root, "test")).filter(
    (file) => file.endsWith(".ts") && !folders.some((folder) => file.startsWith(folder)),
  );
}

function filesUnder(root: string, folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
