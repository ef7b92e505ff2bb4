/**
 * `npm test`: every suite, some at a time; `npm test -- server/chain` only the files with that in their path.
 * The last line is `N passed, N failed, N skipped`.
 */
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createChildren, endWith, pool } from "./tooling/children.ts";
import { runSuite } from "./tooling/runSuite.ts";
import { scratchFolder } from "./tooling/scratch.ts";
import { choose, strays } from "./tooling/suites.ts";
import type { Tally } from "./tooling/runSuite.ts";
import type { Chosen } from "./tooling/suites.ts";

const root = resolve(import.meta.dirname, "..");
/** `npm test` draws the same cases each time; .ci/run passes a fresh seed and prints it */
const fixedSeed = "0x7469646d61726b";
const compileLimit = 300_000;
/** suites at a time: one more than there are processors, since each waits for its children now and then */
const width = availableParallelism() + 1;

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const counts = ({ passed, failures, skips }: Tally): string =>
  `${passed} passed, ${failures.length} failed, ${skips.length} skipped`;

/** One line that shows what is running, rewritten in place; nothing where the output is no terminal. */
function createLiveLine(): { show(text: string): void; print(text: string): void } {
  const live = process.stdout.isTTY;
  let shownAt = 0;
  return {
    show(text) {
      if (!live || performance.now() - shownAt < 100) return;
      shownAt = performance.now();
      process.stdout.write(`\r\x1b[2K${text.slice(0, (process.stdout.columns || 80) - 1)}`);
    },
    print(text) {
      process.stdout.write(`${live ? "\r\x1b[2K" : ""}${text}\n`);
    },
  };
}

const line = createLiveLine();
const children = createChildren();
endWith(children);
const started = performance.now();
const total: Tally = { passed: 0, failures: [], skips: [] };

/** Compiles the contracts once for both of their suites; Hardhat compiles the Solidity tests as it runs them. */
async function compile(): Promise<boolean> {
  const from = performance.now();
  line.show("compiling the contracts …");
  const hardhat = join(root, "node_modules", "hardhat", "dist", "src", "cli.js");
  const { status, reason, output } = await children.run(process.execPath, [hardhat, "build", "--no-tests"], {
    cwd: root,
    limit: compileLimit,
  });
  if (status !== 0) total.failures.push(`the contracts do not compile: ${reason ?? ""}\n${output}`);
  else line.print(`${"compile".padEnd(22)}${seconds(from).padStart(8)}`);
  return status === 0;
}

/** Runs the suites, those of contracts once they are compiled, which is the first thing to be begun. */
async function runAll(chosen: readonly Chosen[], env: NodeJS.ProcessEnv): Promise<void> {
  const needsCompiling = ({ suite }: Chosen): boolean => suite.folder === "contracts";
  const compiled = chosen.some(needsCompiling) ? compile() : Promise.resolve(true);
  const running = new Map<string, string>();
  const show = (): void =>
    line.show(`${[...running].map(([name, so]) => `${name}: ${so}`).join(" · ")} · ${seconds(started)}`);
  const tick = setInterval(show, 1000);
  await pool([compiled, ...chosen], width, async (one) => {
    if (one instanceof Promise) {
      await one;
      return;
    }
    if (needsCompiling(one) && !(await compiled)) return;
    const from = performance.now();
    running.set(one.suite.name, "starting");
    const tally = await runSuite(children, root, one, env, (now) => {
      running.set(one.suite.name, counts(now));
      show();
    });
    running.delete(one.suite.name);
    line.print(`${one.suite.name.padEnd(22)}${seconds(from).padStart(8)}   ${counts(tally)}`);
    total.passed += tally.passed;
    total.failures.push(...tally.failures);
    total.skips.push(...tally.skips);
  });
  clearInterval(tick);
}

const filters = process.argv.slice(2);
const chosen = choose(root, filters);
if (chosen.length === 0)
  total.failures.push(`no test file has ${filters.join(" or ") || "a name"} in its path under test/`);
for (const file of strays(root)) total.failures.push(`${file} is in no suite's folder: see scripts/tooling/suites.ts`);
const seed = process.env["TIDEMARK_FUZZ_SEED"] ?? fixedSeed;
line.print(`fuzz seed ${seed}`);
await runAll(chosen, { ...process.env, TIDEMARK_FUZZ_SEED: seed, TMPDIR: scratchFolder() ?? tmpdir() });

for (const { title, reason } of total.skips) line.print(`skipped: ${title}: ${reason}`);
total.failures.forEach((text, i) => line.print(`\n${i + 1}) ${text}`));
line.print(`${total.failures.length > 0 ? "\n" : ""}${counts(total)}`);
process.exitCode = total.failures.length > 0 ? 1 : 0;
