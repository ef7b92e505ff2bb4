/** `pools`: publishing how one is divided, pushing its chunks, and looking at them. */
import type { Command } from "commander";
import type { z } from "zod";
import type { allocationView, payoutsView, poolsView, wholePoolView } from "../../server/profit/schemas.ts";
import { Refusal } from "../../server/errors.ts";
import type { Api } from "../demo/client.ts";
import { ensure, send } from "../demo/committing.ts";
import { count, table, yuan } from "../demo/screen.ts";
import type { Desk, Officer } from "./desk.ts";
import { at, facts, wordOf, type Fact } from "./lines.ts";
import { once } from "./once.ts";
import { number } from "./values.ts";
import { changed, type AddVerb, type Answer, type Words } from "./verb.ts";

type Pool = z.output<typeof wholePoolView>;
type Listed = z.output<typeof poolsView>["pools"][number];
type Allocation = z.output<typeof allocationView>;

/** Chunks that are asked for at a time; leaves that are shown; pools in one question. */
const CHUNKS = 8;
const SHOWN = 20;
const PAGE = 200;

const states: Readonly<Record<Pool["state"], Words>> = {
  funded: ["已注资，未公布分配", "funded, no division published"],
  published: ["已公布分配，支付中", "division published, being paid"],
  closed: ["已付清", "closed: all is paid or held aside"],
};

async function readPool(api: Api, id: string): Promise<Pool> {
  const pool = await api.read<Pool>(`/v1/pools/${id}`);
  if (!pool) throw new Refusal(`There is no pool ${id}.`);
  return pool;
}

async function readAllocation(api: Api, id: string, limit: number): Promise<Allocation> {
  const found = await api.read<Allocation>(`/v1/pools/${id}/allocation?limit=${limit}`);
  if (!found) throw new Refusal(`There is no division of pool ${id}.`);
  return found;
}

/** @returns the pool where its division stands and is sound; `undefined` where one is to be published, or a false one replaced */
async function divided(api: Api, id: string): Promise<Pool | undefined> {
  const pool = await readPool(api, id);
  if (!pool.division) return undefined;
  const { matches } = await readAllocation(api, id, 1);
  if (matches !== false) return pool;
  if (pool.division.opensAt * 1_000 > Date.now()) return undefined;
  throw new Refusal(
    `What is published for pool ${id} does not follow from its inputs, and it is open, so that nothing may replace it. Pay none of it; tell the auditor.`,
  );
}

async function publish(desk: Desk, [id]: [string]): Promise<Answer> {
  const { api } = desk;
  const { found, outcome } = await once(
    `The division of pool ${id}`,
    () => divided(api, id),
    async () => {
      const allocator = await desk.officer("ALLOCATOR");
      const prepared = await api.prepare(`/v1/pools/${id}/allocation`, { from: allocator.address }, allocator.key);
      return "refused" in prepared ? prepared.refused : send(api, allocator, prepared);
    },
  );
  return changed(outcome, { pool: found }, linesOf(found));
}

/** @returns the pool if all is paid. @throws Refusal where it cannot be paid yet */
async function paid(api: Api, id: string): Promise<Pool | undefined> {
  const pool = await readPool(api, id);
  const { state, division } = pool;
  if (state === "closed") return pool;
  if (!division) throw new Refusal(`Pool ${id} has no division yet: publish one first, with pools publish ${id}.`);
  if (division.opensAt * 1_000 <= Date.now()) return undefined;
  throw new Refusal(
    `The division of pool ${id} may be disputed until ${at(division.opensAt)}. Run this again after that.`,
  );
}

/** Pays the next chunks. @returns what became of the last */
async function payNext(api: Api, id: string, pusher: Officer): Promise<string> {
  const prepared = await api.prepare(`/v1/pools/${id}/payouts`, { from: pusher.address, limit: CHUNKS });
  if ("refused" in prepared) return prepared.refused;
  const { payouts } = prepared as unknown as z.output<typeof payoutsView>;
  let outcome = "no chunk was left to pay";
  for (const { transaction } of payouts) outcome = await send(api, pusher, { transaction });
  return outcome;
}

async function pay(desk: Desk, [id]: [string]): Promise<Answer> {
  const { api, screen } = desk;
  const before = await paid(api, id);
  if (before) return changed("there", { pool: before }, linesOf(before));
  const pusher = await desk.anyone("ALLOCATOR");
  const step = screen?.step("支付", "Pay");
  for (;;) {
    const { paidChunks, division } = await readPool(api, id);
    step?.update(paidChunks, division!.chunks, `${count(paidChunks)} / ${count(division!.chunks)}`);
    // some chunk was paid, or all are; what is refused again and again is told
    const pool = await ensure(
      `The payout of pool ${id}`,
      async () => {
        const now = await readPool(api, id);
        return now.state === "closed" || now.paidChunks > paidChunks ? now : undefined;
      },
      () => payNext(api, id, pusher),
    );
    if (pool.state !== "closed") continue;
    step?.done(`${count(pool.paidChunks)} / ${count(pool.paidChunks)}`);
    return changed("done", { pool }, linesOf(pool));
  }
}

async function show({ api }: Desk, [id]: [string]): Promise<Answer> {
  const pool = await readPool(api, id);
  const allocation = pool.division ? await readAllocation(api, id, SHOWN) : undefined;
  const lines = [...linesOf(pool), ...(allocation ? ["", ...leavesOf(allocation)] : [])];
  return { outcome: "shown", json: { pool, allocation: allocation ?? null }, lines };
}

async function list({ api }: Desk): Promise<Answer> {
  const pools: Listed[] = [];
  for (let next: string | null = "0"; next !== null;) {
    const page: z.output<typeof poolsView> | undefined = await api.read(
      `/v1/pools?limit=${PAGE}${next === "0" ? "" : `&after=${next}`}`,
    );
    pools.push(...(page?.pools ?? []));
    next = page?.next ?? null;
  }
  const rows = pools.map(({ id, amountFen, paidFen, state }) => [
    id,
    yuan(BigInt(amountFen)),
    yuan(BigInt(paidFen)),
    state,
  ]);
  const head = ["号 no.", "注资 funded", "已付 paid", "状态 state"];
  return { outcome: "shown", json: { pools }, lines: table([head, ...rows]) };
}

function linesOf({
  id,
  ruleset,
  source,
  payer,
  amountFen,
  paidFen,
  heldFen,
  state,
  division,
  paidChunks,
}: Pool): string[] {
  const [amount, gone] = [BigInt(amountFen), BigInt(paidFen)];
  const rows: Fact[] = [
    ["资金池", "Pool", id],
    ["状态", "State", wordOf(states, state)],
    ["规则", "Rule", ruleset.name ? `${ruleset.name.zh} ${ruleset.name.en}` : ruleset.digest],
    ["来源", "Source", `${source.zh} ${source.en}, ${payer}`],
    ["注资", "Funded", yuan(amount)],
    ["已付", "Paid", `${yuan(gone - BigInt(heldFen))} (${(gone * 100n) / amount} %)`],
    ["暂存", "Held aside", yuan(BigInt(heldFen))],
  ];
  if (division) {
    const { version, root, leafCount, opensAt, chunks } = division;
    rows.push(
      ["分配", "Division", `v${version}, ${count(leafCount)} 人 people, ${root}`],
      ["起付", "Opens", at(opensAt)],
      ["组", "Chunks", `${count(paidChunks)} / ${count(chunks)}`],
    );
  }
  return facts(rows);
}

function leavesOf({ leaves, leafCount, matches }: Allocation): string[] {
  const rows = leaves.map(({ account, amountFen, paid }) => [
    account,
    yuan(BigInt(amountFen)),
    paid ? "已付 paid" : "–",
  ]);
  const more = leafCount - leaves.length;
  return [
    ...(matches === false
      ? ["分配与其依据不符，请勿支付 It does not follow from its inputs: pay none of it.", ""]
      : []),
    ...table(rows),
    ...(more > 0 ? [`另有 ${count(more)} 人 … and ${count(more)} more.`] : []),
  ];
}

export function pools(program: Command, verb: AddVerb): void {
  const noun = program.command("pools").description("资金池 Pools of money, their divisions and payouts");
  const POOL = "编号 its number";
  verb(
    noun,
    "publish",
    ["公布按当前台账的分配", "Publish how it is divided by the ledger as of now"],
    publish,
  ).argument("<pool>", POOL, number);
  verb(noun, "pay", ["支付剩余各组，中断后可继续", "Push the chunks that are left"], pay).argument(
    "<pool>",
    POOL,
    number,
  );
  verb(noun, "show", ["查看分配与支付进度", "Its division, and how far it is paid"], show).argument(
    "<pool>",
    POOL,
    number,
  );
  verb(noun, "list", ["列出资金池", "All of them"], list);
}
