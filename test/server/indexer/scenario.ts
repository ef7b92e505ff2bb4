/** A small history that every event of the indexed contracts occurs in. */
import { id } from "ethers";
import type { Hex } from "../../../server/chain/port.ts";
import { person, type Ledger, type MadeCollect } from "../../support/ledger.ts";

export const keeper = person("keeper");
export const collectors = ["anna", "bo", "chen"].map(person);

/** A key that is bound to the keeper's account and closed early. */
const phone = person("keeper's phone");

export interface Played {
  /** recorded, in the order of their events */
  recorded: MadeCollect[];
  /** carried and skipped: one again, one spoiled */
  skipped: MadeCollect[];
}

/**
 * Registers, licenses, suspends, binds keys; then records six collects, one of them flagged, and has two skipped.
 * @param together acts that travel in one transaction
 */
export async function play(ledger: Ledger, together: number): Promise<Played> {
  const { registry } = ledger;
  await ledger.register(keeper, ...collectors);
  const [basis, from, until] = [id("basis"), 1_700_000_000, 1_900_000_000];
  const padded = (account: Hex): Hex => `0x${account.slice(2).padStart(64, "0")}`;
  await ledger.call(registry, "Parties", "grantLicence", [keeper.account, 1, from, until, 5_000_000n, basis]);
  await ledger.call(registry, "Parties", "grantLicence", [keeper.account, 2, from + 5, until, 5_000_000n, basis]);
  await ledger.call(registry, "Parties", "revokeLicence", [keeper.account, 2, basis]);
  await ledger.call(registry, "Parties", "setStatus", [collectors[2]!.account, 2, basis]);
  await ledger.call(registry, "Parties", "bindKey", [keeper.account, padded(phone.account), from, until]);
  await ledger.call(registry, "Parties", "closeKey", [padded(phone.account), until - 1_000]);

  const recorded = [0, 1, 2, 0, 1, 0].map((who, i) =>
    ledger.collect(collectors[who]!, keeper, { grams: 1_000 + i, salt: id(`salt ${i}`) as Hex }),
  );
  const again = recorded[0]!;
  const spoiled = ledger.collect(collectors[0]!, keeper, { salt: id("spoiled") as Hex });
  const skipped = [again, { ...spoiled, giverSignature: again.giverSignature }];
  const acts = [...recorded, ...skipped];
  for (let at = 0; at < acts.length; at += together) await ledger.record(...acts.slice(at, at + together));
  return { recorded, skipped };
}
