/** The chain port: EIP-1193 requests to an embedded chain or to a network. We sign; the chain holds no keys. */

/** Lower-case hex text with `0x`. Addresses are 20 bytes, hashes and ids 32. */
export type Hex = `0x${string}`;

/** What a chain can say of its own start: the embedded one replays a journal before it answers. */
export interface ChainStatus {
  ready: boolean;
  /** what it is doing, in words for `/ready`: "replaying the journal", "ready", "stopped: …" */
  phase: string;
  /** blocks done and to do while it is not ready */
  done: number;
  total: number;
  /** of the embedded chain only: what it has written, and what it is meant to hold at most */
  journalBytes?: number;
  ceilingBytes?: number;
}

export interface Chain {
  /** An EIP-1193 request. Throws {@link RpcError} with the chain's own code and message. Waits for `ready`. */
  request<T>(method: string, params?: readonly unknown[]): Promise<T>;
  /** Called after each new block as a hint to look again; correctness never depends on it. Returns an unsubscribe. */
  onHead(listener: () => void): () => void;
  /** Resolves once requests are answered; rejects with the sentence that says why they never will be. */
  readonly ready: Promise<void>;
  status(): ChainStatus;
  close(): Promise<void>;
}

/** The chain's answer was an error object. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;
  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.name = "RpcError";
    this.code = code;
    this.data = data;
  }
}

/**
 * Which blocks count as final: every block (`instant`: embedded, QBFT), the chain's `finalized` tag, or the head
 * less a depth.
 */
export type Finality = "instant" | "finalized" | { depth: number };
