import { expect } from "chai";
import { id } from "ethers";
import { problems } from "../../../server/errors.ts";
import { allReasons, reasonOf, reasons } from "../../../server/traceability/reasons.ts";
import { heavierScale, lotFlags, reviewReasons, type Words } from "../../../server/traceability/words.ts";
import { ILotEvents__factory } from "../../../typechain-types/index.js";

/** Error signatures, as `ILotEvents` declares them. */
function declaredErrors(): Map<string, string> {
  const found = new Map<string, string>();
  ILotEvents__factory.createInterface().forEachError((error) => found.set(error.name, error.format("sighash")));
  return found;
}

const isChinese = (text: string): boolean => /\p{Script=Han}/u.test(text);

function expectWords(name: string, { en, zh }: Words): void {
  expect(en, name).to.match(/^[A-Z][\x20-\x7e’]+\.$/);
  expect(isChinese(zh), `${name}: ${zh}`).to.equal(true);
}

describe("reasons", () => {
  it("given the errors of ILotEvents, when compared with the table, then each has a row and no row is without an error", () => {
    expect(Object.keys(reasons)).to.have.members([...declaredErrors().keys()]);
  });

  it("given each error, when its selector is looked up, then the reason has its name, a problem and words in both languages", () => {
    for (const [name, signature] of declaredErrors()) {
      const reason = reasonOf(id(signature).slice(0, 10));
      expect(reason?.name).to.equal(name);
      expect(problems).to.have.property(reason!.code);
      expectWords(name, reason!);
    }
    expect(reasonOf("0x12345678")).to.equal(undefined);
    const selectors = [...declaredErrors().values()].map((signature) => id(signature).slice(0, 10));
    expect(allReasons().map(({ selector }) => selector)).to.have.members(selectors);
  });

  it("given what is flagged, when its words are looked up, then there are some in both languages for every bit", () => {
    expect(Object.keys(lotFlags)).to.have.length(4);
    expect(Object.keys(reviewReasons)).to.have.length(4);
    const all: Record<string, Words> = { ...lotFlags, ...reviewReasons, heavierScale };
    for (const [name, words] of Object.entries(all)) expectWords(name, words);
  });

  it("given all problems, when read, then each has a title in both languages and says what to do", () => {
    for (const [code, { title, titleZh, remedy }] of Object.entries(problems)) {
      expect(title, code).to.match(/^[A-Z]/);
      expect(isChinese(titleZh), code).to.equal(true);
      expect(remedy, code).to.match(/^[A-Z`].{9,}/);
    }
  });
});
