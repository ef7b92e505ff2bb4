/** `api-keys`: the keys by which machines act for one account, issued, listed and revoked by the admin. */
import type { Command } from "commander";
import type { ApiKey } from "../../server/access/apiKeys.ts";
import type { Hex } from "../../server/chain/port.ts";
import { Refusal, type ProblemView } from "../../server/errors.ts";
import type { Desk } from "./desk.ts";
import { at, facts } from "./lines.ts";
import { address, time } from "./values.ts";
import { changed, type AddVerb, type Answer } from "./verb.ts";

/** `key` is there where it was issued just now, and never again. */
type ShownKey = ApiKey & { key?: string };

const ANSWER_WITHIN_MS = 30_000;

const PATH = "/v1/api-keys";

/** Asks as the admin, logged in once a command. */
type Ask = <T>(path: string, body?: object) => Promise<T>;

async function asAdmin(desk: Desk): Promise<Ask> {
  const { key } = await desk.officer("ADMIN");
  const token = await desk.api.login(key);
  return (path, body) => askOnce(desk.url() + path, token, body);
}

/** Never again by itself: a key that was issued unseen must not be issued twice. */
async function askOnce<T>(url: string, token: string, body?: object): Promise<T> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body ? { method: "POST", body: JSON.stringify(body) } : {}),
  });
  if (response.ok) return (await response.json()) as T;
  const { title, detail, remedy } = (await response.json()) as ProblemView;
  throw new Refusal(`${title}: ${detail}. ${remedy}`);
}

async function readAll(ask: Ask): Promise<ApiKey[]> {
  const found: ApiKey[] = [];
  for (let next: string | null = ""; next !== null;) {
    const page: { keys: ApiKey[]; next: string | null } = await ask(`${PATH}?limit=200${next ? `&after=${next}` : ""}`);
    found.push(...page.keys);
    next = page.next;
  }
  return found;
}

const lives = ({ revokedAt, expiresAt }: ApiKey): boolean => revokedAt === null && expiresAt * 1_000 > Date.now();

const linesOf = (key: ShownKey): string[] =>
  facts([
    ["编号", "Id", key.id],
    ["用途", "Label", key.label],
    ["账户", "Account", key.account],
    ["有效期至", "Until", at(key.revokedAt ?? key.expiresAt)],
    ...(key.key === undefined ? [] : [["密钥（仅此一次）", "Key, shown this once", key.key] as const]),
  ]);

/** One live key for an account under a label; whoever lost it revokes it and issues another. */
async function issue(desk: Desk, [account, label]: [Hex, string], options: { until?: number }): Promise<Answer> {
  const ask = await asAdmin(desk);
  const there = (await readAll(ask)).find((key) => key.account === account && key.label === label.trim() && lives(key));
  if (there) return changed("there", there, linesOf(there));
  const until = options.until === undefined ? {} : { expiresAt: options.until };
  const issued = await ask<ShownKey>(PATH, { account, label, ...until });
  return changed("done", issued, linesOf(issued));
}

async function list(desk: Desk): Promise<Answer> {
  const keys = await readAll(await asAdmin(desk));
  const lines = keys.map((key) => {
    const state = lives(key) ? "有效 live" : key.revokedAt === null ? "已过期 expired" : "已吊销 revoked";
    return `${key.id}  ${key.account}  ${at(key.revokedAt ?? key.expiresAt)}  ${state}  ${key.label}`;
  });
  return { outcome: "shown", json: { keys }, lines: lines.length > 0 ? lines : ["没有密钥 No key was issued"] };
}

async function revoke(desk: Desk, [id]: [string]): Promise<Answer> {
  const ask = await asAdmin(desk);
  const found = (await readAll(ask)).find((key) => key.id === id);
  if (!found) throw new Refusal(`There is no API key ${id}; see npm run tidemark -- api-keys list.`);
  if (found.revokedAt !== null) return changed("there", found, linesOf(found));
  const revoked = await ask<ApiKey>(`${PATH}/${id}/revocation`, {});
  return changed("done", revoked, linesOf(revoked));
}

export function apiKeys(program: Command, verb: AddVerb): void {
  const noun = program.command("api-keys").description("接口密钥 Keys by which machines act for one account");
  verb(noun, "issue", ["签发，只显示一次", "Issue one; it is shown once"], issue)
    .argument("<account>", "所代表的账户 the account that it stands for", address)
    .argument("<label>", "用途，不含个人信息 what it is for; no personal data")
    .option("--until <time>", "有效期，默认一年 its end; a year from now unless said otherwise", time);
  verb(noun, "list", ["列出所有密钥，不含密文", "All of them, without their secrets"], list);
  verb(noun, "revoke", ["吊销", "Revoke one, for good"], revoke).argument("<id>", "编号 its id");
}
