/** Committed measurements: a change of one must be meant. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { expect } from "chai";

const folder = new URL("../../snapshots/", import.meta.url);

/**
 * Compares measurements with `snapshots/<name>.json`, exactly; with UPDATE_SNAPSHOTS=1 writes them there instead.
 * @throws an assertion that shows the difference and says how to accept it
 */
export async function expectSnapshot(name: string, measured: Record<string, number>): Promise<void> {
  const file = new URL(`${name}.json`, folder);
  if (process.env["UPDATE_SNAPSHOTS"] === "1") {
    await mkdir(folder, { recursive: true });
    await writeFile(file, `${JSON.stringify(measured, null, 2)}\n`);
    return;
  }
  const committed: unknown = JSON.parse(await readFile(file, "utf8"));
  const how = "if this is meant: UPDATE_SNAPSHOTS=1 node node_modules/hardhat/dist/src/cli.js test mocha";
  expect(measured, `snapshots/${name}.json differs; ${how}`).to.deep.equal(committed);
}
