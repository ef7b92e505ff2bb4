/** Documents in an IPFS node (Kubo) over its RPC: DAGs are built here and imported as CAR, so CIDs are those of the files. */
import { CarWriter } from "@ipld/car";
import { create } from "ipfs-http-client";
import { Problem } from "../errors.ts";
import { buildDag, checked, nameOf, parseCid, type Dag } from "./dag.ts";
import type { Documents } from "./port.ts";

/** What the node may take for one document: it may have to ask other keepers of its network. */
const ANSWER_WITHIN_MS = 30_000;

/** What Kubo says of a block that it does not have and, being offline, cannot ask anybody for. */
const NOT_FOUND = /ipld: could not find/;

/** Documents in the node at a URL such as `http://127.0.0.1:5001`; nothing is asked of it until one is. */
export function openKubo(url: string): Documents {
  const client = create({ url });
  const within = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });

  async function importDag(dag: Dag): Promise<void> {
    const { root } = dag;
    for await (const { root: pinned } of client.dag.import([carOf(dag)], { pinRoots: true, ...within() })) {
      const { cid, pinErrorMsg } = pinned;
      if (cid.toString() !== root.toString() || pinErrorMsg) throw new Error(pinErrorMsg || `it took ${String(cid)}`);
      return;
    }
    throw new Error("it took nothing");
  }

  /** What the node has under a CID, unchecked. */
  async function cat(cid: string): Promise<Uint8Array | undefined> {
    const pieces: Uint8Array[] = [];
    try {
      for await (const piece of client.cat(cid, within())) pieces.push(piece);
    } catch (error) {
      if (error instanceof Error && NOT_FOUND.test(error.message)) return undefined;
      throw away(url, error);
    }
    return Buffer.concat(pieces);
  }

  return {
    async put(bytes) {
      const dag = await buildDag(bytes);
      await importDag(dag).catch((error: unknown) => {
        throw away(url, error);
      });
      const named = nameOf(dag, bytes);
      // a block that it had already it does not write anew, even if that one is damaged
      await checked(dag.root, (await cat(named.cid)) ?? new Uint8Array());
      return named;
    },
    async get(text) {
      const cid = parseCid(text);
      const bytes = await cat(text);
      return bytes && checked(cid, bytes);
    },
    close: () => Promise.resolve(),
  };
}

/** The DAG as CAR, a block at a time. */
async function* carOf({ root, blocks }: Dag): AsyncIterable<Uint8Array> {
  const { writer, out } = CarWriter.create([root]);
  const written = (async () => {
    for (const block of blocks) await writer.put(block);
    await writer.close();
  })();
  // if the node breaks off, nobody comes to the last line: that must not end the process
  written.catch(() => undefined);
  yield* out;
  await written;
}

function away(url: string, error: unknown): Problem {
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : "";
  const said = error instanceof Error ? `${error.message}${cause}` : String(error);
  return new Problem("documents-away", `Kubo at ${new URL(url).host}: ${said}`);
}
