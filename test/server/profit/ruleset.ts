import { createHash } from "node:crypto";
import { expect } from "chai";
import { readRuleset, ruleset, rulesetBytes, rulesetWord, type Ruleset } from "../../../server/profit/ruleset.ts";

const name = { zh: "石塘小蓝之家共富规则", en: "Shitang point, shared premium" };
const lineage: Ruleset = { kind: "lineage", name, roles: { keeper: 3_000, collector: 6_000, operator: 1_000 } };
const document =
  '{"kind":"lineage","name":{"en":"Shitang point, shared premium","zh":"石塘小蓝之家共富规则"},' +
  '"roles":{"collector":6000,"keeper":3000,"operator":1000}}';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("ruleset", () => {
  it("given a ruleset, when written, then its keys are sorted, there are no spaces, and its word is the bytes' sha256", () => {
    expect(new TextDecoder().decode(rulesetBytes(lineage))).to.equal(document);
    expect(rulesetWord(lineage)).to.equal(`0x${createHash("sha256").update(document).digest("hex")}`);
    const turned = { roles: { operator: 1_000, collector: 6_000, keeper: 3_000 }, name, kind: "lineage" } as const;
    expect(rulesetWord(turned)).to.equal(rulesetWord(lineage));
  });

  it("given both kinds, when written and read, then they are the same", () => {
    for (const each of [lineage, { kind: "project", name }] as Ruleset[])
      expect(readRuleset(rulesetBytes(each))).to.deep.equal(each);
  });

  it("given the same ruleset in another form, when read, then it is refused", () => {
    for (const other of [document.replace(",", ", "), document.replace("6000", "6e3"), `${document}\n`])
      expect(() => readRuleset(bytes(other))).to.throw("not in canonical form");
    expect(() => readRuleset(Uint8Array.of(...bytes(document), 0xff))).to.throw(TypeError);
  });

  const wrong: Record<string, unknown> = {
    "parts that are 9,999 in all": { ...lineage, roles: { collector: 9_999 } },
    "parts that are 10,001 in all": { ...lineage, roles: { collector: 10_000, keeper: 1 } },
    "no roles": { ...lineage, roles: {} },
    "a role that no act gives": { ...lineage, roles: { collector: 9_000, friend: 1_000 } },
    "a part of nothing": { ...lineage, roles: { collector: 10_000, keeper: 0 } },
    "a negative part": { ...lineage, roles: { collector: 10_001, keeper: -1 } },
    "a part that is no whole number": { ...lineage, roles: { collector: 9_999.5, keeper: 0.5 } },
    "a name in one language": { ...lineage, name: { en: "rule" } },
    "an empty name": { ...lineage, name: { en: "rule", zh: " " } },
    "roles in a project's rule": { ...lineage, kind: "project" },
    "another kind": { kind: "auction", name },
    "more than it takes": { kind: "project", name, note: "" },
  };
  for (const [what, document] of Object.entries(wrong)) {
    it(`given ${what}, when checked, then it is refused`, () => {
      expect(ruleset.safeParse(document).success).to.equal(false);
    });
  }
});
