/** The chain of `startHardhatNode`: what the embedded chain is, as a separate process that mines on every transaction. */
import { join } from "node:path";
import { defineConfig } from "hardhat/config";

/** seconds since 1970: two chains with the same one have the same block 0 */
const genesis = process.env["TIDEMARK_STACK_GENESIS"];

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
      ...(genesis === undefined ? {} : { initialDate: new Date(Number(genesis) * 1_000) }),
    },
  },
});

// Hardhat reads a configuration under this name only
export { config as default };
