/** A process for crash tests: `node --import ./scripts/loader.mjs hold-journaled.ts <folder> <raw>` holds once the block is journaled. */
import { openEmbedded } from "./chains.ts";

if (import.meta.filename === process.argv[1]) {
  const [folder, raw] = process.argv.slice(2);
  const { chain } = await openEmbedded(folder, {
    reached: async () => {
      console.log("journaled", await chain.request("eth_blockNumber"));
      await new Promise(() => setInterval(() => undefined, 60_000));
    },
  });
  console.log("sent", await chain.request("eth_sendRawTransaction", [raw]));
}
