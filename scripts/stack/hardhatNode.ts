/** Hardhat's node as a process of its own: the network of the stack, and of tests. What it holds goes with it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface HardhatNode {
  url: string;
  port: number;
  /** Kills it at once, as a crash would. */
  stop(): Promise<void>;
}

/** `hardhat node` with no accounts, base fee 0 and chain id 46112, on a free port unless one is given. */
export async function startHardhatNode(port = 0): Promise<HardhatNode> {
  const folder = await mkdtemp(join(tmpdir(), "tidemark-node-"));
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
