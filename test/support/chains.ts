/** Real chains for tests: the embedded one on a folder of its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
