/** Real chains for tests: the embedded one on a folder of its own, and Hardhat's node as a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createEmbeddedChain, type EmbeddedChain, type EmbeddedOptions } from "../../server/chain/embedded.ts";
import type { Chain, Hex } from "../../server/chain/port.ts";
import { createLog } from "../../server/log.ts";

export const temporaryFolder = (): Promise<string> => mkdtemp(join(tmpdir(), "tidemark-"));

export interface OpenChain {
  chain: EmbeddedChain;
  folder: string;
  /** Closes the chain, and removes the folder if it was made for it. */
  close(): Promise<void>;
}

/** An embedded chain that has replayed its journal; in a temporary folder unless one is given. */
export async function openEmbedded(
  folder?: string,
  options: Partial<Omit<EmbeddedOptions, "folder">> = {},
): Promise<OpenChain> {
  const place = folder ?? (await temporaryFolder());
  const chain = await createEmbeddedChain({
    folder: place,
    contracts: `0x${"c0".repeat(32)}`,
    reached: () => Promise.resolve(),
    log: createLog("silent"),
    ...options,
  });
  const close = async (): Promise<void> => {
    await chain.close();
    if (folder === undefined) await rm(place, { recursive: true });
  };
  try {
    await chain.ready;
  } catch (error) {
    await close();
    throw error;
  }
  return { chain, folder: place, close };
}

/** Waits until a transaction stands in a block, and gives its receipt. */
export async function minedReceipt(chain: Chain, hash: Hex): Promise<{ blockNumber: Hex; status: Hex }> {
  for (;;) {
    let stop = (): void => undefined;
    const head = new Promise<void>((resolve) => (stop = chain.onHead(resolve)));
    const receipt = await chain.request<{ blockNumber: Hex; status: Hex } | null>("eth_getTransactionReceipt", [hash]);
    if (receipt === null) await head;
    stop();
    if (receipt !== null) return receipt;
  }
}

export interface HardhatNode {
  url: string;
  port: number;
  /** Kills it at once, as a crash would. */
  stop(): Promise<void>;
}

/** `hardhat node` with no accounts, base fee 0 and chain id 46112, on a free port unless one is given. */
export async function startHardhatNode(port = 0): Promise<HardhatNode> {
  const folder = await temporaryFolder();
  const hardhat = dirname(createRequire(import.meta.url).resolve("hardhat/package.json"));
  const config = join(import.meta.dirname, "hardhat-node.config.ts");
  const args = ["node", "--config", config, "--hostname", "127.0.0.1", "--port", String(port)];
  const child = spawn(process.execPath, [join(hardhat, "dist/src/cli.js"), ...args], {
    cwd: folder,
    env: { ...process.env, HARDHAT_DISABLE_TELEMETRY: "true", NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    await rm(folder, { recursive: true });
  };
  const started = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      printed = (printed + chunk.toString()).slice(-10_000);
      const url = /JSON-RPC server at (http:\/\/[^\s/]+)/.exec(printed)?.[1];
      if (url !== undefined) resolve(url);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("error", reject);
    child.on("exit", () => reject(new Error(`hardhat node ended before it listened:\n${printed}`)));
  });
  try {
    const url = await started;
    return { url, port: Number(new URL(url).port), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
