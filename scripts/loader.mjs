/**
 * Lets Node run the project's TypeScript: `node --import ./scripts/loader.mjs server/main.ts`. Node strips the types
 * itself; what it does not do is follow TypeChain's imports, which name `.js` files where the `.ts` lie.
 */
import { enableCompileCache, registerHooks } from "node:module";
import { fileURLToPath, URL } from "node:url";

// for the threads and children too
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("../node_modules/.cache/node", import.meta.url));
enableCompileCache(process.env.NODE_COMPILE_CACHE);

registerHooks({
  resolve(specifier, context, next) {
    const fromHere = specifier.startsWith(".") && specifier.endsWith(".js");
    const generated = fromHere && `${context.parentURL} ${specifier}`.includes("/typechain-types/");
    return next(generated ? `${specifier.slice(0, -3)}.ts` : specifier, context);
  },
});
