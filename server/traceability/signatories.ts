/** Who must have signed an act, and over which digest; whether they did, as the ledger will judge it. */
import { readAccountStandings, readKeys, type BoundKey, type Standing } from "../access/queries.ts";
import { toBytes } from "../chain/eip712.ts";
import type { Chain, Hex } from "../chain/port.ts";
import type { RecoveryPool } from "../chain/recovery.ts";
import { walletSigned } from "../chain/wallets.ts";
import type { Sql } from "../db/port.ts";
import { receiptDigestOf, type SignedAct } from "./acts.ts";
import { faultOf, type Fault } from "./reasons.ts";
import { mapInTurns } from "./turns.ts";

/** One who must have signed. */
export interface Signatory {
  role: string;
  account: Hex;
  digest: Uint8Array;
  signature: Uint8Array;
}

/** A signed act with its digest. */
export interface Candidate {
  signed: SignedAct;
  digest: Uint8Array;
  id: Hex;
}

/** The signatories of an act, the giver first. */
export function signatoriesOf(separator: Uint8Array, { signed, digest }: Candidate): Signatory[] {
  const giver = (role: string, account: Hex, signature: Hex): Signatory => {
    return { role, account, digest, signature: toBytes(signature) };
  };
  if ("signature" in signed) return [giver("operator", signed.act.operator, signed.signature)];
  const { type, act, giverSignature } = signed;
  const receiver = (role: string, account: Hex): Signatory => {
    const receipt = receiptDigestOf(separator, type, act, giverSignature);
    return { role, account, digest: receipt, signature: toBytes(signed.receiverSignature) };
  };
  if (type === "Collect") return [giver("collector", act.collector, giverSignature), receiver("keeper", act.keeper)];
  if (type === "Handoff") return [giver("giver", act.from, giverSignature), receiver("receiver", act.to)];
  return [giver("owner", act.owner, giverSignature), receiver("new owner", act.to)];
}

const OWN_KEY_DATED = 0x80;
const NO_KEY: Hex = `0x${"0".repeat(64)}`;
/** An account's own key, and a wallet's, has the account's id, left-padded. */
const ownKey = (account: Hex): Hex => `0x${"0".repeat(24)}${account.slice(2)}`;
const WALLET = 0x02;
const isWallet = ({ signature }: Signatory): boolean => signature.length !== 64 && signature[0] === WALLET;

export interface SignatureDeps {
  sql: Sql;
  chain: Chain;
  pool: RecoveryPool;
}

/** For each candidate why its signatures do not speak for its accounts, in the ledger's order; or `undefined`. */
export async function signatureFaults(
  deps: SignatureDeps,
  separator: Uint8Array,
  candidates: readonly Candidate[],
): Promise<(Fault | undefined)[]> {
  const signatories = await mapInTurns(candidates, (candidate) => signatoriesOf(separator, candidate));
  const all = signatories.flat();
  const standings = await readAccountStandings(deps.sql, [...new Set(all.map(({ account }) => account))]);
  const keyIds = await keyIdsOf(deps, all, standings);
  const keys = await readKeys(deps.sql, [...new Set(keyIds.values())]);
  const judge: Judge = { standings, keyIds, keys };
  return candidates.map(({ signed }, i) => {
    const { capturedAt } = signed.act;
    for (const who of signatories[i]!) {
      const fault = unregistered(judge, who) ?? unsigned(judge, who, capturedAt);
      if (fault) return fault;
    }
    return undefined;
  });
}

interface Judge {
  standings: ReadonlyMap<Hex, Standing>;
  /** none where the chain gave no answer for a wallet */
  keyIds: ReadonlyMap<Signatory, Hex>;
  keys: ReadonlyMap<Hex, BoundKey>;
}

function unregistered({ standings }: Judge, { role, account }: Signatory): Fault | undefined {
  if (standings.has(account)) return undefined;
  return faultOf("AccountNotRegistered", `${role} ${account}`, { role, account });
}

function unsigned(judge: Judge, who: Signatory, capturedAt: number): Fault | undefined {
  const { role, account } = who;
  const keyId = judge.keyIds.get(who);
  if (!keyId) {
    return {
      code: "not-ready",
      detail: `${role} ${account}: the chain does not answer for it`,
      values: { role, account },
    };
  }
  const values = { role, account, keyId };
  const dated = ((judge.standings.get(account)?.status ?? 0) & OWN_KEY_DATED) !== 0;
  if (keyId === ownKey(account) && !dated) return undefined;
  const key = judge.keys.get(keyId);
  if (keyId === NO_KEY || key?.account !== account) {
    return faultOf("SignatureNotValid", `${role} ${account}, signature of ${keyId}`, values);
  }
  const { validFrom, validUntil } = key;
  if (validFrom <= capturedAt && capturedAt < validUntil) return undefined;
  const times = { validFrom, validUntil, capturedAt };
  return faultOf("KeyNotValid", `${role} ${account}, signature of ${keyId}`, { ...values, ...times });
}

/** Whose key made each signature; zero where it is none. A wallet is asked only where the account is registered. */
async function keyIdsOf(
  { chain, pool }: SignatureDeps,
  signatories: readonly Signatory[],
  standings: ReadonlyMap<Hex, Standing>,
): Promise<Map<Signatory, Hex>> {
  const plain = signatories.filter((who) => !isWallet(who));
  const recovered = await pool.recover(plain);
  const keyIds = new Map(plain.map((who, i) => [who, recovered[i]!]));
  for (const who of signatories.filter((each) => isWallet(each) && standings.has(each.account))) {
    // a chain that is replaying would keep everybody waiting
    if (!chain.status().ready) continue;
    const answer = await walletSigned(chain, who.account, who.digest, who.signature.subarray(1)).catch(() => undefined);
    if (answer !== undefined) keyIds.set(who, answer ? ownKey(who.account) : NO_KEY);
  }
  return keyIds;
}
