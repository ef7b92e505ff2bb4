/** A small history that everything which can happen to money occurs in. */
import { id } from "ethers";
import type { Hex } from "../../../server/chain/port.ts";
import { person, type Ledger, type Person } from "../../support/ledger.ts";
import { auditor, bank, deposit, fund, openMoney, pay, payer, publish, suspend } from "../../support/money.ts";

export const [anna, bo, chen, heir] = ["anna", "bo", "chen", "heir"].map(person) as [Person, Person, Person, Person];
/** so many that a division has two chunks */
export const crowd = Array.from({ length: 256 }, (_, n) => person(`crowd ${n}`).account);

/** Whether the second chunk, which nobody pays, is hers. */
export const annaIsLast = (): boolean => crowd.every((account) => account < anna.account);

/** Everything that can happen to money, once. */
export async function play(ledger: Ledger): Promise<{ first: bigint; second: bigint }> {
  await openMoney(ledger);
  await ledger.register(anna, bo, chen, heir);
  await deposit(ledger, payer, 10_000n, "one");
  await deposit(ledger, anna, 50n, "two");
  const purpose = { kind: 1, subjects: [id("lot b"), id("lot a")] as Hex[], ruleset: id("ruleset") };
  const first = await fund(ledger, 1_000n, purpose);
  const second = await fund(ledger, 600n, { ...purpose, kind: 3, subjects: [`0x${"0".repeat(63)}1`] });
  const setDelay = (seconds: number) => ledger.call(ledger.admin, "PremiumPools", "setDelay", [seconds]);
  await setDelay(3_600);
  await publish(ledger, first, [{ account: anna.account, amountFen: 1_000n }]);
  await setDelay(0);
  const leaves = [anna, bo, chen].map(({ account }, i) => ({ account, amountFen: [500n, 300n, 200n][i]! }));
  const tree = await publish(ledger, first, leaves, 2, id("other inputs"));
  await suspend(ledger, bo);
  await suspend(ledger, chen);
  await pay(ledger, tree);
  await suspend(ledger, bo, 1);
  await ledger.call(ledger.carrier, "PremiumPools", "release", [first, bo.account]);
  await ledger.call(auditor, "PremiumPools", "reassign", [first, chen.account, heir.account, id("decision")]);
  const many = [...crowd, anna.account].map((account) => ({ account, amountFen: 2n }));
  many[256]!.amountFen = 600n - 512n;
  await pay(ledger, await publish(ledger, second, many));
  await ledger.call(anna, "SettlementToken", "transfer", [bo.account, 25n]);
  await ledger.call(heir, "SettlementToken", "transfer", [anna.account, 200n]);
  await ledger.call(bank, "SettlementToken", "withdraw", [anna.account, 5n, id("three")]);
  return { first, second };
}
