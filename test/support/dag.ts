/** Random histories of lots on a test's chain: every kind of act and ruling, the next one made from what storage says. */
import { id, toBeHex, type SigningKey, type TypedDataDomain } from "ethers";
import { roles } from "../../server/access/roles.ts";
import { readView } from "../../server/chain/contracts.ts";
import type { Hex } from "../../server/chain/port.ts";
import { addressOf, batchOf, childOf, digestOf, keyOf, recorders, secp, signAct, type SignedAct } from "./acts.ts";
import { person, registrationOf, type Ledger } from "./ledger.ts";

/** A lot as contract storage has it. */
export interface StoredLot {
  id: Hex;
  custodian: Hex;
  owner: Hex;
  grams: number;
  seq: number;
  class: number;
  disposition: number;
  flags: number;
}

/** What a lot's word says, and `ownerOf`. */
export async function storedLot(ledger: Ledger, id: Hex, block?: number): Promise<StoredLot> {
  const contract = { name: "LotLedger", address: ledger.deployment.contracts.LotLedger.address } as const;
  const [[word], [owner]] = (await Promise.all([
    readView(ledger.chain, contract, "lots", [id], block),
    readView(ledger.chain, contract, "ownerOf", [id], block),
  ])) as [[bigint], [string]];
  const field = (shift: bigint, bits: bigint): number => Number((word >> shift) & ((1n << bits) - 1n));
  return {
    id,
    custodian: toBeHex(word >> 96n, 20) as Hex,
    owner: owner.toLowerCase() as Hex,
    grams: field(48n, 48n),
    seq: field(24n, 24n),
    class: field(8n, 16n),
    disposition: field(4n, 4n),
    flags: field(0n, 4n),
  };
}

/** Numbers in [0, n), the same for the same seed (mulberry32). */
export function randomFrom(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

export const domainOf = ({ domain }: Ledger): TypedDataDomain => ({
  name: "Tidemark",
  version: "1",
  chainId: domain.chainId,
  verifyingContract: domain.authority,
});

/** Carries acts in their order, those of one kind that follow each other in one transaction. */
export async function carry(ledger: Ledger, acts: readonly SignedAct[]): Promise<void> {
  for (let from = 0; from < acts.length;) {
    const { type } = acts[from]!;
    const end = acts.findIndex((act, i) => i > from && act.type !== type);
    const batch = acts.slice(from, end < 0 ? acts.length : end);
    await ledger.call(ledger.carrier, "LotLedger", recorders[type], batchOf(batch));
    from += batch.length;
  }
}

export interface Dag {
  /** every lot that was meant to be made; one whose act was skipped has no word */
  lots: Hex[];
  /** how often each step was played */
  played: Record<string, number>;
  /** Plays so many more steps. */
  play(steps: number): Promise<void>;
}

const PEOPLE = 5;
const captured = Date.UTC(2025, 11, 31) / 1_000;

/** Registers people and an auditor; the history is the same for the same seed. */
export async function startDag(ledger: Ledger, seed: number): Promise<Dag> {
  const random = randomFrom(seed);
  const domain = domainOf(ledger);
  const keys = new Map<string, SigningKey>();
  for (let n = 0; n < PEOPLE; n++) keys.set(addressOf(keyOf("dag", n)).toLowerCase(), keyOf("dag", n));
  const people = [...keys.keys()] as Hex[];
  const auditor = person("dag auditor");
  await ledger.call(ledger.registry, "Parties", "register", [people.map((account) => registrationOf(account))]);
  await ledger.call(ledger.admin, "AccessManager", "grantRole", [roles.AUDITOR, auditor.account, 0]);
  const lots: Hex[] = [];
  let salts = 0;

  const somebody = (): Hex => people[random(people.length)]!;
  const signerOf = (account: string): ReturnType<typeof secp> => secp(keys.get(account)!);
  const tail = (): Record<string, unknown> => ({
    capturedAt: captured + salts,
    anchor: id("anchor"),
    evidence: id(`e${salts++}`),
  });
  const salt = (): string => id(`salt ${seed} ${salts++}`);
  const made = (act: SignedAct, count: number): SignedAct => {
    const digest = digestOf(domain, act.type, act.act);
    if (act.type === "Collect") lots.push(digest as Hex);
    else for (let i = 0; i < count; i++) lots.push(childOf(digest, i) as Hex);
    return act;
  };

  /** An open lot, if one turns up soon. */
  async function openLot(fits: (lot: StoredLot) => boolean = () => true): Promise<StoredLot | undefined> {
    for (let i = 0; i < 40 && lots.length > 0; i++) {
      const lot = await storedLot(ledger, lots[random(lots.length)]!);
      if (lot.grams > 0 && fits(lot)) return lot;
    }
    return undefined;
  }

  /** Grams as parts, each at least one gram. */
  function parts(grams: number, most: number): number[] {
    const found: number[] = [];
    for (let left = grams; left > 0; left -= found.at(-1)!) {
      found.push(found.length === most - 1 ? left : 1 + random(left));
    }
    return found;
  }

  const steps: Record<string, () => Promise<SignedAct[] | undefined>> = {
    async collect() {
      return Array.from({ length: 1 + random(4) }, () => {
        const [collector, keeper] = [somebody(), somebody()];
        // class 1 << 10: needs a licence that nobody has
        const kind = random(8) === 0 ? 1 << 10 : 1 + random(3);
        const act = { class: kind, grams: 1 + random(9_000), collector, keeper, ...tail(), salt: salt() };
        return made(signAct(domain, "Collect", act, signerOf(collector), signerOf(keeper)), 1);
      });
    },
    async handoff() {
      const lot = await openLot();
      if (!lot) return undefined;
      const { id, custodian, grams, seq, owner } = lot;
      const to = random(3) === 0 ? owner : somebody();
      const acceptedGrams = [grams, grams, grams + 5, random(grams + 1)][random(4)]!;
      const masses = { declaredGrams: grams, acceptedGrams };
      const act = { lot: id, from: custodian, to, ...masses, seq, bailment: random(2), ...tail() };
      const first = signAct(domain, "Handoff", act, signerOf(custodian), signerOf(to));
      const kept = Math.min(grams, acceptedGrams);
      if (kept === 0 || random(2) === 0) return [first];
      // another one on top, in the same transaction
      const next = somebody();
      const again = {
        lot: id,
        from: to,
        to: next,
        declaredGrams: kept,
        acceptedGrams: kept,
        seq: seq + 1,
        bailment: 1,
      };
      return [first, signAct(domain, "Handoff", { ...again, ...tail() }, signerOf(to), signerOf(next))];
    },
    async split() {
      const lot = await openLot();
      if (!lot) return undefined;
      const grams = parts(lot.grams, 1 + random(4));
      const act = { lot: lot.id, seq: lot.seq, grams, operator: lot.custodian, ...tail() };
      return [made(signAct(domain, "Split", act, signerOf(lot.custodian)), grams.length)];
    },
    async transform() {
      const first = await openLot(({ flags }) => (flags & 4) === 0);
      if (!first) return undefined;
      const operator = first.custodian;
      const inputs = new Map([[first.id, first]]);
      for (let i = random(4); i > 0; i--) {
        const lot = await openLot(({ custodian, flags }) => custodian === operator && (flags & 4) === 0);
        if (lot) inputs.set(lot.id, lot);
      }
      const sorted = [...inputs.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
      const grams = sorted.reduce((sum, lot) => sum + lot.grams, 0);
      const loss = random(3) === 0 ? 0 : random(Math.ceil(grams / 10));
      const outputs = parts(grams - loss, 1 + random(3)).map((grams, i) => ({ class: 7 + i, grams }));
      const flow = { inputs: sorted.map(({ id, seq }) => ({ lot: id, seq })), outputs, lossGrams: loss };
      const act = { process: 1 + random(4), ...flow, operator, ...tail(), salt: salt() };
      return [made(signAct(domain, "Transform", act, signerOf(operator)), outputs.length)];
    },
    async conclude() {
      const lot = await openLot(({ flags }) => (flags & 4) === 0);
      if (!lot) return undefined;
      const grams = random(2) === 0 ? lot.grams : 1 + random(lot.grams);
      const act = { lot: lot.id, seq: lot.seq, grams, kind: 1 + random(7), operator: lot.custodian, ...tail() };
      return [signAct(domain, "Conclude", act, signerOf(lot.custodian))];
    },
    async passTitle() {
      const lot = await openLot();
      if (!lot) return undefined;
      const to = random(2) === 0 ? lot.custodian : somebody();
      const act = { lot: lot.id, seq: lot.seq, owner: lot.owner, to, ...tail() };
      return [signAct(domain, "PassTitle", act, signerOf(lot.owner), signerOf(to))];
    },
    async stale() {
      const lot = await openLot(({ seq }) => seq > 0);
      if (!lot) return undefined;
      const act = { lot: lot.id, seq: lot.seq - 1, grams: 1, kind: 2, operator: lot.custodian, ...tail() };
      return [signAct(domain, "Conclude", act, signerOf(lot.custodian))];
    },
    async rule() {
      const lot = await openLot(({ flags }) => (flags & 11) !== 0 || random(4) === 0);
      if (!lot) return undefined;
      const rulings = [
        [2, 8],
        [1, 0],
        [0, 11],
        [8, 3],
      ] as const;
      for (let i = random(3); i >= 0; i--) {
        await ledger.call(auditor, "LotLedger", "ruleOnFlags", [lot.id, ...rulings[random(4)]!, id("basis")]);
      }
      return [];
    },
    async void() {
      const lot = await openLot();
      if (!lot) return undefined;
      await ledger.call(auditor, "LotLedger", "voidLot", [lot.id, id("basis")]);
      return [];
    },
  };

  /** Collects come oftener, so that there is something left to act upon. */
  const names = [...Object.keys(steps), "collect", "collect", "handoff", "split", "transform"];
  const played = Object.fromEntries(Object.keys(steps).map((name) => [name, 0]));
  return {
    lots,
    played,
    async play(count) {
      for (let i = 0; i < count; i++) {
        const name = lots.length < 5 ? "collect" : names[random(names.length)]!;
        const acts = await steps[name]!();
        if (!acts) continue;
        await carry(ledger, acts);
        played[name]!++;
      }
    },
  };
}
