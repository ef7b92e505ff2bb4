/** What a conservation check is, for every room that has some. */

/** One side-by-side comparison; amounts as decimal text, since they may exceed 2^53. */
export interface Check {
  id: string;
  what: string;
  ok: boolean;
  /** from contract storage */
  left: string;
  /** from the rows */
  right: string;
}

/** Both sides compared; they must be of one type. */
export const check = (id: string, what: string, left: bigint | string, right: bigint | string): Check => ({
  id,
  what,
  ok: left === right,
  left: String(left),
  right: String(right),
});

/** A sample as both sides have it: the first lines that differ; where none do, how many there are, `8 lots`. */
export function sampled(
  left: readonly string[],
  right: readonly string[],
  what: string,
): [left: string, right: string] {
  const at = left.findIndex((line, i) => line !== right[i]);
  return at < 0 ? [`${left.length} ${what}`, `${right.length} ${what}`] : [left[at]!, right[at]!];
}
