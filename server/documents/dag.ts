/**
 * From bytes to their CID, and the check of bytes against one. The DAG is built here under the profile `unixfs-v1-2025`
 * (CIDv1, sha2-256, raw leaves, chunks of 1 MiB, 1,024 links a node, balanced), so no store's settings decide a CID.
 */
import { createHash } from "node:crypto";
import { importBytes } from "ipfs-unixfs-importer";
import { base32 } from "multiformats/bases/base32";
import { CID } from "multiformats/cid";
import { Problem } from "../errors.ts";
import type { Named } from "./port.ts";

const RAW = 0x55;
const DAG_PB = 0x70;
const SHA2_256 = 0x12;

export interface Block {
  cid: CID;
  bytes: Uint8Array;
}

/** A document's DAG: every block, the root's among them. */
export interface Dag {
  root: CID;
  blocks: Block[];
}

/** Builds the DAG of a document's bytes. @throws Problem `document-empty` */
export async function buildDag(bytes: Uint8Array): Promise<Dag> {
  if (bytes.length === 0) throw new Problem("document-empty", "there are 0 bytes");
  const blocks: Block[] = [];
  const put = (cid: CID, block: unknown): CID => {
    // the importer hands its blocks over whole; the interface would also let it stream them
    blocks.push({ cid, bytes: block as Uint8Array });
    return cid;
  };
  const { cid } = await importBytes(bytes, { put }, { profile: "unixfs-v1-2025" });
  return { root: cid, blocks };
}

/** What names the bytes of which this is the DAG. */
export function nameOf({ root }: Dag, bytes: Uint8Array): Named {
  return { cid: root.toString(), sha256: `0x${createHash("sha256").update(bytes).digest("hex")}`, bytes: bytes.length };
}

/** What is wrong with a CID as text, in words; `undefined` for one that may be a document's. */
export function cidFault(text: string): string | undefined {
  const unreadable = "is not a CID in base32 (bafk…, bafy…)";
  // the parser would pass over padding, and give a CID back as it was written
  if (!/^b[a-z2-7]+$/.test(text)) return unreadable;
  let cid: CID;
  try {
    cid = CID.parse(text, base32);
  } catch {
    return unreadable;
  }
  if (cid.code !== RAW && cid.code !== DAG_PB)
    return `has codec 0x${cid.code.toString(16)}; documents are raw or dag-pb`;
  if (cid.multihash.code !== SHA2_256 || cid.multihash.size !== 32) {
    return `has hash function 0x${cid.multihash.code.toString(16)}; documents have sha2-256`;
  }
  return undefined;
}

/** The CID of a document. @throws Problem `invalid-request` saying what is wrong with it */
export function parseCid(text: string): CID {
  const fault = cidFault(text);
  if (fault === undefined) return CID.parse(text, base32);
  throw new Problem("invalid-request", `the CID ${fault}`, { errors: [{ at: "cid", message: fault }] });
}

/** Lets bytes pass that are those of the CID. @throws Problem `document-damaged` for others */
export async function checked(cid: CID, bytes: Uint8Array): Promise<Uint8Array> {
  const found = bytes.length === 0 ? "nothing" : (await buildDag(bytes)).root.toString();
  if (found !== cid.toString()) throw new Problem("document-damaged", `under ${cid.toString()} stands ${found}`);
  return bytes;
}
