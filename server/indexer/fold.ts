/** From headers and logs to what is written: events decoded and linked to their blocks. Pure; indexing and rebuilding share it. */
import type { Header, Log } from "../chain/blocks.ts";
import type { Hex } from "../chain/port.ts";
import { effectsDigest, noEffects } from "./digests.ts";
import { byWeight } from "./pieces.ts";
import type { Event, Outcome, Projection } from "./port.ts";

/** Where a range begins: the last block before it. */
export interface Tip {
  block: number;
  hash: Hex;
  effects: Hex;
}

/** Blocks that follow one another, with their logs. */
export interface Read {
  headers: readonly Header[];
  logs: readonly Log[];
}

export interface FoldedBlock extends Header {
  effects: Hex;
  /** in order of their index */
  logs: Log[];
}

export interface Folded {
  blocks: FoldedBlock[];
  /** by projection, in the order of `projections` */
  events: Event[][];
  tip: Tip;
}

/** A block that does not follow from the one before. There is no undo: whoever reads final blocks must not see this. */
function checkLink(before: Tip | undefined, header: Header): void {
  if (!before) return;
  if (header.number !== before.block + 1) {
    throw new Error(`Block ${header.number} was read where block ${before.block + 1} belongs.`);
  }
  if (header.parentHash !== before.hash) {
    throw new Error(
      `Block ${header.number} names ${header.parentHash} as its parent, but the indexed block ${before.block} has the hash ${before.hash}: the chain changed a block that was final. Find out which of the two is right; if it is the chain, give the server an empty database.`,
    );
  }
}

/** Which of the projections reads a contract, by the address. @throws where two of them do */
export function byAddress(projections: readonly Projection[]): Map<Hex, number> {
  const readers = new Map<Hex, number>();
  projections.forEach(({ name, addresses }, i) => {
    for (const address of addresses) {
      if (readers.has(address))
        throw new Error(`Projection ${name} reads ${address}, which another one reads already.`);
      readers.set(address, i);
    }
  });
  return readers;
}

function byBlock(logs: readonly Log[]): Map<number, Log[]> {
  const groups = new Map<number, Log[]>();
  for (const log of logs) {
    const group = groups.get(log.block);
    if (group) group.push(log);
    else groups.set(log.block, [log]);
  }
  for (const group of groups.values()) group.sort((a, b) => a.index - b.index);
  return groups;
}

/** A range in pieces of whole blocks that hold about so many logs. */
export function* piecesOf({ headers, logs }: Read, most: number): Generator<Read> {
  const groups = byBlock(logs);
  const of = ({ number }: Header): Log[] => groups.get(number) ?? [];
  for (const piece of byWeight(headers, (header) => of(header).length, most)) {
    yield { headers: piece, logs: piece.flatMap(of) };
  }
}

/**
 * Links a range of blocks to the one before it and decodes its logs.
 * @param before the block before the range; `undefined` when nothing was indexed before
 * @throws where a block does not name the block before as its parent
 */
export function fold(
  projections: readonly Projection[],
  before: Tip | undefined,
  headers: readonly Header[],
  logs: readonly Log[],
): Folded {
  const readers = byAddress(projections);
  const groups = byBlock(logs);
  const events: Event[][] = projections.map(() => []);
  const blocks: FoldedBlock[] = [];
  let tip = before;
  for (const header of headers) {
    checkLink(tip, header);
    const group = groups.get(header.number) ?? [];
    const facts: string[] = [];
    for (const log of group) {
      const reader = readers.get(log.address);
      if (reader === undefined) continue;
      const event = projections[reader]!.decode(log, header);
      if (!event) continue;
      events[reader]!.push(event);
      facts.push(projections[reader]!.fact(event));
    }
    const effects = effectsDigest(tip?.effects ?? noEffects, header.hash, facts);
    blocks.push({ ...header, effects, logs: group });
    tip = { block: header.number, hash: header.hash, effects };
  }
  if (!tip) throw new Error("A range holds at least one block.");
  return { blocks, events, tip };
}

/** Writes the rows of all projections. */
export async function applyEvents(
  sql: Parameters<Projection["apply"]>[0],
  projections: readonly Projection[],
  events: readonly Event[][],
): Promise<void> {
  for (const [i, projection] of projections.entries()) {
    if (events[i]!.length > 0) await projection.apply(sql, events[i]!);
  }
}

/** What the range says of requests. */
export function outcomesOf(projections: readonly Projection[], events: readonly Event[][]): Outcome[] {
  return projections.flatMap((projection, i) => projection.outcomes(events[i]!));
}
