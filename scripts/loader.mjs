/**
 * Lets Node run the project's TypeScript: `node --import ./scripts/loader.mjs server/main.ts`. It strips the types and
 * follows TypeChain's imports, which name `.js` files where the `.ts` lie. What it strips and what V8 compiles is kept
 * under `node_modules/.cache`, where that can be written.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { enableCompileCache, registerHooks, stripTypeScriptTypes } from "node:module";
import { fileURLToPath, URL } from "node:url";

const cache = new URL("../node_modules/.cache/", import.meta.url);
// in the environment, for the threads and children too
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("node", cache));
enableCompileCache(process.env.NODE_COMPILE_CACHE);

/** Ends each file of the cache: one without was not written to its end. */
const end = "\n// types stripped";

registerHooks({
  resolve(specifier, context, next) {
    const fromHere = specifier.startsWith(".") && specifier.endsWith(".js");
    const generated = fromHere && `${context.parentURL} ${specifier}`.includes("/typechain-types/");
    return next(generated ? `${specifier.slice(0, -3)}.ts` : specifier, context);
  },
  load(url, context, next) {
    if (!url.startsWith("file:") || !url.endsWith(".ts")) return next(url, context);
    return { format: "module", source: strippedOf(readFileSync(new URL(url), "utf8")), shortCircuit: true };
  },
});

/** The JavaScript of a TypeScript source, from the cache if it is there. */
function strippedOf(source) {
  const name = createHash("sha256").update(`${process.version}\n${source}`).digest("hex");
  const file = new URL(`stripped/${name}`, cache);
  try {
    const kept = readFileSync(file, "utf8");
    if (kept.endsWith(end)) return kept;
  } catch {
    // not there yet
  }
  const text = strip(source) + end;
  try {
    mkdirSync(new URL("stripped/", cache), { recursive: true });
    const draft = new URL(`${name}.${process.pid}`, file);
    writeFileSync(draft, text);
    renameSync(draft, file);
  } catch {
    // a folder that cannot be written costs time only
  }
  return text;
}

/** Without Node's warning that the function is an experiment: Node itself runs TypeScript so. */
function strip(source) {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
