/** Brings an audit's books forward: reads blocks and logs, checks that they link, enters what they tell. */
import type { Header } from "../../server/chain/blocks.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { Ledger } from "./api.ts";
import { CouldNot } from "./ask.ts";
import type { Books } from "./books.ts";
import { effectsAfter, noEffects } from "./digests.ts";
import { enterCredit } from "./credits.ts";
import { decode, told, type Event, type Told } from "./events.ts";
import { enterLot } from "./lots.ts";
import { enterMoney } from "./money.ts";
import type { Node, PlacedLog } from "./node.ts";
import { enterParty } from "./parties.ts";

const RANGE = 500;

export interface Reader {
  /**
   * Enters all blocks up to this one; does nothing where the books have it.
   * @throws CouldNot where the node does not have them, or they do not link
   */
  advance(block: number): Promise<void>;
}

/** @param progress told after each range */
export function createReader(
  node: Node,
  { contracts }: Ledger,
  books: Books,
  progress: (block: number) => void,
): Reader {
  const names = new Map<Hex, Told>(told.map((name) => [contracts[name], name]));
  const addresses = [...names.keys()];

  function eventsOf(header: Header, logs: readonly PlacedLog[]): Event[] {
    return logs.flatMap((log) => {
      if (log.blockHash !== header.hash) {
        throw new CouldNot(
          `The node has a log of block ${header.number} that names another block's hash. Name another node.`,
        );
      }
      return decode(names.get(log.address)!, log, header.timestamp) ?? [];
    });
  }

  function enter(header: Header, logs: readonly PlacedLog[]): void {
    const parent = books.hashes.at(-1);
    if (header.number !== books.block + 1 || (parent !== undefined && header.parentHash !== parent)) {
      throw new CouldNot(
        `The node's block ${header.number} does not follow from its block ${books.block}. Name another node.`,
      );
    }
    const events = eventsOf(header, logs);
    for (const [i, event] of events.entries()) {
      enterParty(books, event);
      enterLot(books, event);
      enterCredit(books, event);
      enterMoney(books, event, contracts.PremiumPools, events[i + 1]);
    }
    books.events += events.length;
    books.hashes.push(header.hash);
    books.effects.push(effectsAfter(books.effects.at(-1) ?? noEffects, header.hash, events));
    books.block = header.number;
  }

  return {
    async advance(block) {
      while (books.block < block) {
        const from = books.block + 1;
        const to = Math.min(block, from + RANGE - 1);
        const headers = await node.headers(from, to);
        const logs = (await node.logs(from, to, addresses)).values();
        let log = logs.next();
        for (const header of headers) {
          const own: PlacedLog[] = [];
          for (; !log.done && log.value.block <= header.number; log = logs.next()) own.push(log.value);
          enter(header, own);
        }
        progress(to);
      }
    },
  };
}

/** The first block at which something differs, where it differs at the last one and from the first difference on. */
export async function firstDifference(last: number, differs: (block: number) => Promise<boolean>): Promise<number> {
  let [low, high] = [0, last];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await differs(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
