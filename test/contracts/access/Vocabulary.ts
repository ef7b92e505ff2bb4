import { expect } from "chai";
import { id, ZeroHash } from "ethers";
import { createWorld, type World } from "../../support/contracts.ts";

const load = await createWorld();

const bottle = { list: 1, code: 7, termHash: id("pet-bottle"), active: true };

describe("Vocabulary", () => {
  let vocabulary: World["Vocabulary"];

  beforeEach(async () => {
    const world = await load();
    vocabulary = world.Vocabulary.connect(world.admin);
    await vocabulary.setTerms([bottle]);
  });

  const termOf = async (list: number, code: number) => [...(await vocabulary.term(list, code))];

  describe("setTerms", () => {
    it("when codes are new, then they have their terms, and nothing else changes", async () => {
      const net = { list: 1, code: 8, termHash: id("fishing-net"), active: false };
      const licence = { list: 2, code: 7, termHash: id("hazardous-waste"), active: true };
      const call = await vocabulary.setTerms([net, licence]);
      expect(await termOf(1, 8)).to.deep.equal([net.termHash, false]);
      expect(await termOf(2, 7)).to.deep.equal([licence.termHash, true]);
      expect(await termOf(1, 7)).to.deep.equal([bottle.termHash, true]);
      await expect(call).to.emit(vocabulary, "TermSet").withArgs(1, 8, net.termHash, false);
      await expect(call).to.emit(vocabulary, "TermSet").withArgs(2, 7, licence.termHash, true);
      expect((await call.wait())?.logs).to.have.length(2);
    });

    it("given a term, when it is set with another activity, then it leaves and re-enters use", async () => {
      await vocabulary.setTerms([{ ...bottle, active: false }]);
      expect(await termOf(1, 7)).to.deep.equal([bottle.termHash, false]);
      await vocabulary.setTerms([bottle]);
      expect(await termOf(1, 7)).to.deep.equal([bottle.termHash, true]);
    });

    it("given a term, when its code is given another, then none of the call's terms is set", async () => {
      const other = { ...bottle, termHash: id("glass-bottle"), active: false };
      await expect(vocabulary.setTerms([{ ...other, code: 9 }, other]))
        .to.be.revertedWithCustomError(vocabulary, "TermFixed")
        .withArgs(1, 7, bottle.termHash, other.termHash);
      expect(await termOf(1, 7)).to.deep.equal([bottle.termHash, true]);
      expect(await termOf(1, 9)).to.deep.equal([ZeroHash, false]);
    });

    it("when a code is given no term, then refuses", async () => {
      await expect(vocabulary.setTerms([{ ...bottle, code: 9, termHash: ZeroHash }]))
        .to.be.revertedWithCustomError(vocabulary, "TermMissing")
        .withArgs(1, 9);
    });
  });

  describe("term", () => {
    it("when the code has none, then zero, inactive", async () => {
      expect(await termOf(2, 8)).to.deep.equal([ZeroHash, false]);
    });
  });
});
