/** `accounts`: registering them by the thousand, and looking at one. */
import type { Command } from "commander";
import { lists, nameOf } from "../../server/access/vocabulary.ts";
import type { Hex } from "../../server/chain/port.ts";
import { Refusal } from "../../server/errors.ts";
import type { Account } from "../demo/client.ts";
import { count } from "../demo/screen.ts";
import { compareRegistrations, readRegistrations, registrationCalls } from "../registry/registrations.ts";
import { bring, textOf } from "./bulk.ts";
import type { Desk } from "./desk.ts";
import { facts, kindNames, period, statusNames, wordOf, type Fact } from "./lines.ts";
import { address } from "./values.ts";
import type { AddVerb, Answer } from "./verb.ts";

const COLUMNS = `
列 Columns: account,kinds,identityHash[,organiser,region,successor]
  account  账户号 its id (a secp256k1 address); empty for a facility, whose id then follows from identityHash
  kinds    of person organisation facility vessel verifier bank system, joined by +
文件有错则逐行指出，不作任何登记 If anything in the file is wrong, each such line is named, and nothing is done.`;

async function register(desk: Desk, [path]: [string]): Promise<Answer> {
  const file = readRegistrations(textOf(path), await desk.ledger());
  return bring(desk, "line", { ...file, compare: compareRegistrations, calls: registrationCalls });
}

async function show({ api }: Desk, [id]: [Hex]): Promise<Answer> {
  const account = await api.account(id);
  if (!account) throw new Refusal(`No account ${id} is registered.`);
  return { outcome: "shown", json: { account }, lines: linesOf(account) };
}

function linesOf({ id, status, kinds, keys, licences }: Account): string[] {
  const rows: Fact[] = [
    ["账户", "Account", id],
    ["状态", "Status", wordOf(statusNames, status)],
    ["类别", "Kinds", kinds.map((kind) => wordOf(kindNames, kind)).join(", ") || "–"],
  ];
  for (const key of keys) rows.push(["密钥", "Key", `${key.id}  ${period(key)}`]);
  for (const { kind, capacityGrams, document, ...dates } of licences) {
    const { zh, en } = nameOf(lists.licenceKind, kind.code);
    const grams = `${count(BigInt(capacityGrams))} g`;
    rows.push(["许可", "Licence", `${zh} ${en}, ${grams}, ${period(dates)}`], ["", "", document]);
  }
  return facts(rows);
}

export function accounts(program: Command, verb: AddVerb): void {
  const noun = program.command("accounts").description("账户 Accounts of people, organisations, facilities");
  verb(noun, "register", ["按 CSV 文件登记账户", "Register those of a CSV file"], register)
    .argument("<file>", "CSV")
    .addHelpText("after", COLUMNS);
  verb(noun, "show", ["查看一个账户", "What it is, its keys and licences"], show).argument(
    "<account>",
    "账户号 its id",
    address,
  );
}
