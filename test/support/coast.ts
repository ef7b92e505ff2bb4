/** A collector with a key of its own and a storage point whose keeper's key is bound to it, on a fresh chain. */
import { expect } from "chai";
import { zeroPadValue, ZeroAddress, type SigningKey, type TypedDataDomain } from "ethers";
import {
  addressOf,
  collectOf,
  digestOf,
  domainOf,
  keyOf,
  registrationOf,
  signCollect,
  type Collect,
  type CollectAct,
} from "./collects.ts";
import { createWorld, startOfTests, type World } from "./contracts.ts";

export const collectorKey = keyOf("collector");
export const keeperKey = keyOf("keeper");
/** signs for nobody until a test binds it */
export const strangerKey = keyOf("stranger");
export const collector = addressOf(collectorKey);
export const stranger = addressOf(strangerKey);

/** A date no key or licence outlives. */
export const forever = 2 ** 40 - 1;
/** When the collects of `coast.collect` were captured, unless a test says otherwise. */
export const captured = startOfTests - 3_600;

export const keyId = (address: string): string => zeroPadValue(address, 32);

type Recording = ReturnType<World["LotLedger"]["recordCollects"]>;

export interface Coast {
  world: World;
  /** the ledger, called by somebody without any role */
  ledger: World["LotLedger"];
  /** the register, called by the registry */
  registry: World["Parties"];
  domain: TypedDataDomain;
  /** the storage point's account: a facility */
  point: string;
  collect(terms?: Partial<Collect>): Collect;
  sign(act: Collect, giver?: SigningKey, receiver?: SigningKey): CollectAct;
  /** Expects the event and the word of this act's lot, with these flags (`reasons 4 | lot flags 4`). */
  expectRecorded(act: Collect, call: Recording, flags?: number): Promise<void>;
}

async function settle(world: World): Promise<Coast> {
  const ledger = world.LotLedger.connect(world.stranger);
  const registry = world.Parties.connect(world.registry);
  const domain = await domainOf(world);
  const facility = registrationOf(ZeroAddress, 0b100);
  const point = await registry.accountFor(facility.identityHash);
  await registry.register([registrationOf(collector), facility]);
  await registry.bindKey(point, keyId(addressOf(keeperKey)), 0, forever);

  const expectRecorded = async (act: Collect, call: Recording, flags = 0): Promise<void> => {
    const lot = digestOf(domain, act);
    const terms = (act.grams << 208n) | (BigInt(act.capturedAt) << 168n) | (BigInt(flags) << 160n);
    await expect(call)
      .to.emit(ledger, "Collected")
      .withArgs(lot, act.collector, act.keeper, act.class, terms, act.anchor, act.evidence);
    const word = (BigInt(act.keeper) << 96n) | (act.grams << 48n) | (BigInt(act.class) << 8n) | BigInt(flags & 0xf);
    expect(await ledger.lots(lot)).to.equal(word);
  };

  return {
    world,
    ledger,
    registry,
    domain,
    point,
    collect: (terms = {}) => collectOf(collector, point, terms),
    sign: (act, giver = collectorKey, receiver = keeperKey) => signCollect(domain, act, giver, receiver),
    expectRecorded,
  };
}

/** A loader for one test file: each call gives the coast as it was settled. */
export async function createCoast(): Promise<() => Promise<Coast>> {
  const load = await createWorld();
  return async () => settle(await load());
}
