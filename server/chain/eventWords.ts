/**
 * What the decoders of the contracts' events share. They decode by slicing: every event has a fixed layout, or arrays
 * whose places its head names, and a general ABI decoder would cost more than everything else the indexer does. The
 * topics come from the compiled contracts, so a changed signature is an event that is not known, never one that is
 * misread.
 */
import type { Interface } from "ethers";
import type { Header, Log } from "./blocks.ts";
import { interfaces, type ContractName } from "./contracts.ts";
import type { Hex } from "./port.ts";

export interface Known<Name extends string, Args> {
  name: Name;
  /** in the order of the contract's declaration, packed words opened into their fields */
  args: Args;
  block: number;
  /** seconds since 1970, of the block */
  at: number;
  index: number;
  tx: Hex;
}

/** @throws when the compiled contract has no such event */
export function topic(contract: ContractName, event: string): Hex {
  const abi: Interface = interfaces[contract];
  const fragment = abi.getEvent(event);
  if (!fragment) throw new Error(`${contract} has no event ${event}`);
  return fragment.topicHash as Hex;
}

/** The n-th word of the data. */
export const word = (data: Hex, n: number): Hex => `0x${data.slice(2 + 64 * n, 66 + 64 * n)}`;

/** An address is the last 20 bytes of its word. */
export const addressOf = (word: Hex): Hex => `0x${word.slice(26)}`;

/** Bits of a word, counted in hex digits from its highest; at most 13 digits fit a number. */
export const digits = (word: Hex, from: number, count: number): number =>
  Number.parseInt(word.slice(2 + from, 2 + from + count), 16);

/** An unsigned integer of at most 48 bits, right-aligned in its word. */
export const uint = (word: Hex): number => digits(word, 52, 12);

/**
 * A dynamic array of static elements, each made of `words` words.
 * @param head the word of the data that holds the array's offset
 * @param element reads one element, whose first word is the n-th of the data
 */
export function array<T>(data: Hex, head: number, words: number, element: (n: number) => T): T[] {
  const start = uint(word(data, head)) / 32;
  return Array.from({ length: uint(word(data, start)) }, (_, i) => element(start + 1 + words * i));
}

/** Where a log stands. */
export const place = (log: Log, header: Header): { block: number; at: number; index: number; tx: Hex } => ({
  block: log.block,
  at: header.timestamp,
  index: log.index,
  tx: log.tx,
});
