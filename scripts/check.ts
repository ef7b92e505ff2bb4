/** `npm run check`: types, lint, import directions, format; two tools at a time. Warnings are errors. */
import { resolve } from "node:path";
import { createChildren, endWith, pool } from "./tooling/children.ts";
import { createChecks } from "./tooling/checks.ts";

const children = createChildren();
endWith(children);
const failed: string[] = [];

await pool(createChecks(children, resolve(import.meta.dirname, "..")), 2, async (check) => {
  const from = performance.now();
  const wrong = await check.run().catch((error: unknown) => String(error));
  const time = `${((performance.now() - from) / 1000).toFixed(1)} s`;
  console.log(`${check.name.padEnd(22)}${time.padStart(8)}   ${wrong === undefined ? "ok" : "FAILED"}`);
  if (wrong !== undefined) failed.push(`\n${check.name}:\n${wrong}`);
});

for (const text of failed) console.log(text);
process.exitCode = failed.length > 0 ? 1 : 0;
