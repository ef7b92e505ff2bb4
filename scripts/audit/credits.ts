/** What events of `Projects` and `Credits` make of projects, reports, batches, blocks and retirements. Amounts in kg. */
import { AbiCoder, keccak256 } from "ethers";
import type { Hex } from "../../server/chain/port.ts";
import { insist, insistAtMost, padded, put, rowOf, type Books, type Field } from "./books.ts";
import type { Event } from "./events.ts";

export const [LIVE, RETIRED, CANCELLED, EXPORTED] = [0n, 1n, 2n, 3n];
const DEDICATED = 32n;
const SERIALS = (1n << 128n) - 1n;

/** All arguments that any of these events has; which ones, the contracts' interfaces say. */
interface Args {
  methodology: bigint;
  project: bigint;
  proponent: Hex;
  measurer: Hex;
  issuer: Hex;
  verifier: Hex;
  document: Hex;
  statement: Hex;
  digest: Hex;
  boundary: Hex;
  boundaries: Hex[];
  shares: [account: Hex, bps: bigint][];
  report: Hex;
  fromDay: bigint;
  toDay: bigint;
  claimedKg: bigint;
  attestedKg: bigint;
  signedAt: bigint;
  scope: bigint;
  quorum: bigint;
  bufferBps: bigint;
  purposes: bigint;
  batch: bigint;
  vintage: bigint;
  recipient: Hex;
  id: bigint;
  child: bigint;
  from: Hex;
  to: Hex;
  holder: Hex;
  set: bigint;
  cleared: bigint;
  purpose: bigint;
  retirement: bigint;
  beneficiary: Hex;
  fromMonth: bigint;
  toMonth: bigint;
  country: bigint;
  record: Hex;
  note: Hex;
  ids: bigint[];
}

type Entry = (books: Books, event: Event, args: Args & { kg: bigint }) => void;

const hashOf = (types: string[], values: unknown[]): Hex =>
  keccak256(AbiCoder.defaultAbiCoder().encode(types, values)) as Hex;

const placeOf = (id: bigint): string => `${padded(id >> 128n)}/${padded(id & SERIALS)}`;
export const blockKey = (id: bigint): string => `block/${placeOf(id)}`;
export const batchKey = (batch: bigint): string => `batch/${padded(batch)}`;

const methodologyAdded: Entry = (books, event, { methodology, document, scope, quorum, bufferBps }) =>
  put(books, `methodology/${padded(methodology)}`, event, { document, scope, quorum, bufferBps });

const projectRegistered: Entry = (books, event, args) => {
  const { project, proponent, methodology, measurer, document, boundaries } = args;
  const shares = `[${args.shares.map(([account, bps]) => `${account}:${bps}`).join(",")}]`;
  put(books, `project/${padded(project)}`, event, { proponent, methodology, measurer, document, shares });
  for (const boundary of boundaries) put(books, `boundary/${boundary}`, event, { project, lastDay: 0n });
};

const reportSubmitted: Entry = (books, event, args) => {
  const { report, project, measurer, boundary, fromDay, toDay, claimedKg: claimed, document } = args;
  const id = ["uint64", "bytes32", "uint32", "uint32", "bytes32"];
  insist(books, event, "report", report, hashOf(id, [project, boundary, fromDay, toDay, document]));
  const told = { project, measurer, boundary, fromDay, toDay, claimed, document };
  put(books, `report/${report}`, event, { ...told, least: null, verifications: 0n, issued: 0n, issuer: null });
};

const verified: Entry = (books, event, { report, verifier, digest, attestedKg: attested, statement, signedAt }) => {
  const { claimed, least, verifications } = rowOf(books, `report/${report}`, event).fields;
  insistAtMost(books, event, "attestedKg", attested, claimed as bigint);
  put(books, `verification/${report}/${verifier}`, event, { digest, attested, statement, signedAt });
  const lower = least === null || attested < (least as bigint) ? attested : (least as bigint);
  put(books, `report/${report}`, event, { least: lower, verifications: (verifications as bigint) + 1n });
};

/** C2: as many verifiers as must be, no more than the least of them attests, and no day of a boundary twice. */
const reportIssued: Entry = (books, event, { report, project, issuer, kg }) => {
  const { fields } = rowOf(books, `report/${report}`, event);
  const { methodology } = rowOf(books, `project/${padded(project)}`, event).fields;
  const { quorum } = rowOf(books, `methodology/${padded(methodology as bigint)}`, event).fields;
  const boundary = `boundary/${String(fields["boundary"])}`;
  insist(books, event, "project", project, fields["project"]!);
  insist(books, event, "issued before", 0n, fields["issued"]!);
  insistAtMost(books, event, "verifiers that must be", quorum as bigint, fields["verifications"] as bigint);
  insistAtMost(books, event, "kg", kg, (fields["least"] ?? 0n) as bigint);
  const { lastDay } = rowOf(books, boundary, event).fields;
  insistAtMost(books, event, "last day issued before", lastDay as bigint, (fields["fromDay"] as bigint) - 1n);
  put(books, `report/${report}`, event, { issued: kg, issuer });
  put(books, boundary, event, { lastDay: fields["toDay"]! });
};

const issued: Entry = (books, event, { id, kg, recipient: holder }) =>
  put(books, blockKey(id), event, { kg, holder, disposition: LIVE, locks: 0n, purpose: 0n }, { id, retirement: 0n });

/** Told after its blocks, which lie end to end from serial 1. */
const batchOpened: Entry = (books, event, { batch, project, report, vintage, scope, kg }) => {
  let next = 1n;
  for (let row; (row = books.rows.get(blockKey((batch << 128n) | next)));) next += row.fields["kg"] as bigint;
  insist(books, event, "kg", kg, next - 1n);
  insist(books, event, "project", project, rowOf(books, `report/${report}`, event).fields["project"]!);
  const figures = { issued: kg, retired: 0n, cancelled: 0n, exported: 0n };
  put(books, batchKey(batch), event, { project, report, vintage, scope, ...figures }, { id: batch });
};

/** The tail leaves; what the head was locked for, it is locked for too. */
const split: Entry = (books, event, { id, child, kg }) => {
  const { fields, kept } = rowOf(books, blockKey(id), event);
  const rest = (fields["kg"] as bigint) - kg;
  insist(books, event, "child", child, id + rest);
  insist(books, event, "disposition", LIVE, fields["disposition"]!);
  put(books, blockKey(child), event, { ...fields, kg }, { ...kept, id: child });
  put(books, blockKey(id), event, { kg: rest });
};

const moved: Entry = (books, event, { id, from, to }) => {
  const { holder, disposition } = rowOf(books, blockKey(id), event).fields;
  insist(books, event, "from", from, holder!);
  insist(books, event, "disposition", LIVE, disposition!);
  put(books, blockKey(id), event, { holder: to });
};

const locksChanged: Entry = (books, event, { id, set, cleared }) => {
  const before = rowOf(books, blockKey(id), event).fields;
  const locks = ((before["locks"] as bigint) | set) & ~cleared;
  put(books, blockKey(id), event, { locks, purpose: (locks & DEDICATED) === 0n ? 0n : before["purpose"]! });
};

const dedicated: Entry = (books, event, { id, purpose }) => put(books, blockKey(id), event, { purpose });

/** C1: what ends leaves the live kilograms of its batch for one of the others. */
function end(books: Books, event: Event, id: bigint, holder: Hex, figure: string, disposition: bigint): void {
  const block = rowOf(books, blockKey(id), event).fields;
  insist(books, event, `disposition of ${blockKey(id)}`, LIVE, block["disposition"]!);
  insist(books, event, "holder", holder, block["holder"]!);
  put(books, blockKey(id), event, { disposition });
  const batch = batchKey(id >> 128n);
  const before = rowOf(books, batch, event).fields[figure] as bigint;
  put(books, batch, event, { [figure]: before + (block["kg"] as bigint) });
}

const recordTypes = [
  ...["uint64", "address", "bytes32", "uint16", "uint32", "uint32", "uint16", "bytes32"],
  ...["uint256[]", "uint64[]", "uint40"],
];

const retired: Entry = (books, event, args) => {
  const { retirement, holder, beneficiary, purpose, fromMonth, toMonth, country, document, record, ids } = args;
  const kg = args.kg as unknown as bigint[];
  const claim = { holder, beneficiary, purpose, fromMonth, toMonth, country, document };
  const preimage = [retirement, ...Object.values(claim), ids, kg, BigInt(event.at)];
  insist(books, event, "record", record, hashOf(recordTypes, preimage));
  insist(books, event, "retirement", retirement, BigInt(books.retirements.length + 1));
  ids.forEach((id, i) => {
    end(books, event, id, holder, "retired", RETIRED);
    insist(books, event, `kg of ${blockKey(id)}`, kg[i]!, books.rows.get(blockKey(id))!.fields["kg"]!);
    put(books, blockKey(id), event, {}, { retirement });
  });
  const key = `retirement/${placeOf(ids[0]!)}`;
  const blocks = `[${ids.map((id, i) => `${id >> 128n}:${id & SERIALS}:${kg[i]}`).join(",")}]`;
  put(books, key, event, { ...claim, note: null, blocks }, { id: retirement, record });
  books.retirements.push(key);
};

const noted: Entry = (books, event, { retirement, note }) => {
  const key = books.retirements[Number(retirement) - 1] ?? `retirement ${retirement}`;
  rowOf(books, key, event);
  put(books, key, event, { note });
};

const purposesSet: Entry = (books, event, { scope, purposes }) =>
  put(books, `purposes/${padded(scope)}`, event, { purposes } satisfies Record<string, Field>);

const entries: Record<string, Entry> = {
  MethodologyAdded: methodologyAdded,
  ProjectRegistered: projectRegistered,
  ReportSubmitted: reportSubmitted,
  Verified: verified,
  ReportIssued: reportIssued,
  BatchOpened: batchOpened,
  Issued: issued,
  Split: split,
  Moved: moved,
  LocksChanged: locksChanged,
  Dedicated: dedicated,
  Retired: retired,
  Noted: noted,
  Cancelled: (books, event, { id, holder }) => end(books, event, id, holder, "cancelled", CANCELLED),
  Exported: (books, event, { id, holder }) => end(books, event, id, holder, "exported", EXPORTED),
  PurposesSet: purposesSet,
};

/** Enters an event of projects or credits; does nothing for others. @throws CouldNot where it speaks of what was never made */
export function enterCredit(books: Books, event: Event): void {
  entries[event.name]?.(books, event, event.args as unknown as Args & { kg: bigint });
}
