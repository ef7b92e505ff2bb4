/** HTTP route of verifiers' statements. They may be handed in among other acts too. */
import { z } from "zod";
import { Problem, type ProblemCode } from "../errors.ts";
import { route, type Route } from "../route.ts";
import { acceptStatement, signedVerification, type StatementDeps } from "./intake.ts";
import { hash } from "../wire.ts";
import { readReports } from "./queries.ts";
import { numberParams } from "./schemas.ts";

const answer = z.strictObject({
  digest: hash,
  status: z.enum(["accepted", "duplicate"]),
  receipt: z.string().meta({ description: "JWS over {chainId, authority, digest, acceptedAt}" }),
});

/** Every problem that a statement can be refused with. */
export const statementProblems: ProblemCode[] = [
  ...(["act-malformed", "report-unknown", "report-closed", "already-verified", "above-claimed"] as const),
  ...(["signed-in-future", "conflict-of-interest", "account-unknown", "account-not-active"] as const),
  ...(["bad-signature", "key-not-valid", "not-verifier", "not-ready", "not-writable"] as const),
];

/** A report of another project than the one that is named; one that is not known is refused with the statement. */
async function refuseForeign({ db }: StatementDeps, project: bigint, body: unknown): Promise<void> {
  const { data } = signedVerification.safeParse(body);
  const report = data && (await readReports(db.sql, [data.act.report])).get(data.act.report);
  if (report && report.project !== project) {
    throw new Problem("report-unknown", `report ${report.id} is one of project ${report.project}, not ${project}`);
  }
}

/** Handing in a verifier's statement. */
export function statementRoutes(deps: StatementDeps): Route[] {
  return [
    route({
      method: "post",
      path: "/v1/projects/{id}/verifications",
      access: "public",
      summary: "Hand in a verifier's signed statement on a report of the project; anyone may carry it",
      params: numberParams,
      body: z.unknown(),
      documentedBody: signedVerification,
      answers: { 202: { description: "Stored, with its receipt", schema: answer, location: "its request" } },
      problems: statementProblems,
      async handle({ params: { id }, body }) {
        await refuseForeign(deps, id, body);
        const { problem, ...result } = await acceptStatement(deps, body);
        if (problem) {
          const { code, detail, type, status, title, titleZh, remedy, ...more } = problem;
          throw new Problem(code, detail, more);
        }
        return { status: 202, body: result, headers: { location: `/v1/requests/${result.digest}` } };
      },
    }),
  ];
}
