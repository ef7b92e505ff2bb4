/** `batches`: one issuance of one vintage, and its blocks. */
import type { Command } from "commander";
import type { z } from "zod";
import type { batchView } from "../../server/carbon/schemas.ts";
import { Refusal } from "../../server/errors.ts";
import { table } from "../demo/screen.ts";
import { dispositions } from "./blocks.ts";
import type { Desk } from "./desk.ts";
import { facts, kg, wordOf } from "./lines.ts";
import { number } from "./values.ts";
import type { AddVerb, Answer } from "./verb.ts";

type Batch = z.output<typeof batchView>;

const SHOWN = 50;

async function show({ api }: Desk, [id]: [string]): Promise<Answer> {
  const batch = await api.read<Batch>(`/v1/batches/${id}?limit=${SHOWN}`);
  if (!batch) throw new Refusal(`There is no batch ${id}.`);
  const rows = batch.blocks.map(({ serials, kg: amount, holder, disposition, locks }) => [
    serials,
    kg(amount),
    holder,
    wordOf(dispositions, disposition),
    locks.join(" "),
  ]);
  const more = batch.next === null ? [] : [`只列前 ${SHOWN} 段 The first ${SHOWN} only.`];
  return { outcome: "shown", json: { batch }, lines: [...linesOf(batch), "", ...table(rows), ...more] };
}

const linesOf = (batch: Batch): string[] =>
  facts([
    ["批次", "Batch", batch.id],
    ["项目", "Project", batch.project],
    ["报告", "Report", batch.report],
    ["年份", "Vintage", String(batch.vintage)],
    ["声明范围", "Claim scope", `${batch.scope.zh} ${batch.scope.en}`],
    ["签发", "Issued", kg(batch.issuedKg)],
    ["有效", "Live", kg(batch.liveKg)],
    ["注销", "Retired", kg(batch.retiredKg)],
    ["取消", "Cancelled", kg(batch.cancelledKg)],
    ["转出", "Exported", kg(batch.exportedKg)],
  ]);

export function batches(program: Command, verb: AddVerb): void {
  const noun = program.command("batches").description("碳信用批次 Batches of credits: one issuance of one vintage");
  verb(noun, "show", ["查看一个批次及其区段", "Its figures and its blocks"], show).argument(
    "<batch>",
    "编号 its number",
    number,
  );
}
