/** Cutting what is long into what is done at once. */

/** Items in their order, as many at a time as weigh no more than `most` together, or one that alone weighs more. */
export function* byWeight<Item>(
  items: readonly Item[],
  weightOf: (item: Item) => number,
  most: number,
): Generator<Item[]> {
  let piece: Item[] = [];
  let sum = 0;
  for (const item of items) {
    const weight = weightOf(item);
    if (piece.length > 0 && sum + weight > most) {
      yield piece;
      piece = [];
      sum = 0;
    }
    piece.push(item);
    sum += weight;
  }
  if (piece.length > 0) yield piece;
}
