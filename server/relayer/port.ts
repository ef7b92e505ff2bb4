/** What a domain room gives the relayer: how acts of one kind travel to the chain. The relayer knows no carbon. */
import type { Hex } from "../chain/port.ts";

/** `reached` of the composition root: reports a step of the write path and, in a crash test, stops there for good. */
export type Reached = (step: Step) => Promise<void>;

/** The steps of the write path at which a crash test may kill the process. Each follows a durable write or a sending. */
export type Step = "accepted" | "signed" | "sent" | "journaled" | "mined" | "final";

export const steps: readonly Step[] = ["accepted", "signed", "sent", "journaled", "mined", "final"];

export interface Carrier {
  /** the request's `kind`, e.g. "collect" */
  kind: string;
  to: Hex;
  /** Gas limit = gasBase + Σ gasOf(body); the bounds stand beside the gas snapshot. Never estimated. */
  gasBase: bigint;
  gasOf(body: Uint8Array): bigint;
  /** Calldata for one batch, from the bodies stored with the requests, in order. */
  calldata(bodies: readonly Uint8Array[]): Hex;
}
