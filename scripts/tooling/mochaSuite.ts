/** A suite's process: runs test files with Mocha and tells its parent of each test. Arguments: limit in ms, files. */
import { resolve } from "node:path";
import { format } from "node:util";
import Mocha from "mocha";
import { skipReason } from "../../test/support/skip.ts";
import type { SuiteMessage } from "./suites.ts";

const { Base } = Mocha.reporters;

function tell(message: SuiteMessage): void {
  process.send?.(message);
}

/** A failure as Mocha's own reporters print it: title path, difference, stack. */
function failureText(test: Mocha.Test): string {
  const print = Base.consoleLog;
  let text = "";
  Base.consoleLog = (...line: unknown[]) => {
    text += `${format(...line)}\n`;
  };
  try {
    Base.list([test]);
  } finally {
    Base.consoleLog = print;
  }
  return text.replace(/^\s*1\) /, "").trimEnd();
}

const [limit, ...files] = process.argv.slice(2);
// as Mocha's own command does: a rejection that nobody awaits fails the test it happened in
process.on("unhandledRejection", (reason) => {
  throw reason;
});
// no parent, no tests
process.on("disconnect", () => process.exit(1));
process.channel?.unref();

const mocha = new Mocha({ reporter: Base, timeout: Number(limit), forbidOnly: true, color: false });
for (const file of files) mocha.addFile(resolve(file));
await mocha.loadFilesAsync();
const runner = mocha.run(() => {
  tell({ kind: "done" });
  // read by whoever is told that something still runs, since it stands in the output that is shown with it
  setTimeout(() => console.error("still open:", process.getActiveResourcesInfo().join(", ")), 3_000).unref();
});
runner.on("pass", () => tell({ kind: "passed" }));
runner.on("fail", (test) => tell({ kind: "failed", text: failureText(test) }));
runner.on("pending", (test) => tell({ kind: "skipped", title: test.fullTitle(), reason: skipReason(test) }));
