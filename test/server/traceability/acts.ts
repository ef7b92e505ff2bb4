import { expect } from "chai";
import fc from "fast-check";
import { domainSeparator, toHex, type Domain } from "../../../server/chain/eip712.ts";
import {
  actTypes,
  digestOf,
  isShared,
  receiptDigestOf,
  type ActType,
  type SharedType,
} from "../../../server/traceability/acts.ts";
import * as independent from "../../support/acts.ts";
import { actNames, anyMessage, anySignature } from "../../support/messages.ts";

const domain: Domain = { chainId: 46112, authority: `0x${"a1".repeat(20)}` };
const ethersDomain = { name: "Tidemark", version: "1", chainId: 46112, verifyingContract: domain.authority };
const separator = domainSeparator(domain);

describe("acts", () => {
  for (const type of actNames) {
    it(`given any ${type}, when its digest is taken, then it is that of ethers' general EIP-712 encoder`, () => {
      fc.assert(
        fc.property(anyMessage[type] as fc.Arbitrary<never>, (act) => {
          expect(toHex(digestOf(separator, type, act))).to.equal(independent.digestOf(ethersDomain, type, act));
        }),
        { seed: 1, numRuns: 100 },
      );
    });
  }

  for (const type of actNames.filter((type): type is SharedType => isShared(type))) {
    it(`given any ${type} and signature, when its receipt's digest is taken, then it is that of ethers' encoder`, () => {
      fc.assert(
        fc.property(anyMessage[type] as fc.Arbitrary<never>, anySignature, (act, signature) => {
          const digest = toHex(receiptDigestOf(separator, type, act, signature));
          expect(digest).to.equal(independent.receiptDigestOf(ethersDomain, type, act, signature));
        }),
        { seed: 1, numRuns: 100 },
      );
    });
  }

  it("given the types as they are served, when compared with those a wallet needs, then none is missing or other", () => {
    const receipts = Object.values(independent.receiptTypes);
    const wanted = Object.assign({}, ...Object.values(independent.actTypes), ...receipts) as Record<string, unknown>;
    expect(actTypes).to.deep.equal(wanted);
    const named: ActType[] = ["Collect", "Handoff", "Split", "Transform", "Conclude", "PassTitle"];
    expect(actNames).to.have.members(named);
  });
});
