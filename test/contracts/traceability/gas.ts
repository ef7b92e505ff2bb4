import { expect } from "chai";
import { id, ZeroAddress, type TypedDataDomain } from "ethers";
import { collectGas } from "../../../server/traceability/gas.ts";
import { forever, keyId } from "../../support/coast.ts";
import { addressOf, collectOf, domainOf, keyOf, registrationOf, signCollect } from "../../support/collects.ts";
import { createWorld, startOfTests, type World } from "../../support/contracts.ts";

const load = await createWorld();

const pairs = 200;
const givers = Array.from({ length: pairs }, (_, i) => keyOf("giver", i));
const receivers = Array.from({ length: pairs }, (_, i) => keyOf("receiver", i));
const facilities = receivers.map((_, i) => ({
  ...registrationOf(ZeroAddress, 0b100),
  identityHash: id(`facility ${i}`),
}));

/**
 * The dearest acts there are: no two share an account or a key, every key is looked up by its dates, every reason for
 * review holds that can hold together, and no byte that may be set is zero.
 */
async function dearestActs(world: World, domain: TypedDataDomain) {
  const registry = world.Parties.connect(world.registry);
  await registry.register([...givers.map((key) => registrationOf(addressOf(key))), ...facilities]);
  const acts = [];
  for (let i = 0; i < pairs; i++) {
    const [giver, receiver] = [givers[i]!, receivers[i]!];
    const collector = addressOf(giver);
    const keeper = await registry.accountFor(facilities[i]!.identityHash);
    await registry.bindKey(collector, keyId(collector), 0, startOfTests - 8 * 86_400);
    await registry.bindKey(keeper, keyId(addressOf(receiver)), 0, forever);
    await registry.setStatus(collector, 2, id("suspended"));
    const capturedAt = startOfTests - 9 * 86_400;
    const terms = { class: 0xffff, grams: 2n ** 48n - 1n, capturedAt, salt: id(`salt ${i}`) };
    const act = signCollect(domain, collectOf(collector, keeper, terms), giver, receiver);
    const giverTerms = BigInt(act.giverTerms) | 0xffn;
    acts.push({ ...act, giverTerms, keeperTerms: BigInt(act.keeperTerms) | (2n ** 80n - 1n) });
  }
  return acts;
}

describe("gas bounds of a batch of collects", () => {
  it("hold a tenth more than the dearest batches need, the ledger's first included", async () => {
    const world = await load();
    const acts = await dearestActs(world, await domainOf(world));
    const ledger = world.LotLedger.connect(world.stranger);
    const before = await world.helpers.takeSnapshot();
    for (const size of [1, 2, 50, 200]) {
      const gasLimit = collectGas.base + BigInt(size) * collectGas.perItem;
      const receipt = await (await ledger.recordCollects(acts.slice(0, size), [], { gasLimit })).wait();
      const names = receipt?.logs.map((log) => ledger.interface.parseLog(log)?.name);
      expect(names).to.deep.equal(acts.slice(0, size).map(() => "Collected"));
      expect((receipt!.gasUsed * 10n) / 9n, `${size} acts used ${receipt!.gasUsed}`).to.be.below(gasLimit);
      await before.restore();
    }
  }).timeout(30_000);

  it("let 200 collects travel under 12 million gas", () => {
    expect(collectGas.base + 200n * collectGas.perItem).to.be.at.most(12_000_000n);
  });
});
