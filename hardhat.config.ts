import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, sep } from "node:path";
import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import hardhatEthersChaiMatchers from "@nomicfoundation/hardhat-ethers-chai-matchers";
import hardhatMocha from "@nomicfoundation/hardhat-mocha";
import hardhatNetworkHelpers from "@nomicfoundation/hardhat-network-helpers";
import hardhatTypechain from "@nomicfoundation/hardhat-typechain";
import { defineConfig } from "hardhat/config";
import type { HardhatPlugin } from "hardhat/types/plugins";

const require = createRequire(import.meta.url);

/**
 * A compiler warning about a file of ours fails the build, as an error would: a failed build is not cached. Test
 * contracts may be larger than a chain would take (codes 5574 and 3860).
 */
const warningsAreErrors: HardhatPlugin = {
  id: "tidemark-warnings-are-errors",
  hookHandlers: {
    solidity: async () => ({
      default: async () => ({
        async invokeSolc(context, compiler, input, config, next) {
          const output = await next(context, compiler, input, config);
          const errors = output.errors?.map((error) => {
            const text = error.formattedMessage ?? "";
            const harmless =
              error.severity !== "warning" ||
              /-->\s+npm\//.test(text) ||
              (/-->\s+project\/test\//.test(text) && ["5574", "3860"].includes(error.errorCode ?? ""));
            return harmless ? error : { ...error, type: "WarningAsError", severity: "error" as const };
          });
          return errors ? { ...output, errors } : output;
        },
      }),
    }),
  },
};

/** TypeChain writes in the order it is given, that of finishing: sorted, the same contracts give the same files. */
const sortedArtifacts: HardhatPlugin = {
  id: "tidemark-sorted-artifacts",
  hookHandlers: {
    solidity: async () => ({
      default: async () => ({
        async processArtifactsAfterSuccessfulBuild(_context, artifactPaths) {
          (artifactPaths as string[]).sort();
        },
      }),
    }),
  },
};

/**
 * Solidity tests deploy contracts as they were built, so that their own code may be compiled in any way: without the IR it
 * takes a fifth of the time. Those of libraries have the libraries in their own code and are compiled as contracts are.
 * Hardhat compiles together what has one and the same object for its settings, which overrides in a configuration never
 * have.
 */
const quickTests: HardhatPlugin = {
  id: "tidemark-quick-tests",
  hookHandlers: {
    config: async () => ({
      default: async () => ({
        async resolveUserConfig(userConfig, resolveVariable, next) {
          const config = await next(userConfig, resolveVariable);
          const folder = "test/contracts";
          const files = readdirSync(join(import.meta.dirname, folder), { recursive: true, encoding: "utf8" })
            .map((file) => `${folder}/${file.split(sep).join("/")}`)
            .filter((file) => file.endsWith(".sol") && !file.startsWith(`${folder}/libraries/`));
          for (const profile of Object.values(config.solidity.profiles)) {
            const [asBuilt] = profile.compilers;
            if (!asBuilt) throw new Error("no compiler is configured");
            const quick = { ...asBuilt, settings: { ...(asBuilt.settings as object), viaIR: false } };
            for (const file of files) profile.overrides[file] = quick;
          }
          return config;
        },
      }),
    }),
  },
};

export default defineConfig({
  plugins: [
    hardhatEthers,
    hardhatEthersChaiMatchers,
    hardhatMocha,
    hardhatNetworkHelpers,
    // before TypeChain's own hook
    sortedArtifacts,
    hardhatTypechain,
    warningsAreErrors,
    quickTests,
  ],
  solidity: {
    version: "0.8.37",
    // the compiler is the npm package's own file: nothing is downloaded
    path: require.resolve("solc/soljson.js"),
    settings: {
      viaIR: true,
      evmVersion: "cancun",
      optimizer: { enabled: true, runs: 200 },
      // no metadata: a changed comment must not change the committed bytecode
      metadata: { appendCBOR: false, bytecodeHash: "none" },
    },
    npmFilesToBuild: ["@openzeppelin/contracts/access/manager/AccessManager.sol"],
    // tests apart from contracts: only contracts get types
    splitTestsCompilation: true,
  },
  typechain: { outDir: "typechain-types" },
  test: {
    solidity: {
      // a fixed seed, so that a run can be repeated; CI sets a fresh one and prints it
      fuzz: { runs: 1_000, seed: process.env["TIDEMARK_FUZZ_SEED"] ?? "0x7469646d61726b" },
      // .ci/run asks for four times as many, of tests that do not fix their own number
      invariant: { runs: Number(process.env["TIDEMARK_TEST_INVARIANT_RUNS"] ?? 10), depth: 250, failOnRevert: true },
    },
  },
  paths: { tests: { mocha: "test/contracts", solidity: "test/contracts" } },
});
