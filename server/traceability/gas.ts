/**
 * Gas bounds for batches of acts, never estimated: `base` once a transaction, then each act by its kind and its parts.
 * The dearest acts there are (accounts and bound keys not touched before in the transaction, every event byte set) stay
 * a tenth under; the contract tests measure them.
 *
 * - `collect`, `handoff`, `conclude`, `passTitle`: one act
 * - `split`: one act, and `child` for each of its children
 * - `transform`: one act, and `input`, `output` for each of those, bounds of its process included
 * - `p256`, `wallet`: more for each signature that is such a proof; a wallet may burn all its 400,000, and as much must
 *   be left when it is asked
 */
export const gasBounds = {
  base: 250_000n,
  collect: 55_000n,
  handoff: 58_000n,
  split: 60_000n,
  child: 40_000n,
  transform: 90_000n,
  input: 30_000n,
  output: 45_000n,
  conclude: 60_000n,
  passTitle: 90_000n,
  p256: 20_000n,
  wallet: 480_000n,
};

/** As the carrier of collects takes it. */
export const collectGas = { base: gasBounds.base, perItem: gasBounds.collect };
