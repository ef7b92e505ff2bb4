/** An IPFS node (Kubo) of a test's own, which is killed and comes back at the same address. */
import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const SCRIPT = fileURLToPath(new URL("../../scripts/kubo.sh", import.meta.url));

export interface KuboNode {
  url: string;
  /** Starts it again; it answers when this returns. */
  start(): Promise<void>;
  /** SIGKILL, as a crash would be. */
  kill(): Promise<void>;
  remove(): Promise<void>;
}

/** The path of a Kubo, or why there is none here. */
export function findKubo(): { binary: string } | { missing: string } {
  try {
    return { binary: execFileSync(SCRIPT, ["find"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim() };
  } catch {
    return { missing: "no Kubo: run scripts/kubo.sh build, or set TIDEMARK_KUBO_BINARY" };
  }
}

/** Starts a node that knows no others. */
export async function startKubo(binary: string): Promise<KuboNode> {
  const folder = await mkdtemp(join(tmpdir(), "tidemark-kubo-"));
  const env = { ...process.env, IPFS_PATH: folder, IPFS_TELEMETRY: "off" };
  const ipfs = (...args: string[]): Promise<unknown> => promisify(execFile)(binary, args, { env });
  let running: ChildProcess | undefined;

  /** @returns its address, once it answers */
  async function run(): Promise<string> {
    await rm(join(folder, "api"), { force: true });
    const child = spawn(binary, ["daemon", "--offline"], { env, stdio: "ignore" });
    running = child;
    while (child.exitCode === null) {
      // /ip4/127.0.0.1/tcp/PORT
      const port = (await readFile(join(folder, "api"), "utf8").catch(() => "")).split("/")[4];
      const url = `http://127.0.0.1:${port}`;
      const version = port && (await fetch(`${url}/api/v0/version`, { method: "POST" }).catch(() => undefined));
      if (version) return url;
      await sleep(50);
    }
    throw new Error(`ipfs daemon ended with ${child.exitCode}`);
  }
  async function kill(): Promise<void> {
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, "exit");
    running.kill("SIGKILL");
    await gone;
  }
  await ipfs("init", "--profile=server,test");
  const url = await run();
  await ipfs("config", "Addresses.API", `/ip4/127.0.0.1/tcp/${new URL(url).port}`);
  return {
    url,
    kill,
    async start() {
      await run();
    },
    async remove() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
