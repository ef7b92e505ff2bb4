import { expect } from "chai";
import { getBytes, id, ZeroAddress } from "ethers";
import { contractNames } from "../../server/access/roles.ts";
import {
  addressOf,
  batchOf,
  childOf,
  keyId,
  keyOf,
  p256,
  recorders,
  secp,
  type Sign,
  type SignedAct,
} from "../support/acts.ts";
import { createCoast, forever, plant, type Coast } from "../support/coast.ts";
import { registrationOf } from "../support/collects.ts";
import { expectSnapshot } from "../support/snapshots.ts";

const load = await createCoast();

const people = Array.from({ length: 200 }, (_, i) => addressOf(keyOf("person", i)));
const hundred = people.slice(0, 100);
/** of licence kind 1 */
const licensedClass = (1 << 10) | 1;

/** Node signs P-256 with a random nonce, and zero bytes cost less: signs until none is zero, so that gas is the same. */
function alike(sign: Sign): Sign {
  return (digest) => {
    for (;;) {
      const proof = sign(digest);
      if (!getBytes(proof).subarray(65).includes(0)) return proof;
    }
  };
}

/** A runtime larger than this leaves too little room under the EVM's limit of 24,576 bytes. */
const largest = 20_000;
/** The budget of a handoff among 100 to 100 receivers, all checks done. */
const handoffBudget = 25_000;

describe("snapshots", () => {
  let coast: Coast;
  let salt: number;
  const measured: Record<string, number> = {};

  beforeEach(async () => {
    salt = 0;
    coast = await load();
    await coast.registry.register(people.map((account) => registrationOf(account)));
    for (const [i, account] of people.entries()) coast.signers.set(account, secp(keyOf("person", i)));
    // the ledger's totals are no longer zero
    await coast.carry(collected(people[0]!, coast.point));
    await coast.carry(coast.sign("Conclude", coast.conclude(await coast.lot())));
  });

  const collected = (collector: string, keeper: string, lotClass = 1): SignedAct =>
    coast.sign("Collect", coast.collect({ collector, keeper, class: lotClass, salt: id(`snapshot ${salt++}`) }));

  /** So many lots of the point's; their ids. */
  async function lotsOf(count: number, lotClass = 1): Promise<string[]> {
    const acts = Array.from({ length: count }, () => collected(people[0]!, coast.point, lotClass));
    await coast.carry(...acts);
    return acts.map(coast.digest);
  }

  const handedOver = (lot: string, to: string, terms = {}): SignedAct =>
    coast.sign("Handoff", coast.handoff(lot, { to, ...terms }));

  /** Carries acts of one kind, each of which is recorded, or skipped; their gas together. */
  async function gasOf(acts: SignedAct[], skipped = false): Promise<number> {
    const record = coast.ledger[recorders[acts[0]!.type]] as typeof coast.ledger.recordCollects;
    const receipt = await (await record(...batchOf(acts))).wait();
    const names = receipt!.logs.map((log) => coast.ledger.interface.parseLog(log)?.name === "Skipped");
    expect(names).to.deep.equal(acts.map(() => skipped));
    return Number(receipt!.gasUsed);
  }

  it("gas of accounts and collects", async () => {
    const five = Array.from({ length: 500 }, (_, i) => registrationOf(addressOf(keyOf("account", i))));
    const registered = await (await coast.registry.register(five)).wait();
    const { point } = coast;
    const same = hundred.map(() => collected(people[0]!, point));
    const spoiled = hundred.map((person) => ({
      ...collected(person, point),
      receiverSignature: `0x${"11".repeat(64)}`,
    }));
    Object.assign(measured, {
      "register 500 accounts": Number(registered?.gasUsed),
      "record 1 collect": await gasOf([collected(people[0]!, point)]),
      "record 100 collects of one collector by one keeper": await gasOf(same),
      "record 100 collects of 100 collectors by one keeper": await gasOf(hundred.map((one) => collected(one, point))),
      "record 100 collects of 100 collectors by 100 keepers": await gasOf(
        hundred.map((one, i) => collected(one, people[100 + i]!)),
      ),
      "skip 100 replayed collects": await gasOf(same, true),
      "skip 100 collects with spoiled signatures": await gasOf(spoiled, true),
    });
  });

  it("gas of handoffs: within the budget, licence or none", async () => {
    const { registry } = coast;
    for (const account of hundred) await registry.grantLicence(account, 1, 0, forever, 0, id("licence"));
    const toHundred = (lots: string[]) => lots.map((lot, i) => handedOver(lot, hundred[i]!));
    const same = (await lotsOf(100)).map((lot) => handedOver(lot, plant));
    const distinct = await gasOf(toHundred(await lotsOf(100)));
    const licensed = await gasOf(toHundred(await lotsOf(100, licensedClass)));
    expect(Math.max(distinct, licensed) / 100).to.be.at.most(handoffBudget);

    const facilities = hundred.map((_, i) => ({
      ...registrationOf(ZeroAddress, 4),
      identityHash: id(`facility ${i}`),
    }));
    const ids = await Promise.all(facilities.map(({ identityHash }) => registry.accountFor(identityHash)));
    await registry.register(facilities);
    for (const [i, account] of ids.entries()) {
      await registry.bindKey(account, keyId(addressOf(keyOf("warden", i))), 0, forever);
      coast.signers.set(account, secp(keyOf("warden", i)));
    }
    const phone = p256("phone");
    await registry.bindKey(people[150]!, phone.keyId, 0, forever);
    coast.signers.set(people[150]!, alike(phone.sign));
    const [one, bailed, light, byPhone] = await lotsOf(4);
    Object.assign(measured, {
      "record 1 handoff": await gasOf([handedOver(one!, plant)]),
      "record 1 handoff under bailment": await gasOf([handedOver(bailed!, plant, { bailment: 1 })]),
      "record 1 handoff with variance": await gasOf([handedOver(light!, plant, { acceptedGrams: 1_490 })]),
      "record 1 handoff received by P-256": await gasOf([handedOver(byPhone!, people[150]!)]),
      "record 100 handoffs to one receiver": await gasOf(same),
      "record 100 handoffs to 100 receivers": distinct,
      "record 100 handoffs to 100 receivers with a licence": licensed,
      "record 100 handoffs to 100 facilities with bound keys": await gasOf(
        (await lotsOf(100)).map((lot, i) => handedOver(lot, ids[i]!)),
      ),
      "skip 100 replayed handoffs": await gasOf(same, true),
    });
  });

  it("gas of what is done to a lot in one place", async () => {
    const bounds = [2, 3].map((lotClass) => ({ side: 1, class: lotClass, minBps: 0, maxBps: 10_000 }));
    await coast.world.Processes.setProcess(7, bounds);
    const [whole, ...three] = await lotsOf(4);
    const split = coast.sign("Split", coast.split(whole!, [500, 600, 400]));
    const transform = coast.sign("Transform", coast.transform(three, [4_000, 400], { lossGrams: 100 }));
    const output = childOf(coast.digest(transform), 0);
    Object.assign(measured, {
      "record 1 split into 3": await gasOf([split]),
      "record 1 transform of 3 into 2": await gasOf([transform]),
      "record 1 conclusion": await gasOf([coast.sign("Conclude", coast.conclude(output))]),
      "record 1 passing of title": await gasOf([coast.sign("PassTitle", coast.passTitle(output, { seq: 1 }))]),
    });
  });

  it("gas: each measured call costs what it did", () => expectSnapshot("gas", measured));

  it("size: each contract is as large as it was, and small enough", async () => {
    const sizes: Record<string, number> = {};
    for (const name of contractNames) {
      const code = await coast.world[name].getDeployedCode();
      sizes[name] = ((code?.length ?? 0) - 2) / 2;
      expect(sizes[name], name).to.be.within(1, largest);
    }
    await expectSnapshot("size", sizes);
  });
});
