/** `projects`: a carbon sink, its shares and its reports. */
import type { Command } from "commander";
import type { z } from "zod";
import type { wholeProjectView } from "../../server/carbon/schemas.ts";
import { Refusal } from "../../server/errors.ts";
import { table } from "../demo/screen.ts";
import type { Desk } from "./desk.ts";
import { facts, kg } from "./lines.ts";
import { number } from "./values.ts";
import type { AddVerb, Answer } from "./verb.ts";

type Project = z.output<typeof wholeProjectView>;

async function show({ api }: Desk, [id]: [string]): Promise<Answer> {
  const project = await api.read<Project>(`/v1/projects/${id}`);
  if (!project) throw new Refusal(`There is no project ${id}.`);
  return { outcome: "shown", json: { project }, lines: linesOf(project) };
}

function linesOf({
  id,
  proponent,
  measurer,
  document,
  methodology,
  scope,
  quorum,
  shares,
  reports,
}: Project): string[] {
  const head = facts([
    ["项目", "Project", id],
    ["业主", "Proponent", proponent],
    ["监测方", "Measurer", measurer],
    ["文件", "Document", document],
    ["方法学", "Methodology", `${methodology}, ${scope.zh} ${scope.en}`],
    ["核查方数", "Quorum", String(quorum)],
  ]);
  const parts = shares.map(({ account, bps }) => [
    account,
    `${Math.floor(bps / 100)}.${String(bps % 100).padStart(2, "0")} %`,
  ]);
  const told = reports.map(({ id, fromDay, toDay, state, claimedKg, issuedKg, batches }) => [
    id,
    `${fromDay} … ${toDay}`,
    state,
    kg(claimedKg),
    kg(issuedKg),
    batches.join(", "),
  ]);
  return [
    ...head,
    ...["", "收益份额 Shares", ...table(parts)],
    ...["", "报告 Reports: claimed, issued, batches", ...(told.length > 0 ? table(told) : ["–"])],
  ];
}

export function projects(program: Command, verb: AddVerb): void {
  const noun = program.command("projects").description("碳汇项目 Carbon-sink projects");
  verb(noun, "show", ["查看一个项目", "Its parties, shares and reports"], show).argument(
    "<project>",
    "编号 its number",
    number,
  );
}
