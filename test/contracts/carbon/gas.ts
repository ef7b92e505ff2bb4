import { expect } from "chai";
import { id, type ContractTransactionResponse } from "ethers";
import { createBay, locks } from "../../support/carbon.ts";
import { expectSnapshot } from "../../support/snapshots.ts";

const load = await createBay();
/** of a part retired, its certificate included */
const retirementBudget = 160_000;

const gasOf = async (call: Promise<ContractTransactionResponse>): Promise<number> =>
  Number((await (await call).wait())!.gasUsed);

describe("gas of credits", () => {
  const measured: Record<string, number> = {};

  it("given each command, then a retirement costs no more than its budget", async () => {
    const bay = await load();
    const { credits, holder, buyer } = bay;
    const basis = id("basis");
    // holders, the batch and the counters are no longer zero
    const [first, second, third] = (await bay.blocks(holder, 1_000, 1_000, 1_000)) as [bigint, bigint, bigint];
    await credits.connect(holder).transfer([{ id: first, kg: 1 }], buyer, basis);
    await credits.connect(holder).retire([{ id: first, kg: 1 }], bay.claim());
    const retire = (token: bigint, kg: number) =>
      gasOf(credits.connect(holder).retire([{ id: token, kg }], bay.claim({ document: id("contract") })));
    const give = (token: bigint, kg: number) =>
      gasOf(credits.connect(holder).transfer([{ id: token, kg }], buyer, basis));
    Object.assign(measured, {
      "retire a part": await retire(first, 100),
      "retire a whole block": await retire(second, 1_000),
      "transfer a part": await give(first, 100),
      "transfer a whole block": await give(first, 798),
      split: await gasOf(credits.connect(holder).split({ id: third, kg: 1 })),
      "lock a part": await gasOf(bay.lock(locks.pledged, { id: third, kg: 100 })),
      "cancel a part": await gasOf(credits.connect(holder).cancel([{ id: third, kg: 100 }], basis)),
    });
    expect(measured["retire a part"]).to.be.at.most(retirementBudget);
  });

  it("given a hundred whole blocks, when they are retired in one call, then in one certificate", async () => {
    const bay = await load();
    const kg = Array.from({ length: 100 }, () => 10);
    const pieces = (await bay.blocks(bay.holder, ...kg)).map((block) => ({ id: block, kg: 10 }));
    const gas = await gasOf(bay.credits.connect(bay.holder).retire(pieces, bay.claim()));
    expect((await bay.credits.batches(1)).word).to.equal((1_000n << 192n) | (1_000n << 128n));
    expect(await bay.credits.counts()).to.deep.equal([1n, 1n]);
    measured["retire 100 whole blocks"] = gas;
  });

  it("given a report, then its steps to an issuance are measured", async () => {
    const bay = await load();
    const { projects, measurer, holder, batch } = bay;
    await bay.blocks(holder, 1);
    const report = bay.report({ fromDay: 19_800 });
    const submitted = await gasOf(projects.connect(measurer).submitReport(report));
    const of = await projects.reportId(report);
    const first = await gasOf(bay.carry(bay.statement(of, 1_000)));
    const second = await gasOf(bay.carry(bay.statement(of, 900, 1)));
    const issued = await gasOf(bay.issue(of, batch([[holder, 900]])));
    Object.assign(measured, {
      "submit a report": submitted,
      "record its first verification": first,
      "record another verification": second,
      "issue one block": issued,
    });
  });

  it("each costs what it did", () => expectSnapshot("gas-carbon", measured));
});
