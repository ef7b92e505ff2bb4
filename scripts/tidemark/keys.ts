/** `keys`: binding them to accounts by the thousand, closing those that are lost, and looking at one. */
import { InvalidArgumentError, type Command } from "commander";
import type { Hex } from "../../server/chain/port.ts";
import { Refusal } from "../../server/errors.ts";
import { keyIdOf } from "../registry/ids.ts";
import { bindingCalls, closingCalls, compareBindings, compareClosings, isKey, readBindings } from "../registry/keys.ts";
import { bring, textOf } from "./bulk.ts";
import type { Desk } from "./desk.ts";
import { facts, period } from "./lines.ts";
import { time } from "./values.ts";
import type { AddVerb, Answer } from "./verb.ts";

const COLUMNS = `
列 Columns: account,key,from[,until]
  key          地址或 P-256 密钥号 an address, or the id of a P-256 key
  from, until  1970 年起的秒数，或 seconds since 1970, or such as 2026-08-01T09:00:00+08:00; until empty for no end
文件有错则逐行指出，不作任何登记 If anything in the file is wrong, each such line is named, and nothing is done.`;

/** A key's id, from an address too. */
function keyId(text: string): Hex {
  const lower = text.toLowerCase();
  if (isKey(lower)) return keyIdOf(lower);
  throw new InvalidArgumentError("It must be a key's id (0x and 64 hex digits) or an address (0x and 40).");
}

const several = (text: string, before: Hex[] | undefined): Hex[] => [...(before ?? []), keyId(text)];

const bind = (desk: Desk, [path]: [string]): Promise<Answer> =>
  bring(desk, "line", { ...readBindings(textOf(path)), compare: compareBindings, calls: bindingCalls });

function close(desk: Desk, [keys]: [Hex[]], { from }: { from?: number }): Promise<Answer> {
  const until = from ?? Math.floor(Date.now() / 1_000);
  const rows = [...new Set(keys)].map((key, i) => ({ line: i + 1, key, until }));
  return bring(desk, "key", { rows, faults: [], compare: compareClosings, calls: closingCalls });
}

async function show({ api }: Desk, [id]: [Hex]): Promise<Answer> {
  const key = await api.key(id);
  if (!key) throw new Refusal(`No key ${id} was ever bound. An account's own key is here once it is dated.`);
  const lines = facts([
    ["密钥", "Key", key.id],
    ["账户", "Account", key.account],
    ["有效", "Valid", period(key)],
  ]);
  return { outcome: "shown", json: { key }, lines };
}

export function keys(program: Command, verb: AddVerb): void {
  const noun = program.command("keys").description("密钥 Keys that sign for accounts");
  verb(noun, "bind", ["按 CSV 文件绑定密钥", "Bind those of a CSV file"], bind)
    .argument("<file>", "CSV")
    .addHelpText("after", COLUMNS);
  verb(noun, "close", ["停用密钥，此前所签仍有效", "Close keys: what they signed before stays good"], close)
    .argument("<keys...>", "密钥号或地址 ids or addresses", several)
    .option("--from <time>", "自何时起，默认现在 from when on they sign for nobody; now", time);
  verb(noun, "show", ["查看一把密钥", "Whose it is, and when it signs"], show).argument(
    "<key>",
    "密钥号 its id",
    keyId,
  );
}
