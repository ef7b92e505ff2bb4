import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";
import fc from "fast-check";
import { toHex } from "../../../server/chain/eip712.ts";
import { evidenceRoot } from "../../../server/traceability/evidence.ts";

describe("evidence tree", () => {
  const field = fc.record({
    salt: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex),
    name: fc.string({ maxLength: 40 }),
    value: fc.uint8Array({ maxLength: 80 }),
  });

  it("given any fields, when the root is taken, then it is the one @openzeppelin/merkle-tree gives, in any order", () => {
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 20 }), (fields) => {
        const rows = fields.map(({ salt, name, value }) => [salt, name, value]);
        const standard = StandardMerkleTree.of(rows, ["bytes32", "string", "bytes"]).root;
        expect(evidenceRoot(fields)).to.equal(standard);
        expect(evidenceRoot(fields.toReversed())).to.equal(standard);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it("given no fields, when the root is taken, then it is refused", () => {
    expect(() => evidenceRoot([])).to.throw("at least one field");
  });
});
