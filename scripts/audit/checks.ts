/** The checks that hold at one block: the chain's own word, contract storage, the effects digest. */
import type { Interface } from "ethers";
import { interfaces } from "../../server/chain/contracts.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { Api, Digests } from "./api.ts";
import { lastChange, type Books } from "./books.ts";
import type { Node } from "./node.ts";
import { firstDifference } from "./reader.ts";
import type { Progress } from "./readings.ts";
import type { Check, Difference } from "./report.ts";

/** Every act follows from how its lots stood before it. */
export const checkActs = ({ faults, events }: Books): Check => ({
  id: "events",
  zh: "链上事件前后一致",
  en: "each event follows from those before it",
  compared: events,
  differences: faults.map((fault) => ({ ...fault, who: "log" })),
});

/** Calls in one go between two words of progress. */
const STRIDE = 500;

const abi: Interface = interfaces.LotLedger;
const encode = (view: "totals" | "lots" | "ownerOf", ...args: unknown[]): Hex =>
  abi.encodeFunctionData(view, args) as Hex;

/** `custodian 160 | massGrams 48 | seq 24 | class 16 | disposition 4 | flags 4` */
function wordFields(word: bigint): Record<string, string> {
  const part = (low: bigint, bits: bigint): string => String((word >> low) & ((1n << bits) - 1n));
  const custodian = `0x${(word >> 96n).toString(16).padStart(40, "0")}`;
  const stand = { grams: part(48n, 48n), seq: part(24n, 24n), class: part(8n, 16n) };
  return { custodian, ...stand, disposition: part(4n, 4n), flags: part(0n, 4n) };
}

function lotDifferences({ rows }: Books, lot: Hex, word: Hex, owner: Hex): Difference[] {
  const key = `lot/${lot}`;
  const { fields, places } = rows.get(key)!;
  const stored = { ...wordFields(BigInt(word)), owner: `0x${owner.slice(26)}` };
  return Object.entries(stored)
    .filter(([field, said]) => said !== String(fields[field]))
    .map(([field, said]) => {
      return { key, field, who: "storage", said, expected: String(fields[field]), place: places[field]! };
    });
}

/** Totals, and the word and the owner of every lot, in contract storage at the books' block. */
export async function checkStorage(node: Node, ledger: Hex, books: Books, progress: Progress): Promise<Check> {
  const { block, lots, collected, concluded } = books;
  const [totals] = await node.calls([{ to: ledger, data: encode("totals") }], block);
  const sums = abi.decodeFunctionResult("totals", totals!);
  const differences = [collected, concluded].flatMap((own, i): Difference[] => {
    if (sums[i] === own) return [];
    const said = String(sums[i]);
    return [
      {
        key: "totals",
        field: ["collected", "concluded"][i]!,
        who: "storage",
        said,
        expected: String(own),
        place: { block },
      },
    ];
  });
  for (let at = 0; at < lots.length; at += STRIDE) {
    const part = lots.slice(at, at + STRIDE);
    const calls = part.flatMap((lot) => [encode("lots", lot), encode("ownerOf", lot)]);
    const words = await node.calls(
      calls.map((data) => ({ to: ledger, data })),
      block,
    );
    part.forEach((lot, i) => differences.push(...lotDifferences(books, lot, words[2 * i]!, words[2 * i + 1]!)));
    progress(at + part.length, lots.length);
  }
  return {
    id: "storage",
    zh: "批次合约存储",
    en: "totals, and word and owner of every lot",
    compared: lots.length + 1,
    differences,
  };
}

/** Hash and effects digest of the block; where they differ, the first block at which they do. */
export async function checkEffects(api: Api, books: Books, digests: Digests): Promise<Check> {
  const differences: Difference[] = [];
  const { block: last } = digests;
  for (const field of ["hash", "effects"] as const) {
    const own = field === "hash" ? books.hashes : books.effects;
    if (digests[field] === own[last]) continue;
    const block = await firstDifference(last, async (n) => (await api.digest(n))[field] !== own[n]);
    const said = block === last ? digests[field] : (await api.digest(block))[field];
    differences.push({ key: `block/${block}`, field, who: "server", said, expected: own[block]!, place: { block } });
    // whatever follows from another block is other too
    break;
  }
  return {
    id: "effects",
    zh: "区块与事件摘要",
    en: "block hashes and effects digests",
    compared: last + 1,
    differences,
  };
}

/** The place of the last change to a row; null when the chain has none such. */
export function placeOfRow({ rows, gone }: Books, key: string): Difference["place"] {
  const row = rows.get(key);
  return row ? lastChange(row) : (gone.get(key) ?? null);
}
