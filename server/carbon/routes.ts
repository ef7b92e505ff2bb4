/** HTTP routes that read projects, batches, blocks and retirements. All of the register is public. */
import type { z } from "zod";
import { claimScopeName } from "../access/queries.ts";
import type { Hex } from "../chain/port.ts";
import type { Db, Sql } from "../db/port.ts";
import { Problem } from "../errors.ts";
import { route, type Route } from "../route.ts";
import { pageOf } from "../wire.ts";
import { blockHex, placeOf, type Place } from "./blockId.ts";
import {
  presentBatch,
  presentBatchAlone,
  presentBlock,
  presentClaim,
  presentEvent,
  presentProject,
  presentReport,
  presentRetirement,
  dayText,
} from "./presentation.ts";
import {
  readBatches,
  readBatchesAfter,
  readBatchIds,
  readBlock,
  readBlockHistory,
  readBlocksOf,
  readBoundaries,
  readHeld,
  readMethodologies,
  readProject,
  readProjects,
  readReportIds,
  readReports,
  readReportsAfter,
  readRetirement,
  readRetirements,
  readShares,
  readStatements,
  type BlockRow,
} from "./queries.ts";
import {
  accountParams,
  batchesQuery,
  batchesView,
  batchView,
  blockPage,
  blocksView,
  hashParams,
  methodologiesView,
  numberPage,
  numberParams,
  projectsQuery,
  projectsView,
  reportsQuery,
  reportsView,
  reportView,
  retirementsQuery,
  retirementsView,
  retirementView,
  wholeBlockView,
  wholeProjectView,
} from "./schemas.ts";

/** Events of a block in one answer; a block that has more was split and locked thousands of times. */
const MOST_EVENTS = 5_000;

/** Rows number batches and serials in 63 bits; there is nothing beyond. */
const MOST = 2n ** 63n - 1n;
const capped = (value: bigint): bigint => (value > MOST ? MOST : value);

/** Where a page begins: behind this block, or at the very first. */
function placeAfter(block: Hex = "0x0"): Place {
  const { batch, first } = placeOf(BigInt(block));
  return { batch: capped(batch), first: capped(first) };
}

const numberOf = ({ id }: { id: bigint }): string => String(id);

/** @param quorumOf how many verifiers the report's methodology asks for */
async function presentReports(
  sql: Sql,
  ids: readonly Hex[],
  quorumOf: (id: Hex) => number,
): Promise<z.input<typeof reportView>[]> {
  const reports = await readReports(sql, ids);
  const statements = await readStatements(sql, ids);
  const batches = await readBatchIds(sql, ids);
  return ids.map((id) => presentReport(reports.get(id)!, quorumOf(id), statements, batches));
}

async function presentWhole(sql: Sql, id: bigint): Promise<z.input<typeof wholeProjectView>> {
  const project = await readProject(sql, id);
  if (!project) throw new Problem("not-found", `no project ${id} is registered`);
  const boundaries = await readBoundaries(sql, id);
  return {
    ...presentProject(project),
    shares: await readShares(sql, id),
    boundaries: boundaries.map(({ id, lastDay }) => ({ id, lastDay: lastDay === 0 ? null : dayText(lastDay) })),
    reports: await presentReports(sql, await readReportIds(sql, id), () => project.quorum),
  };
}

/** Projects and their reports. */
export function projectRoutes({ db }: { db: Db }): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/methodologies",
      access: "public",
      summary: "Methodologies by number, in pages",
      query: numberPage,
      answers: { 200: { description: "What each asks for", schema: methodologiesView } },
      problems: [],
      async handle({ query: { after = 0n, limit } }) {
        const rows = await readMethodologies(db.sql, after, limit + 1);
        const { items, next } = pageOf(rows, limit, numberOf);
        const methodologies = items.map((row) => ({ ...row, id: String(row.id), scope: claimScopeName(row.scope) }));
        return { status: 200, body: { methodologies, next } };
      },
    }),
    route({
      method: "get",
      path: "/v1/projects",
      access: "public",
      summary: "Projects by number, in pages",
      query: projectsQuery,
      answers: { 200: { description: "One page of projects", schema: projectsView } },
      problems: [],
      async handle({ query: { after = 0n, limit, proponent } }) {
        const rows = await readProjects(db.sql, after, limit + 1, proponent);
        const { items, next } = pageOf(rows, limit, numberOf);
        return { status: 200, body: { projects: items.map(presentProject), next } };
      },
    }),
    route({
      method: "get",
      path: "/v1/projects/{id}",
      access: "public",
      summary: "A project: its parties and shares, its reports, what verifiers stated of them and what was issued",
      params: numberParams,
      answers: { 200: { description: "The project", schema: wholeProjectView } },
      problems: ["not-found"],
      handle: ({ params }) => db.snapshot(async (sql) => ({ status: 200, body: await presentWhole(sql, params.id) })),
    }),
    route({
      method: "get",
      path: "/v1/reports",
      access: "public",
      summary: "Monitoring reports by id, in pages, of one project or of all",
      query: reportsQuery,
      answers: { 200: { description: "One page of reports", schema: reportsView } },
      problems: [],
      handle: ({ query: { after = "0x", limit, project } }) =>
        db.snapshot(async (sql) => {
          const rows = await readReportsAfter(sql, after, limit + 1, project);
          const { items, next } = pageOf(rows, limit, ({ id }) => id);
          const quorums = new Map(items.map(({ id, quorum }) => [id, quorum]));
          const reports = await presentReports(sql, [...quorums.keys()], (id) => quorums.get(id)!);
          return { status: 200, body: { reports, next } };
        }),
    }),
    route({
      method: "get",
      path: "/v1/reports/{id}",
      access: "public",
      summary: "A monitoring report with its verifiers' statements and its batches",
      params: hashParams,
      answers: { 200: { description: "The report", schema: reportView } },
      problems: ["not-found"],
      handle: ({ params: { id } }) =>
        db.snapshot(async (sql) => {
          const report = (await readReports(sql, [id])).get(id);
          if (!report) throw new Problem("not-found", `no report ${id} is on the ledger`);
          const { quorum } = (await readProject(sql, report.project))!;
          const [body] = await presentReports(sql, [id], () => quorum);
          return { status: 200, body };
        }),
    }),
  ];
}

async function presentBlocks(sql: Sql, rows: readonly BlockRow[]): Promise<z.input<typeof blocksView>["blocks"]> {
  const batches = await readBatches(sql, [...new Set(rows.map(({ batch }) => batch))]);
  return rows.map((row) => presentBlock(row, batches.get(row.batch)!.vintage));
}

/** Batches, blocks and who holds them. */
export function creditRoutes({ db }: { db: Db }): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/batches",
      access: "public",
      summary: "Batches by number, in pages, of one project or report or of all",
      query: batchesQuery,
      answers: { 200: { description: "One page of batches, without their blocks", schema: batchesView } },
      problems: [],
      handle: ({ query: { after = 0n, limit, ...which } }) =>
        db.snapshot(async (sql) => {
          const { items, next } = pageOf(await readBatchesAfter(sql, after, limit + 1, which), limit, numberOf);
          return { status: 200, body: { batches: items.map(presentBatchAlone), next } };
        }),
    }),
    route({
      method: "get",
      path: "/v1/batches/{id}",
      access: "public",
      summary: "A batch: where it comes from, what became of its kilograms, and its blocks in pages",
      params: numberParams,
      query: blockPage,
      answers: { 200: { description: "The batch", schema: batchView } },
      problems: ["not-found"],
      handle: ({ params: { id }, query: { after, limit } }) =>
        db.snapshot(async (sql) => {
          const batch = (await readBatches(sql, [id])).get(id);
          if (!batch) throw new Problem("not-found", `no batch ${id} was issued`);
          const rows = await readBlocksOf(sql, { batch: id, first: placeAfter(after).first }, limit + 1);
          const { items, next } = pageOf(rows, limit, blockHex);
          return { status: 200, body: presentBatch(batch, items, next) };
        }),
    }),
    route({
      method: "get",
      path: "/v1/blocks/{id}",
      access: "public",
      summary: "A block of credits: its serials, holder and locks, and all that happened to it since it was issued",
      params: hashParams,
      answers: { 200: { description: "The block", schema: wholeBlockView } },
      problems: ["not-found"],
      handle: ({ params: { id } }) =>
        db.snapshot(async (sql) => {
          const place = placeOf(BigInt(id));
          const fits = place.first <= MOST && place.batch <= MOST;
          const block = fits ? await readBlock(sql, place) : undefined;
          if (!block) throw new Problem("not-found", `no block ${id} begins at that serial`);
          const [shown] = await presentBlocks(sql, [block]);
          const events = await readBlockHistory(sql, place, MOST_EVENTS);
          return { status: 200, body: { ...shown, history: events.map((event) => presentEvent(place.batch, event)) } };
        }),
    }),
    route({
      method: "get",
      path: "/v1/accounts/{id}/blocks",
      access: "public",
      summary: "The live blocks that an account holds, oldest first, in pages",
      params: accountParams,
      query: blockPage,
      answers: { 200: { description: "One page of blocks", schema: blocksView } },
      problems: [],
      handle: ({ params: { id }, query: { after, limit } }) =>
        db.snapshot(async (sql) => {
          const { items, next } = pageOf(await readHeld(sql, id, placeAfter(after), limit + 1), limit, blockHex);
          return { status: 200, body: { blocks: await presentBlocks(sql, items), next } };
        }),
    }),
    route({
      method: "get",
      path: "/v1/retirements",
      access: "public",
      summary: "Retirements by number, in pages",
      query: retirementsQuery,
      answers: { 200: { description: "One page of retirements", schema: retirementsView } },
      problems: [],
      handle: ({ query: { after = 0n, limit, holder } }) =>
        db.snapshot(async (sql) => {
          const { items, next } = pageOf(await readRetirements(sql, after, limit + 1, holder), limit, numberOf);
          return { status: 200, body: { retirements: items.map(presentClaim), next } };
        }),
    }),
    route({
      method: "get",
      path: "/v1/retirements/{id}",
      access: "public",
      summary: "A retirement: what was claimed, and with which serials",
      params: numberParams,
      answers: { 200: { description: "The retirement", schema: retirementView } },
      problems: ["not-found"],
      handle: ({ params: { id } }) =>
        db.snapshot(async (sql) => {
          const row = await readRetirement(sql, id);
          if (!row) throw new Problem("not-found", `no retirement ${id} is on the ledger`);
          const batches = await readBatches(sql, [...new Set(row.blocks.map(({ batch }) => batch))]);
          return { status: 200, body: presentRetirement(row, batches) };
        }),
    }),
  ];
}
