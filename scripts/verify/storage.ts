/** What the register holds in the trusted block: the record, the note, and where the batches come from. */
import { RLP } from "@ethereumjs/rlp";
import { keccak, toBytes, toHex, uintWord } from "../../server/chain/eip712.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { Certificate } from "../../server/carbon/certificateForm.ts";
import { Fault } from "./faults.ts";
import { provenValue } from "./trie.ts";

/** keccak256(abi.encode(uint256(keccak256("tidemark.storage.Retirements")) - 1)) & ~bytes32(uint256(0xff)) */
const RETIREMENTS = 0xac923b2976b10428d4b5ce26c3201724c17618d4cc86fd4be79c9abde1db0200n;
/** Slot of the mapping from a batch to where it comes from. */
const ORIGINS = 9n;

const place = (key: bigint, mapping: bigint): bigint => BigInt(toHex(keccak(uintWord(key), uintWord(mapping))));

/** The items of a list in RLP, or the one that is no list; undefined where it is no RLP. */
function itemsOf(rlp: Uint8Array): unknown[] | undefined {
  try {
    const found = RLP.decode(rlp);
    return Array.isArray(found) ? found : [found];
  } catch {
    return undefined;
  }
}

/**
 * One of the values in what a leaf holds.
 * @param of how many there must be
 * @throws Fault where somebody made a trie of something else
 */
function valueIn(field: string, rlp: Uint8Array, index: number, of: number): Uint8Array {
  const items = itemsOf(rlp);
  const value = items?.[index];
  if (items?.length === of && value instanceof Uint8Array && value.length >= 1 && value.length <= 32) return value;
  throw new Fault(field, "所证的值格式不正确", "proves something that no such contract holds");
}

/** Whether a node of a trie is a leaf: two items, the path's flag among 0x20 to 0x3f. */
function isLeaf(node: Hex): boolean {
  const [path, , ...more] = itemsOf(toBytes(node)) ?? [];
  return path instanceof Uint8Array && path[0]! >> 5 === 1 && more.length === 0;
}

/** Finds the register's account under the state root. @returns its storage root @throws Fault */
export async function checkAccount({ proved, proofs }: Certificate, stateRoot: Uint8Array): Promise<Uint8Array> {
  const leaf = await provenValue("proofs.account", proofs.account, stateRoot, toBytes(proved.contract)).catch(
    (fault: unknown) => {
      // sound nodes that lead to another account: it is the address that was changed
      if (fault instanceof Fault && fault.field === "proofs.account" && isLeaf(proofs.account.at(-1)!)) return null;
      throw fault;
    },
  );
  if (leaf === null)
    throw new Fault("proved.contract", "与 proofs.account 所证账户不符", "is not the account that is proved");
  return valueIn("proofs.account", leaf, 2, 4);
}

/** The word in a storage slot. */
async function word(field: string, proof: readonly Hex[], root: Uint8Array, slot: bigint): Promise<bigint> {
  const found = await provenValue(field, proof, root, uintWord(slot));
  return found === null ? 0n : BigInt(toHex(valueIn(field, found, 0, 1)));
}

const hex = (value: bigint): Hex => toHex(uintWord(value));

/** @throws Fault */
export async function checkRecord({ proved, proofs }: Certificate, root: Uint8Array): Promise<void> {
  const slot = place(BigInt(proved.retirement.id), RETIREMENTS);
  const record = hex(await word("proofs.record", proofs.record, root, slot));
  if (record !== proved.record) {
    throw new Fault("proved.record", `登记簿中为 ${record}`, `is ${record} in the register`);
  }
  const found = await word("proofs.note", proofs.note, root, slot + 1n);
  const note = found === 0n ? null : hex(found);
  if (note !== proved.note) throw new Fault("proved.note", `登记簿中为 ${note}`, `is ${note} in the register`);
}

/** The batches of the blocks, ascending, each once. */
const batchIds = ({ retirement }: Certificate["proved"]): bigint[] =>
  [...new Set(retirement.blocks.map(({ id }) => BigInt(id) >> 128n))].sort((a, b) => (a < b ? -1 : 1));

/** @throws Fault */
export async function checkBatches({ proved, proofs }: Certificate, root: Uint8Array): Promise<void> {
  const ids = batchIds(proved);
  for (const [field, { length }] of Object.entries({
    "proved.batches": proved.batches,
    "proofs.batches": proofs.batches,
  })) {
    if (length !== ids.length) throw new Fault(field, `应有 ${ids.length} 项`, `has not one for each of ${ids.length}`);
  }
  for (const [i, id] of ids.entries()) {
    const said = proved.batches[i]!;
    const at = `proved.batches[${i}]`;
    if (said.id !== String(id)) throw new Fault(`${at}.id`, `应为 ${id}`, `is ${id} by the blocks' ids`);
    const origin = await word(`proofs.batches[${i}]`, proofs.batches[i]!, root, place(id, ORIGINS));
    const found = {
      project: String(origin >> 192n),
      vintage: Number((origin >> 176n) & 0xffffn),
      scope: Number((origin >> 160n) & 0xffffn),
    };
    for (const name of ["project", "vintage", "scope"] as const) {
      if (said[name] === found[name]) continue;
      throw new Fault(`${at}.${name}`, `登记簿中为 ${found[name]}`, `is ${found[name]} in the register`);
    }
  }
}
