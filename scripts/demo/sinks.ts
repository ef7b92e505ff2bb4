/** Plays the sinks: methodology, project, report, verifiers, issuance, delivery, a court's lock; each by whose business it is. */
import type { z } from "zod";
import type {
  batchView,
  methodologiesView,
  projectsView,
  reportView,
  wholeProjectView,
} from "../../server/carbon/schemas.ts";
import { statementDigest, type Verification } from "../../server/carbon/statements.ts";
import { domainSeparator } from "../../server/chain/eip712.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { Signer } from "../../server/chain/transactions.ts";
import { Refusal } from "../../server/errors.ts";
import type { Api, Bundle, Ledger } from "./client.ts";
import { commit, ensure } from "./committing.ts";
import { actKey, seeded, signerOf, type Cast } from "./keys.ts";
import { filePaper } from "./papers.ts";
import type { Office, Who } from "./scenario/people.ts";
import type { Sink } from "./scenario/sinks.ts";
import { settled } from "./waiting.ts";

type Project = z.output<typeof wholeProjectView>;
type Report = z.output<typeof reportView>;
type Batch = z.output<typeof batchView>;
type Block = Batch["blocks"][number];

export interface SinkStage {
  api: Api;
  ledger: Ledger;
  cast: Cast;
  admin: () => Promise<Signer>;
  registry: Signer;
  /** told after each step of a sink */
  progress: () => void;
}

/** What became of a sink. */
export interface Played {
  sink: Sink;
  project: string;
  report: Report;
  batches: Batch[];
}

/** Steps of one sink that `progress` is told of. */
export const STEPS = 7;

export async function playSink(stage: SinkStage, sink: Sink): Promise<Played> {
  const done = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work;
    stage.progress();
    return result;
  };
  const methodology = await done(addMethodology(stage, sink));
  const project = await done(registerProject(stage, sink, methodology));
  const report = await done(submitReport(stage, sink, project));
  await done(verify(stage, sink, report));
  const issued = await done(issue(stage, sink, report));
  await done(deliver(stage, sink, issued));
  await done(depositWithCourt(stage, sink, issued));
  const batches = await readBatches(stage.api, issued);
  return { sink, project, report: await readReport(stage.api, issued.id), batches };
}

const accountOf = ({ cast }: SinkStage, who: Who): Hex => cast.of(who).account;

async function addMethodology({ api, admin }: SinkStage, sink: Sink): Promise<string> {
  const document = await filePaper(api, sink.proponent, { methodology: sink.methodology, scope: sink.scope });
  return ensure(
    `The methodology of ${sink.name.en}`,
    async () => {
      const found = await api.read<z.output<typeof methodologiesView>>("/v1/methodologies");
      return found?.methodologies.find((each) => each.document === document)?.id;
    },
    async () => commit(api, await admin(), "/v1/methodologies", { document, scope: sink.scope, quorum: sink.quorum }),
  );
}

async function registerProject(stage: SinkStage, sink: Sink, methodology: string): Promise<string> {
  const { api, registry } = stage;
  const { name, proponent, measurer, shares } = sink;
  const document = await filePaper(api, proponent, { project: name, shares });
  const ascending = shares
    .map(([who, bps]) => ({ account: accountOf(stage, who), bps }))
    .toSorted((a, b) => (a.account < b.account ? -1 : 1));
  const parties = { proponent: accountOf(stage, proponent), measurer: accountOf(stage, measurer) };
  const terms = { methodology, ...parties, document, boundaries: [seeded(`boundary/${sink.key}`)], shares: ascending };
  return ensure(
    `Project ${name.en}`,
    async () => {
      const found = await api.read<z.output<typeof projectsView>>("/v1/projects?limit=1000");
      return found?.projects.find((each) => each.document === document)?.id;
    },
    () => commit(api, registry, "/v1/projects", terms),
  );
}

async function submitReport({ api }: SinkStage, sink: Sink, project: string): Promise<Report> {
  const { fromDay, toDay, claimedKg, measurer, name, vintages } = sink;
  const document = await filePaper(api, measurer, { report: name, fromDay, toDay, claimedKg, vintages });
  const claim = { boundary: seeded(`boundary/${sink.key}`), fromDay, toDay, claimedKg: String(claimedKg), document };
  return ensure(
    `The report of ${name.en}`,
    async () => {
      const found = await api.read<Project>(`/v1/projects/${project}`);
      return found?.reports.find((each) => each.document === document);
    },
    () => commit(api, signerOf(measurer), `/v1/projects/${project}/reports`, claim),
  );
}

/** Every verifier signs a statement of its own; they travel in one bundle, as anyone may carry them. */
async function verify(stage: SinkStage, sink: Sink, report: Report): Promise<void> {
  const { api, ledger } = stage;
  const separator = domainSeparator(ledger);
  const bundle: unknown[] = [];
  for (const [n, attestedKg] of sink.attestedKg.entries()) {
    const who: Office = `verifier/${n}`;
    const statement = await filePaper(api, who, { statement: sink.name, report: report.id, attestedKg });
    const at = Date.parse(sink.toDay) / 1_000 + 60 * 86_400;
    const act: Verification = {
      report: report.id,
      attestedKg: BigInt(attestedKg),
      statement,
      verifier: accountOf(stage, who),
      signedAt: at,
    };
    const signature = actKey("verifier", n).sign(statementDigest(separator, act));
    bundle.push({ type: "Verification", act: { ...act, attestedKg: String(attestedKg) }, signature });
  }
  const results = await api.sendActs(bundle as Bundle);
  for (const { digest, problem } of results) {
    // one that stands already is refused as such
    if (problem && problem.code !== "already-verified") throw new Refusal(`${problem.title}: ${problem.detail}`);
    if (!problem) await settled(api, digest!);
  }
}

const readReport = async (api: Api, id: string): Promise<Report> => {
  const found = await api.read<Report>(`/v1/reports/${id}`);
  if (!found) throw new Refusal(`Report ${id} is gone from the ledger.`);
  return found;
};

async function issue(stage: SinkStage, sink: Sink, { id }: Report): Promise<Report> {
  const { api } = stage;
  const recipient = accountOf(stage, sink.proponent);
  const batches = sink.vintages.map(({ year, kg }) => {
    return { vintage: year, scope: sink.scope, allotments: [{ recipient, kg: String(kg) }] };
  });
  return ensure(
    `The issuance of ${sink.name.en}`,
    async () => {
      const report = await readReport(api, id);
      return report.state === "issued" ? report : undefined;
    },
    async () => {
      const { project } = await readReport(api, id);
      return commit(api, signerOf("issuer/0"), `/v1/projects/${project}/issuances`, { report: id, batches });
    },
  );
}

const readBatches = (api: Api, { batches }: Report): Promise<Batch[]> =>
  Promise.all(
    batches.map(async (id) => {
      const found = await api.read<Batch>(`/v1/batches/${id}?limit=1000`);
      if (!found) throw new Refusal(`Batch ${id} is gone from the ledger.`);
      return found;
    }),
  );

/** A block, or a part of it, as transfers, locks and retirements name it. */
export interface Piece {
  block: string;
  kg: string;
}

/** Live blocks of an account among these, in their order, so many kilograms of them. */
export function piecesOf(
  blocks: readonly Pick<Block, "id" | "kg" | "holder" | "disposition">[],
  holder: Hex,
  kg: number,
): Piece[] {
  let left = BigInt(kg);
  const pieces: Piece[] = [];
  for (const block of blocks) {
    if (left === 0n || block.holder !== holder || block.disposition !== "live") continue;
    const taken = BigInt(block.kg) < left ? BigInt(block.kg) : left;
    pieces.push({ block: block.id, kg: String(taken) });
    left -= taken;
  }
  return pieces;
}

/** Credits go to the buyer as the contract of sale says: the oldest first. */
async function deliver(stage: SinkStage, sink: Sink, report: Report): Promise<void> {
  const { api } = stage;
  const [seller, buyer] = [accountOf(stage, sink.proponent), accountOf(stage, sink.buyer)];
  const basis = await filePaper(api, sink.proponent, { sale: sink.name, deliveredKg: sink.deliveredKg, buyer });
  await ensure(
    `The delivery from ${sink.name.en}`,
    async () => {
      const blocks = (await readBatches(api, report)).flatMap((batch) => batch.blocks);
      return blocks.some(({ holder }) => holder === buyer) || undefined;
    },
    async () => {
      const blocks = (await readBatches(api, report)).flatMap((batch) => batch.blocks);
      const pieces = piecesOf(blocks, seller, sink.deliveredKg);
      return commit(api, signerOf(sink.proponent), "/v1/transfers", { pieces, to: buyer, basis });
    },
  );
}

/** The court's lock on what a case deposits: nothing moves or is retired until the court clears it. */
async function depositWithCourt(stage: SinkStage, sink: Sink, report: Report): Promise<void> {
  if (!sink.deposit) return;
  const { api } = stage;
  const holder = accountOf(stage, sink.buyer);
  const { court } = sink.deposit;
  const basis = await filePaper(api, court, { deposit: sink.deposit.case, kg: sink.deliveredKg, account: sink.buyer });
  await ensure(
    `The deposit from ${sink.name.en}`,
    async () => {
      const blocks = (await readBatches(api, report)).flatMap((batch) => batch.blocks);
      return blocks.every(({ locks }) => locks.includes("court-hold")) || undefined;
    },
    async () => {
      const blocks = (await readBatches(api, report)).flatMap((batch) => batch.blocks);
      const pieces = piecesOf(blocks, holder, sink.deliveredKg);
      return commit(api, signerOf(court), "/v1/locks", { pieces, set: ["court-hold"], basis });
    },
  );
}
