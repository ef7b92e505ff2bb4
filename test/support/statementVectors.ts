/**
 * The statements behind `test/server/carbon/vectors.json`: a key's and a wallet's, made with ethers alone, so that the
 * file says nothing that only the server's own code says.
 */
import { getCreateAddress, id, SigningKey, TypedDataEncoder, type TypedDataDomain } from "ethers";
import { addressOf, secp } from "./acts.ts";
import { walletSign } from "./walletAccounts.ts";

const types = {
  Verification: [
    { name: "report", type: "bytes32" },
    { name: "attestedKg", type: "uint64" },
    { name: "statement", type: "bytes32" },
    { name: "verifier", type: "address" },
    { name: "signedAt", type: "uint40" },
  ],
};

/** Claims 2^63 − 1 kg; on a test ledger it is the report of 2015 to 2022 (mussels.ts). */
export const claimedKg = 2n ** 63n - 1n;
/** Puts the wallet on a chain, as its first transaction there. */
export const deployer = id("tidemark vectors deployer") as `0x${string}`;
const privateKey = id("tidemark vectors verifier");

/** What stands in the file. The wallet takes the digest itself for a signature (`honestWallet`). */
export function makeStatementVectors(domain: TypedDataDomain, report: string): unknown {
  const key = new SigningKey(privateKey);
  const wallet = getCreateAddress({ from: addressOf(new SigningKey(deployer)), nonce: 0 }).toLowerCase();
  // above 2^53, and a refusal
  const common = { report, statement: id("a statement's document") };
  const acts = [
    { ...common, attestedKg: "9007199254740993", verifier: addressOf(key).toLowerCase(), signedAt: 1_767_139_200 },
    { ...common, attestedKg: "0", verifier: wallet, signedAt: 0 },
  ];
  return {
    domain,
    privateKey,
    statements: acts.map((act, n) => {
      const digest = TypedDataEncoder.hash(domain, types, act);
      return { type: "Verification", act, digest, signature: (n === 0 ? secp(key) : walletSign)(digest) };
    }),
  };
}
