/** Rows of methodologies, projects, reports and verifiers' statements. They are few: written one by one, in order. */
import type { ProjectEvent } from "../chain/carbonEvents.ts";
import type { Sql } from "../db/port.ts";
import { column } from "../indexer/columns.ts";

type Of<Name extends ProjectEvent["name"]> = Extract<ProjectEvent, { name: Name }>;

/** Writes one event of `Projects`. */
export async function applyProjectEvent(sql: Sql, event: ProjectEvent): Promise<void> {
  switch (event.name) {
    case "MethodologyAdded": {
      const { methodology, document, scope, quorum, bufferBps } = event.args;
      await sql`
        INSERT INTO methodology (id, document, scope, quorum, buffer_bps)
        VALUES (${methodology}, ${document}, ${scope}, ${quorum}, ${bufferBps})`;
      return;
    }
    case "ProjectRegistered":
      return addProject(sql, event);
    case "ReportSubmitted":
      return addReport(sql, event);
    case "Verified":
      return addVerification(sql, event);
    case "ReportIssued":
      return closeReport(sql, event);
    case "Skipped":
  }
}

async function addProject(sql: Sql, { args, block, tx }: Of<"ProjectRegistered">): Promise<void> {
  const { project, proponent, methodology, measurer, document, boundaries, shares } = args;
  await sql`
    INSERT INTO project (id, proponent, methodology, measurer, document, block, tx)
    VALUES (${project}, ${proponent}, ${methodology}, ${measurer}, ${document}, ${block}, ${tx})`;
  await sql`
    INSERT INTO boundary (id, project, last_day)
    SELECT id, ${project}, 0 FROM unnest(${column(boundaries)}::text[]) AS given (id)`;
  await sql`
    INSERT INTO project_share (project, account, bps)
    SELECT ${project}::bigint, account, bps FROM unnest(
      ${column(shares.map(({ account }) => account))}::text[], ${column(shares.map(({ bps }) => bps))}::int[]
    ) AS given (account, bps)`;
}

async function addReport(sql: Sql, { args, block, tx }: Of<"ReportSubmitted">): Promise<void> {
  const { report, project, measurer, boundary, fromDay, toDay, claimedKg, document } = args;
  await sql`
    INSERT INTO report (id, project, measurer, boundary, from_day, to_day, claimed_kg, document, verifications,
      issued_kg, block, tx)
    VALUES (${report}, ${project}, ${measurer}, ${boundary}, ${fromDay}, ${toDay}, ${claimedKg}, ${document}, 0, 0,
      ${block}, ${tx})`;
}

async function addVerification(sql: Sql, { args, block, tx }: Of<"Verified">): Promise<void> {
  const { report, verifier, digest, attestedKg, statement, signedAt } = args;
  await sql`
    INSERT INTO verification (report, verifier, digest, attested_kg, statement, signed_at, block, tx)
    VALUES (${report}, ${verifier}, ${digest}, ${attestedKg}, ${statement}, ${signedAt}, ${block}, ${tx})`;
  await sql`
    UPDATE report SET verifications = verifications + 1, least_kg = least(least_kg, ${attestedKg}::bigint)
    WHERE id = ${report}`;
}

async function closeReport(sql: Sql, { args }: Of<"ReportIssued">): Promise<void> {
  const { report, issuer, kg } = args;
  await sql`UPDATE report SET issued_kg = ${kg}, issuer = ${issuer} WHERE id = ${report}`;
  await sql`UPDATE boundary SET last_day = to_day FROM report WHERE report.id = ${report} AND boundary.id = report.boundary`;
}
