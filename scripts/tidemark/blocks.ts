/** `blocks`: a range of serial numbers of credits, and its custody from the issuance on. */
import { InvalidArgumentError, type Command } from "commander";
import type { z } from "zod";
import type { wholeBlockView } from "../../server/carbon/schemas.ts";
import { blockHex } from "../../server/carbon/blockId.ts";
import type { Hex } from "../../server/chain/port.ts";
import { Refusal } from "../../server/errors.ts";
import { table } from "../demo/screen.ts";
import { isHash } from "../registry/ids.ts";
import type { Desk } from "./desk.ts";
import { at, facts, kg, wordOf, type Fact } from "./lines.ts";
import type { AddVerb, Answer, Words } from "./verb.ts";

type Block = z.output<typeof wholeBlockView>;

export const dispositions: Readonly<Record<Block["disposition"], Words>> = {
  live: ["有效", "live"],
  retired: ["已注销", "retired"],
  cancelled: ["已取消", "cancelled"],
  exported: ["已转出", "exported"],
};

const lockNames: Readonly<Record<Block["locks"][number], Words>> = {
  listed: ["挂牌", "listed"],
  pledged: ["质押", "pledged"],
  "in-transit": ["转移中", "in transit"],
  frozen: ["冻结", "frozen"],
  "court-hold": ["司法保管", "court hold"],
  dedicated: ["专用", "dedicated"],
};

const eventNames: Readonly<Record<Block["history"][number]["kind"], Words>> = {
  issued: ["签发", "issued"],
  split: ["拆分", "split"],
  moved: ["转让", "moved"],
  locks: ["锁定变更", "locks"],
  dedicated: ["专用", "dedicated"],
  retired: ["注销", "retired"],
  cancelled: ["取消", "cancelled"],
  exported: ["转出", "exported"],
};

/** A block's id, or its serials as they stand on certificates: batch and first of them are the id. */
function blockOf(text: string): Hex {
  const lower = text.toLowerCase();
  if (isHash(lower)) return lower;
  const [, batch, first] = /^tm-([1-9]\d{0,17})-\d{4}-([1-9]\d{0,17})-\d+$/.exec(lower) ?? [];
  if (batch !== undefined && first !== undefined) return blockHex({ batch: BigInt(batch), first: BigInt(first) });
  throw new InvalidArgumentError("It must be 0x and 64 hex digits, or serials such as TM-7-2019-1-270000.");
}

const locksOf = (locks: Block["locks"]): string => locks.map((lock) => wordOf(lockNames, lock)).join(", ");

async function show({ api }: Desk, [id]: [Hex]): Promise<Answer> {
  const block = await api.read<Block>(`/v1/blocks/${id}`);
  if (!block) throw new Refusal(`There is no block ${id}.`);
  const rows: Fact[] = [
    ["编号", "Serials", block.serials],
    ["区段", "Block", block.id],
    ["数量", "Amount", kg(block.kg)],
    ["持有", "Holder", block.holder],
    ["状态", "State", wordOf(dispositions, block.disposition)],
    ["锁定", "Locks", locksOf(block.locks) || "–"],
  ];
  if (block.purpose) rows.push(["用途", "Purpose", `${block.purpose.zh} ${block.purpose.en}`]);
  if (block.retirement !== null) {
    rows.push(["证书", "Certificate", `/v1/retirements/${block.retirement}/certificate.json`]);
  }
  return { outcome: "shown", json: { block }, lines: [...facts(rows), "", "流转 Custody", ...historyOf(block)] };
}

const historyOf = ({ history }: Block): string[] =>
  table(
    history.map((event) => [
      `${at(event.at)}  ${wordOf(eventNames, event.kind)}`,
      kg(event.kg),
      event.from === null || event.from === event.holder ? event.holder : `${event.from} → ${event.holder}`,
      [...event.set.map((lock) => `+${lock}`), ...event.cleared.map((lock) => `−${lock}`)].join(" "),
    ]),
  );

export function blocks(program: Command, verb: AddVerb): void {
  const noun = program.command("blocks").description("碳信用区段 Blocks of credits: ranges of serial numbers");
  verb(noun, "show", ["查看一个区段及其流转", "What it is, and its custody history"], show).argument(
    "<block>",
    "区段号或编号 its id or serials",
    blockOf,
  );
}
