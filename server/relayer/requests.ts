/** Words for what was handed in and what becomes of it. */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";

/** An act handed in, or a raw transaction; its key is the act's digest, or the transaction's hash. */
export interface NewRequest {
  digest: Hex;
  /** the account whose act it is */
  party: Hex;
  /** a carrier's kind, or "transaction" for a raw transaction */
  kind: string;
  /** what the carrier puts into calldata, or the raw transaction */
  body: Uint8Array;
  /** requests of one subject (a lot) travel in `seq` order */
  subject: Hex;
  seq: number;
  /** the signed receipt given for it */
  receipt: string;
  /** milliseconds since 1970 */
  acceptedAt: number;
}

/** `waiting → queued → signed → sent → mined → final | skipped | rejected | expired` */
export type RequestState =
  "waiting" | "queued" | "signed" | "sent" | "mined" | "final" | "skipped" | "rejected" | "expired";

/** What the chain says became of one act: recorded (no `skipped`), or skipped with the selector of the reason. */
export interface Outcome {
  digest: Hex;
  tx: Hex;
  block: number;
  skipped?: Hex;
}

/** Which of these digests the chain has recorded, whoever carried them: asked of the projections, never inferred. */
export type Recorded = (sql: Sql, digests: readonly Hex[]) => Promise<Set<Hex>>;
