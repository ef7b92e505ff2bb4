/** Transactions that are not final, in the order in which the chain can take them. */
import type { Hex } from "../chain/port.ts";

export interface OpenTransaction {
  hash: Hex;
  sender: Hex;
  nonce: number;
}

/** Rows ordered by sender and nonce, cut into one queue per sender. */
export function bySender<Tx extends OpenTransaction>(rows: readonly Tx[]): Tx[][] {
  const queues = new Map<Hex, Tx[]>();
  for (const row of rows) {
    const queue = queues.get(row.sender);
    if (queue) queue.push(row);
    else queues.set(row.sender, [row]);
  }
  return [...queues.values()];
}
