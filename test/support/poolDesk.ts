/** A whole server with lots, a bank, a payer and an allocator: what pools are tried on over HTTP. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { Unsigned } from "../../server/chain/calls.ts";
import type { Hex } from "../../server/chain/port.ts";
import { createLog } from "../../server/log.ts";
import { logInAs, openApi, type Answer, type TestApi } from "./api.ts";
import { settleBay, type Bay } from "./bay.ts";
import { allFinal, apiAt } from "./homes.ts";
import { registrationOf, type Person } from "./ledger.ts";
import { allocator, bank, payer } from "./money.ts";

/** Lots of 1,000 to 1,005 g, each by another collector, all kept by the point. */
export const LOTS = 6;
export const POOL_FEN = 10_001n;

export const lineageRules =
  '{"kind":"lineage","name":{"en":"By weight","zh":"按重量"},"roles":{"collector":7000,"keeper":3000}}';
const projectRules = '{"kind":"project","name":{"en":"By shares","zh":"按份额"}}';

export interface Leaf {
  account: Hex;
  amountFen: string;
  chunk: number;
  paid: boolean;
  parts: Record<string, unknown>[];
}

export interface PoolDesk {
  api: TestApi;
  bay: Bay;
  /** ascending */
  lots: Hex[];
  /** digests of the rulesets on record */
  lineage: Hex;
  project: Hex;
  /** What is there, which it must be. */
  get(path: string, headers?: Record<string, string>): Promise<Record<string, unknown>>;
  /** What a pool is funded with, unless said otherwise: for all lots, by lineage. */
  terms(more?: object): object;
  /** Balance, what was paid, what is held aside. */
  money(account: Hex): Promise<[string, string, string]>;
  /** Works out and publishes how a pool is divided. */
  publish(pool: number): Promise<Answer>;
  payouts(pool: number): Promise<Answer>;
  /** Waits until the division opens, a second after it was published, and pays it. */
  payAll(pool: number): Promise<void>;
  /** How the pool of {@link POOL_FEN} is divided: 7 of 10 to collectors by grams, 3 to the point, by the largest remainders. */
  byHand(): Map<string, bigint>;
}

/** Status, code and, where the contract refused, its reason. */
export const refused = ({ status, body: { code, reason } }: Answer): unknown[] =>
  reason === undefined ? [status, code] : [status, code, reason];

function byHand(api: TestApi): Map<string, bigint> {
  const collectors = api.cast.regular.slice(0, LOTS).map(({ address }, n) => [address, BigInt(1_000 + n)] as const);
  const all = 1_000n * 6n + 15n;
  const over = 10n * all;
  const exact = new Map<string, bigint>(collectors.map(([who, grams]) => [who, POOL_FEN * 7n * grams]));
  exact.set(api.cast.point.account, POOL_FEN * 3n * all);
  const fen = new Map([...exact].map(([who, part]) => [who, part / over]));
  let left = POOL_FEN - [...fen.values()].reduce((sum, part) => sum + part, 0n);
  for (const [who] of [...exact].sort(([, a], [, b]) => Number((b % over) - (a % over)))) {
    if (left-- > 0n) fen.set(who, fen.get(who)! + 1n);
  }
  return fen;
}

/** Starts it: lots recorded, roles granted, rulesets on record, and no fen yet. */
export async function openPools(held: readonly Hex[] = []): Promise<PoolDesk> {
  const api = await openApi({ TIDEMARK_POOL_DELAY: "1" }, createLog("silent"), held);
  const bay = await settleBay(api);
  const acts = api.acts(0, LOTS);
  await api.ask(
    "/v1/acts",
    acts.map(({ item }) => item),
  );
  await allFinal(apiAt(api.running.url), acts);
  const lots = acts.map(({ digest }) => digest).sort();
  await bay.call(bay.registry, "Parties", "register", [[bank, payer].map(({ account }) => registrationOf(account))]);
  await bay.grant("BANK", bank);
  await bay.grant("ALLOCATOR", allocator);
  const [lineage, project] = [await bay.document(lineageRules), await bay.document(projectRules)];

  const get: PoolDesk["get"] = async (path, headers = {}) => {
    const { status, body } = await api.ask(path, undefined, headers);
    expect(status, JSON.stringify(body)).to.equal(200);
    return body;
  };
  async function send(who: Person, { to, data, nonce, gasLimit, chainId }: Unsigned): Promise<void> {
    const { raw } = who.signer.sign({ to, data, nonce, gasLimit: BigInt(gasLimit), chainId });
    const { status, body } = await api.ask("/v1/transactions", { raw });
    expect(status, JSON.stringify(body)).to.equal(202);
    expect(await bay.settled(body["digest"])).to.include({ state: "final" });
  }
  const payouts = (pool: number): Promise<Answer> => bay.prepare(bay.farmer, `/v1/pools/${pool}/payouts`, {});
  return {
    ...{ api, bay, lots, lineage, project, get, payouts },
    terms: (more = {}) => {
      const usual = { kind: "lots", subjects: lots, source: 1, amountFen: String(POOL_FEN), ruleset: lineage };
      return { ...usual, ...more };
    },
    async money(account) {
      const { balanceFen, paidFen, heldFen } = await get(`/v1/payees/${account}`);
      return [balanceFen, paidFen, heldFen] as [string, string, string];
    },
    async publish(pool) {
      const login = await logInAs(api, api.cast.keeper);
      const answer = await api.ask(`/v1/pools/${pool}/allocation`, { from: allocator.account }, login);
      expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
      await send(allocator, answer.body["transaction"] as Unsigned);
      return answer;
    },
    async payAll(pool) {
      let answer = await payouts(pool);
      while (answer.body["reason"] === "PoolNotOpen") {
        await sleep(100);
        answer = await payouts(pool);
      }
      expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
      for (const { transaction } of answer.body["payouts"] as { transaction: Unsigned }[]) {
        await send(bay.farmer, transaction);
      }
    },
    byHand: () => byHand(api),
  };
}
