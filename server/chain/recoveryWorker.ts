/** One thread of the recovery pool: packed items in, 32-byte key ids out; `null` ends it. */
import { parentPort } from "node:worker_threads";
import { p256KeyId } from "./p256.ts";
import { nativeRecover, plainRecover, recoverSigner } from "./recover.ts";
import { ITEM_BYTES, KEY_BYTES } from "./recovery.ts";

const recover = nativeRecover() ?? plainRecover;

/** An item is `digest 32 | length of the signature 1 | signature`. */
function keyId(item: Uint8Array, into: Uint8Array): void {
  const digest = item.subarray(0, 32);
  const signature = item.subarray(33, 33 + item[32]!);
  // an address is left-padded
  if (signature.length === 64) into.set(recoverSigner(recover, digest, signature), 12);
  else into.set(p256KeyId(digest, signature));
}

parentPort?.on("message", (items: Uint8Array | null) => {
  if (!items) return parentPort?.close();
  const count = items.length / ITEM_BYTES;
  const keys = new Uint8Array(count * KEY_BYTES);
  for (let i = 0; i < count; i++) {
    keyId(items.subarray(i * ITEM_BYTES, (i + 1) * ITEM_BYTES), keys.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES));
  }
  parentPort?.postMessage(keys, [keys.buffer]);
});
