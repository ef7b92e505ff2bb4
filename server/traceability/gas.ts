/**
 * Gas bounds for batches of acts: limit = base + n × perItem, never estimated. The dearest act there is (two accounts
 * and two bound keys not touched before in the transaction) stays a tenth under `perItem`; the contract tests measure it.
 */
export const collectGas = {
  base: 250_000n,
  perItem: 55_000n,
};
