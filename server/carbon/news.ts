/** What everybody is told of projects and credits as it becomes final. All of the register is public. */
import { z } from "zod";
import { projectEventNames, type CreditEvent, type ProjectEvent } from "../chain/carbonEvents.ts";
import type { News } from "../indexer/port.ts";
import { address, hash, shownAmount } from "../wire.ts";
import { blockHex, placeOf } from "./blockId.ts";
import { dayText, lockNames, monthText } from "./presentation.ts";
import { reasonOf } from "./reasons.ts";
import { blockEventView } from "./schemas.ts";

const number = z.string().meta({ description: "a number from 1 on" });
const kg = shownAmount("kg CO2e");
const block = hash.meta({ description: "GET /v1/blocks/{id}" });
const basis = hash.meta({ description: "digest of what it rests on" });
const { set: locks } = blockEventView.shape;

const shapes = {
  "methodology-added": { methodology: number, document: hash },
  "project-registered": { project: number, proponent: address, methodology: number, document: hash },
  "report-submitted": {
    ...{ report: hash, project: number, fromDay: z.string(), toDay: z.string() },
    ...{ claimedKg: kg, document: hash },
  },
  "report-verified": { report: hash, verifier: address, digest: hash, attestedKg: kg },
  "statement-skipped": { report: hash, digest: hash, reason: z.string() },
  "report-issued": { report: hash, project: number, issuer: address, kg },
  "batch-issued": { batch: number, project: number, report: hash, vintage: z.int(), kg },
  "block-issued": { block, batch: number, holder: address, kg },
  "block-split": { block, child: block, kg: kg.meta({ description: "kg CO2e of the child, as decimal text" }) },
  "block-moved": { block, from: address, to: address, basis },
  "locks-changed": { block, set: locks, cleared: locks, basis },
  "block-dedicated": { block, purpose: z.int() },
  retired: {
    ...{ retirement: number, holder: address, beneficiary: hash, blocks: z.array(block), kg },
    ...{ purpose: z.int(), fromMonth: z.string(), toMonth: z.string(), record: hash },
  },
  "retirement-noted": { retirement: number, note: hash },
  "block-cancelled": { block, holder: address, basis },
  "block-exported": { block, holder: address, basis },
};

type Shapes = typeof shapes;
type Data<Type extends keyof Shapes> = z.input<z.ZodObject<Shapes[Type]>>;

/** What each type of news says, in words. */
const words: Record<keyof Shapes, string> = {
  "methodology-added": "A methodology was added",
  "project-registered": "A project was registered",
  "report-submitted": "A monitoring report was handed in",
  "report-verified": "A verifier's statement on a report was recorded",
  "statement-skipped": "A verifier's statement was carried to the ledger, which did not record it",
  "report-issued": "The credits of a report were issued, once and for all",
  "batch-issued": "A batch of one vintage was issued",
  "block-issued": "A block of a batch was given to its first holder",
  "block-split": "The tail of a block became a block of its own",
  "block-moved": "A block was transferred",
  "locks-changed": "Locks of a block were set or cleared",
  "block-dedicated": "A block was bound to one purpose",
  retired: "Blocks were retired, for good",
  "retirement-noted": "A document was attached to a certificate",
  "block-cancelled": "A block was cancelled, for good",
  "block-exported": "A block left for another register",
};

/** The news of this room, by type. */
export const carbonNews: Record<string, z.ZodObject> = Object.fromEntries(
  Object.entries(shapes).map(([type, shape]) => [
    type,
    z.strictObject(shape as z.ZodRawShape).meta({ description: words[type as keyof Shapes] }),
  ]),
);

const news = <Type extends keyof Shapes>(type: Type, data: Data<Type>): News => ({ type, data });
const hexOf = (id: bigint): ReturnType<typeof blockHex> => blockHex(placeOf(id));

function tellProject({ name, args }: ProjectEvent): News {
  switch (name) {
    case "MethodologyAdded":
      return news("methodology-added", { methodology: String(args.methodology), document: args.document });
    case "ProjectRegistered": {
      const { project, proponent, methodology, document } = args;
      const numbers = { project: String(project), methodology: String(methodology) };
      return news("project-registered", { ...numbers, proponent, document });
    }
    case "ReportSubmitted": {
      const { report, project, fromDay, toDay, claimedKg, document } = args;
      const days = { fromDay: dayText(fromDay), toDay: dayText(toDay) };
      return news("report-submitted", {
        ...{ report, project: String(project), ...days },
        ...{ claimedKg: String(claimedKg), document },
      });
    }
    case "Verified": {
      const { report, verifier, digest, attestedKg } = args;
      return news("report-verified", { report, verifier, digest, attestedKg: String(attestedKg) });
    }
    case "Skipped":
      return news("statement-skipped", { ...args, reason: reasonOf(args.reason)?.name ?? args.reason });
    case "ReportIssued":
      return news("report-issued", { ...args, project: String(args.project), kg: String(args.kg) });
  }
}

function tellRetired(args: Extract<CreditEvent, { name: "Retired" }>["args"]): News {
  const { retirement, holder, beneficiary, ids, kg, purpose, fromMonth, toMonth, record } = args;
  return news("retired", {
    ...{ retirement: String(retirement), holder, beneficiary, blocks: ids.map(hexOf) },
    ...{ kg: String(kg.reduce((sum, each) => sum + each, 0n)), purpose },
    ...{ fromMonth: monthText(fromMonth), toMonth: monthText(toMonth), record },
  });
}

function tellCredit({ name, args }: CreditEvent): News | undefined {
  switch (name) {
    case "BatchOpened": {
      const { batch, project, report, vintage, kg } = args;
      return news("batch-issued", { batch: String(batch), project: String(project), report, vintage, kg: String(kg) });
    }
    case "Issued": {
      const { id, batch, recipient, kg } = args;
      return news("block-issued", { block: hexOf(id), batch: String(batch), holder: recipient, kg: String(kg) });
    }
    case "Split":
      return news("block-split", { block: hexOf(args.id), child: hexOf(args.child), kg: String(args.kg) });
    case "Moved":
      return news("block-moved", { block: hexOf(args.id), from: args.from, to: args.to, basis: args.basis });
    case "LocksChanged": {
      const [set, cleared] = [lockNames(args.set), lockNames(args.cleared)];
      return news("locks-changed", { block: hexOf(args.id), set, cleared, basis: args.basis });
    }
    case "Dedicated":
      return news("block-dedicated", { block: hexOf(args.id), purpose: args.purpose });
    case "Retired":
      return tellRetired(args);
    case "Noted":
      return news("retirement-noted", { retirement: String(args.retirement), note: args.note });
    case "Cancelled":
    case "Exported": {
      const type = name === "Cancelled" ? "block-cancelled" : "block-exported";
      return news(type, { block: hexOf(args.id), holder: args.holder, basis: args.basis });
    }
    case "PurposesSet":
      return undefined;
  }
}

const projectNames: ReadonlySet<string> = new Set(projectEventNames);

/** The news of an event of `Projects` or `Credits`; none of a table that governance set. */
export const tellCarbon = (event: ProjectEvent | CreditEvent): News | undefined =>
  projectNames.has(event.name) ? tellProject(event as ProjectEvent) : tellCredit(event as CreditEvent);
