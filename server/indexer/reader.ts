/** Reads final blocks in ranges as large as they are quick: fewer blocks where logs are dense or the node objects. */
import { setTimeout as pause } from "node:timers/promises";
import { finalHead, readHeader, readLogs, type Header, type Log } from "../chain/blocks.ts";
import type { Chain, Finality, Hex } from "../chain/port.ts";
import type { Log as Logger } from "../log.ts";

export interface RangeLimits {
  /** blocks in the first range; later ones grow and shrink */
  blocks: number;
  mostBlocks: number;
  /** logs that one range should hold */
  logs: number;
  /** logs decoded in one go: while they are, no answer of the database is heard, and it gets no statement to work on */
  inOneGo: number;
}

export interface ReaderDeps {
  chain: Chain;
  finality: Finality;
  addresses: readonly Hex[];
  /** a range never goes beyond a multiple of it */
  cutEvery: number;
  limits: RangeLimits;
  log: Logger;
}

export interface Range {
  headers: Header[];
  logs: Log[];
}

export interface Reader {
  /**
   * The next range from block `from` on, or `undefined` when no further block is final. Tries again for as long as the
   * chain does not answer. @throws when `signal` is aborted
   */
  next(from: number, signal: AbortSignal): Promise<Range | undefined>;
  /** The newest final block seen; -1 before the first look. */
  head(): number;
}

/** Header requests in flight at once. */
const PARALLEL = 32;
const LONGEST_PAUSE_MS = 5_000;

export function createReader({ chain, finality, addresses, cutEvery, limits, log }: ReaderDeps): Reader {
  let size = limits.blocks;
  let head = -1;

  async function headers(from: number, to: number): Promise<Header[]> {
    const found: Header[] = [];
    for (let start = from; start <= to; start += PARALLEL) {
      const count = Math.min(PARALLEL, to - start + 1);
      const batch = await Promise.all(Array.from({ length: count }, (_, i) => readHeader(chain, start + i)));
      for (const [i, header] of batch.entries()) {
        if (!header) throw new Error(`The chain has no block ${start + i}, but said that block ${head} is final.`);
        found.push(header);
      }
    }
    return found;
  }

  /** What one try reads. */
  async function read(from: number): Promise<Range | undefined> {
    if (from > head) {
      const final = await finalHead(chain, finality);
      if (final) head = Math.max(head, final.number);
      if (from > head) return undefined;
    }
    const cut = Math.ceil(Math.max(from, 1) / cutEvery) * cutEvery;
    const to = Math.min(head, from + size - 1, cut);
    const [found, logs] = await Promise.all([headers(from, to), readLogs(chain, from, to, [...addresses])]);
    return fit({ headers: found, logs });
  }

  /** Keeps as many blocks as hold no more logs than wished for, one at least, and sizes the next range by it. */
  function fit({ headers, logs }: Range): Range {
    const blocks = headers.length;
    const wished = logs.length > 0 ? Math.floor((blocks * limits.logs) / logs.length) : limits.mostBlocks;
    size = Math.max(1, Math.min(2 * size, wished, limits.mostBlocks));
    if (logs.length <= limits.logs) return { headers, logs };
    const last = Math.max(logs[limits.logs]!.block - 1, headers[0]!.number);
    return {
      headers: headers.filter(({ number }) => number <= last),
      logs: logs.filter(({ block }) => block <= last),
    };
  }

  return {
    head: () => head,
    async next(from, signal) {
      for (let pauseMs = 100; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
        signal.throwIfAborted();
        try {
          return await read(from);
        } catch (error) {
          size = Math.max(1, Math.floor(size / 2));
          log.warn({ err: error, from, blocks: size }, "the chain could not be read; trying again with fewer blocks");
          await pause(pauseMs, undefined, { signal });
        }
      }
    },
  };
}
