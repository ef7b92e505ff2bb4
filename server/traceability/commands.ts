/** Taking signed acts in: form, codes, lots, signatures; then stored, then acknowledged. Nothing here changes the chain. */
import { unknownCodes, type CodeOf } from "../access/queries.ts";
import { domainSeparator, toHex, type Domain } from "../chain/eip712.ts";
import type { Chain, Hex } from "../chain/port.ts";
import type { RecoveryPool } from "../chain/recovery.ts";
import type { Db } from "../db/port.ts";
import { Problem, problemView, type ProblemView } from "../errors.ts";
import { accept } from "../relayer/accept.ts";
import type { Reached } from "../relayer/port.ts";
import { knownRequests } from "../relayer/queries.ts";
import type { Receipts } from "../relayer/receipts.ts";
import { signedAct } from "./actSchemas.ts";
import { digestOf, type SignedAct } from "./acts.ts";
import { actFault, lotsOf } from "./faults.ts";
import { lotOrder } from "./order.ts";
import type { Fault } from "./reasons.ts";
import { requestOf } from "./requests.ts";
import { signatureFaults, type Candidate } from "./signatories.ts";
import { readStands } from "./stands.ts";
import { mapInTurns } from "./turns.ts";

export interface IntakeDeps {
  db: Db;
  chain: Chain;
  domain: Domain;
  pool: RecoveryPool;
  receipts: Receipts;
  reached: Reached;
  /** whether the rows have caught up with the chain since the start: until then they may not know who may sign */
  caughtUp: () => boolean;
  /** tells the relayer that there is something to carry */
  wake: () => void;
}

export interface ItemResult {
  digest?: Hex;
  status: "accepted" | "duplicate" | "waiting" | "rejected";
  receipt?: string;
  problem?: ProblemView;
}

interface Item extends Candidate {
  /** in the bundle */
  position: number;
}

/**
 * Accepts what can be accepted of a bundle, item by item: a bad act never refuses its neighbours.
 * An accepted act is durably stored before this returns; one handed in before is `duplicate` with its first receipt; one
 * that builds upon an act not seen yet is `waiting`.
 * @throws Problem `not-ready`, and nothing is stored, when an act would be refused for what the rows may not know yet
 */
export async function acceptActs(deps: IntakeDeps, bundle: readonly unknown[]): Promise<ItemResult[]> {
  const results = new Array<ItemResult>(bundle.length);
  const separator = domainSeparator(deps.domain);
  const read = await mapInTurns(bundle, (given, position): Item[] => {
    const parsed = signedAct.safeParse(given);
    if (!parsed.success) {
      const errors = parsed.error.issues.map(({ path, message }) => ({ at: path.join("."), message }));
      const problem = problemView("act-malformed", "the act is none of the signed acts", { errors });
      results[position] = { status: "rejected", problem };
      return [];
    }
    const signed: SignedAct = parsed.data;
    const digest = digestOf(separator, signed.type, signed.act);
    return [{ signed, position, digest, id: toHex(digest) }];
  });
  const items = read.flat();
  const faults = await faultsOf(deps, separator, items);
  const doubted = deps.caughtUp() ? undefined : faults.find((fault) => fault !== undefined);
  if (doubted) throw new Problem("not-ready", `the index is behind the chain, and as it stands: ${doubted.detail}`);
  const good = items.filter(({ position, id: digest }, i) => {
    const fault = faults[i];
    if (!fault) return true;
    results[position] = { digest, status: "rejected", problem: problemView(fault.code, fault.detail, fault.values) };
    return false;
  });
  if (good.length > 0) await store(deps, good, results);
  return results;
}

/** For each item what refuses it, or `undefined`. What was accepted once is refused for its signatures only. */
async function faultsOf(
  { db, chain, pool }: IntakeDeps,
  separator: Uint8Array,
  items: readonly Item[],
): Promise<(Fault | undefined)[]> {
  const unsigned = await signatureFaults({ sql: db.sql, chain, pool }, separator, items);
  const uncoded = await codeFaults(db, items);
  const stands = await readStands(db.sql, [
    ...new Set(items.flatMap(({ signed }) => lotsOf(signed)).map(({ lot }) => lot)),
  ]);
  const faults = items.map(({ signed }, i) => uncoded[i] ?? actFault(signed, stands, unsigned[i]));
  const refused = items.filter((_, i) => faults[i] !== unsigned[i]).map(({ id }) => id);
  const known = refused.length > 0 ? await knownRequests(db.sql, refused) : new Set<Hex>();
  return items.map(({ id }, i) => (known.has(id) ? unsigned[i] : faults[i]));
}

/** For each item the code in it that the vocabulary does not have in use, as a fault. */
async function codeFaults({ sql }: Db, items: readonly Item[]): Promise<(Fault | undefined)[]> {
  const codes = items.map(({ signed }) => codesOf(signed));
  const unknown = await unknownCodes(sql, codes.flat());
  return codes.map((each) => {
    const found = each.find(({ list, code }) => unknown.has(`${list}/${code}`));
    if (!found) return undefined;
    const { list, code } = found;
    return { code: "vocabulary-unknown", detail: `${list} ${code}`, values: { list, unknown: code } };
  });
}

function codesOf({ type, act }: SignedAct): CodeOf[] {
  if (type === "Collect") return [{ list: "lotClass", code: act.class }];
  if (type === "Conclude") return [{ list: "lossKind", code: act.kind }];
  if (type !== "Transform") return [];
  const classes = act.outputs.map((output): CodeOf => ({ list: "lotClass", code: output.class }));
  return [{ list: "process", code: act.process }, ...classes];
}

/** Stores the good ones in one durable transaction and fills in their results. */
async function store(deps: IntakeDeps, good: readonly Item[], results: ItemResult[]): Promise<void> {
  const acceptedAt = Date.now();
  const bare = await mapInTurns(good, requestOf);
  const requests = await Promise.all(
    bare.map(async (each) => ({ ...each, receipt: await deps.receipts.sign(each.digest, acceptedAt), acceptedAt })),
  );
  const accepted = await accept(deps.db, requests, lotOrder);
  await deps.reached("accepted");
  deps.wake();
  good.forEach(({ position, id }, i) => {
    const { status, state, receipt } = accepted[i]!;
    const waits = status === "accepted" && state === "waiting";
    results[position] = { digest: id, status: waits ? "waiting" : status, receipt };
  });
}
