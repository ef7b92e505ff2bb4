/** What events of `SettlementToken` and `PremiumPools` make of balances, pools, divisions and payouts. Amounts in fen. */
import { AbiCoder, keccak256 } from "ethers";
import type { Hex } from "../../server/chain/port.ts";
import { insist, insistAtMost, nextKey, padded, put, remove, rowOf, type Books } from "./books.ts";
import type { Event } from "./events.ts";

const NOBODY: Hex = `0x${"0".repeat(40)}`;

/** All arguments that any of these events has; which ones, the contracts' interfaces say. */
interface Args {
  from: Hex;
  to: Hex;
  value: bigint;
  bank: Hex;
  account: Hex;
  amountFen: bigint;
  bankReference: Hex;
  pool: bigint;
  subject: Hex;
  subjects: Hex[];
  payer: Hex;
  kind: bigint;
  source: bigint;
  ruleset: Hex;
  version: bigint;
  root: Hex;
  leafCount: bigint;
  inputs: Hex;
  opensAt: bigint;
  chunk: bigint;
  sum: bigint;
  basis: Hex;
}

type Entry = (books: Books, event: Event, args: Args) => void;

export const poolKey = (pool: bigint): string => `pool/${padded(pool)}`;
export const chunkKey = (pool: bigint, chunk: bigint): string => `chunk/${padded(pool)}/${padded(chunk, 10)}`;
const heldKey = (pool: bigint, account: Hex): string => `held/${padded(pool)}/${account}`;
const payoutKey = (pool: bigint, account: Hex, chunk: bigint): string =>
  `payout/${padded(pool)}/${account}/${padded(chunk, 10)}`;

/** A balance changes; one of nothing has no row. */
function change(books: Books, event: Event, account: Hex, byFen: bigint): void {
  if (account === NOBODY) return;
  const key = `fen/${account}`;
  const before = (books.rows.get(key)?.fields["amountFen"] ?? 0n) as bigint;
  if (byFen < 0n) insistAtMost(books, event, "value", -byFen, before);
  if (before + byFen === 0n) remove(books, key, event);
  else put(books, key, event, { amountFen: before + byFen });
}

/** Of a chunk's sum, this reached somebody or is held aside. */
function account(books: Books, event: Event, pool: bigint, chunk: bigint, amountFen: bigint): void {
  const key = chunkKey(pool, chunk);
  const open = rowOf(books, key, event).kept!["open"] as bigint;
  insistAtMost(books, event, "fen of its chunk", amountFen, open);
  put(books, key, event, {}, { open: open - amountFen });
}

/** M4: what the pools pay is of the chunk under payment, and of nobody twice. */
function payOut(books: Books, event: Event, { to, value }: Args): void {
  const { paying } = books;
  insist(books, event, "transaction without a chunk", event.tx, paying?.tx ?? null);
  if (paying?.tx !== event.tx) return;
  const key = payoutKey(paying.pool, to, paying.chunk);
  insist(books, event, `paid before for ${key}`, books.rows.get(key)?.fields["amountFen"] ?? 0n, 0n);
  account(books, event, paying.pool, paying.chunk, value);
  put(books, key, event, { amountFen: value });
}

/** What banks mint and burn, `Transfer` tells too. */
const referred =
  (kind: string): Entry =>
  (books, event, { bank, account, amountFen, bankReference }) => {
    const key = `bank/${bank}/${bankReference}`;
    insist(books, event, "uses of its reference before", books.rows.has(key) ? 1n : 0n, 0n);
    put(books, key, event, { kind, account, amountFen });
  };

const funded: Entry = (books, event, { pool, subject, kind, source, payer, amountFen, ruleset, subjects }) => {
  const several = (): string => keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32[]"], [subjects]));
  insist(books, event, "subject", subject, subjects.length === 1 ? subjects[0]! : several());
  const stand = { version: 0n, paidFen: 0n, closed: false };
  put(books, poolKey(pool), event, { subject, kind, source, payer, amountFen, ruleset, ...stand }, { id: pool });
  for (const each of subjects) put(books, `subject/${padded(pool)}/${each}`, event, { kind });
};

const rootPublished: Entry = (books, event, { pool, version, root, leafCount, inputs, opensAt }) => {
  const before = rowOf(books, poolKey(pool), event).fields;
  insist(books, event, "version", version, (before["version"] as bigint) + 1n);
  insist(books, event, "fen paid before", before["paidFen"]!, 0n);
  put(books, poolKey(pool), event, { version });
  put(
    books,
    `root/${padded(pool)}/${padded(version, 5)}`,
    event,
    { root, leafCount, inputs },
    { pool, version, opensAt },
  );
};

const chunkPaid: Entry = (books, event, { pool, chunk, sum }) => {
  const { paidFen, amountFen } = rowOf(books, poolKey(pool), event).fields;
  const key = chunkKey(pool, chunk);
  insist(books, event, "payments of this chunk before", books.rows.has(key) ? 1n : 0n, 0n);
  insistAtMost(books, event, "sum", sum, (amountFen as bigint) - (paidFen as bigint));
  put(books, key, event, { sumFen: sum }, { pool, chunk, open: sum });
  put(books, poolKey(pool), event, { paidFen: (paidFen as bigint) + sum });
  books.paying = { pool, chunk, tx: event.tx };
};

const heldAside: Entry = (books, event, { pool, account: whose, amountFen }) => {
  const key = heldKey(pool, whose);
  const before = (books.rows.get(key)?.fields["amountFen"] ?? 0n) as bigint;
  put(books, key, event, { amountFen: before + amountFen }, { pool, account: whose });
  const chunk = books.paying?.chunk ?? 0n;
  account(books, event, pool, chunk, amountFen);
  books.asides.set(payoutKey(pool, whose, chunk), amountFen);
};

const released: Entry = (books, event, { pool, account: whose, to, amountFen, basis }) => {
  const key = heldKey(pool, whose);
  insist(books, event, "amountFen", amountFen, rowOf(books, key, event).fields["amountFen"]!);
  remove(books, key, event);
  put(books, nextKey(books, `release/${padded(pool)}/${whose}`), event, { to, amountFen, basis });
};

const entries: Record<string, Entry> = {
  Deposited: referred("deposit"),
  Withdrawn: referred("withdrawal"),
  Funded: funded,
  RootPublished: rootPublished,
  ChunkPaid: chunkPaid,
  HeldAside: heldAside,
  Released: released,
  Closed: (books, event, { pool }) => put(books, poolKey(pool), event, { closed: true }),
  DelaySet: (books, { args }) => void (books.delay = args["seconds_"] as bigint),
};

/**
 * Enters an event of money; does nothing for others.
 * @param pools address of `PremiumPools`, which holds the fen of all pools
 * @param next the event after it in its block: what was held aside is paid just before it is told as released
 * @throws CouldNot where it speaks of a pool that was never funded
 */
export function enterMoney(books: Books, event: Event, pools: Hex, next: Event | undefined): void {
  const args = event.args as unknown as Args;
  if (event.name !== "Transfer") return entries[event.name]?.(books, event, args);
  change(books, event, args.from, -args.value);
  change(books, event, args.to, args.value);
  if (args.from === pools && next?.name !== "Released") payOut(books, event, args);
}
