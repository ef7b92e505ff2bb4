/** The chain of `startHardhatNode`: what the embedded chain is, as a separate process that mines on every transaction. */
import { join } from "node:path";
import { defineConfig } from "hardhat/config";

const config = defineConfig({
  // the process is started in a folder of its own
  paths: { artifacts: join(process.cwd(), "artifacts"), cache: join(process.cwd(), "cache") },
  networks: {
    node: {
      type: "edr-simulated",
      chainType: "l1",
      chainId: 46112,
      hardfork: "osaka",
      blockGasLimit: 1_000_000_000,
      initialBaseFeePerGas: 0,
      allowBlocksWithSameTimestamp: true,
      throwOnTransactionFailures: false,
      accounts: [],
    },
  },
});

// Hardhat reads a configuration under this name only
export { config as default };
