/** One thread of the recovery pool: batches of 96-byte items (digest ‖ r ‖ vs) in, 20-byte addresses out; `null` ends it. */
import { parentPort } from "node:worker_threads";
import { nativeRecover, plainRecover, recoverSigner } from "./recover.ts";

const recover = nativeRecover() ?? plainRecover;

parentPort?.on("message", (items: Uint8Array | null) => {
  if (!items) return parentPort?.close();
  const count = items.length / 96;
  const addresses = new Uint8Array(count * 20);
  for (let i = 0; i < count; i++) {
    const item = items.subarray(i * 96, (i + 1) * 96);
    addresses.set(recoverSigner(recover, item.subarray(0, 32), item.subarray(32)), i * 20);
  }
  parentPort?.postMessage(addresses, [addresses.buffer]);
});
