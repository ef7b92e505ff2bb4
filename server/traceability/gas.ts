/**
 * Gas bounds for batches of acts, never estimated: `base` once a transaction, then each act by its kind and its parts.
 * The dearest acts there are (accounts and bound keys not touched before in the transaction, every event byte set) stay
 * a tenth under; the contract tests measure them.
 *
 * - `collect`, `handoff`, `conclude`, `passTitle`: one act
 * - `split`: one act, and `child` for each of its children
 * - `transform`: one act, and `input`, `output` for each of those, a process with some twenty bounds included
 * - `p256`, `wallet`: more for each signature that is such a proof; a wallet may burn all its 400,000, and as much must
 *   be left when it is asked
 */
export const gasBounds = {
  base: 250_000n,
  collect: 55_000n,
  handoff: 64_000n,
  split: 37_000n,
  child: 53_000n,
  transform: 110_000n,
  input: 18_000n,
  output: 38_000n,
  conclude: 34_000n,
  passTitle: 72_000n,
  p256: 9_000n,
  wallet: 480_000n,
};
