/** Whose signature it is, worked out in worker threads, so that a bundle of thousands never holds up the API. */
import { Worker } from "node:worker_threads";
import { toHex } from "./eip712.ts";
import { P256_PROOF_BYTES } from "./p256.ts";
import { nativeRecover } from "./recover.ts";
import type { Hex } from "./port.ts";
import type { Log } from "../log.ts";

export interface Signed {
  /** 32 bytes */
  digest: Uint8Array;
  /** 64 bytes r‖vs of secp256k1, or a P-256 proof of 129 */
  signature: Uint8Array;
}

export interface RecoveryPool {
  /** The id of the key that signed each item, in order: 32 bytes, zero where the signature is none. */
  recover(items: readonly Signed[]): Promise<Hex[]>;
  close(): Promise<void>;
}

/** How many signatures go to a thread at once: large enough to hide the hand-over, small enough to share the work. */
const CHUNK = 64;

/** What threads are sent and send back for each signature. */
export const ITEM_BYTES = 32 + 1 + P256_PROOF_BYTES;
export const KEY_BYTES = 32;

interface Job {
  items: Uint8Array;
  done: (keys: Uint8Array) => void;
  failed: (error: Error) => void;
}

function pack(items: readonly Signed[]): Uint8Array {
  const packed = new Uint8Array(items.length * ITEM_BYTES);
  items.forEach(({ digest, signature }, i) => {
    packed.set(digest, i * ITEM_BYTES);
    packed.set([signature.length], i * ITEM_BYTES + 32);
    packed.set(signature, i * ITEM_BYTES + 33);
  });
  return packed;
}

/** Starts the threads. A thread that dies fails its job and is replaced, unless it never lived: then all jobs fail. */
export function createRecoveryPool({ workers, log }: { workers: number; log: Log }): RecoveryPool {
  if (!nativeRecover()) {
    log.warn(
      "the native secp256k1 package is not installed: signatures are checked in plain JavaScript, some 20 times slower. Install a C compiler and run npm ci again to mend it.",
    );
  }
  const waiting: Job[] = [];
  const idle: Worker[] = [];
  const threads = new Set<Worker>();
  const running = new Map<Worker, Job>();
  let closing = false;
  let unusable: Error | undefined;

  function feed(): void {
    if (unusable) for (const job of waiting.splice(0)) job.failed(unusable);
    while (waiting.length > 0 && idle.length > 0) {
      const thread = idle.pop()!;
      const job = waiting.shift()!;
      running.set(thread, job);
      thread.postMessage(job.items);
    }
  }

  function start(): void {
    const thread = new Worker(new URL("./recoveryWorker.ts", import.meta.url));
    threads.add(thread);
    idle.push(thread);
    let lived = false;
    thread.on("message", (keys: Uint8Array) => {
      lived = true;
      const job = running.get(thread);
      running.delete(thread);
      idle.push(thread);
      job?.done(keys);
      feed();
    });
    thread.on("error", (error) => {
      log.error({ err: error }, "a signature thread died");
      if (!lived) unusable = error;
      running.get(thread)?.failed(error);
    });
    thread.on("exit", () => {
      running.delete(thread);
      threads.delete(thread);
      if (idle.includes(thread)) idle.splice(idle.indexOf(thread), 1);
      if (!closing && !unusable) start();
      feed();
    });
  }

  for (let i = 0; i < workers; i++) start();

  function recoverChunk(items: readonly Signed[]): Promise<Hex[]> {
    return new Promise((resolve, reject) => {
      const done = (keys: Uint8Array): void => {
        resolve(items.map((_, i) => toHex(keys.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES))));
      };
      waiting.push({ items: pack(items), done, failed: reject });
      feed();
    });
  }

  return {
    async recover(items) {
      const chunks: Promise<Hex[]>[] = [];
      for (let i = 0; i < items.length; i += CHUNK) chunks.push(recoverChunk(items.slice(i, i + CHUNK)));
      return (await Promise.all(chunks)).flat();
    },
    async close() {
      closing = true;
      // asked, not terminated: ending a thread while it loads the native library aborts the whole process
      const ended = [...threads].map((thread) => new Promise((resolve) => thread.once("exit", resolve)));
      for (const thread of threads) thread.postMessage(null);
      await Promise.all(ended);
    },
  };
}
