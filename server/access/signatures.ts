/** Whose signature it is, and whether that key spoke for the account at that time, as the register has it and contracts judge it. */
import type { Chain, Hex } from "../chain/port.ts";
import type { RecoveryPool } from "../chain/recovery.ts";
import { walletSigned } from "../chain/wallets.ts";
import type { Sql } from "../db/port.ts";
import { readAccountStandings, readKeys, type BoundKey, type Standing } from "./queries.ts";

/** A signature that is to speak for an account. */
export interface Signed {
  account: Hex;
  digest: Uint8Array;
  /** 64 bytes r‖vs, or a proof: `0x01` P-256, `0x02` a wallet's (ERC-1271) */
  signature: Uint8Array;
  /** when it was made, in seconds since 1970 */
  at: number;
}

/**
 * good: the key speaks for the account. unregistered: there is no such account. unanswered: its wallet was asked, and the
 * chain gave no answer. foreign: the key is another's, or the signature none. undated: the key was not the account's then.
 */
export type Verdict =
  | { is: "good"; keyId: Hex }
  | { is: "unregistered" }
  | { is: "unanswered" }
  | { is: "foreign"; keyId: Hex }
  | { is: "undated"; keyId: Hex; validFrom: number; validUntil: number };

export interface SignatureDeps {
  sql: Sql;
  chain: Chain;
  pool: RecoveryPool;
}

const OWN_KEY_DATED = 0x80;
const NO_KEY: Hex = `0x${"0".repeat(64)}`;
/** An account's own key, and a wallet's, has the account's id, left-padded. */
const ownKey = (account: Hex): Hex => `0x${"0".repeat(24)}${account.slice(2)}`;
const WALLET = 0x02;
const isWallet = ({ signature }: Signed): boolean => signature.length !== 64 && signature[0] === WALLET;

/** For each signature, in order, whether it speaks for its account. */
export async function judgeSignatures(deps: SignatureDeps, signed: readonly Signed[]): Promise<Verdict[]> {
  const standings = await readAccountStandings(deps.sql, [...new Set(signed.map(({ account }) => account))]);
  const keyIds = await keyIdsOf(deps, signed, standings);
  const keys = await readKeys(deps.sql, [...new Set(keyIds.values())]);
  return signed.map((each) => {
    const standing = standings.get(each.account);
    return standing ? verdictOf(each, standing, keyIds.get(each), keys) : { is: "unregistered" };
  });
}

function verdictOf(
  { account, at }: Signed,
  { status }: Standing,
  keyId: Hex | undefined,
  keys: ReadonlyMap<Hex, BoundKey>,
): Verdict {
  if (!keyId) return { is: "unanswered" };
  const dated = (status & OWN_KEY_DATED) !== 0;
  if (keyId === ownKey(account) && !dated) return { is: "good", keyId };
  const key = keys.get(keyId);
  if (keyId === NO_KEY || key?.account !== account) return { is: "foreign", keyId };
  const { validFrom, validUntil } = key;
  if (validFrom <= at && at < validUntil) return { is: "good", keyId };
  return { is: "undated", keyId, validFrom, validUntil };
}

/** Whose key made each signature; zero where it is none. A wallet is asked only where the account is registered. */
async function keyIdsOf(
  { chain, pool }: SignatureDeps,
  signed: readonly Signed[],
  standings: ReadonlyMap<Hex, Standing>,
): Promise<Map<Signed, Hex>> {
  const plain = signed.filter((each) => !isWallet(each));
  const recovered = await pool.recover(plain);
  const keyIds = new Map(plain.map((each, i) => [each, recovered[i]!]));
  for (const each of signed.filter((each) => isWallet(each) && standings.has(each.account))) {
    // a chain that is replaying would keep everybody waiting
    if (!chain.status().ready) continue;
    const answer = await walletSigned(chain, each.account, each.digest, each.signature.subarray(1)).catch(
      () => undefined,
    );
    if (answer !== undefined) keyIds.set(each, answer ? ownKey(each.account) : NO_KEY);
  }
  return keyIds;
}
