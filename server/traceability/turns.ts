/** Long work in short pieces: a bundle of thousands of acts takes a second to hash, and others ask meanwhile. */
import { setImmediate as nextTurn } from "node:timers/promises";

/** ms of work before others have their turn */
const MOST_MS = 10;

/** `items.map(each)`, giving way to others every 10 ms. */
export async function mapInTurns<T, R>(items: readonly T[], each: (item: T, index: number) => R): Promise<R[]> {
  const results: R[] = [];
  let begun = performance.now();
  for (const [i, item] of items.entries()) {
    if (performance.now() - begun > MOST_MS) {
      await nextTurn();
      begun = performance.now();
    }
    results.push(each(item, i));
  }
  return results;
}
