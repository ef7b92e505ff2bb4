/**
 * A coast on a fresh chain: a collector, a hauler and a plant with keys of their own, and a storage point whose keeper's
 * key is bound to it. Acts are signed by the accounts they name, unless a test says otherwise.
 */
import { expect } from "chai";
import { id, ZeroAddress, ZeroHash, type ContractTransactionResponse, type TypedDataDomain } from "ethers";
import {
  addressOf,
  batchOf,
  digestOf,
  keyId,
  keyOf,
  recorders,
  secp,
  signAct,
  type ActName,
  type Message,
  type Sign,
  type SignedAct,
} from "./acts.ts";
import { collectOf, domainOf, registrationOf, type Collect } from "./collects.ts";
import { createWorld, startOfTests, type World } from "./contracts.ts";

export { keyId } from "./acts.ts";

export const collectorKey = keyOf("collector");
export const keeperKey = keyOf("keeper");
export const haulerKey = keyOf("hauler");
export const plantKey = keyOf("plant");
/** signs for nobody until a test binds it */
export const strangerKey = keyOf("stranger");
export const collector = addressOf(collectorKey);
export const hauler = addressOf(haulerKey);
export const plant = addressOf(plantKey);
export const stranger = addressOf(strangerKey);

/** A date no key or licence outlives. */
export const forever = 2 ** 40 - 1;
/** When the acts of the coast were captured, unless a test says otherwise. */
export const captured = startOfTests - 3_600;

export const review = 8;

const tail = { capturedAt: captured, anchor: id("the last block seen"), evidence: id("the root of the evidence") };

/** Fields of a lot's word. */
export interface LotState {
  custodian: string;
  grams: bigint | number;
  seq?: number;
  class?: number;
  disposition?: number;
  flags?: number;
}

export const wordOf = (lot: LotState): bigint =>
  (BigInt(lot.custodian) << 96n) |
  (BigInt(lot.grams) << 48n) |
  (BigInt(lot.seq ?? 0) << 24n) |
  (BigInt(lot.class ?? 1) << 8n) |
  (BigInt(lot.disposition ?? 0) << 4n) |
  BigInt(lot.flags ?? 0);

/** Numbers packed from the highest bit of a word down. */
export function packed(...parts: [value: bigint | number, bits: number][]): bigint {
  let left = 256n;
  return parts.reduce((word, [value, bits]) => word | (BigInt(value) << (left -= BigInt(bits))), 0n);
}

/** The two accounts that sign an act, or its operator alone. */
const roles: Record<ActName, string[]> = {
  Collect: ["collector", "keeper"],
  Handoff: ["from", "to"],
  Split: ["operator"],
  Transform: ["operator"],
  Conclude: ["operator"],
  PassTitle: ["owner", "to"],
};

export const checks = {
  Collect: "checkCollect",
  Handoff: "checkHandoff",
  Split: "checkSplit",
  Transform: "checkTransform",
  Conclude: "checkConclude",
  PassTitle: "checkPassTitle",
} as const;

export type Coast = Awaited<ReturnType<typeof settle>>;

async function settle(world: World) {
  // somebody without any role carries the acts
  const ledger = world.LotLedger.connect(world.stranger);
  const registry = world.Parties.connect(world.registry);
  const auditor = world.LotLedger.connect(world.auditor);
  const domain: TypedDataDomain = await domainOf(world);
  const facility = registrationOf(ZeroAddress, 0b100);
  const point = await registry.accountFor(facility.identityHash);
  await registry.register([...[collector, hauler, plant].map((account) => registrationOf(account)), facility]);
  await registry.bindKey(point, keyId(addressOf(keeperKey)), 0, forever);

  const signers = new Map<string, Sign>([
    [collector, secp(collectorKey)],
    [point, secp(keeperKey)],
    [hauler, secp(haulerKey)],
    [plant, secp(plantKey)],
    [stranger, secp(strangerKey)],
  ]);
  const lots = new Set<string>();

  const sign = (type: ActName, act: Message, giver?: Sign, receiver?: Sign): SignedAct => {
    const [first, second] = roles[type].map((role) => signers.get(act[role] as string));
    return signAct(domain, type, act, giver ?? first!, receiver ?? second);
  };

  const digest = ({ type, act }: SignedAct): string => digestOf(domain, type, act);

  /** Carries acts of one kind in one transaction. */
  const carry = (...acts: SignedAct[]): Promise<ContractTransactionResponse> => {
    const record = ledger[recorders[acts[0]!.type]] as typeof ledger.recordCollects;
    return record(...batchOf(acts));
  };

  const check = (signed: SignedAct): Promise<unknown> => {
    const judge = ledger[checks[signed.type]] as typeof ledger.checkCollect;
    const [[act], proofs] = batchOf([signed]);
    return judge(act!, proofs);
  };

  const collect = (terms: Partial<Collect> = {}): Collect => collectOf(collector, point, terms);

  const states = async () => Promise.all([...lots].map(async (lot) => [lot, await ledger.lots(lot)] as const));

  /** The lot an act is made upon, as its events name it. */
  const subject = (signed: SignedAct): string => {
    if (signed.type === "Collect") return digest(signed);
    if (signed.type !== "Transform") return signed.act["lot"] as string;
    return (signed.act["inputs"] as { lot: string }[])[0]?.lot ?? ZeroHash;
  };

  return {
    world,
    ledger,
    registry,
    auditor,
    domain,
    point,
    signers,
    sign,
    digest,
    carry,
    check,
    collect,

    /** Collects a lot of the point's, 1,500 g of class 1 unless said otherwise; its id. */
    async lot(terms: Partial<Collect> = {}): Promise<string> {
      const signed = sign("Collect", collect({ salt: id(`lot ${lots.size}`), ...terms }));
      await carry(signed);
      lots.add(digest(signed));
      return digest(signed);
    },
    /** From the point to the plant, whole, with title. */
    handoff: (lot: string, terms: Message = {}): Message => ({
      ...{ lot, from: point, to: plant, declaredGrams: 1_500, acceptedGrams: 1_500, seq: 0, bailment: 0 },
      ...tail,
      ...terms,
    }),
    split: (lot: string, grams: number[], terms: Message = {}): Message => ({
      ...{ lot, seq: 0, grams, operator: point },
      ...tail,
      ...terms,
    }),
    /** Of process 7; inputs are put into order. */
    transform: (inputs: string[], outputs: number[], terms: Message = {}): Message => ({
      process: 7,
      inputs: inputs.toSorted().map((lot) => ({ lot, seq: 0 })),
      outputs: outputs.map((grams, i) => ({ class: 2 + i, grams })),
      ...{ lossGrams: 0, operator: point },
      ...tail,
      salt: id("salt"),
      ...terms,
    }),
    /** 500 g disposed of. */
    conclude: (lot: string, terms: Message = {}): Message => ({
      ...{ lot, seq: 0, grams: 500, kind: 2, operator: point },
      ...tail,
      ...terms,
    }),
    /** From the point to the plant. */
    passTitle: (lot: string, terms: Message = {}): Message => ({
      ...{ lot, seq: 0, owner: point, to: plant },
      ...tail,
      ...terms,
    }),

    expectLot: async (lot: string, state: LotState): Promise<void> => {
      expect(await ledger.lots(lot)).to.equal(wordOf(state));
    },

    /** Expects that a transaction emitted this event and no other. */
    async expectOnly(call: Promise<ContractTransactionResponse>, event: string, args: unknown[]): Promise<void> {
      await expect(call)
        .to.emit(ledger, event)
        .withArgs(...args);
      expect((await (await call).wait())?.logs).to.have.length(1);
    },

    /** Expects that the act's check says nothing, and that it is recorded. */
    async expectRecorded(signed: SignedAct): Promise<void> {
      await check(signed);
      const logs = (await (await carry(signed)).wait())?.logs ?? [];
      const names = logs.map((log) => ledger.interface.parseLog(log)?.name);
      expect(names).to.have.length(1).and.not.include("Skipped");
    },

    /**
     * Expects that the act's check reverts with this error, that its recorder skips it, and that no lot changes.
     * @param args of the error; any when not given
     */
    async expectSkipped(signed: SignedAct, error: string, args?: unknown[]): Promise<void> {
      const before = [await states(), await ledger.totals()];
      const refused = expect(check(signed)).to.be.revertedWithCustomError(ledger, error);
      await (args ? refused.withArgs(...args) : refused);
      const reason = ledger.interface.getError(error)?.selector;
      await this.expectOnly(carry(signed), "Skipped", [subject(signed), digest(signed), reason]);
      expect([await states(), await ledger.totals()]).to.deep.equal(before);
    },
  };
}

/** A loader for one test file: each call gives the coast as it was settled. */
export async function createCoast(): Promise<() => Promise<Coast>> {
  const load = await createWorld();
  return async () => settle(await load());
}
