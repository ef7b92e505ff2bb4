/** HTTP routes of fen: what banks mint and burn, and what people have and got. */
import type { z } from "zod";
import type { Hex } from "../chain/port.ts";
import { Problem } from "../errors.ts";
import { readCursor } from "../indexer/queries.ts";
import { route, type Caller, type Route } from "../route.ts";
import { prepareDeposit, prepareWithdrawal, soundDivision, type MoneyDeps } from "./commands.ts";
import { findPool, findRuleset } from "./divisions.ts";
import { presentPayout, presentShare, rulesetView } from "./presentation.ts";
import { readHeld, readPayee, readPayouts, readPoolsOfPayee } from "./queries.ts";
import { bankBody, payeeParams, payeeQuery, payeeView } from "./schemas.ts";
import { preparing } from "../wire.ts";

type PayeeView = z.input<typeof payeeView>;
type PayeePool = NonNullable<PayeeView["pools"]>[number];

/** @throws Problem `need-to-know` for whoever neither signs for the account nor is an auditor */
function refuseOthers({ key, accounts, roles }: Caller, account: Hex): void {
  if (accounts.includes(account) || roles.includes("AUDITOR")) return;
  throw new Problem("need-to-know", `the key ${key} does not sign for ${account}`, { account });
}

/** The leaf and its reasons; unknown where the published division cannot be worked out again, or is another. */
async function shareOf(deps: MoneyDeps, id: bigint, account: Hex): Promise<Omit<PayeePool, "heldFen" | "payouts">> {
  const pool = await findPool(deps.db.sql, id);
  try {
    const { allocation, ruleset } = await soundDivision(deps.divisions, pool);
    return { pool: String(id), ruleset: rulesetView(pool.ruleset, ruleset), ...presentShare(allocation, account) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const ruleset = await findRuleset(deps.library, pool.ruleset).catch(() => undefined);
    return { pool: String(id), ruleset: rulesetView(pool.ruleset, ruleset), leafFen: null, parts: null };
  }
}

/** One page of the pools behind what an account got. */
async function readFull(
  deps: MoneyDeps,
  account: Hex,
  after: bigint,
  limit: number,
): Promise<Pick<PayeeView, "pools" | "next">> {
  const { ids, payouts, held, more } = await deps.db.snapshot(async (sql) => {
    const found = await readPoolsOfPayee(sql, account, after, limit + 1);
    const ids = found.slice(0, limit);
    const [payouts, held] = [await readPayouts(sql, account, ids), await readHeld(sql, account, ids)];
    return { ids, payouts, held, more: found.length > limit };
  });
  const pools: PayeePool[] = [];
  for (const id of ids) {
    const own = payouts.filter(({ pool }) => pool === id).map(presentPayout);
    pools.push({ ...(await shareOf(deps, id, account)), heldFen: String(held.get(id) ?? 0n), payouts: own });
  }
  return { pools, next: more ? String(ids.at(-1)) : null };
}

function payeeRoute(deps: MoneyDeps): Route {
  return route({
    method: "get",
    path: "/v1/payees/{account}",
    summary: "What an account has, got from pools and waits for; in full by pool, with the lots and the rule behind it",
    access: {
      partly:
        "Balance and totals are for everybody (view=public). The full view, with the lots behind each payout, is for those who log in with a key of the account, and for auditors.",
    },
    params: payeeParams,
    query: payeeQuery,
    answers: { 200: { description: "The account's money", schema: payeeView } },
    problems: ["need-to-know", "not-ready"],
    async handle({ params: { account }, query: { view, after, limit }, caller }) {
      if (view === "full") refuseOthers(await caller(), account);
      const { payee, cursor } = await deps.db.snapshot(async (sql) => ({
        payee: await readPayee(sql, account),
        cursor: await readCursor(sql),
      }));
      if (!cursor) throw new Problem("not-ready", "no block is indexed yet");
      const full =
        view === "full" ? await readFull(deps, account, BigInt(after ?? 0), limit) : { pools: null, next: null };
      const { balanceFen, paidFen, heldFen, pools: poolCount } = payee;
      const totals = { balanceFen: String(balanceFen), paidFen: String(paidFen), heldFen: String(heldFen), poolCount };
      const body = { account, asOfBlock: cursor.block, view, ...totals, ...full };
      return { status: 200, body };
    },
  });
}

/** Deposits and withdrawals of banks, and payees. */
export function moneyRoutes(deps: MoneyDeps): Route[] {
  const answers = preparing;
  const problems = ["would-revert", "not-ready"] as const;
  return [
    route({
      method: "post",
      path: "/v1/deposits",
      access: "public",
      prepares: { roles: ["BANK"] },
      summary: "Prepare the transaction by which a bank mints fen against a deposit",
      body: bankBody,
      answers,
      problems,
      async handle({ body }) {
        return { status: 200, body: await prepareDeposit(deps, { ...body, amountFen: BigInt(body.amountFen) }) };
      },
    }),
    route({
      method: "post",
      path: "/v1/withdrawals",
      access: "public",
      prepares: { roles: ["BANK"] },
      summary: "Prepare the transaction by which a bank burns fen that it has paid out",
      body: bankBody,
      answers,
      problems,
      async handle({ body }) {
        return { status: 200, body: await prepareWithdrawal(deps, { ...body, amountFen: BigInt(body.amountFen) }) };
      },
    }),
    payeeRoute(deps),
  ];
}
