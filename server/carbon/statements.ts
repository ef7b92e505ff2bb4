/**
 * Verifiers' statements as signed messages (CONTRACTS.md "Projects"): their EIP-712 type and digest. One module for the
 * server, the player and a browser; no other code spells the type.
 */
import { addressWord, keccak, keccakText, toBytes, typedDigest, uintWord } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";

/** What a verifier states of a report; 0 kg is a refusal. */
export interface Verification {
  report: Hex;
  /** kg CO2e */
  attestedKg: bigint;
  /** digest of the statement's document */
  statement: Hex;
  verifier: Hex;
  /** seconds since 1970 */
  signedAt: number;
}

/** A statement as it is handed in: the signature is 64 bytes r‖vs, or `0x02`‖ what a wallet takes (ERC-1271). */
export interface SignedVerification {
  type: "Verification";
  act: Verification;
  signature: Hex;
}

/** The EIP-712 type as a wallet takes it. */
export const statementTypes = {
  Verification: [
    { name: "report", type: "bytes32" },
    { name: "attestedKg", type: "uint64" },
    { name: "statement", type: "bytes32" },
    { name: "verifier", type: "address" },
    { name: "signedAt", type: "uint40" },
  ],
};

const typeHash = keccakText(
  `Verification(${statementTypes.Verification.map(({ type, name }) => `${type} ${name}`).join(",")})`,
);

/**
 * The digest that the verifier signs; also the request's key.
 * @param separator `domainSeparator` of the ledger
 */
export function statementDigest(separator: Uint8Array, act: Verification): Uint8Array {
  const words = [uintWord(act.attestedKg), toBytes(act.statement), addressWord(act.verifier), uintWord(act.signedAt)];
  return typedDigest(separator, keccak(typeHash, toBytes(act.report), ...words));
}
