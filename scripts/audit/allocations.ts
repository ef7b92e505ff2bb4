/**
 * Published divisions, worked out anew: the rules and the inputs are documents whose sha256 stands on chain, and what the
 * inputs say is held against the chain's events too. Then the root must be the chain's, and every payout its leaf.
 */
import { createHash } from "node:crypto";
import type { Hex } from "../../server/chain/port.ts";
import type { Api, Ledger } from "./api.ts";
import { CouldNot } from "./ask.ts";
import { padded, rowsOf, type Books, type Row } from "./books.ts";
import { sharesOf } from "./creditStorage.ts";
import { batchKey } from "./credits.ts";
import { divide, rootOf, type Group, type Leaf } from "./divide.ts";
import { lineageOf, type Lineage, type Parts } from "./entitled.ts";
import { serverSays, type Check, type Difference } from "./report.ts";

/** The ruleset as its document has it. */
type Rules = { kind: "project" } | { kind: "lineage"; roles: Record<string, number> };

/** The inputs as their document has them; what else is in it counts for nothing. */
interface Inputs {
  kind: string;
  chainId: number;
  contract: Hex;
  pool: string;
  amountFen: string;
  ruleset: Hex;
  subjects?: { lot: Hex; grams: string }[];
  entitled?: Record<string, { account: Hex; attograms: string; lots: Hex[] }[]>;
  project?: string;
  shares?: { account: Hex; bps: number }[];
}

/** A pool with the division that holds. */
interface Published {
  id: bigint;
  key: string;
  pool: Row;
  rootKey: string;
  root: Row;
  subjects: Hex[];
  /** what chunks paid or held aside, in fen */
  amounts: { key: string; fen: bigint; place: Difference["place"] }[];
}

/** Why a division cannot be worked out, as a difference. */
class Unknowable extends Error {
  readonly difference: Difference;
  constructor(difference: Difference) {
    super(difference.key);
    this.difference = difference;
  }
}

/** Changes of a lineage between working a division out and publishing it, at most. */
const MOST_STATES = 100;

const LOTS = 1n;
const BATCH = 2n;

function publishedOf(books: Books): Published[] {
  const published = rowsOf(books, "pool").flatMap(([key, pool]): [digits: string, Published][] => {
    const [id, version] = [pool.kept!["id"] as bigint, pool.fields["version"] as bigint];
    const rootKey = `root/${padded(id)}/${padded(version, 5)}`;
    const root = books.rows.get(rootKey);
    return root ? [[padded(id), { id, key, pool, rootKey, root, subjects: [], amounts: [] }]] : [];
  });
  const byPool = new Map(published);
  for (const [key, { fields, places }] of books.rows) {
    const [kind, pool, whose] = key.split("/") as [string, string, Hex];
    if (kind === "subject") byPool.get(pool)?.subjects.push(whose);
    if (kind !== "payout") continue;
    byPool.get(pool)?.amounts.push({ key, fen: fields["amountFen"] as bigint, place: places["amountFen"]! });
  }
  for (const [key, fen] of books.asides) byPool.get(key.split("/")[1]!)?.amounts.push({ key, fen, place: null });
  return [...byPool.values()];
}

async function fetched<T>(api: Api, digest: Hex, place: Difference["place"]): Promise<T> {
  const key = `document/${digest}`;
  const bytes = await api.document(digest);
  if (!bytes) throw new Unknowable(serverSays(key, null, null, "that it is on record", place));
  const own = `0x${createHash("sha256").update(bytes).digest("hex")}`;
  if (own !== digest) throw new Unknowable(serverSays(key, "sha256", own, digest, place));
  try {
    return JSON.parse(bytes.toString("utf8")) as T;
  } catch {
    throw new Unknowable(serverSays(key, null, "other than JSON", "JSON", place));
  }
}

/** What follows from the chain: groups to divide by, and what the inputs' document should say of them, line by line. */
interface Derived {
  groups: Group[];
  lines: Map<string, string>;
}

function fromShares(books: Books, { pool }: Published): Derived {
  const subject = BigInt(String(pool.fields["subject"]));
  const batch = books.rows.get(batchKey(subject));
  const project = pool.fields["kind"] === BATCH ? batch?.fields["project"] : subject;
  const shares = sharesOf(
    String(books.rows.get(`project/${padded((project ?? 0n) as bigint)}`)?.fields["shares"] ?? "[]"),
  );
  const lines = shares.map(([account, bps]): [string, string] => [`share ${account}`, String(bps)]);
  return {
    groups: [{ bps: 10_000n, weights: new Map(shares) }],
    lines: new Map([["project", String(project)], ...lines]),
  };
}

const partLine = (attograms: bigint | string, lots: Iterable<Hex>): string =>
  `${attograms} of ${[...lots].sort().join(",")}`;

function groupsOf(roles: Record<string, number>, parts: Parts): Group[] {
  return Object.entries(roles).map(([role, bps]) => {
    const weights = [...(parts.get(role) ?? [])].map(([account, { weight }]): [Hex, bigint] => [account, weight]);
    return { bps: BigInt(bps), weights: new Map(weights) };
  });
}

function fromLineage(
  books: Books,
  lineage: Lineage,
  { subjects }: Published,
  roles: Record<string, number>,
  block: number,
): Derived {
  const parts = lineage.partsIn(subjects, block);
  const lines = new Map(subjects.map((lot) => [`subject ${lot}`, String(lineage.madeGrams(lot) ?? "no lot")]));
  for (const [role, accounts] of parts) {
    for (const [account, { weight, lots }] of accounts) lines.set(`${role} ${account}`, partLine(weight, lots));
  }
  return { groups: groupsOf(roles, parts), lines };
}

/**
 * The document names no block: it was worked out before it was published, and other acts may have come in between. So it
 * is held against the state before that, and where it says otherwise against the ones before.
 */
function asPublished(
  books: Books,
  lineage: Lineage,
  one: Published,
  roles: Record<string, number>,
  inputs: Inputs,
): Derived {
  const told = linesOf(inputs);
  const [last, ...earlier] = lineage.statesBefore(one.subjects, one.root.places["root"]!.block).slice(0, MOST_STATES);
  const newest = fromLineage(books, lineage, one, roles, last!);
  if (sameLines(newest.lines, told)) return newest;
  for (const block of earlier) {
    const derived = fromLineage(books, lineage, one, roles, block);
    if (sameLines(derived.lines, told)) return derived;
  }
  return newest;
}

const sameLines = (one: Map<string, string>, other: Map<string, string>): boolean =>
  one.size === other.size && [...one].every(([field, value]) => other.get(field) === value);

/** The same lines as the document has them. */
function linesOf({ project, shares = [], subjects = [], entitled = {} }: Inputs): Map<string, string> {
  const lines = new Map<string, string>(project === undefined ? [] : [["project", project]]);
  for (const { account, bps } of shares) lines.set(`share ${account}`, String(bps));
  for (const { lot, grams } of subjects) lines.set(`subject ${lot}`, grams);
  for (const [role, accounts] of Object.entries(entitled)) {
    for (const { account, attograms, lots } of accounts) lines.set(`${role} ${account}`, partLine(attograms, lots));
  }
  return lines;
}

/** Where the document says other than the chain. */
function inputDifferences(
  { id, pool, root }: Published,
  { chainId, contracts }: Ledger,
  inputs: Inputs,
  { lines }: Derived,
): Difference[] {
  const head = (of: Pick<Inputs, "chainId" | "contract" | "pool" | "amountFen" | "ruleset">): [string, string][] =>
    Object.entries(of).map(([name, value]) => [name, String(value)]);
  const { amountFen, ruleset } = pool.fields as { amountFen: bigint; ruleset: Hex };
  const wanted = { pool: String(id), amountFen: String(amountFen), ruleset };
  const expected = new Map([...head({ chainId, contract: contracts.PremiumPools, ...wanted }), ...lines]);
  const told = { contract: inputs.contract, pool: inputs.pool, amountFen: inputs.amountFen, ruleset: inputs.ruleset };
  const said = new Map([...head({ chainId: inputs.chainId, ...told }), ...linesOf(inputs)]);
  const key = `document/${String(root.fields["inputs"])}`;
  return [...new Set([...expected.keys(), ...said.keys()])]
    .filter((field) => said.get(field) !== expected.get(field))
    .map((field) => serverSays(key, field, said.get(field) ?? null, expected.get(field) ?? null, root.places["root"]!));
}

/** What reached somebody of a pool, or is held aside, against the leaves. */
function payoutDifferences({ amounts }: Published, leaves: readonly Leaf[]): Difference[] {
  const byAccount = new Map<string, bigint>(leaves);
  return amounts.flatMap(({ key, fen, place }): Difference[] => {
    const leaf = byAccount.get(key.split("/")[2]!);
    if (leaf === fen) return [];
    const expected = leaf === undefined ? null : String(leaf);
    return [{ key, field: "amountFen", who: "log", said: String(fen), expected, place }];
  });
}

/** One division: the documents, what follows from the chain, leaves and root, and what was paid. */
async function checkOne(
  api: Api,
  ledger: Ledger,
  books: Books,
  lineage: () => Lineage,
  one: Published,
): Promise<Difference[]> {
  const { id, pool, root, rootKey } = one;
  const place = root.places["root"]!;
  const rules = await fetched<Rules>(api, pool.fields["ruleset"] as Hex, place);
  const inputs = await fetched<Inputs>(api, root.fields["inputs"] as Hex, place);
  const fits = rules.kind === inputs.kind && (rules.kind === "lineage") === (pool.fields["kind"] === LOTS);
  if (!fits) {
    return [serverSays(`document/${String(root.fields["inputs"])}`, "kind", inputs.kind, rules.kind, place)];
  }
  const derived =
    rules.kind === "lineage" ? asPublished(books, lineage(), one, rules.roles, inputs) : fromShares(books, one);
  const leaves = divide(pool.fields["amountFen"] as bigint, derived.groups);
  const differences = inputDifferences(one, ledger, inputs, derived);
  const own = {
    root: leaves.length === 0 ? "nobody to be paid" : rootOf(id, pool.fields["version"] as bigint, leaves),
    leafCount: String(leaves.length),
  };
  for (const [field, expected] of Object.entries(own)) {
    const said = String(root.fields[field]);
    if (said !== expected) differences.push({ key: rootKey, field, who: "log", said, expected, place });
  }
  return [...differences, ...payoutDifferences(one, leaves)];
}

/** Whoever uploads may write what they like. */
function malformed({ root }: Published, { message }: Error): Difference {
  const key = `document/${String(root.fields["inputs"])}`;
  return serverSays(key, null, `what cannot be read (${message})`, "inputs, and a ruleset", root.places["root"]!);
}

/** Every division that holds, from the chain's events and the documents that it names. */
export async function checkAllocations(api: Api, ledger: Ledger, books: Books): Promise<Check> {
  const published = publishedOf(books);
  let known: Lineage | undefined;
  const lineage = (): Lineage => (known ??= lineageOf(books));
  const differences: Difference[] = [];
  for (const one of published) {
    try {
      differences.push(...(await checkOne(api, ledger, books, lineage, one)));
    } catch (error) {
      if (error instanceof CouldNot) throw error;
      differences.push(error instanceof Unknowable ? error.difference : malformed(one, error as Error));
    }
  }
  const en = "published divisions, worked out anew, and their payouts";
  return { id: "allocations", zh: "分配重算", en, compared: published.length, differences };
}
