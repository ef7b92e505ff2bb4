/** Who is paid how much, as the words that a pool's sum tree is made of (CONTRACTS.md "SettlementToken, PremiumPools"). */
import { toHex } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";

export interface Leaf {
  /** lower case */
  account: Hex;
  amountFen: bigint;
}

/** account 160 | amountFen 64 */
export const LEAF_BYTES = 28;
const ACCOUNT_BYTES = 20;
const CAP = 1n << 63n;

/**
 * Leaves as one buffer of 28 bytes each. An array holds no more than 2^32 − 1 of them, as many as a pool's word counts.
 * @param leaves by strictly ascending account; amounts of 1 fen or more, less than 2^63 fen together
 * @throws on anything else, naming the first leaf that is wrong
 */
export function packLeaves(leaves: readonly Leaf[]): Uint8Array {
  if (leaves.length === 0) throw new Error("a sum tree needs at least one leaf");
  const packed = Buffer.alloc(leaves.length * LEAF_BYTES);
  let before = "";
  let total = 0n;
  for (const [i, { account, amountFen }] of leaves.entries()) {
    if (!/^0x[0-9a-f]{40}$/.test(account)) throw new Error(`leaf ${i}: ${account} is not an account in lower case`);
    if (account <= before) throw new Error(`leaf ${i}: ${account} does not come after ${before}`);
    if (amountFen <= 0n) throw new Error(`leaf ${i}: ${amountFen} fen to ${account}`);
    total += amountFen;
    if (total >= CAP) throw new Error(`leaf ${i}: the sum reaches 2^63 fen`);
    packed.write(account.slice(2), i * LEAF_BYTES, "hex");
    packed.writeBigUInt64BE(amountFen, i * LEAF_BYTES + ACCOUNT_BYTES);
    before = account;
  }
  return packed;
}

/** The leaf at a place of a buffer of them. */
export function leafAt(packed: Uint8Array, place: number): Leaf {
  const at = place * LEAF_BYTES;
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const account = toHex(packed.subarray(at, at + ACCOUNT_BYTES));
  return { account, amountFen: view.getBigUint64(at + ACCOUNT_BYTES) };
}

/** @returns the sum of a buffer of leaves, in fen; undefined if its accounts do not strictly ascend */
export function sumOf(packed: Uint8Array): bigint | undefined {
  let sum = 0n;
  let before = "";
  for (let place = 0; place * LEAF_BYTES < packed.length; place++) {
    const { account, amountFen } = leafAt(packed, place);
    if (account <= before) return undefined;
    sum += amountFen;
    before = account;
  }
  return sum;
}
