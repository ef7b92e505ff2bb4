/** `licences`: granting them to accounts, renewing and withdrawing them. */
import { InvalidArgumentError, type Command } from "commander";
import { lists, nameOf, terms } from "../../server/access/vocabulary.ts";
import { interfaces } from "../../server/chain/contracts.ts";
import type { Hex } from "../../server/chain/port.ts";
import { Refusal } from "../../server/errors.ts";
import type { Account, Api } from "../demo/client.ts";
import { count } from "../demo/screen.ts";
import { NO_END } from "../registry/ids.ts";
import type { Desk } from "./desk.ts";
import { facts, period } from "./lines.ts";
import { once, send } from "./once.ts";
import { address, amount, hash, time } from "./values.ts";
import { changed, type AddVerb, type Answer } from "./verb.ts";

type Licence = Account["licences"][number];

interface Terms {
  capacityGrams: bigint;
  document: Hex;
  from?: number;
  until?: number;
}

/** A kind of licence, by its word or its code. */
function kindOf(text: string): number {
  const known = terms.filter(({ list }) => list === lists.licenceKind);
  const found = known.find(({ code, term }) => term === text || String(code) === text);
  if (found) return found.code;
  throw new InvalidArgumentError(`There are ${known.map(({ code, term }) => `${term} (${code})`).join(", ")}.`);
}

async function heldBy(api: Api, id: Hex, kind: number): Promise<Licence | undefined> {
  const account = await api.account(id);
  if (!account) throw new Refusal(`No account ${id} is registered. Register it first: accounts register FILE.`);
  return account.licences.find((licence) => licence.kind.code === kind);
}

/** Whether a licence says what is asked for; where no beginning is asked for, one that has begun does. */
const saysSo = (licence: Licence, { capacityGrams, document, from, until }: Terms, now: number): boolean =>
  BigInt(licence.capacityGrams) === capacityGrams &&
  licence.document === document &&
  (from === undefined ? licence.from <= now : licence.from === from) &&
  licence.until === (until ?? NO_END);

async function grant(desk: Desk, [account, kind]: [Hex, number], options: Terms): Promise<Answer> {
  const { api } = desk;
  const { capacityGrams, document } = options;
  const now = Math.floor(Date.now() / 1_000);
  const [from, until] = [options.from ?? now, options.until ?? NO_END];
  if (until <= from) throw new Refusal("The licence would end before or as it begins: give a later --until.");
  const { found, outcome } = await once(
    `The licence of ${account}`,
    async () => {
      const held = await heldBy(api, account, kind);
      return held && saysSo(held, options, now) ? held : undefined;
    },
    async () => {
      const { Parties } = (await desk.ledger()).contracts;
      const args: [Hex, number, number, number, bigint, Hex] = [account, kind, from, until, capacityGrams, document];
      const data = interfaces.Parties.encodeFunctionData("grantLicence", args) as Hex;
      return send(desk, await desk.officer("REGISTRY"), { to: Parties, data });
    },
  );
  return changed(outcome, { account, licence: found }, linesOf(account, found));
}

async function revoke(desk: Desk, [account, kind]: [Hex, number], { basis }: { basis: Hex }): Promise<Answer> {
  const { outcome } = await once(
    `The withdrawal of ${account}'s licence`,
    async () => ((await heldBy(desk.api, account, kind)) ? undefined : true),
    async () => {
      const { Parties } = (await desk.ledger()).contracts;
      const data = interfaces.Parties.encodeFunctionData("revokeLicence", [account, kind, basis]) as Hex;
      return send(desk, await desk.officer("REGISTRY"), { to: Parties, data });
    },
  );
  const { zh, en } = nameOf(lists.licenceKind, kind);
  const lines = facts([
    ["账户", "Account", account],
    ["无此许可", "Without", `${zh} ${en}`],
  ]);
  return changed(outcome, { account, kind }, lines);
}

const linesOf = (account: Hex, { kind, capacityGrams, document, ...dates }: Licence): string[] =>
  facts([
    ["账户", "Account", account],
    ["许可", "Licence", `${kind.zh} ${kind.en}`],
    ["容量", "Capacity", `${count(BigInt(capacityGrams))} g`],
    ["有效", "Valid", period(dates)],
    ["文件", "Document", document],
  ]);

export function licences(program: Command, verb: AddVerb): void {
  const noun = program.command("licences").description("许可 Licences of accounts, such as for hazardous waste");
  const KIND = "类别词或代码，如 its word or code, such as hazardous-waste";
  verb(noun, "grant", ["授予许可，或换新期限与容量", "Grant one, or replace its dates and capacity"], grant)
    .argument("<account>", "账户号 its id", address)
    .argument("<kind>", KIND, kindOf)
    .requiredOption("--capacity-grams <grams>", "可存放的克数 grams that it may hold in stock", amount)
    .requiredOption("--document <sha256>", "许可文件的哈希 digest of the licence document", hash)
    .option("--from <time>", "起，默认现在 when it begins; now", time)
    .option("--until <time>", "止，默认无期限 when it ends; without it never", time);
  verb(noun, "revoke", ["撤销许可", "Withdraw one"], revoke)
    .argument("<account>", "账户号 its id", address)
    .argument("<kind>", KIND, kindOf)
    .requiredOption("--basis <hash>", "决定的哈希 hash of the decision", hash);
}
