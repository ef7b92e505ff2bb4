/** `payees`: what an account has, got and waits for. */
import type { Command } from "commander";
import type { z } from "zod";
import type { Hex } from "../../server/chain/port.ts";
import type { payeeView } from "../../server/profit/schemas.ts";
import { yuan } from "../demo/screen.ts";
import type { Desk } from "./desk.ts";
import { facts } from "./lines.ts";
import { address } from "./values.ts";
import type { AddVerb, Answer } from "./verb.ts";

/** For an account nobody ever paid, too: it has nothing. */
async function show({ api }: Desk, [account]: [Hex]): Promise<Answer> {
  const payee = (await api.read<z.output<typeof payeeView>>(`/v1/payees/${account}`))!;
  const lines = facts([
    ["账户", "Account", account],
    ["余额", "Balance", yuan(BigInt(payee.balanceFen))],
    ["累计所得", "Paid in all", yuan(BigInt(payee.paidFen))],
    ["暂存", "Held aside", yuan(BigInt(payee.heldFen))],
    ["资金池", "Pools", String(payee.poolCount)],
  ]);
  return { outcome: "shown", json: { payee }, lines };
}

export function payees(program: Command, verb: AddVerb): void {
  const noun = program.command("payees").description("收款人 Accounts that pools pay");
  verb(noun, "show", ["查看余额与累计所得", "Its balance, what it got, what is held aside"], show).argument(
    "<account>",
    "账户号 its id",
    address,
  );
}
