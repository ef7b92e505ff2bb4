/** `reports`: issuing the credits of one that is attested, and looking at one. */
import type { Command } from "commander";
import type { z } from "zod";
import type { batchView, projectView, reportView } from "../../server/carbon/schemas.ts";
import type { Hex } from "../../server/chain/port.ts";
import { Refusal } from "../../server/errors.ts";
import { commit } from "../demo/committing.ts";
import type { Api } from "../demo/client.ts";
import { readVintages, type Vintage } from "../registry/issuance.ts";
import { faultLines, textOf } from "./bulk.ts";
import type { Desk } from "./desk.ts";
import { at, facts, kg, wordOf, type Fact } from "./lines.ts";
import { once } from "./once.ts";
import { hash } from "./values.ts";
import { changed, type AddVerb, type Answer, type Words } from "./verb.ts";

type Report = z.output<typeof reportView>;

const COLUMNS = `
列 Columns: vintage,recipient,kg[,scope]
  vintage    固碳年份 the year in which the carbon was bound
  recipient  账户号 the account that gets them
  kg         千克 CO2e kilograms
  scope      声明范围，默认为方法学所定 the claim scope; without it the methodology's
同一年份与范围为一个批次 Rows of one vintage and scope are one batch. A report is issued once, whole.`;

const states: Readonly<Record<Report["state"], Words>> = {
  submitted: ["已提交", "submitted"],
  refused: ["核查未通过", "refused by a verifier"],
  verified: ["已核查", "verified"],
  issued: ["已签发", "issued"],
};

async function readReport(api: Api, id: Hex): Promise<Report> {
  const report = await api.read<Report>(`/v1/reports/${id}`);
  if (!report) throw new Refusal(`There is no report ${id}.`);
  return report;
}

/** What is issued of a report, a line a vintage and scope: to be held against a file. */
async function issuedOf(api: Api, { batches }: Report): Promise<string[]> {
  const found = await Promise.all(
    batches.map((id) => api.read<z.output<typeof batchView>>(`/v1/batches/${id}?limit=1`)),
  );
  return found.flatMap((batch) => (batch ? [`${batch.vintage} ${batch.scope.code} ${batch.issuedKg}`] : [])).sort();
}

const askedOf = (batches: readonly Vintage[]): string[] =>
  batches
    .map(({ vintage, scope, allotments }) => {
      return `${vintage} ${scope} ${allotments.reduce((sum, each) => sum + BigInt(each.kg), 0n)}`;
    })
    .sort();

/** @returns the report where it is issued as asked; `undefined` where it is to be */
async function issuedAs(api: Api, id: Hex, batches: readonly Vintage[]): Promise<Report | undefined> {
  const report = await readReport(api, id);
  if (report.state === "issued") {
    if ((await issuedOf(api, report)).join() === askedOf(batches).join()) return report;
    throw new Refusal(
      `Report ${id} is issued already, otherwise than the file says: see batches show ${report.batches.join(", ")}. A report is issued once.`,
    );
  }
  if (report.state === "verified") return undefined;
  throw new Refusal(
    `Report ${id} is ${report.state}: its credits can be issued once enough verifiers have attested some.`,
  );
}

async function issue(desk: Desk, [id, path]: [Hex, string]): Promise<Answer> {
  const { api } = desk;
  const { project } = await readReport(api, id);
  const { scope } = (await api.read<z.output<typeof projectView>>(`/v1/projects/${project}`))!;
  const { batches, faults } = readVintages(textOf(path), scope.code);
  if (faults.length > 0) return { outcome: "refused", json: { faults }, lines: faultLines("line", faults) };
  const { found, outcome } = await once(
    `The issuance of report ${id}`,
    () => issuedAs(api, id, batches),
    async () => commit(api, await desk.officer("ISSUER"), `/v1/projects/${project}/issuances`, { report: id, batches }),
  );
  return changed(outcome, { report: found }, linesOf(found));
}

async function show({ api }: Desk, [id]: [Hex]): Promise<Answer> {
  const report = await readReport(api, id);
  return { outcome: "shown", json: { report }, lines: linesOf(report) };
}

function linesOf(report: Report): string[] {
  const rows: Fact[] = [
    ["报告", "Report", report.id],
    ["项目", "Project", report.project],
    ["期间", "Period", `${report.fromDay} … ${report.toDay}`],
    ["状态", "State", wordOf(states, report.state)],
    ["申报", "Claimed", kg(report.claimedKg)],
  ];
  for (const { verifier, attestedKg, signedAt } of report.statements) {
    rows.push(["核查", "Attested", `${kg(attestedKg)}  ${verifier}  ${at(signedAt)}`]);
  }
  if (report.batches.length > 0) {
    rows.push(["签发", "Issued", kg(report.issuedKg)], ["批次", "Batches", report.batches.join(", ")]);
  }
  return facts(rows);
}

export function reports(program: Command, verb: AddVerb): void {
  const noun = program.command("reports").description("监测报告 Monitoring reports of projects, and their credits");
  verb(noun, "issue", ["按 CSV 文件签发报告的碳信用", "Issue its credits as a CSV file says, once"], issue)
    .argument("<report>", "报告号 its id", hash)
    .argument("<file>", "CSV")
    .addHelpText("after", COLUMNS);
  verb(noun, "show", ["查看一份报告", "What it claims, who attested it, what was issued"], show).argument(
    "<report>",
    "报告号 its id",
    hash,
  );
}
