/** Which purposes go with which claim scope: what the admin sets in `Credits`, and what readers explain it by. */
import { claimScopes, purposeCodes } from "./vocabulary.ts";

const { compliance, ownEmissions, judicial, event, publicBody, contribution } = purposeCodes;

/**
 * Purposes by claim scope. What science contests may be given, not claimed as neutrality of one's own emissions; what a
 * court orders is for courts.
 */
export const purposesByScope: ReadonlyMap<number, readonly number[]> = new Map([
  [claimScopes.ccer, [compliance, ownEmissions, event, publicBody, contribution]],
  [claimScopes.localVoluntary, [ownEmissions, judicial, event, publicBody, contribution]],
  [claimScopes.judicial, [judicial]],
  [claimScopes.contestedScience, [judicial, event, contribution]],
]);

/** The word of `Credits.purposesOf`: bit p for purpose p. */
export const purposeBits = (purposes: readonly number[]): bigint =>
  purposes.reduce((bits, purpose) => bits | (1n << BigInt(purpose)), 0n);
