/** HTTP routes that prepare what is to be signed: they try it on the ledger as it stands, say what it will do, and change nothing. */
import { purposeName, claimScopeName, unknownCodes, type CodeOf } from "../access/queries.ts";
import { prepareCall, type Call } from "../chain/calls.ts";
import type { Chain, Hex } from "../chain/port.ts";
import type { Db } from "../db/port.ts";
import type { Library } from "../documents/port.ts";
import { Problem, type ProblemCode } from "../errors.ts";
import { route, type Reply, type Route } from "../route.ts";
import { prepared } from "../wire.ts";
import { dayNumber, lockBits, monthNumber } from "./presentation.ts";
import { readReports } from "./queries.ts";
import {
  cancellationBody,
  issuanceBody,
  lockBody,
  methodologyBody,
  numberParams,
  projectBody,
  reportBody,
  retirementBody,
  transferBody,
} from "./schemas.ts";

export interface WriteDeps {
  db: Db;
  chain: Chain;
  chainId: number;
  library: Library;
  contracts: { projects: Hex; credits: Hex };
}

interface Summary {
  en: string;
  zh: string;
}

const answers = { 200: { description: "The transaction to sign, and what it will do", schema: prepared } };
const problems: ProblemCode[] = ["would-revert", "not-ready"];

async function prepare(deps: WriteDeps, from: Hex, call: Omit<Call, "address">, summary: Summary): Promise<Reply> {
  const { chain, chainId, contracts } = deps;
  const address = call.contract === "Projects" ? contracts.projects : contracts.credits;
  const transaction = await prepareCall(chain, chainId, from, { ...call, address });
  return { status: 200, body: { transaction, summary } };
}

/** What nobody can read is nothing to rest on. */
async function needDocument(library: Library, sha256: Hex): Promise<void> {
  if (!(await library.find(sha256))) throw new Problem("document-unknown", `there is no document ${sha256}`);
}

async function needCodes({ db }: WriteDeps, codes: readonly CodeOf[]): Promise<void> {
  const unknown = await unknownCodes(db.sql, codes);
  const found = codes.find(({ list, code }) => unknown.has(`${list}/${code}`));
  if (!found) return;
  const { list, code } = found;
  throw new Problem("vocabulary-unknown", `${list} ${code}`, { list, unknown: code });
}

/** Without it the summary would name a project that the transaction does nothing to. */
async function needReport({ db }: WriteDeps, project: bigint, report: Hex): Promise<void> {
  const found = (await readReports(db.sql, [report])).get(report);
  if (found?.project !== project) throw new Problem("report-unknown", `project ${project} has no report ${report}`);
}

interface Piece {
  block: Hex;
  kg: bigint;
}

const piecesOf = (pieces: readonly Piece[]): [bigint, bigint][] => pieces.map(({ block, kg }) => [BigInt(block), kg]);
const kgOf = (pieces: readonly { kg: bigint }[]): bigint => pieces.reduce((sum, { kg }) => sum + kg, 0n);

/** Methodologies, projects, reports and issuances. */
export function projectWriteRoutes(deps: WriteDeps): Route[] {
  const { library } = deps;
  return [
    route({
      method: "post",
      path: "/v1/methodologies",
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

/** Transfers, retirements, cancellations and locks. */
export function creditWriteRoutes(deps: WriteDeps): Route[] {
  return [
    route({
      method: "post",
      path: "/v1/transfers",
      summary: "Prepare to give pieces of blocks to a registered party",
      body: transferBody,
      answers,
      problems,
      handle({ body: { from, pieces, to, basis } }) {
        const args = [piecesOf(pieces), to, basis];
        return prepare(
          deps,
          from,
          { contract: "Credits", method: "transfer", args },
          {
            en: `Give ${kgOf(pieces)} kg CO2e to ${to}`,
            zh: `将 ${kgOf(pieces)} 千克 CO2e 转给 ${to}`,
          },
        );
      },
    }),
    route({
      method: "post",
      path: "/v1/retirements",
      summary: "Prepare to retire pieces of blocks, for good: they become the claim's certificate",
      body: retirementBody,
      answers,
      problems: [...problems, "vocabulary-unknown"],
      async handle({ body: { from, pieces, beneficiary, purpose, fromMonth, toMonth, country, document } }) {
        await needCodes(deps, [{ list: "purpose", code: purpose }]);
        const claim = [beneficiary, purpose, monthNumber(fromMonth), monthNumber(toMonth), country, document];
        const { en, zh } = purposeName(purpose);
        const args = [piecesOf(pieces), claim];
        return prepare(
          deps,
          from,
          { contract: "Credits", method: "retire", args },
          {
            en: `Retire ${kgOf(pieces)} kg CO2e for good: ${en}, ${fromMonth} to ${toMonth}`,
            zh: `永久注销 ${kgOf(pieces)} 千克 CO2e：${zh}，${fromMonth} 至 ${toMonth}`,
          },
        );
      },
    }),
    route({
      method: "post",
      path: "/v1/cancellations",
      summary: "Prepare to cancel pieces of blocks, for good and for nobody's claim",
      body: cancellationBody,
      answers,
      problems,
      handle({ body: { from, pieces, basis } }) {
        return prepare(
          deps,
          from,
          { contract: "Credits", method: "cancel", args: [piecesOf(pieces), basis] },
          {
            en: `Cancel ${kgOf(pieces)} kg CO2e for good; nobody will claim them`,
            zh: `永久取消 ${kgOf(pieces)} 千克 CO2e，任何人不得再作声明`,
          },
        );
      },
    }),
    route({
      method: "post",
      path: "/v1/locks",
      summary: "Prepare to set or clear locks of pieces of blocks (the keepers of these locks)",
      body: lockBody,
      answers,
      problems,
      handle({ body: { from, pieces, set, cleared, basis } }) {
        const args = [piecesOf(pieces), lockBits(set), lockBits(cleared), basis];
        const told = [...set.map((lock) => `+${lock}`), ...cleared.map((lock) => `-${lock}`)].join(" ");
        return prepare(
          deps,
          from,
          { contract: "Credits", method: "changeLocks", args },
          {
            en: `Change the locks of ${kgOf(pieces)} kg CO2e: ${told}`,
            zh: `变更 ${kgOf(pieces)} 千克 CO2e 的锁定：${told}`,
          },
        );
      },
    }),
  ];
}
