/** Who must have signed an act, and over which digest; whether they did, as the ledger will judge it. */
import { judgeSignatures, type SignatureDeps, type Signed, type Verdict } from "../access/signatures.ts";
import { toBytes } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";
import { receiptDigestOf, type SignedAct } from "./acts.ts";
import { faultOf, type Fault } from "./reasons.ts";
import { mapInTurns } from "./turns.ts";

/** One who must have signed. */
export interface Signatory extends Signed {
  role: string;
}

/** A signed act with its digest. */
export interface Candidate {
  signed: SignedAct;
  digest: Uint8Array;
  id: Hex;
}

/** The signatories of an act, the giver first. */
export function signatoriesOf(separator: Uint8Array, { signed, digest }: Candidate): Signatory[] {
  const at = signed.act.capturedAt;
  const giver = (role: string, account: Hex, signature: Hex): Signatory => {
    return { role, account, digest, signature: toBytes(signature), at };
  };
  if ("signature" in signed) return [giver("operator", signed.act.operator, signed.signature)];
  const { type, act, giverSignature } = signed;
  const receiver = (role: string, account: Hex): Signatory => {
    const receipt = receiptDigestOf(separator, type, act, giverSignature);
    return { role, account, digest: receipt, signature: toBytes(signed.receiverSignature), at };
  };
  if (type === "Collect") return [giver("collector", act.collector, giverSignature), receiver("keeper", act.keeper)];
  if (type === "Handoff") return [giver("giver", act.from, giverSignature), receiver("receiver", act.to)];
  return [giver("owner", act.owner, giverSignature), receiver("new owner", act.to)];
}

/** For each candidate why its signatures do not speak for its accounts, in the ledger's order; or `undefined`. */
export async function signatureFaults(
  deps: SignatureDeps,
  separator: Uint8Array,
  candidates: readonly Candidate[],
): Promise<(Fault | undefined)[]> {
  const signatories = await mapInTurns(candidates, (candidate) => signatoriesOf(separator, candidate));
  const all = signatories.flat();
  const verdicts = await judgeSignatures(deps, all);
  const faults = new Map(all.map((who, i) => [who, faultIn(who, verdicts[i]!)]));
  return signatories.map((both) => both.map((who) => faults.get(who)).find((fault) => fault !== undefined));
}

function faultIn({ role, account, at }: Signatory, verdict: Verdict): Fault | undefined {
  switch (verdict.is) {
    case "good":
      return undefined;
    case "unregistered":
      return faultOf("AccountNotRegistered", `${role} ${account}`, { role, account });
    case "unanswered": {
      const detail = `${role} ${account}: the chain does not answer for it`;
      return { code: "not-ready", detail, values: { role, account } };
    }
    case "foreign": {
      const { keyId } = verdict;
      return faultOf("SignatureNotValid", `${role} ${account}, signature of ${keyId}`, { role, account, keyId });
    }
    case "undated": {
      const { keyId, validFrom, validUntil } = verdict;
      const values = { role, account, keyId, validFrom, validUntil, capturedAt: at };
      return faultOf("KeyNotValid", `${role} ${account}, signature of ${keyId}`, values);
    }
  }
}
