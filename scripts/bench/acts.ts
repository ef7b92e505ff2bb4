/** Signed collects in bulk for benchmarks and whole-stack tests: the demo's people, signing natively, each act another. */
import { domainSeparator, keccakText, toHex, type Domain } from "../../server/chain/eip712.ts";
import type { Hex } from "../../server/chain/port.ts";
import { digestOf, receiptDigestOf, type Collect, type SignedOf } from "../../server/traceability/acts.ts";
import { seeded, type Cast } from "../demo/keys.ts";
import { REGULARS, YEAR_BEGINS } from "../demo/scenario/people.ts";

/** One item of a bundle for `POST /v1/acts`, with its digest. */
export interface SignedItem {
  digest: Hex;
  item: SignedOf<"Collect">;
}

/**
 * `count` collects by the regulars, of 1 kg and the act's number in grams, so that a lost or doubled one shows in the sum.
 * @param from number of the first: the same numbers give the same acts
 */
export function signedCollects(domain: Domain, cast: Cast, from: number, count: number): SignedItem[] {
  const separator = domainSeparator(domain);
  return Array.from({ length: count }, (_, i) => {
    const n = from + i;
    const collector = cast.regular[n % REGULARS]!;
    const act: Collect = {
      class: 1,
      grams: 1_000 + n,
      collector: collector.address,
      keeper: cast.point.account,
      capturedAt: YEAR_BEGINS + n,
      anchor: seeded("bench/anchor"),
      evidence: seeded(`bench/evidence/${n}`),
      salt: toHex(keccakText(`bench/${n}`)),
    };
    const digest = digestOf(separator, "Collect", act);
    const giverSignature = collector.sign(digest);
    const receiverSignature = cast.keeper.sign(receiptDigestOf(separator, "Collect", act, giverSignature));
    return { digest: toHex(digest), item: { type: "Collect", act, giverSignature, receiverSignature } };
  });
}
