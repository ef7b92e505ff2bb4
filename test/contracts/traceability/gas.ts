import { expect } from "chai";
import { id, ZeroAddress } from "ethers";
import { gasBounds } from "../../../server/traceability/gas.ts";
import {
  addressOf,
  batchOf,
  keyId,
  keyOf,
  p256,
  recorders,
  secp,
  wallet,
  type Message,
  type SignedAct,
} from "../../support/acts.ts";
import { createCoast, forever, type Coast } from "../../support/coast.ts";
import { registrationOf } from "../../support/collects.ts";
import { startOfTests } from "../../support/contracts.ts";

const load = await createCoast();

const pairs = 40;
const day = 86_400;
const late = startOfTests - 9 * day;
const heaviest = 2 ** 48 - 1;
const numbers = Array.from({ length: pairs }, (_, i) => i);
/** INVALID: whoever runs it loses all gas it was given */
const burning = "0xfe";

const { base } = gasBounds;

/**
 * The dearest acts there are: no two share an account or a key, every key is looked up by its dates, every reason for
 * review holds that can hold together, and no byte that may be set is zero.
 */
describe("gas bounds of a batch", () => {
  let coast: Coast;
  let accounts: string[];
  let facilities: string[];

  beforeEach(async () => {
    coast = await load();
    const { registry, world } = coast;
    const keys = numbers.map((i) => keyOf("giver", i));
    accounts = keys.map(addressOf);
    const ofFacilities = numbers.map((i) => ({ ...registrationOf(ZeroAddress, 4), identityHash: id(`facility ${i}`) }));
    facilities = await Promise.all(ofFacilities.map(({ identityHash }) => registry.accountFor(identityHash)));
    await registry.register([...accounts.map((account) => registrationOf(account)), ...ofFacilities]);
    for (const i of numbers) await world.Processes.setProcess(7 + i, bounds);
    for (const i of numbers) {
      const key = keyOf("receiver", i);
      coast.signers.set(accounts[i]!, secp(keys[i]!)).set(facilities[i]!, secp(key));
      await registry.bindKey(accounts[i]!, keyId(accounts[i]!), 0, startOfTests - 8 * day);
      await registry.bindKey(facilities[i]!, keyId(addressOf(key)), 0, forever);
      await registry.setStatus(accounts[i]!, 2, id("suspended"));
    }
  });

  /** Ten classes in, ten out, and a loss. */
  const bounds = Array.from({ length: 21 }, (_, i) => ({
    side: Math.floor(i / 10),
    class: i === 20 ? 0 : 0xff00 + (i % 10),
    minBps: 0,
    maxBps: 10_000,
  }));

  /** Carries the acts within their bound; what they used stays a tenth below it, and none is skipped. */
  async function expectBound(acts: SignedAct[], limit: bigint): Promise<void> {
    const { ledger } = coast;
    const record = ledger[recorders[acts[0]!.type]] as typeof ledger.recordCollects;
    const receipt = await (await record(...batchOf(acts), { gasLimit: limit })).wait();
    const names = receipt!.logs.map((log) => ledger.interface.parseLog(log)?.name);
    expect(names).to.have.length(acts.length).and.not.include("Skipped");
    expect((receipt!.gasUsed * 10n) / 9n, `${acts.length} used ${receipt!.gasUsed}`).to.be.below(limit);
  }

  /** The act of every number, in batches of one, two and all; each from the same state. */
  async function expectEach(make: (i: number) => SignedAct, bound: bigint): Promise<void> {
    const acts = numbers.map(make);
    for (const size of [1, 2, pairs]) {
      const before = await coast.world.helpers.takeSnapshot();
      await expectBound(acts.slice(0, size), base + BigInt(size) * bound);
      await before.restore();
    }
  }

  const collectOf = (i: number, keeper: string, terms: Message = {}) => {
    const collect = { class: 0xff00 + (i % 10), grams: BigInt(heaviest), collector: accounts[i]!, keeper };
    return coast.sign("Collect", coast.collect({ ...collect, capturedAt: late, salt: id(`${i}`), ...terms }));
  };

  /** A lot for every account, in its own hands; their ids. */
  async function lotsOf(terms: Message = {}): Promise<string[]> {
    const acts = numbers.map((i) => collectOf(i, accounts[i]!, terms));
    await coast.carry(...acts);
    return acts.map(coast.digest);
  }

  /** Each account's lot goes to the next one under bailment. */
  async function bailedLots(): Promise<string[]> {
    const lots = await lotsOf();
    const acts = numbers.map((i) => handoffOf(lots[i]!, i, { to: accounts[(i + 1) % pairs], acceptedGrams: heaviest }));
    await coast.carry(...acts);
    return lots;
  }

  const handoffOf = (lot: string, i: number, terms: Message = {}) => {
    const masses = { declaredGrams: heaviest, acceptedGrams: heaviest - 1, bailment: 255 };
    const message = { from: accounts[i]!, to: facilities[i]!, ...masses, capturedAt: late, ...terms };
    return coast.sign("Handoff", coast.handoff(lot, message));
  };

  it("collects: a tenth more than they need", async () => {
    await expectEach((i) => collectOf(i, facilities[i]!), gasBounds.collect);
  }).timeout(60_000);

  it("handoffs that begin a bailment, with variance", async () => {
    const lots = await lotsOf();
    await expectEach((i) => handoffOf(lots[i]!, i), gasBounds.handoff);
  }).timeout(60_000);

  it("splits of bailed lots", async () => {
    const lots = await bailedLots();
    for (const children of [1, 2, 10]) {
      const grams = Array.from({ length: children }, (_, i) =>
        i === 0 ? heaviest - (children - 1) * 0x111111 : 0x111111,
      );
      const splitOf = (i: number) =>
        coast.sign(
          "Split",
          coast.split(lots[i]!, grams, { operator: accounts[(i + 1) % pairs]!, seq: 1, capturedAt: late }),
        );
      const count = children === 10 ? 10 : pairs;
      const limit = BigInt(count) * (gasBounds.split + BigInt(children) * gasBounds.child);
      const before = await coast.world.helpers.takeSnapshot();
      await expectBound(numbers.slice(0, count).map(splitOf), base + limit);
      await before.restore();
    }
  }).timeout(60_000);

  for (const [inputs, outputs] of [
    [1, 1],
    [pairs, 1],
    [1, pairs],
    [20, 20],
  ] as const) {
    it(`a transform of ${inputs} inputs into ${outputs} outputs, of a process with 21 bounds`, async () => {
      const operator = accounts[0]!;
      const grams = BigInt(heaviest) / BigInt(inputs);
      const collects = numbers.slice(0, inputs).map((i) => collectOf(i, operator, { grams }));
      await coast.carry(...collects);
      const loss = 0x111111n;
      const share = (grams * BigInt(inputs) - loss) / BigInt(outputs);
      const rest = grams * BigInt(inputs) - share * BigInt(outputs);
      const parts = Array.from({ length: outputs }, (_, i) => ({ class: 0xff00 + (i % 10), grams: share }));
      const terms = { outputs: parts, lossGrams: rest, operator, capturedAt: late };
      const signed = coast.sign("Transform", coast.transform(collects.map(coast.digest), [], terms));
      const bound = gasBounds.transform + BigInt(inputs) * gasBounds.input + BigInt(outputs) * gasBounds.output;
      await expectBound([signed], base + bound);
    }).timeout(60_000);
  }

  it("transforms of many processes", async () => {
    const lots = await lotsOf();
    const transformOf = (i: number) => {
      const outputs = [{ class: 0xff00 + (i % 10), grams: heaviest - 1 }];
      const terms = { process: 7 + i, outputs, lossGrams: 1, operator: accounts[i]!, capturedAt: late };
      return coast.sign("Transform", coast.transform([lots[i]!], [], terms));
    };
    await expectEach(transformOf, gasBounds.transform + gasBounds.input + gasBounds.output);
  }).timeout(60_000);

  it("conclusions", async () => {
    const lots = await lotsOf();
    const concludeOf = (i: number) => {
      const terms = { grams: heaviest - 0x111111, kind: 0xffff, operator: accounts[i]!, capturedAt: late };
      return coast.sign("Conclude", coast.conclude(lots[i]!, terms));
    };
    await expectEach(concludeOf, gasBounds.conclude);
  }).timeout(60_000);

  it("passings of title that begin a bailment", async () => {
    const lots = await lotsOf();
    const terms = (i: number) => ({ owner: accounts[i]!, to: facilities[i]!, capturedAt: late });
    await expectEach((i) => coast.sign("PassTitle", coast.passTitle(lots[i]!, terms(i))), gasBounds.passTitle);
  }).timeout(60_000);

  it("handoffs signed by keys of P-256 on both sides", async () => {
    const lots = await lotsOf();
    const keys = numbers.map((i) => [p256(`giver ${i}`), p256(`receiver ${i}`)] as const);
    for (const [i, [giver, receiver]] of keys.entries()) {
      await coast.registry.bindKey(accounts[i]!, giver.keyId, 0, startOfTests - 8 * day);
      await coast.registry.bindKey(facilities[i]!, receiver.keyId, 0, startOfTests - 8 * day);
      coast.signers.set(accounts[i]!, giver.sign).set(facilities[i]!, receiver.sign);
    }
    await expectEach((i) => handoffOf(lots[i]!, i), gasBounds.handoff + 2n * gasBounds.p256);
  }).timeout(60_000);

  it("collects of wallets that burn all they may: none lands, and none stops the others", async () => {
    for (const account of accounts) {
      await coast.world.helpers.setCode(account, burning);
      coast.signers.set(account, wallet(`0x${"ff".repeat(1_023)}`));
    }
    for (const size of [1, 2, 20]) {
      const acts = numbers.slice(0, size).map((i) => collectOf(i, facilities[i]!));
      const gasLimit = base + BigInt(size) * (gasBounds.collect + gasBounds.wallet);
      const receipt = await (await coast.ledger.recordCollects(...batchOf(acts), { gasLimit })).wait();
      const names = receipt!.logs.map((log) => coast.ledger.interface.parseLog(log)?.name);
      expect(names).to.deep.equal(acts.map(() => "Skipped"));
      expect((receipt!.gasUsed * 10n) / 9n, `${size} used ${receipt!.gasUsed}`).to.be.below(gasLimit);
    }
  }).timeout(60_000);

  it("let 200 collects and 100 handoffs travel under 12 million gas, and the largest act under the chain's limit", () => {
    expect(base + 200n * gasBounds.collect).to.be.at.most(12_000_000n);
    expect(base + 100n * gasBounds.handoff).to.be.at.most(12_000_000n);
    const { transform, input, output, split, child, wallet: asked } = gasBounds;
    expect(base + split + 200n * child + asked).to.be.at.most(16_777_216n);
    expect(base + transform + 100n * input + 100n * output + asked).to.be.at.most(16_777_216n);
  });
});
