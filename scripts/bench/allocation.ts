/**
 * What it takes to pay 500,000 accounts out of one pool: `npm run bench:allocation`, `-- --accounts N` for others.
 * Ours shares the fen out, builds the sum tree and makes the proofs of all chunks; beside it @openzeppelin/merkle-tree,
 * which is given the same leaves and makes the proof of each (and checks each as it makes it: that is its API). Each runs
 * in a process of its own, so that its peak memory is its own.
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import type { Hex } from "../../server/chain/port.ts";
import { allocateByLineage } from "../../server/profit/allocate.ts";
import type { Entitlement, LineageRole } from "../../server/profit/entitlements.ts";
import type { Leaf } from "../../server/profit/leaves.ts";
import type { LineageRuleset } from "../../server/profit/ruleset.ts";
import { buildSumTree, verifyChunk } from "../../server/profit/sumTree.ts";
import { tell } from "./figures.ts";

const { values } = parseArgs({ options: { accounts: { type: "string" }, only: { type: "string" } } });
const accounts = Number(values.accounts ?? 500_000);
/** each account has some yuan to get, and no two alike */
const amountFen = BigInt(accounts) * 1_234n;
const GRAM = 10n ** 18n;

const roles = { collector: 7_000, keeper: 1_500, hauler: 500, operator: 1_000 };
const ruleset: LineageRuleset = { kind: "lineage", name: { zh: "基准", en: "benchmark" }, roles };

/** Most accounts collected; every 50th has some other role too. Weights are thirds of grams, so that nothing is even. */
function entitlements(): Map<LineageRole, Map<Hex, Entitlement>> {
  const made = new Map(Object.keys(roles).map((role) => [role as LineageRole, new Map<Hex, Entitlement>()]));
  const [collector, ...others] = [...made.values()];
  for (let i = 0; i < accounts; i++) {
    const account: Hex = `0x${(BigInt(i + 1) * 0x9e3779b97f4a7c15f39cc0605cedc835n).toString(16).padStart(40, "0").slice(-40)}`;
    const weight = (BigInt(1_000 + ((i * 7_919) % 100_003)) * GRAM) / 3n;
    collector!.set(account, { weight, lots: new Set() });
    if (i % 50 === 0) others[(i / 50) % others.length]!.set(account, { weight: weight * 50n, lots: new Set() });
  }
  return made;
}

interface Measured {
  seconds: Record<string, number>;
  /** peak of the process, and what it had before it began, in MiB */
  peak: number;
  before: number;
  /** bytes of all proofs and leaves that would be carried to the chain, a payee */
  carried: number;
}

const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
const peak = (): number => mebibytes(process.resourceUsage().maxRSS * 1_024);

function stopwatch(): { seconds: Record<string, number>; lap: (what: string) => void } {
  const seconds: Record<string, number> = {};
  let began = performance.now();
  const lap = (what: string): void => {
    seconds[what] = (performance.now() - began) / 1_000;
    began = performance.now();
  };
  return { seconds, lap };
}

function ours(): Measured {
  const entitled = entitlements();
  const before = peak();
  const { seconds, lap } = stopwatch();
  const { leaves } = allocateByLineage(ruleset, amountFen, entitled);
  lap("share out");
  const tree = buildSumTree({ pool: 1n, version: 1 }, leaves);
  lap("tree");
  const chunks = Array.from({ length: tree.chunks }, (_, index) => tree.chunk(index));
  lap("all proofs");
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.leaves.length + chunk.siblings.length * 40, 0);
  const measured = { seconds, peak: peak(), before, carried: bytes / leaves.length };
  if (!chunks.every((chunk) => verifyChunk(tree, chunk)) || tree.totalFen !== amountFen)
    throw new Error("the tree does not hold");
  return measured;
}

function standard(): Measured {
  const { leaves } = allocateByLineage(ruleset, amountFen, entitlements());
  const values = leaves.map(({ account, amountFen }: Leaf): [string, bigint] => [account, amountFen]);
  const before = peak();
  const { seconds, lap } = stopwatch();
  const tree = StandardMerkleTree.of(values, ["address", "uint64"]);
  lap("tree");
  const proofs = values.map((_, i) => tree.getProof(i));
  lap("all proofs");
  const bytes = proofs.reduce((sum, proof) => sum + proof.length * 32 + 28, 0);
  const measured = { seconds, peak: peak(), before, carried: bytes / leaves.length };
  if (!tree.verify(0, proofs[0]!)) throw new Error("the tree does not hold");
  return measured;
}

function show(title: string, { seconds, peak, before, carried }: Measured): number {
  const all = Object.values(seconds).reduce((sum, each) => sum + each, 0);
  const laps = Object.entries(seconds).map(([what, each]) => `${what} ${each.toFixed(2)} s`);
  console.log(`  ${title.padEnd(28)} ${all.toFixed(2).padStart(7)} s   (${laps.join(", ")})`);
  console.log(`  ${"".padEnd(28)} ${String(peak).padStart(7)} MiB at most, ${before} MiB before it began`);
  console.log(`  ${"".padEnd(28)} ${carried.toFixed(0).padStart(7)} bytes a payee to carry: leaf and proof`);
  return all;
}

function inOwnProcess(only: string): Measured {
  const args = [...process.execArgv, import.meta.filename, "--only", only, "--accounts", String(accounts)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as Measured;
}

/** How many bytes of a chunk a second go through the hash that both trees use. */
function hashing(): string {
  const chunk = new Uint8Array(256 * 28 + 39);
  for (let i = 0; i < 200; i++) keccak_256(chunk);
  const began = performance.now();
  for (let i = 0; i < 1_000; i++) keccak_256(chunk);
  return `${((chunk.length * 1_000) / 2 ** 20 / ((performance.now() - began) / 1_000)).toFixed(0)} MiB/s`;
}

if (values.only === "ours") console.log(JSON.stringify(ours()));
else if (values.only === "standard") console.log(JSON.stringify(standard()));
else {
  console.log(`${accounts.toLocaleString("en")} payees, ${amountFen.toLocaleString("en")} fen, four roles`);
  const mine = show("Tidemark", inOwnProcess("ours"));
  const theirs = show("@openzeppelin/merkle-tree", inOwnProcess("standard"));
  console.log(`  ${(theirs / mine).toFixed(1)} × as fast, sharing out included; keccak of @noble/hashes: ${hashing()}`);
  const beside = `@openzeppelin/merkle-tree: ${theirs.toFixed(1)}`;
  const what = `${accounts.toLocaleString("en")} payees shared out, tree, all proofs`;
  tell({ what, value: mine, unit: "s", ratio: theirs / mine, beside });
}
