import { expect } from "chai";
import { id, ZeroAddress, type TypedDataDomain } from "ethers";
import { contractNames } from "../../server/access/roles.ts";
import {
  addressOf,
  collectOf,
  domainOf,
  keyOf,
  registrationOf,
  signCollect,
  type CollectAct,
} from "../support/collects.ts";
import { forever, keeperKey, keyId } from "../support/coast.ts";
import { createWorld, type World } from "../support/contracts.ts";
import { expectSnapshot } from "../support/snapshots.ts";

const load = await createWorld();

const people = Array.from({ length: 200 }, (_, i) => keyOf("person", i));
const hundred = people.slice(0, 100);

/** A runtime larger than this leaves too little room under the EVM's limit of 24,576 bytes. */
const largest = 20_000;

describe("snapshots", () => {
  let world: World;
  let domain: TypedDataDomain;
  let point: string;
  let salt: number;

  beforeEach(async () => {
    salt = 0;
    world = await load();
    domain = await domainOf(world);
  });

  /** 200 people and a storage point, and one lot: the ledger's totals are no longer zero. */
  async function settle(): Promise<void> {
    const registry = world.Parties.connect(world.registry);
    const facility = registrationOf(ZeroAddress, 0b100);
    point = await registry.accountFor(facility.identityHash);
    await registry.register([...people.map((key) => registrationOf(addressOf(key))), facility]);
    await registry.bindKey(point, keyId(addressOf(keeperKey)), 0, forever);
    await record([toPoint(people[0]!)]);
  }

  const act = (giver: typeof keeperKey, keeper: string, receiver: typeof keeperKey): CollectAct =>
    signCollect(domain, collectOf(addressOf(giver), keeper, { salt: id(String(salt++)) }), giver, receiver);

  const toPoint = (giver: typeof keeperKey): CollectAct => act(giver, point, keeperKey);

  async function record(acts: CollectAct[], expected: "Collected" | "Skipped" = "Collected"): Promise<number> {
    const ledger = world.LotLedger.connect(world.stranger);
    const receipt = await (await ledger.recordCollects(acts, [])).wait();
    const names = receipt?.logs.map((log) => ledger.interface.parseLog(log)?.name) ?? [];
    expect(names).to.deep.equal(acts.map(() => expected));
    return Number(receipt?.gasUsed);
  }

  it("gas: each measured call costs what it did", async () => {
    const five = Array.from({ length: 500 }, (_, i) => registrationOf(addressOf(keyOf("account", i))));
    const registered = await (await world.Parties.connect(world.registry).register(five)).wait();
    await settle();
    const same = hundred.map(() => toPoint(people[0]!));
    const spoiled = hundred.map((key) => ({ ...toPoint(key), receiverR: id("no signature") }));
    await expectSnapshot("gas", {
      "register 500 accounts": Number(registered?.gasUsed),
      "record 1 collect": await record([toPoint(people[0]!)]),
      "record 100 collects of one collector by one keeper": await record(same),
      "record 100 collects of 100 collectors by one keeper": await record(hundred.map(toPoint)),
      "record 100 collects of 100 collectors by 100 keepers": await record(
        hundred.map((key, i) => act(key, addressOf(people[100 + i]!), people[100 + i]!)),
      ),
      "skip 100 replayed collects": await record(same, "Skipped"),
      "skip 100 collects with spoiled signatures": await record(spoiled, "Skipped"),
    });
  });

  it("size: each contract is as large as it was, and small enough", async () => {
    const sizes: Record<string, number> = {};
    for (const name of contractNames) {
      const code = await world[name].getDeployedCode();
      sizes[name] = ((code?.length ?? 0) - 2) / 2;
      expect(sizes[name], name).to.be.within(1, largest);
    }
    await expectSnapshot("size", sizes);
  });
});
