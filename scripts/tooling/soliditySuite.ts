/** A suite's process: runs compiled Solidity tests in Hardhat and tells its parent of each. Arguments: files. */
import hre from "hardhat";
import type { SuiteMessage } from "./suites.ts";
import type { TestRunResult } from "hardhat/types/test";

interface SolidityRun extends TestRunResult {
  suiteResults: { id: { name: string }; testResults: { name: string; status: string; reason?: string }[] }[];
}

type Outcome = { success: true; value: SolidityRun } | { success: false; error: SolidityRun };

function tell(message: SuiteMessage): void {
  process.send?.(message);
}

process.on("disconnect", () => process.exit(1));
process.channel?.unref();

const task = hre.tasks.getTask(["test", "solidity"]);
// with an index, Hardhat returns the text of the failures; without one it only prints it
const outcome = (await task.run({ testFiles: process.argv.slice(2), noCompile: true, testSummaryIndex: 1 })) as Outcome;
const { summary, suiteResults } = outcome.success ? outcome.value : outcome.error;
const failures = (summary.failureOutput ?? "").split(/^ +\d+\) (?=\S+#)/m).slice(1);
if (failures.length !== summary.failed || outcome.success !== (summary.failed === 0)) {
  throw new Error(`Hardhat's Solidity run went wrong: ${JSON.stringify(summary)}`);
}
for (let i = 0; i < summary.passed; i++) tell({ kind: "passed" });
for (const text of failures) tell({ kind: "failed", text: text.trimEnd() });
for (const { id, testResults } of suiteResults) {
  for (const { name, status, reason } of testResults) {
    if (status === "Skipped") tell({ kind: "skipped", title: `${id.name} ${name}`, reason });
  }
}
tell({ kind: "done" });
