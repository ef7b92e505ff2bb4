/** What a range of events makes of money: a pure fold, which needs no row from before. Who writes rows is `rows.ts`. */
import type { PoolEvent, TokenEvent } from "../chain/profitEvents.ts";
import type { Hex } from "../chain/port.ts";
import type { Changes, HeldChange, Payout } from "./changes.ts";

export type ProfitEvent = TokenEvent | PoolEvent;

type Of<Name extends ProfitEvent["name"]> = Extract<ProfitEvent, { name: Name }>;

/** What stands for nobody: fen come from there and go there when a bank mints or burns. */
const NOBODY: Hex = `0x${"0".repeat(40)}`;

interface Book {
  /** address of `PremiumPools`, which holds the fen of all pools */
  pools: Hex;
  changes: Changes;
  held: Map<string, HeldChange>;
  /** the chunk under payment, until its transaction ends */
  paying: Of<"ChunkPaid"> | undefined;
}

/**
 * Folds the events of whole blocks, in order.
 * @param pools address of `PremiumPools`
 * @throws on a payment of the pools that no chunk and no release accounts for
 */
export function foldProfit(pools: Hex, events: readonly ProfitEvent[]): Changes {
  const changes: Changes = {
    references: [],
    balances: new Map(),
    pools: [],
    roots: [],
    chunks: [],
    payouts: [],
    held: [],
    closed: [],
  };
  const book: Book = { pools, changes, held: new Map(), paying: undefined };
  for (const [i, event] of events.entries()) play(book, event, events[i + 1]);
  for (const [account, byFen] of changes.balances) if (byFen === 0n) changes.balances.delete(account);
  changes.held = [...book.held.values()].filter(({ byFen }) => byFen !== 0n);
  return changes;
}

function play(book: Book, event: ProfitEvent, next: ProfitEvent | undefined): void {
  const { changes } = book;
  switch (event.name) {
    case "Deposited":
    case "Withdrawn":
      return refer(book, event);
    case "Transfer":
      return transfer(book, event, next);
    case "Funded":
      return fund(book, event);
    case "RootPublished": {
      const { args, at: publishedAt, tx } = event;
      changes.roots.push({ ...args, publishedAt, tx });
      return;
    }
    case "ChunkPaid": {
      const { args, block, tx } = event;
      changes.chunks.push({ pool: args.pool, chunk: args.chunk, sumFen: args.sum, block, tx });
      book.paying = event;
      return;
    }
    case "HeldAside":
      return hold(book, event.args.pool, event.args.account, event.args.amountFen);
    case "Released":
      return release(book, event);
    case "Closed":
      changes.closed.push(event.args.pool);
      return;
    case "DelaySet":
  }
}

function refer({ changes }: Book, { name, args, block, tx }: Of<"Deposited" | "Withdrawn">): void {
  const { bank, account, amountFen, bankReference: reference } = args;
  const kind = name === "Deposited" ? "deposit" : "withdrawal";
  changes.references.push({ bank, reference, kind, account, amountFen, block, tx });
}

function transfer(book: Book, event: Of<"Transfer">, next: ProfitEvent | undefined): void {
  const { balances, payouts } = book.changes;
  const { from, to, value } = event.args;
  const change = (account: Hex, byFen: bigint): unknown =>
    account !== NOBODY && balances.set(account, (balances.get(account) ?? 0n) + byFen);
  change(from, -value);
  change(to, value);
  // what was held aside is paid just before it is told as released; all else that pools pay is of a chunk
  if (from === book.pools && next?.name !== "Released") payouts.push(payoutOf(book, event));
}

function payoutOf({ paying }: Book, { args, block, index, tx }: Of<"Transfer">): Payout {
  if (paying?.tx !== tx) throw new Error(`Log ${index} of block ${block} pays fen of the pools for no chunk.`);
  const { pool, chunk } = paying.args;
  const { to: account, value: amountFen } = args;
  return { block, index, tx, pool, account, amountFen, chunk, entitled: account, basis: undefined };
}

function fund({ changes }: Book, { args, at: fundedAt, tx }: Of<"Funded">): void {
  const { pool: id, ...told } = args;
  changes.pools.push({ id, ...told, fundedAt, tx });
}

function hold({ held }: Book, pool: bigint, account: Hex, byFen: bigint): void {
  const key = `${pool}/${account}`;
  const known = held.get(key);
  if (known) known.byFen += byFen;
  else held.set(key, { pool, account, byFen });
}

function release(book: Book, { args, block, index, tx }: Of<"Released">): void {
  const { pool, account: entitled, to: account, amountFen, basis } = args;
  hold(book, pool, entitled, -amountFen);
  book.changes.payouts.push({ block, index, tx, pool, account, amountFen, chunk: undefined, entitled, basis });
}
