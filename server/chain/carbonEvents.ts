/** The events of `Projects` and `Credits`. What ERC-721 and ERC-5192 tell besides, these tell too. */
import { createDecoder } from "./abiEvents.ts";
import type { Known } from "./eventWords.ts";
import type { Hex } from "./port.ts";

/** An account's part of a project's proceeds, in 1/10,000. */
export interface Share {
  account: Hex;
  bps: number;
}

export type ProjectEvent =
  | Known<"MethodologyAdded", { methodology: bigint; document: Hex; scope: number; quorum: number; bufferBps: number }>
  | Known<
      "ProjectRegistered",
      {
        project: bigint;
        proponent: Hex;
        methodology: bigint;
        measurer: Hex;
        document: Hex;
        boundaries: Hex[];
        shares: Share[];
      }
    >
  | Known<
      "ReportSubmitted",
      {
        report: Hex;
        project: bigint;
        measurer: Hex;
        boundary: Hex;
        fromDay: number;
        toDay: number;
        claimedKg: bigint;
        document: Hex;
      }
    >
  | Known<"Verified", { report: Hex; verifier: Hex; digest: Hex; attestedKg: bigint; statement: Hex; signedAt: number }>
  | Known<"Skipped", { report: Hex; digest: Hex; reason: Hex }>
  | Known<"ReportIssued", { report: Hex; project: bigint; issuer: Hex; kg: bigint }>;

/** `id` is that of a block: batch << 128 | first serial. */
export type CreditEvent =
  | Known<"BatchOpened", { batch: bigint; project: bigint; report: Hex; vintage: number; scope: number; kg: bigint }>
  | Known<"Issued", { batch: bigint; report: Hex; recipient: Hex; id: bigint; kg: bigint }>
  | Known<"Split", { id: bigint; child: bigint; kg: bigint }>
  | Known<"Moved", { id: bigint; from: Hex; to: Hex; basis: Hex }>
  | Known<"LocksChanged", { id: bigint; set: number; cleared: number; basis: Hex }>
  | Known<"Dedicated", { id: bigint; purpose: number }>
  | Known<
      "Retired",
      {
        retirement: bigint;
        holder: Hex;
        beneficiary: Hex;
        ids: bigint[];
        kg: bigint[];
        purpose: number;
        fromMonth: number;
        toMonth: number;
        country: number;
        document: Hex;
        record: Hex;
      }
    >
  | Known<"Noted", { retirement: bigint; auditor: Hex; note: Hex }>
  | Known<"Cancelled", { id: bigint; holder: Hex; basis: Hex }>
  | Known<"Exported", { id: bigint; holder: Hex; basis: Hex }>
  | Known<"PurposesSet", { scope: number; purposes: bigint }>;

export const projectEventNames: readonly ProjectEvent["name"][] = [
  "MethodologyAdded",
  "ProjectRegistered",
  "ReportSubmitted",
  "Verified",
  "Skipped",
  "ReportIssued",
];

export const decodeProjectLog = createDecoder<ProjectEvent>("Projects", projectEventNames);

export const decodeCreditLog = createDecoder<CreditEvent>("Credits", [
  "BatchOpened",
  "Issued",
  "Split",
  "Moved",
  "LocksChanged",
  "Dedicated",
  "Retired",
  "Noted",
  "Cancelled",
  "Exported",
  "PurposesSet",
]);
