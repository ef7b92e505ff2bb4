/** Taking signed acts in: form, signatures, accounts, keys; then stored, then acknowledged. Nothing here touches the chain. */
import { readAccountStandings, readKeys } from "../access/queries.ts";
import { domainSeparator, toBytes, toHex, type Domain } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";
import type { RecoveryPool } from "../chain/recovery.ts";
import type { Db } from "../db/port.ts";
import { problemView, type ProblemCode, type ProblemView } from "../errors.ts";
import { accept } from "../relayer/accept.ts";
import type { Reached } from "../relayer/port.ts";
import type { Receipts } from "../relayer/receipts.ts";
import { digestOf, receiptDigestOf, type SignedOf } from "./acts.ts";
import { encodeAct } from "./encoding.ts";
import { lotOrder } from "./order.ts";
import { signedCollect } from "./schemas.ts";

export interface IntakeDeps {
  db: Db;
  domain: Domain;
  pool: RecoveryPool;
  receipts: Receipts;
  reached: Reached;
  /** tells the relayer that there is something to carry */
  wake: () => void;
}

export interface ItemResult {
  digest?: Hex;
  status: "accepted" | "duplicate" | "rejected";
  receipt?: string;
  problem?: ProblemView;
}

interface Candidate extends SignedOf<"Collect"> {
  position: number;
  digest: Uint8Array;
  id: Hex;
}

const OWN_KEY_DATED = 0x80;
const ZERO_ADDRESS = `0x${"0".repeat(40)}`;

/**
 * Accepts what can be accepted of a bundle, item by item: a bad act never refuses its neighbours.
 * An accepted act is durably stored before this returns; one handed in before is `duplicate` with its first receipt.
 */
export async function acceptActs(deps: IntakeDeps, items: readonly unknown[]): Promise<ItemResult[]> {
  const results = new Array<ItemResult>(items.length);
  const separator = domainSeparator(deps.domain);
  const wellFormed = items.flatMap((item, position) => {
    const parsed = signedCollect.safeParse(item);
    if (!parsed.success) {
      const errors = parsed.error.issues.map(({ path, message }) => ({ at: path.join("."), message }));
      results[position] = rejected(undefined, "act-malformed", "the act is not a signed Collect", { errors });
      return [];
    }
    const digest = digestOf(separator, "Collect", parsed.data.act);
    return [{ ...parsed.data, position, digest, id: toHex(digest) }];
  });
  const good: Candidate[] = [];
  const refusals = await check(deps, separator, wellFormed);
  wellFormed.forEach((candidate, i) => {
    const refusal = refusals[i];
    if (refusal) results[candidate.position] = refusal;
    else good.push(candidate);
  });
  if (good.length > 0) await store(deps, good, results);
  return results;
}

function rejected(digest: Hex | undefined, code: ProblemCode, detail: string, extensions = {}): ItemResult {
  return { ...(digest ? { digest } : {}), status: "rejected", problem: problemView(code, detail, extensions) };
}

/** For each candidate what refuses it, or `undefined`. */
async function check(
  deps: IntakeDeps,
  separator: Uint8Array,
  candidates: readonly Candidate[],
): Promise<(ItemResult | undefined)[]> {
  const signers = await deps.pool.recover(
    candidates.flatMap(({ act, giverSignature, receiverSignature, digest }) => [
      { digest, signature: toBytes(giverSignature) },
      { digest: receiptDigestOf(separator, "Collect", act, giverSignature), signature: toBytes(receiverSignature) },
    ]),
  );
  const accounts = candidates.flatMap(({ act }) => [act.collector, act.keeper]);
  const standings = await readAccountStandings(deps.db.sql, [...new Set(accounts)]);
  const foreign = [
    ...new Set(signers.filter((signer, i) => signer !== accounts[i] || isDated(standings.get(signer)?.status))),
  ];
  const keys = await readKeys(deps.db.sql, foreign);

  /** Why `signer` may not sign for `account` at `capturedAt`, as a problem code. */
  function fault(account: Hex, signer: Hex, capturedAt: number): ProblemCode | undefined {
    if (signer === ZERO_ADDRESS) return "bad-signature";
    if (signer === account && !isDated(standings.get(account)?.status)) return undefined;
    const key = keys.get(signer);
    if (key?.account !== account) return "bad-signature";
    return key.validFrom <= capturedAt && capturedAt < key.validUntil ? undefined : "key-not-valid";
  }

  // the order of LotLedger's own checks: what the chain would skip the act for is what is answered here
  return candidates.map(({ act: collect, id }, i) => {
    if (collect.grams === 0) return rejected(id, "grams-zero", "the collect weighs 0 grams");
    const parties = [
      { role: "collector", account: collect.collector, signer: signers[2 * i]! },
      { role: "keeper", account: collect.keeper, signer: signers[2 * i + 1]! },
    ];
    const unknown = parties.find(({ account }) => !standings.has(account));
    if (unknown) return rejected(id, "account-unknown", `${unknown.role} ${unknown.account}`, unknown);
    for (const party of parties) {
      const code = fault(party.account, party.signer, collect.capturedAt);
      if (code) return rejected(id, code, `${party.role} ${party.account}, signature of ${party.signer}`, party);
    }
    return undefined;
  });
}

const isDated = (status: number | undefined): boolean => ((status ?? 0) & OWN_KEY_DATED) !== 0;

/** Stores the good ones in one durable statement and fills in their results. */
async function store(deps: IntakeDeps, good: readonly Candidate[], results: ItemResult[]): Promise<void> {
  const acceptedAt = Date.now();
  const requests = await Promise.all(
    good.map(async (candidate) => ({
      digest: candidate.id,
      party: candidate.act.collector,
      kind: "collect",
      body: encodeAct(candidate),
      subject: candidate.id,
      seq: -1,
      receipt: await deps.receipts.sign(candidate.id, acceptedAt),
      acceptedAt,
    })),
  );
  const accepted = await accept(deps.db, requests, lotOrder);
  await deps.reached("accepted");
  deps.wake();
  good.forEach(({ position, id }, i) => {
    const { status, receipt } = accepted[i]!;
    results[position] = { digest: id, status, receipt };
  });
}
