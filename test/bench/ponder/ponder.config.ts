import { createConfig } from "ponder";
import { lotLedgerAbi } from "./abi";

const { BENCH_RPC, BENCH_LEDGER, BENCH_BLOCKS, BENCH_POSTGRES, BENCH_FOLDER } = process.env;

export default createConfig({
  database: BENCH_POSTGRES
    ? { kind: "postgres", connectionString: BENCH_POSTGRES }
    : { kind: "pglite", directory: BENCH_FOLDER },
  // one chain: the order that needs no look at the others
  ordering: "multichain",
  chains: { bench: { id: 31_337, rpc: BENCH_RPC, ethGetLogsBlockRange: 100 } },
  contracts: {
    LotLedger: {
      abi: lotLedgerAbi,
      chain: "bench",
      address: BENCH_LEDGER as `0x${string}`,
      startBlock: 1,
      endBlock: Number(BENCH_BLOCKS),
    },
  },
});
