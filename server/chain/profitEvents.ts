/** The events of `SettlementToken` and `PremiumPools`. Amounts in fen. */
import { createDecoder } from "./abiEvents.ts";
import type { Known } from "./eventWords.ts";
import type { Hex } from "./port.ts";

export type TokenEvent =
  | Known<"Transfer", { from: Hex; to: Hex; value: bigint }>
  | Known<"Deposited", { bank: Hex; account: Hex; amountFen: bigint; bankReference: Hex }>
  | Known<"Withdrawn", { bank: Hex; account: Hex; amountFen: bigint; bankReference: Hex }>;

export type PoolEvent =
  | Known<
      "Funded",
      {
        pool: bigint;
        subject: Hex;
        payer: Hex;
        kind: number;
        source: number;
        amountFen: bigint;
        ruleset: Hex;
        subjects: Hex[];
      }
    >
  | Known<
      "RootPublished",
      { pool: bigint; version: number; root: Hex; leafCount: number; inputs: Hex; opensAt: number }
    >
  | Known<"ChunkPaid", { pool: bigint; chunk: number; sum: bigint }>
  | Known<"HeldAside", { pool: bigint; account: Hex; amountFen: bigint }>
  | Known<"Released", { pool: bigint; account: Hex; to: Hex; amountFen: bigint; basis: Hex }>
  | Known<"Closed", { pool: bigint }>
  | Known<"DelaySet", { seconds_: number }>;

export const decodeTokenLog = createDecoder<TokenEvent>("SettlementToken", ["Transfer", "Deposited", "Withdrawn"]);

export const decodePoolLog = createDecoder<PoolEvent>("PremiumPools", [
  "Funded",
  "RootPublished",
  "ChunkPaid",
  "HeldAside",
  "Released",
  "Closed",
  "DelaySet",
]);
