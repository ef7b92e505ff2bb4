/**
 * A made-up history of lots as a node tells it: every block has as many events, almost half of them collects, almost half
 * handoffs of lots from some blocks before, the rest splits of lots that were handed over. Nobody signed it, no contract
 * ran: it is for indexers, which see logs only.
 */
import { hash } from "node:crypto";
import { interfaces } from "../../server/chain/contracts.ts";
import type { Hex } from "../../server/chain/port.ts";

export const PER_BLOCK = 100;
/** events of each block that hand lots over, and that split some */
const HANDOFFS = 44;
const SPLITS = 8;
/** blocks between one act on a lot and the next */
const LATER = 20;
const KEEPERS = 50;
const AT = 1_750_000_000;

export const ledger: Hex = `0x${"1e".repeat(20)}`;
const digest = (text: string): Hex => `0x${hash("sha256", text, "hex")}`;
const account = (n: number): string => digest(`account ${n}`).slice(0, 42);
const padded = (address: string): string => `0x${address.slice(2).padStart(64, "0")}`;
const field = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
const topic = (event: "Collected" | "HandedOver" | "LotSplit"): string =>
  interfaces.LotLedger.getEvent(event).topicHash;
const topics = { collected: topic("Collected"), handedOver: topic("HandedOver"), lotSplit: topic("LotSplit") };

interface TextLog {
  topics: string[];
  data: string;
}

const roots = (n: number): string => digest(`anchor ${n % 1_000}`).slice(2) + digest(`evidence ${n}`).slice(2);
const gramsOf = (n: number): number => 1_000 + (n % 9_000);
const termsOf = (...fields: string[]): string => fields.join("").padEnd(64, "0");

function collected(n: number): TextLog {
  const terms = termsOf(field(gramsOf(n), 12), field(AT + n, 10));
  const parties = [account(KEEPERS + (n % 5_000)), account(n % KEEPERS)].map(padded);
  return { topics: [topics.collected, digest(`lot ${n}`), ...parties], data: `0x${field(1, 64)}${terms}${roots(n)}` };
}

function handedOver(n: number): TextLog {
  const grams = field(gramsOf(n), 12);
  const terms = termsOf(grams, grams, field(0, 6), field(AT + n, 10));
  const parties = [account(n % KEEPERS), account((n + 1) % KEEPERS)].map(padded);
  const act = digest(`handoff ${n}`).slice(2);
  return { topics: [topics.handedOver, digest(`lot ${n}`), ...parties], data: `0x${act}${terms}${roots(n)}` };
}

/** In two parts. */
function lotSplit(n: number): TextLog {
  const terms = termsOf(field(1, 6), field(AT + n, 10));
  const part = gramsOf(n) >> 1;
  const parts = [2, part, gramsOf(n) - part].map((word) => field(word, 64)).join("");
  const act = digest(`split ${n}`).slice(2);
  const data = `0x${act}${field(5 * 32, 64)}${terms}${roots(n)}${parts}`;
  return { topics: [topics.lotSplit, digest(`lot ${n}`), padded(account((n + 1) % KEEPERS))], data };
}

/** The event at one place of a block: the first blocks hold collects only, for there is nothing to hand over yet. */
function eventAt(block: number, i: number): TextLog {
  const lotBefore = (blocks: number, from: number): number => (block - blocks) * PER_BLOCK + i - from;
  const splits = PER_BLOCK - SPLITS;
  const handoffs = splits - HANDOFFS;
  if (block > 2 * LATER && i >= splits) return lotSplit(lotBefore(2 * LATER, splits));
  if (block > LATER && i >= handoffs && i < splits) return handedOver(lotBefore(LATER, handoffs));
  return collected(block * PER_BLOCK + i);
}

export const hashOf = (block: number): Hex => digest(`block ${block}`);
export const timeOf = (block: number): number => AT + block;
export const transactionOf = (block: number): Hex => digest(`tx ${block}`);

/** The logs of one block as a node's answer has them, without the brackets. */
export function blockText(number: number): string {
  const place = {
    blockNumber: `0x${number.toString(16)}`,
    blockHash: hashOf(number),
    transactionHash: transactionOf(number),
    transactionIndex: "0x0",
    address: ledger,
    removed: false,
  };
  const logs = Array.from({ length: PER_BLOCK }, (_, i) => eventAt(number, i));
  return logs.map((log, i) => JSON.stringify({ ...place, logIndex: `0x${i.toString(16)}`, ...log })).join(",");
}
