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
  /** what it is about: the lot acted upon, of several the first; its own digest where it begins one */
  subject: Hex;
  /**
   * The request needs its subject to stand at `seq`, and brings about `seq + 1`. −1: it begins its subject, and needs
   * nothing.
   */
  seq: number;
  /** further subjects it needs, each at its `seq` */
  inputs?: readonly Need[];
  /** subjects that it makes: it brings each about at 0 */
  outputs?: readonly Hex[];
  /** the signed receipt given for it */
  receipt: string;
  /** milliseconds since 1970 */
  acceptedAt: number;
}

/** A subject that must have come to `seq` before a request can succeed. */
export interface Need {
  subject: Hex;
  seq: number;
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

/** What a domain room's projections know of its acts and their order: asked, never inferred from requests. */
export interface Order {
  /** those of the digests that the chain has recorded, whoever carried them */
  recorded(sql: Sql, digests: readonly Hex[]): Promise<Set<Hex>>;
  /** the `seq` at which each of the subjects stands; none for one that is not known */
  seqs(sql: Sql, subjects: readonly Hex[]): Promise<Map<Hex, number>>;
  /** the subjects that these recorded acts moved or made, and the `seq` at which each stands */
  moved(sql: Sql, digests: readonly Hex[]): Promise<Map<Hex, number>>;
  /** selectors of the reasons for which the chain skips an act because of its place in the order */
  early: ReadonlySet<Hex>;
}
