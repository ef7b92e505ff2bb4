/** Pools, divisions and payees as they go out. */
import type { z } from "zod";
import { sourceName } from "../access/queries.ts";
import type { Hex } from "../chain/port.ts";
import type { Allocation, Part } from "./allocate.ts";
import type { Leaf } from "./leaves.ts";
import { poolKinds, type PayoutRow, type PoolRow } from "./queries.ts";
import type { Ruleset } from "./ruleset.ts";
import type { allocationView, payeeView, poolView } from "./schemas.ts";
import { CHUNK_LEAVES, chunksOf } from "./sumTree.ts";
import { wholeGrams } from "./words.ts";
import type { Bilingual } from "../wire.ts";

type LeafView = z.input<typeof allocationView>["leaves"][number];
type PayeePool = NonNullable<z.input<typeof payeeView>["pools"]>[number];

/** Lots that a payee is shown of each part. */
const MOST_LOTS = 1_000;

export const rulesetView = (digest: Hex, ruleset: Ruleset | undefined): { digest: Hex; name: Bilingual | null } => ({
  digest,
  name: ruleset?.name ?? null,
});

export function presentPool(pool: PoolRow): z.input<typeof poolView> {
  const { id, kind, subject, source, payer, amountFen, paidFen, closed, fundedAt, ruleset, division } = pool;
  return {
    id: String(id),
    kind: poolKinds[kind - 1] ?? "lots",
    subject,
    source: sourceName(source),
    payer,
    amountFen: String(amountFen),
    paidFen: String(paidFen),
    state: closed ? "closed" : division ? "published" : "funded",
    fundedAt,
    ruleset,
    division: division ? { ...division, chunks: chunksOf(division.leafCount) } : null,
  };
}

const presentPart = ({ role, bps, ofBps, weight, ofWeight, exactFen, lots }: Part): LeafView["parts"][number] => ({
  role,
  bps,
  ofBps,
  grams: role === "share" ? null : String(wholeGrams(weight)),
  weight: String(weight),
  ofWeight: String(ofWeight),
  exactFen,
  lotCount: lots.length,
});

/** The place of the first leaf whose account is above another. */
export function placeAfter(leaves: readonly Leaf[], account: Hex | undefined): number {
  if (account === undefined) return 0;
  let [low, high] = [0, leaves.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (leaves[middle]!.account <= account) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const chunkOf = (place: number): number => Math.floor(place / CHUNK_LEAVES);

/** The leaves from one place on. @param paid numbers of the chunks among theirs that are paid */
export function presentLeaves(
  allocation: Allocation,
  from: number,
  limit: number,
  paid: ReadonlySet<number>,
): LeafView[] {
  return allocation.leaves.slice(from, from + limit).map(({ account, amountFen }, i) => ({
    account,
    amountFen: String(amountFen),
    chunk: chunkOf(from + i),
    paid: paid.has(chunkOf(from + i)),
    parts: allocation.partsOf(account).map(presentPart),
  }));
}

/** What an account has in a division: its leaf, and the lots behind it. */
export function presentShare(allocation: Allocation, account: Hex): Pick<PayeePool, "leafFen" | "parts"> {
  const { leaves } = allocation;
  const found = leaves[placeAfter(leaves, account) - 1];
  const parts = allocation.partsOf(account);
  return {
    leafFen: String(found?.account === account ? found.amountFen : 0n),
    parts: parts.map((part) => ({ ...presentPart(part), lots: part.lots.slice(0, MOST_LOTS) })),
  };
}

const NO_BASIS = /^0x0{64}$/;

export const presentPayout = (row: PayoutRow): PayeePool["payouts"][number] => ({
  to: row.account,
  amountFen: String(row.amountFen),
  chunk: row.chunk === null ? null : Number(row.chunk),
  entitled: row.entitled,
  basis: row.basis === null || NO_BASIS.test(row.basis) ? null : row.basis,
  at: row.at,
  tx: row.tx,
});
