/** Taking verifiers' statements in: form, report, signature, role; then stored, then acknowledged, for anyone to carry. */
import { z } from "zod";
import { isActive, readAccountStandings, verifierRole } from "../access/queries.ts";
import { judgeSignatures, type SignatureDeps, type Verdict } from "../access/signatures.ts";
import { readView } from "../chain/contracts.ts";
import { domainSeparator, toBytes, toHex, type Domain } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";
import type { Db, Sql } from "../db/port.ts";
import { problemView, type ProblemCode, type ProblemView } from "../errors.ts";
import { accept } from "../relayer/accept.ts";
import type { Reached } from "../relayer/port.ts";
import { readStates } from "../relayer/queries.ts";
import type { Receipts } from "../relayer/receipts.ts";
import type { RequestState } from "../relayer/requests.ts";
import { address, hash, upTo63Bits } from "../wire.ts";
import { encodeStatement, statementOrder, statementKind } from "./carrier.ts";
import { readProject, readReports, readShares, readStatements } from "./queries.ts";
import { statementDigest, type SignedVerification } from "./statements.ts";

const CLOCK_SKEW_SECONDS = 600;

/** A statement as it travels; kilograms as decimal text, since they may pass 2^53. */
export const signedVerification = z
  .strictObject({
    type: z.literal("Verification"),
    act: z.strictObject({
      report: hash,
      attestedKg: z
        .string()
        .regex(new RegExp(`^(?:0|${upTo63Bits})$`), "must be a whole number up to 2^63 − 1, in decimal digits")
        .transform(BigInt),
      statement: hash.meta({ description: "sha256 of the statement's document" }),
      verifier: address,
      signedAt: z
        .int()
        .min(0)
        .max(2 ** 40 - 1),
    }),
    signature: z
      .string()
      .regex(/^0x(?:[0-9a-f]{128}|02(?:[0-9a-f]{2}){0,1024})$/, "must be 64 bytes r‖vs, or a wallet's (02, …)"),
  })
  .meta({ id: "SignedVerification", description: "Signed by a verifier's key that holds the role VERIFIER" });

export interface StatementDeps extends Omit<SignatureDeps, "sql"> {
  db: Db;
  domain: Domain;
  receipts: Receipts;
  reached: Reached;
  /** whether the rows have caught up with the chain since the start: until then they may lack a report, or who may sign */
  caughtUp: () => boolean;
  wake: () => void;
}

export interface StatementResult {
  digest?: Hex;
  status: "accepted" | "duplicate" | "rejected";
  receipt?: string;
  problem?: ProblemView;
}

interface Fault {
  code: ProblemCode;
  detail: string;
}

/** Accepts one statement, durably stored before this returns; a statement handed in before is `duplicate`. */
export async function acceptStatement(deps: StatementDeps, given: unknown): Promise<StatementResult> {
  const parsed = signedVerification.safeParse(given);
  if (!parsed.success) {
    const errors = parsed.error.issues.map(({ path, message }) => ({ at: path.join("."), message }));
    return { status: "rejected", problem: problemView("act-malformed", "it is no signed Verification", { errors }) };
  }
  const signed = parsed.data as SignedVerification;
  const digest = statementDigest(domainSeparator(deps.domain), signed.act);
  const id = toHex(digest);
  const fault = (await statementFault(deps.db, signed)) ?? (await signatureFault(deps, signed, digest));
  if (fault && !(await isTaken(deps.db.sql, id))) {
    const { code, detail } = deps.caughtUp() ? fault : behind(fault);
    return { digest: id, status: "rejected", problem: problemView(code, detail) };
  }
  const acceptedAt = Date.now();
  const receipt = await deps.receipts.sign(id, acceptedAt);
  const place = { party: signed.act.verifier, subject: id, seq: -1 };
  const request = { digest: id, kind: statementKind, body: encodeStatement(signed), ...place, receipt, acceptedAt };
  const [accepted] = await accept(deps.db, [request], statementOrder);
  await deps.reached("accepted");
  deps.wake();
  return { digest: id, status: accepted!.status, receipt: accepted!.receipt };
}

const behind = ({ detail }: Fault): Fault => ({
  code: "not-ready",
  detail: `the index is behind the chain, and as it stands: ${detail}`,
});

const vain = new Set<RequestState>(["skipped", "rejected", "expired"]);

/** Whether it is recorded, or was handed in before and is on its way: a duplicate, whatever is wrong with it by now. */
async function isTaken(sql: Sql, digest: Hex): Promise<boolean> {
  if ((await statementOrder.recorded(sql, [digest])).has(digest)) return true;
  return (await readStates(sql, [digest])).some(({ state }) => !vain.has(state));
}

/** What the ledger would skip a statement for, whoever signed it. */
async function statementFault({ sql }: Db, { act }: SignedVerification): Promise<Fault | undefined> {
  const report = (await readReports(sql, [act.report])).get(act.report);
  if (!report) return { code: "report-unknown", detail: `report ${act.report}` };
  if (report.issuedKg > 0n) return { code: "report-closed", detail: `${report.issuedKg} kg were issued for it` };
  const made = (await readStatements(sql, [act.report])).find(({ verifier }) => verifier === act.verifier);
  if (made) return { code: "already-verified", detail: `${made.attestedKg} kg, by ${act.verifier}` };
  if (act.attestedKg > report.claimedKg) {
    return { code: "above-claimed", detail: `${act.attestedKg} kg of ${report.claimedKg} kg claimed` };
  }
  if (act.signedAt > Date.now() / 1_000 + CLOCK_SKEW_SECONDS) {
    return { code: "signed-in-future", detail: `signed at ${act.signedAt}` };
  }
  const project = (await readProject(sql, report.project))!;
  const shares = await readShares(sql, report.project);
  const interested = [project.proponent, project.measurer, ...shares.map(({ account }) => account)];
  if (!interested.includes(act.verifier)) return undefined;
  return { code: "conflict-of-interest", detail: `${act.verifier} has a part in project ${report.project}` };
}

async function signatureFault(
  deps: StatementDeps,
  { act, signature }: SignedVerification,
  digest: Uint8Array,
): Promise<Fault | undefined> {
  const signed = { account: act.verifier, digest, signature: toBytes(signature), at: act.signedAt };
  const [verdict] = await judgeSignatures({ ...deps, sql: deps.db.sql }, [signed]);
  if (verdict!.is !== "good") return refusedBy(verdict!, act.verifier);
  const standing = (await readAccountStandings(deps.db.sql, [act.verifier])).get(act.verifier)!;
  if (!isActive(standing)) return { code: "account-not-active", detail: act.verifier };
  const key: Hex = `0x${verdict!.keyId.slice(26)}`;
  const isVerifier = await holdsRole(deps, key);
  if (isVerifier === undefined) return refusedBy({ is: "unanswered" }, act.verifier);
  return isVerifier ? undefined : { code: "not-verifier", detail: `${key} of ${act.verifier}` };
}

/** Whether the key is a verifier's; `undefined` where the chain does not answer, or not before it is replayed. */
async function holdsRole({ chain, domain }: StatementDeps, key: Hex): Promise<boolean | undefined> {
  if (!chain.status().ready) return undefined;
  const manager = { name: "AccessManager" as const, address: domain.authority };
  try {
    const [isMember] = await readView(chain, manager, "hasRole", [verifierRole, key]);
    return isMember === true;
  } catch {
    return undefined;
  }
}

function refusedBy(verdict: Exclude<Verdict, { is: "good" }>, account: Hex): Fault {
  switch (verdict.is) {
    case "unregistered":
      return { code: "account-unknown", detail: `verifier ${account}` };
    case "unanswered":
      return { code: "not-ready", detail: `verifier ${account}: the chain does not answer for it` };
    case "foreign":
      return { code: "bad-signature", detail: `verifier ${account}, signature of ${verdict.keyId}` };
    case "undated": {
      const { validFrom, validUntil } = verdict;
      return { code: "key-not-valid", detail: `${verdict.keyId} is valid from ${validFrom} until ${validUntil}` };
    }
  }
}
