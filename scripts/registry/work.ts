/** Bringing the register to what a file says: nothing while anything in it is wrong, then what is missing, piece by piece. */
import type { Signer } from "../../server/chain/transactions.ts";
import { Refusal } from "../../server/errors.ts";
import type { Api, Ledger } from "../demo/client.ts";
import type { Compared } from "./compare.ts";
import type { Fault } from "./csv.ts";
import { perform, type Call } from "./transactions.ts";

/** Rows that are handed in before the register is read again. */
const PIECE = 1_000;

/** Pieces in a row of which nothing came; another command with the same key may hold its nonces for a while. */
const MOST_IN_VAIN = 20;

export interface WorkDeps {
  api: Api;
  ledger: Ledger;
  signer: Signer;
  progress(step: "compare" | "record", done: number, total: number): void;
}

export interface Plan<T> {
  rows: readonly T[];
  /** what is wrong with the file as it stands */
  faults: readonly Fault[];
  compare(api: Api, rows: readonly T[], progress: (done: number) => void): Promise<Compared<T>>;
  calls(ledger: Ledger, rows: readonly T[]): Call[];
}

export interface Outcome {
  rows: number;
  /** were there before, or became so while this ran */
  already: number;
  done: number;
  /** what is wrong, by lines; then nothing was done, unless somebody else changed the register meanwhile */
  faults: Fault[];
}

/**
 * Does what is missing. Broken off anywhere and called again it goes on: what counts is the register, not what was sent.
 * @throws Refusal where the register does not come to what the rows say
 */
export async function carryOut<T>(deps: WorkDeps, plan: Plan<T>): Promise<Outcome> {
  const { rows } = plan;
  const found: Compared<T> =
    plan.faults.length > 0
      ? { missing: [], faults: [...plan.faults] }
      : await plan.compare(deps.api, rows, (done) => deps.progress("compare", done, rows.length));
  const faults = found.faults.sort((a, b) => a.line - b.line);
  if (faults.length > 0) return { rows: rows.length, already: 0, done: 0, faults };
  const total = found.missing.length;
  return { rows: rows.length, already: rows.length - total, ...(await recordAll(deps, plan, found.missing)) };
}

async function recordAll<T>(
  { api, ledger, signer, progress }: WorkDeps,
  { compare, calls }: Plan<T>,
  missing: readonly T[],
): Promise<Pick<Outcome, "done" | "faults">> {
  const total = missing.length;
  for (let vain = 0; missing.length > 0;) {
    const piece = missing.slice(0, PIECE);
    const outcome = await perform(api, ledger.chainId, { signer, calls: calls(ledger, piece) });
    const left = await compare(api, piece, () => undefined);
    missing = [...left.missing, ...missing.slice(PIECE)];
    progress("record", total - missing.length, total);
    if (left.faults.length > 0) return { done: total - missing.length - left.faults.length, faults: left.faults };
    vain = left.missing.length < piece.length ? 0 : vain + 1;
    if (vain === MOST_IN_VAIN) {
      throw new Refusal(
        `The register does not come to what the file says: ${outcome || "the transactions changed nothing"}.`,
      );
    }
  }
  return { done: total, faults: [] };
}
