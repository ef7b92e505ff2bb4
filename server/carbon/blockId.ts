/** A block of credits by its batch and first serial, as one number, as hex, and as people read it. */
import type { Hex } from "../chain/port.ts";

/** `batch << 128 | first`: the token id. */
export interface Place {
  batch: bigint;
  /** its first serial; they count from 1 */
  first: bigint;
}

const SERIAL_BITS = 128n;

export const placeOf = (id: bigint): Place => ({ batch: id >> SERIAL_BITS, first: BigInt.asUintN(128, id) });

export const idOf = ({ batch, first }: Place): bigint => (batch << SERIAL_BITS) | first;

/** The id as 32 bytes of hex, which is how it travels. */
export const blockHex = (place: Place): Hex => `0x${idOf(place).toString(16).padStart(64, "0")}`;

/** Serials for people, first to last: `TM-7-2019-1-270000`. Derived, so that no two lists of them can differ. */
export const serials = (place: Place, kg: bigint, vintage: number): string =>
  `TM-${place.batch}-${vintage}-${place.first}-${place.first + kg - 1n}`;
