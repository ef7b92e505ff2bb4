/** What a range of events changes of blocks of credits: the rows before they are written. */
import type { Hex } from "../chain/port.ts";
import type { Retirement } from "../chain/retirements.ts";
import type { Place } from "./blockId.ts";

export const dispositions = { live: 0, retired: 1, cancelled: 2, exported: 3 } as const;

/** Bits of a block's locks, from the lowest. */
export const locks = ["listed", "pledged", "in-transit", "frozen", "court-hold", "dedicated"] as const;

export interface BlockState extends Place {
  kg: bigint;
  holder: Hex;
  /** one of {@link dispositions} */
  disposition: number;
  /** bits, from the lowest in the order of {@link locks} */
  locks: number;
  /** 0 unless retired */
  retirement: bigint;
  /** what it is dedicated to, or 0 */
  purpose: number;
  /** first serial of the block it was split from */
  parentFirst: bigint | undefined;
}

export interface BatchState {
  id: bigint;
  project: bigint;
  report: Hex;
  vintage: number;
  scope: number;
  issuedKg: bigint;
  retiredKg: bigint;
  cancelledKg: bigint;
  exportedKg: bigint;
}

/** Something that happened to a block. */
export interface BlockEvent extends Place {
  block: number;
  index: number;
  pos: number;
  at: number;
  tx: Hex;
  kind: "issued" | "split" | "moved" | "locks" | "dedicated" | "retired" | "cancelled" | "exported";
  kg: bigint;
  /** who held it before; of an issuance nobody did */
  giver: Hex | undefined;
  holder: Hex;
  set: number;
  cleared: number;
  basis: Hex | undefined;
}

export interface RetirementState extends Omit<Retirement, "blocks"> {
  record: Hex;
  block: number;
  tx: Hex;
}

/** What a range comes to. */
export interface Changes {
  /** as they stand after the range */
  blocks: BlockState[];
  batches: BatchState[];
  events: BlockEvent[];
  retirements: RetirementState[];
  retired: (Place & { retirement: bigint; pos: number; kg: bigint })[];
  notes: { retirement: bigint; note: Hex }[];
}
