/** `server`: whether it does its work, which ledger it serves, and whether the books balance. */
import type { Command } from "commander";
import type { Desk } from "./desk.ts";
import { facts, type Fact } from "./lines.ts";
import type { AddVerb, Answer } from "./verb.ts";

interface Ready {
  ready: boolean;
  chain: { phase: string; done: number; total: number };
  relayer: { halted?: string };
  indexer: { stopped?: string; block: number };
}

async function status(desk: Desk): Promise<Answer> {
  // asked once, since "not ready" is an answer here
  const response = await fetch(`${desk.url()}/ready`);
  const ready = (await response.json()) as Ready;
  const { chainId, authority } = await desk.ledger();
  const books = ready.ready ? await desk.api.conservation() : undefined;
  const failing = books?.checks.filter(({ ok }) => !ok).map(({ id }) => id) ?? [];
  const stuck = ready.relayer.halted ?? ready.indexer.stopped;
  const rows: Fact[] = [
    ["服务器", "Server", desk.url()],
    ["就绪", "Ready", ready.ready ? "是 yes" : `否 no: ${stuck ?? ready.chain.phase}`],
    ["链", "Chain", `${chainId}, ${authority}`],
    ["区块", "Block", String(ready.indexer.block)],
  ];
  if (books)
    rows.push([
      "守恒",
      "Books",
      books.ok ? `平 balance, ${books.checks.length} checks` : `不平 NOT: ${failing.join(", ")}`,
    ]);
  const right = ready.ready && books?.ok === true;
  const json = { url: desk.url(), chainId, authority, ...ready, conservation: books?.ok ?? null, failing };
  return { outcome: right ? "shown" : "refused", json, lines: facts(rows) };
}

export function server(program: Command, verb: AddVerb): void {
  const noun = program.command("server").description("服务器 The server, its chain and its books");
  verb(noun, "status", ["是否就绪、账目是否平衡", "Whether it works, and whether the books balance"], status);
}
