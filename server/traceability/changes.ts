/** What a range of blocks changes of lots: the rows before they are written. */
import type { Hex } from "../chain/port.ts";

/** A lot as it stands. */
export interface LotState {
  /** in event order, above those of the lots it was made from */
  no: number;
  id: Hex;
  custodian: Hex;
  /** who has title: the custodian, unless the lot is bailed */
  owner: Hex;
  grams: number;
  seq: number;
  class: number;
  disposition: number;
  flags: number;
  /** digest of the act that made it */
  madeBy: Hex;
  /** digest of the act that consumed it */
  endedBy: Hex | undefined;
}

/** An act as it was recorded; the columns of `act` (migration 0002) say what each field is of each kind. */
export interface ActRecord {
  block: number;
  index: number;
  tx: Hex;
  digest: Hex;
  kind: "collect" | "handoff" | "split" | "transform" | "conclude" | "pass-title";
  lot: Hex;
  seq: number;
  giver: Hex;
  receiver: Hex;
  /** of a transform those of all its inputs, which may pass what a number holds exactly */
  grams: number | bigint;
  declaredGrams?: number | undefined;
  acceptedGrams?: number | undefined;
  lossGrams: number;
  code: number;
  capturedAt: number;
  flags: number;
  anchor: Hex;
  evidence: Hex;
}

export interface Edge {
  /** numbers of lots */
  child: number;
  parent: number;
  /** of the child, from this parent */
  grams: number;
}

export interface Ruling {
  block: number;
  index: number;
  tx: Hex;
  lot: Hex;
  kind: "flags" | "void";
  set: number;
  cleared: number;
  grams: number;
  auditor: Hex | undefined;
  basis: Hex;
}

/** What a range comes to, besides the acts in it. */
export interface Changes {
  /** new lots, numbered, in order, as they stand after the range */
  made: LotState[];
  /** lots from before the range that changed */
  changed: LotState[];
  edges: Edge[];
  rulings: Ruling[];
}
