/** Contract storage against an audit's own books: one view after the other, field by field, at the books' block. */
import type { Interface } from "ethers";
import { interfaces } from "../../server/chain/contracts.ts";
import type { Hex } from "../../server/chain/port.ts";
import { lastChange, type Books, type Field, type Row } from "./books.ts";
import type { Told } from "./events.ts";
import type { Node } from "./node.ts";
import type { Difference } from "./report.ts";

/** Of progress: called as often as there is something to tell. */
export type Progress = (done: number, total: number) => void;

/** A view, and what it should answer. */
export interface Reading {
  contract: Told;
  view: string;
  args: readonly unknown[];
  /** what it is about */
  key: string;
  /** in the order of the answer, with packed words opened; null for zero */
  expected: Record<string, Field>;
  /** where the fields come from, if from one row */
  row?: Row;
}

/** Calls in one go between two words of progress. */
const STRIDE = 500;

/** Views that answer packed words: the widths of their fields in bits, from the highest down. */
const packed: Record<string, number[][]> = {
  blocks: [[64, 8, 8, 64, 16, 96]],
  batches: [
    [64, 64, 64, 64],
    [64, 16, 16, 64, 96],
  ],
};

const flat = (value: unknown): unknown[] => (Array.isArray(value) ? value.flatMap(flat) : [value]);

function opened(word: bigint, widths: readonly number[]): bigint[] {
  let low = 256n;
  return widths.map((bits) => (word >> (low -= BigInt(bits))) & ((1n << BigInt(bits)) - 1n));
}

function answers(abi: Interface, view: string, data: Hex): string[] {
  const values = flat(abi.decodeFunctionResult(view, data).toArray(true));
  const words = packed[view]?.flatMap((widths, i) => opened(values[i] as bigint, widths)) ?? values;
  return words.map((value) => String(value).toLowerCase());
}

/** As an answer says it: storage has no null. */
const plain = (expected: Field, said: string): string =>
  expected === null ? (said.startsWith("0x") ? `0x${"0".repeat(said.length - 2)}` : "0") : String(expected);

function differencesOf({ contract, view, key, expected, row }: Reading, data: Hex, block: number): Difference[] {
  const said = answers(interfaces[contract], view, data);
  return Object.entries(expected).flatMap(([field, own], i): Difference[] => {
    const wanted = plain(own, said[i]!);
    if (said[i] === wanted) return [];
    const place = row?.places[field] ?? (row ? lastChange(row) : { block });
    return [{ key, field, who: "storage", said: said[i]!, expected: wanted, place }];
  });
}

/** Reads them all; what is not as it should be, in their order. */
export async function readAll(
  node: Node,
  contracts: Record<Told, Hex>,
  { block }: Books,
  readings: readonly Reading[],
  progress: Progress,
): Promise<Difference[]> {
  const found: Difference[] = [];
  for (let at = 0; at < readings.length; at += STRIDE) {
    const part = readings.slice(at, at + STRIDE);
    const calls = part.map(({ contract, view, args }) => {
      const abi: Interface = interfaces[contract];
      return { to: contracts[contract], data: abi.encodeFunctionData(view, args) as Hex };
    });
    const results = await node.calls(calls, block);
    part.forEach((reading, i) => found.push(...differencesOf(reading, results[i]!, block)));
    progress(at + part.length, readings.length);
  }
  return found;
}
