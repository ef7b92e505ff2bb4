/** HTTP routes that prepare methodologies, projects, reports and issuances for those whose business they are. */
import { claimScopeName } from "../access/queries.ts";
import type { Hex } from "../chain/port.ts";
import { Problem } from "../errors.ts";
import { route, type Route } from "../route.ts";
import { answers, kgOf, needCodes, needDocument, prepare, problems, type WriteDeps } from "./prepare.ts";
import { dayNumber } from "./presentation.ts";
import { readReports } from "./queries.ts";
import { issuanceBody, methodologyBody, numberParams, projectBody, reportBody } from "./schemas.ts";

/** Without it the summary would name a project that the transaction does nothing to. */
async function needReport({ db }: WriteDeps, project: bigint, report: Hex): Promise<void> {
  const found = (await readReports(db.sql, [report])).get(report);
  if (found?.project !== project) throw new Problem("report-unknown", `project ${project} has no report ${report}`);
}

/** Methodologies, projects, reports and issuances. */
export function projectWriteRoutes(deps: WriteDeps): Route[] {
  const { library } = deps;
  return [
    route({
      method: "post",
      path: "/v1/methodologies",
      access: "public",
      prepares: { roles: ["ADMIN"] },
      summary: "Prepare to add a methodology (role ADMIN)",
      body: methodologyBody,
      answers,
      problems: [...problems, "document-unknown", "vocabulary-unknown"],
      async handle({ body: { from, document, scope, quorum } }) {
        await needDocument(library, document);
        await needCodes(deps, [{ list: "claimScope", code: scope }]);
        const call = { contract: "Projects", method: "addMethodology", args: [[document, scope, quorum, 0]] } as const;
        const { en, zh } = claimScopeName(scope);
        return prepare(deps, from, call, {
          en: `Add a methodology: claim scope ${en}, ${quorum} verifiers`,
          zh: `新增方法学：声明范围为${zh}，需 ${quorum} 家核查方`,
        });
      },
    }),
    route({
      method: "post",
      path: "/v1/projects",
      access: "public",
      prepares: { roles: ["REGISTRY"] },
      summary: "Prepare to register a project (role REGISTRY)",
      body: projectBody,
      answers,
      problems: [...problems, "document-unknown"],
      async handle({ body: { from, methodology, proponent, measurer, document, boundaries, shares } }) {
        await needDocument(library, document);
        const parts = shares.map(({ account, bps }) => [account, bps]);
        const args = [[methodology, proponent, measurer, document, boundaries, parts]];
        return prepare(
          deps,
          from,
          { contract: "Projects", method: "registerProject", args },
          {
            en: `Register a project of ${proponent} with ${boundaries.length} boundaries and ${shares.length} shares`,
            zh: `登记项目：业主 ${proponent}，${boundaries.length} 个边界，${shares.length} 份收益`,
          },
        );
      },
    }),
    route({
      method: "post",
      path: "/v1/projects/{id}/reports",
      access: "public",
      prepares: "party",
      summary: "Prepare to hand in a monitoring report (the project's measurer)",
      params: numberParams,
      body: reportBody,
      answers,
      problems: [...problems, "document-unknown"],
      async handle({ params: { id }, body: { from, boundary, fromDay, toDay, claimedKg, document } }) {
        await needDocument(library, document);
        const args = [[id, boundary, dayNumber(fromDay), dayNumber(toDay), claimedKg, document]];
        return prepare(
          deps,
          from,
          { contract: "Projects", method: "submitReport", args },
          {
            en: `Hand in a report of project ${id}: ${claimedKg} kg CO2e from ${fromDay} to ${toDay}`,
            zh: `提交项目 ${id} 的监测报告：${fromDay} 至 ${toDay}，申报 ${claimedKg} 千克 CO2e`,
          },
        );
      },
    }),
    route({
      method: "post",
      path: "/v1/projects/{id}/issuances",
      access: "public",
      prepares: { roles: ["ISSUER"] },
      summary: "Prepare to issue the credits of a report (role ISSUER)",
      params: numberParams,
      body: issuanceBody,
      answers,
      problems: [...problems, "report-unknown"],
      async handle({ params: { id }, body: { from, report, batches } }) {
        await needReport(deps, id, report);
        const vintages = batches.map(({ vintage, scope, allotments }) => {
          return [vintage, scope, allotments.map(({ recipient, kg }) => [recipient, kg])];
        });
        const kg = kgOf(batches.flatMap(({ allotments }) => allotments));
        return prepare(
          deps,
          from,
          { contract: "Projects", method: "issue", args: [report, vintages] },
          {
            en: `Issue ${kg} kg CO2e of project ${id} in ${batches.length} batches, once and for all for this report`,
            zh: `为项目 ${id} 的该报告一次性签发 ${kg} 千克 CO2e，共 ${batches.length} 个批次`,
          },
        );
      },
    }),
  ];
}
