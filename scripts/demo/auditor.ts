/** The auditor of the demo: looks into what is quarantined or under review, and lifts that with a reason. */
import { interfaces } from "../../server/chain/contracts.ts";
import { keccakText, toHex } from "../../server/chain/eip712.ts";
import type { Hex } from "../../server/chain/port.ts";
import { Refusal } from "../../server/errors.ts";
import type { Api, Ledger } from "./client.ts";
import { auditorSigner } from "./keys.ts";
import { perform } from "../registry/transactions.ts";

/** Flags that an auditor rules on, by their bits. */
const rulable = { quarantined: 2, review: 8 } as const;
type Flag = keyof typeof rulable;

/** Once is enough; more where rulings were on their way when the player was killed. */
const MOST_ROUNDS = 5;

/** Why; its hash stands on chain. */
export const grounds: Record<Flag, { zh: string; en: string }> = {
  quarantined: {
    zh: "清洗线滤网破损，碎片混入残渣；称重记录与现场一致，予以放行。",
    en: "A filter of the washing line had burst; scale records and the site agree. Released.",
  },
  review: {
    zh: "由已挂失的手机签名；手机挂失之前称重，记录属实。",
    en: "Signed by a phone that was lost later; weighed before, and the records agree.",
  },
};

/** A flag of a lot that is to be lifted. */
export interface Case {
  lot: Hex;
  flag: Flag;
}

/**
 * Lifts flags, but those that were lifted before.
 * @returns how many were lifted now
 * @throws Refusal where there is no such lot, or a ruling is refused
 */
export async function release(api: Api, ledger: Ledger, cases: readonly Case[]): Promise<number> {
  const all = await openCases(api, cases);
  let open = all;
  let outcome = "";
  for (let rounds = 0; open.length > 0 && rounds < MOST_ROUNDS; rounds++) {
    const calls = open.map((each) => ({ to: ledger.contracts.LotLedger, data: ruling(each) }));
    outcome = await perform(api, ledger.chainId, { signer: auditorSigner(), calls });
    open = await openCases(api, open);
  }
  if (open.length > 0) throw new Refusal(`Lot ${open[0]!.lot} is still ${open[0]!.flag}: ${outcome}.`);
  return all.length;
}

async function openCases(api: Api, cases: readonly Case[]): Promise<Case[]> {
  const open: Case[] = [];
  for (const each of cases) {
    const found = await api.lot(each.lot);
    if (!found) throw new Refusal(`Lot ${each.lot}, which an auditor is to rule on, is not on the ledger.`);
    if (found.flags.includes(each.flag)) open.push(each);
  }
  return open;
}

function ruling({ lot, flag }: Case): Hex {
  const { zh, en } = grounds[flag];
  const terms: [Hex, number, number, Hex] = [lot, 0, rulable[flag], toHex(keccakText(`${zh}\n${en}`))];
  return interfaces.LotLedger.encodeFunctionData("ruleOnFlags", terms) as Hex;
}
