/** Proofs from Merkle Patricia tries (EIP-1186). */
import { createMerkleProof, createMPTFromProof } from "@ethereumjs/mpt";
import { keccak, toBytes, toHex } from "../../server/chain/eip712.ts";
import type { Hex } from "../../server/chain/port.ts";
import { Fault } from "./faults.ts";

/** The first node that the one before it does not name by its hash; the root names the first. */
function brokenAt(nodes: readonly Uint8Array[], root: Uint8Array): number {
  return nodes.findIndex((node, i) => {
    const hash = Buffer.from(keccak(node));
    return i === 0 ? !hash.equals(root) : !Buffer.from(nodes[i - 1]!).includes(hash);
  });
}

/**
 * What a trie with this root has under a key: its bytes, or null where the proof shows that there is nothing.
 * @param field path of the proof in the certificate, to name it by
 * @param key as it is before hashing
 * @throws Fault where the nodes prove neither, or where some are no part of that
 */
export async function provenValue(
  field: string,
  proof: readonly Hex[],
  root: Uint8Array,
  key: Uint8Array,
): Promise<Uint8Array | null> {
  const nodes = proof.map(toBytes);
  const broken = brokenAt(nodes, root);
  if (broken !== -1) {
    throw new Fault(`${field}[${broken}]`, "与上一级的哈希不符", "does not have the hash that stands above it");
  }
  try {
    const trie = await createMPTFromProof([...nodes], { root, useKeyHashing: true });
    const value = await trie.get(key, true);
    const needed = (await createMerkleProof(trie, key)).map(toHex);
    if (needed.join() === proof.join()) return value;
  } catch {
    // a node on the way is missing, or is none
  }
  throw new Fault(
    field,
    "这些节点不是所求值的证明",
    "is not the proof of what it stands for: nodes are missing, or are others",
  );
}
