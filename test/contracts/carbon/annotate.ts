import { expect } from "chai";
import { id, ZeroHash } from "ethers";
import { createBay, type Bay } from "../../support/carbon.ts";

const load = await createBay();

describe("Credits.annotate", () => {
  let bay: Bay;

  beforeEach(async () => {
    bay = await load();
    const [block] = (await bay.blocks(bay.holder, 10)) as [bigint];
    await bay.credits.connect(bay.holder).retire([{ id: block, kg: 10 }], bay.claim());
  });

  const annotate = (retirement: number, note: string) =>
    bay.credits.connect(bay.world.auditor).annotate(retirement, note);

  it("given a certificate, when the auditor notes on it, then the note changes and the record does not", async () => {
    const first = annotate(1, id("first"));
    await expect(first).to.emit(bay.credits, "Noted").withArgs(1, bay.world.auditor, id("first"));
    const changes = await bay.changes(() => annotate(1, id("second")));
    expect(changes).to.deep.equal({ "note 1": id("second") });
  });

  it("given no such certificate, or no note, then it is refused", async () => {
    for (const none of [0, 2]) {
      await expect(annotate(none, id("note")))
        .to.be.revertedWithCustomError(bay.credits, "RetirementUnknown")
        .withArgs(none);
    }
    await expect(annotate(1, ZeroHash)).to.be.revertedWithCustomError(bay.credits, "BasisMissing");
  });
});
