/** Plays the money: a brand's premium for the people of a storage point, and a sale's proceeds for six farmers. */
import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";
import { sourceCodes } from "../../server/access/vocabulary.ts";
import { toHex, uintWord } from "../../server/chain/eip712.ts";
import type { Hex } from "../../server/chain/port.ts";
import { rulesetBytes, type Ruleset } from "../../server/profit/ruleset.ts";
import type { allocationView, payoutsView, poolsView, wholePoolView } from "../../server/profit/schemas.ts";
import { Refusal } from "../../server/errors.ts";
import type { Api } from "./client.ts";
import { commit, ensure, send } from "./committing.ts";
import { actKeyOf, seeded, signerOf, type Cast } from "./keys.ts";
import type { Place, Office, Who } from "./scenario/people.ts";

export type Pool = z.output<typeof wholePoolView>;
export type Allocation = z.output<typeof allocationView>;

export interface MoneyStage {
  api: Api;
  cast: Cast;
  /** told after each step of a pool */
  progress: () => void;
}

/** Money that is to be divided. */
export interface Fund {
  key: string;
  name: { zh: string; en: string };
  kind: "lots" | "project";
  subjects: Hex[];
  source: number;
  amountFen: number;
  /** who pays: the account, and the key that signs for it */
  payer: Who;
  signer: Office | `${Place}/0`;
  ruleset: Ruleset;
}

/** What the brand pays for each kilogram that it claimed, in fen; generated. */
const PREMIUM_FEN_PER_KG = 150n;

/** The premium goes to those through whose hands the claimed grams went; how much to whom is generated. */
export function premium(lots: readonly Hex[], claimedGrams: number): Fund {
  return {
    key: "premium",
    name: { zh: "品牌溢价 → 小蓝之家", en: "Brand's premium → storage point" },
    kind: "lots",
    subjects: [...lots].sort(),
    source: sourceCodes.premium,
    amountFen: Number((BigInt(claimedGrams) * PREMIUM_FEN_PER_KG) / 1_000n),
    payer: "brand",
    signer: "brand/0",
    ruleset: {
      kind: "lineage",
      name: { zh: "小蓝之家溢价分配规则", en: "How the storage point's premium is divided" },
      roles: { collector: 7_000, keeper: 1_500, hauler: 1_000, operator: 500 },
    },
  };
}

/** What is called how where a sink's credits are sold. */
const sales = {
  dachen: {
    name: { zh: "大陈岛拍卖款 → 六户", en: "Dachen auction → six farmers" },
    rule: { zh: "大陈岛贻贝收益分配规则", en: "How Dachen's proceeds are divided" },
  },
  ziyang: {
    name: { zh: "梓阳出售款 → 流域工程", en: "Ziyang sale → the watershed's works" },
    rule: { zh: "梓阳小流域收益用途规则", en: "What Ziyang's proceeds are bound to" },
  },
};

/** A sale's proceeds go to those who have registered shares in the project. */
export function sale(key: keyof typeof sales, project: string, amountFen: number, payer: Office): Fund {
  const { name, rule } = sales[key];
  return {
    key: `sale/${key}`,
    name,
    kind: "project",
    subjects: [toHex(uintWord(BigInt(project)))],
    source: sourceCodes.sale,
    amountFen,
    payer,
    signer: payer,
    ruleset: { kind: "project", name: rule },
  };
}

/** Steps of one fund that `progress` is told of. */
export const STEPS = 4;

/** Deposit, pool, division; only what is missing. @returns the pool's id */
export async function playFund(stage: MoneyStage, fund: Fund): Promise<string> {
  const ruleset = await stage.api.upload(
    actKeyOf("allocator/0"),
    rulesetBytes(fund.ruleset) as Uint8Array<ArrayBuffer>,
    "application/json",
  );
  const id = await open(stage, fund, ruleset);
  stage.progress();
  await publish(stage, id);
  stage.progress();
  return id;
}

async function open(stage: MoneyStage, fund: Fund, ruleset: Hex): Promise<string> {
  const { api, cast } = stage;
  const { kind, subjects, source, signer } = fund;
  const account = cast.of(fund.payer).account;
  const amountFen = String(fund.amountFen);
  return ensure(
    fund.name.en,
    async () => {
      const found = await api.read<z.output<typeof poolsView>>("/v1/pools?limit=200");
      return found?.pools.find((pool) => pool.payer === account && pool.ruleset === ruleset)?.id;
    },
    async () => {
      await deposit(stage, fund);
      stage.progress();
      return commit(api, signerOf(signer), "/v1/pools", { kind, subjects, source, amountFen, ruleset });
    },
  );
}

/** The bank's reference is used once, so a deposit that was made before is refused. */
async function deposit({ api, cast }: MoneyStage, { key, payer, amountFen }: Fund): Promise<void> {
  const terms = { account: cast.of(payer).account, amountFen: String(amountFen) };
  const outcome = await commit(api, signerOf("bank/0"), "/v1/deposits", {
    ...terms,
    bankReference: seeded(`bank/${key}`),
  });
  if (outcome !== "final" && !outcome.includes("ReferenceUsed")) throw new Refusal(`The deposit is ${outcome}.`);
}

const readPool = async (api: Api, id: string): Promise<Pool> => {
  const found = await api.read<Pool>(`/v1/pools/${id}`);
  if (!found) throw new Refusal(`Pool ${id} is gone from the ledger.`);
  return found;
};

async function publish({ api }: MoneyStage, id: string): Promise<void> {
  const allocator = signerOf("allocator/0");
  await ensure(
    `The division of pool ${id}`,
    async () => ((await readPool(api, id)).division ? true : undefined),
    async () => {
      const prepared = await api.prepare(
        `/v1/pools/${id}/allocation`,
        { from: allocator.address },
        actKeyOf("allocator/0"),
      );
      return "refused" in prepared ? prepared.refused : send(api, allocator, prepared);
    },
  );
}

/** Pays a pool out, once it is open. Anybody may push chunks; here the allocator does. */
export async function payOut({ api, progress }: MoneyStage, id: string): Promise<Pool> {
  const pusher = signerOf("allocator/0");
  const { division } = await readPool(api, id);
  await sleep(Math.max(0, division!.opensAt * 1_000 - Date.now()));
  const paid = await ensure(
    `The payout of pool ${id}`,
    async () => {
      const pool = await readPool(api, id);
      return pool.state === "closed" ? pool : undefined;
    },
    async () => {
      const prepared = await api.prepare(`/v1/pools/${id}/payouts`, { from: pusher.address, limit: 16 });
      if ("refused" in prepared) return prepared.refused;
      const { payouts } = prepared as unknown as z.output<typeof payoutsView>;
      let outcome = "no chunk was left to pay";
      for (const { transaction } of payouts) outcome = await send(api, pusher, { transaction });
      return outcome;
    },
  );
  progress();
  return paid;
}
