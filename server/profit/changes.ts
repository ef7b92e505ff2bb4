/** What a range of blocks changes of money: the rows before they are written. Amounts in fen. */
import type { Hex } from "../chain/port.ts";

export interface BankReference {
  bank: Hex;
  reference: Hex;
  kind: "deposit" | "withdrawal";
  account: Hex;
  amountFen: bigint;
  block: number;
  tx: Hex;
}

export interface NewPool {
  id: bigint;
  subject: Hex;
  kind: number;
  source: number;
  payer: Hex;
  amountFen: bigint;
  ruleset: Hex;
  subjects: readonly Hex[];
  /** seconds since 1970, of the block */
  fundedAt: number;
  tx: Hex;
}

export interface Root {
  pool: bigint;
  version: number;
  root: Hex;
  leafCount: number;
  inputs: Hex;
  opensAt: number;
  publishedAt: number;
  tx: Hex;
}

export interface PaidChunk {
  pool: bigint;
  chunk: number;
  sumFen: bigint;
  block: number;
  tx: Hex;
}

/** Fen that reached an account from a pool. */
export interface Payout {
  block: number;
  index: number;
  tx: Hex;
  pool: bigint;
  account: Hex;
  amountFen: bigint;
  /** none where it had been held aside */
  chunk: number | undefined;
  /** for whom it was meant */
  entitled: Hex;
  /** of a release */
  basis: Hex | undefined;
}

/** By how much what is held aside for an account becomes more, or less. */
export interface HeldChange {
  pool: bigint;
  account: Hex;
  byFen: bigint;
}

/** What a range comes to. */
export interface Changes {
  references: BankReference[];
  /** by how much each account's balance changes; none by nothing */
  balances: Map<Hex, bigint>;
  pools: NewPool[];
  roots: Root[];
  chunks: PaidChunk[];
  payouts: Payout[];
  /** none by nothing */
  held: HeldChange[];
  closed: bigint[];
}
