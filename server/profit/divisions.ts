/** How pools are divided: as it would be now, and as it was published, worked out again from the document on chain. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { readBatches, readShares } from "../carbon/queries.ts";
import type { Hex } from "../chain/port.ts";
import type { Db, Sql } from "../db/port.ts";
import type { Library } from "../documents/port.ts";
import { Problem } from "../errors.ts";
import { readCursor, type Cursor } from "../indexer/queries.ts";
import { readUpstream, type UpstreamAct, type UpstreamLot } from "../traceability/queries.ts";
import type { Allocation } from "./allocate.ts";
import { attribute, type TracedLot } from "./attribution.ts";
import { entitle, type EntitlingAct } from "./entitlements.ts";
import { allocationOf, entitledOf, inputsBytes, readInputs, type Inputs } from "./inputs.ts";
import { poolKinds, readPool, readSubjects, type PoolRow } from "./queries.ts";
import { readRuleset, type Ruleset } from "./ruleset.ts";
import { buildSumTree, type SumTree } from "./sumTree.ts";

export interface DivisionDeps {
  db: Db;
  library: Library;
  chainId: number;
  /** address of `PremiumPools` */
  pools: Hex;
}

/** A division as it follows from its inputs. */
export interface Division {
  ruleset: Ruleset;
  inputs: Inputs;
  allocation: Allocation;
  tree: SumTree;
}

/** One that was worked out now, and is not on chain. */
export interface Preview extends Division {
  /** of the inputs */
  bytes: Uint8Array;
  /** the last block whose events were looked at */
  asOf: Cursor;
}

export interface Divisions {
  /** As it would be published now. @throws Problem where the pool has nothing to be divided by, or nobody for it */
  preview(pool: PoolRow): Promise<Preview>;
  /**
   * What the inputs of the published one give; its tree's root may be another than the chain's.
   * @throws Problem `not-published`; `inputs-unknown` where their document is not on record, or is none for this pool
   */
  published(pool: PoolRow): Promise<Division>;
}

const CONTESTED_OR_QUARANTINED = 3;
const VOID = 2;

/** The document of a ruleset by its digest. @throws Problem `ruleset-unknown` where none is on record, or it is none */
export async function findRuleset(library: Library, digest: Hex): Promise<Ruleset> {
  const found = await library.read(digest);
  if (!found) throw new Problem("ruleset-unknown", `no document ${digest} is on record`, { ruleset: digest });
  try {
    return readRuleset(found.content);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem("ruleset-unknown", `${digest} is no ruleset: ${why}`, { ruleset: digest });
  }
}

/** @throws Problem `ruleset-not-fitting` where lots are to be divided by shares, or a project by lineage */
export function refuseUnfit(ruleset: Ruleset, kind: number): void {
  if ((ruleset.kind === "lineage") === (poolKinds[kind - 1] === "lots")) return;
  throw new Problem("ruleset-not-fitting", `a ruleset of kind ${ruleset.kind} for ${poolKinds[kind - 1] ?? kind}`);
}

/** Contested, quarantined and void lots get nothing (T5). */
const tracedOf = ({ id, flags, disposition, parents }: UpstreamLot): TracedLot => ({
  id,
  excluded: (flags & CONTESTED_OR_QUARANTINED) !== 0 || disposition === VOID,
  parents,
});

function entitlingOf({ kind, lot, giver, receiver, code }: UpstreamAct): EntitlingAct {
  switch (kind) {
    case "collect":
      return { kind, lot, giver, receiver };
    case "handoff":
      return { kind, lot, receiver, bailment: code };
    case "split":
      return { kind, lot, operator: giver };
    case "transform":
      return { kind, inputs: [lot], operator: giver };
  }
}

/** Who had which part in the lots. They count with the grams that they were made with, whatever became of them since. */
async function lineageOf(
  sql: Sql,
  subjects: readonly Hex[],
): Promise<Pick<Inputs & { kind: "lineage" }, "subjects" | "entitled">> {
  const { lots, acts } = await readUpstream(sql, subjects);
  const byId = new Map(lots.map((lot) => [lot.id, lot]));
  const counted = subjects.map((lot) => {
    const found = byId.get(lot);
    if (!found) throw new Problem("subject-unknown", `no lot ${lot} is indexed`, { subject: lot });
    return { lot, grams: found.madeGrams };
  });
  const weights = attribute(lots.map(tracedOf), counted);
  const entitled = entitledOf(entitle(weights, acts.map(entitlingOf)));
  return { subjects: counted.map(({ lot, grams }) => ({ lot, grams: String(grams) })), entitled };
}

/** The project that a pool is for, of a batch the one that its credits are of. */
async function projectOf(sql: Sql, kind: number, subject: Hex): Promise<bigint> {
  const id = BigInt(subject);
  if (poolKinds[kind - 1] === "project") return id;
  const batch = id < 1n << 63n ? (await readBatches(sql, [id])).get(id) : undefined;
  if (!batch) throw new Problem("subject-unknown", `no batch ${id} is indexed`, { subject });
  return batch.project;
}

async function sharesOf(
  sql: Sql,
  kind: number,
  subject: Hex,
): Promise<Pick<Inputs & { kind: "project" }, "project" | "shares">> {
  const project = await projectOf(sql, kind, subject);
  const shares = project < 1n << 63n ? await readShares(sql, project) : [];
  if (shares.length === 0) throw new Problem("subject-unknown", `no project ${project} is indexed`, { subject });
  return { project: String(project), shares };
}

/** Divisions of pools. The last ones that were worked out are kept: pages are asked for one after the other. */
export function createDivisions({ db, library, chainId, pools }: DivisionDeps): Divisions {
  async function inputsNow(pool: PoolRow, ruleset: Ruleset): Promise<{ inputs: Inputs; asOf: Cursor }> {
    return db.snapshot(async (sql) => {
      const cursor = await readCursor(sql);
      if (!cursor) throw new Error(`pool ${pool.id} is indexed, and no block`);
      const subjects = await readSubjects(sql, pool.id);
      const of = { pool: String(pool.id), amountFen: String(pool.amountFen), ruleset: pool.ruleset };
      const head = { chainId, contract: pools, ...of };
      const inputs: Inputs =
        ruleset.kind === "lineage"
          ? { kind: "lineage", ...head, ...(await lineageOf(sql, subjects)) }
          : { kind: "project", ...head, ...(await sharesOf(sql, pool.kind, pool.subject)) };
      return { inputs, asOf: cursor };
    });
  }

  // of 500,000 payees each step takes one to two seconds; others have their turn in between
  async function work(pool: PoolRow): Promise<Preview> {
    const ruleset = await findRuleset(library, pool.ruleset);
    refuseUnfit(ruleset, pool.kind);
    const { inputs, asOf } = await inputsNow(pool, ruleset);
    await nextTurn();
    const allocation = allocationOf(ruleset, inputs);
    await nextTurn();
    const version = (pool.division?.version ?? 0) + 1;
    const tree = buildSumTree({ pool: pool.id, version }, allocation.leaves);
    return { ruleset, inputs, allocation, tree, bytes: inputsBytes(inputs), asOf };
  }

  async function rework(
    pool: PoolRow,
    { inputs: digest, version }: NonNullable<PoolRow["division"]>,
  ): Promise<Division> {
    const inputs = await findInputs(library, digest);
    const named = [inputs.chainId, inputs.contract, inputs.pool, inputs.amountFen, inputs.ruleset].join(" ");
    const wanted = [chainId, pools, pool.id, pool.amountFen, pool.ruleset].join(" ");
    if (named !== wanted) throw new Problem("inputs-unknown", `${digest} is of ${named}, not ${wanted}`);
    const ruleset = await findRuleset(library, pool.ruleset);
    const allocation = allocationOf(ruleset, inputs);
    await nextTurn();
    return { ruleset, inputs, allocation, tree: buildSumTree({ pool: pool.id, version }, allocation.leaves) };
  }

  const previews = remember<Preview>();
  const divisions = remember<Division>();
  return {
    async preview(pool) {
      const cursor = await readCursor(db.sql);
      return previews(`${pool.id} ${pool.division?.version} ${cursor?.hash}`, () => work(pool));
    },
    async published(pool) {
      const { division } = pool;
      if (!division) throw new Problem("not-published", `pool ${pool.id} has no division`);
      return divisions(`${pool.id} ${division.version} ${division.inputs}`, () => rework(pool, division));
    },
  };
}

async function findInputs(library: Library, digest: Hex): Promise<Inputs> {
  const found = await library.read(digest);
  if (!found) throw new Problem("inputs-unknown", `no document ${digest} is on record`, { inputs: digest });
  try {
    return readInputs(found.content);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem("inputs-unknown", `${digest} is no such document: ${why.slice(0, 500)}`, { inputs: digest });
  }
}

/** Divisions kept at a time: one of 500,000 leaves takes some hundred megabytes. */
const KEPT = 2;

/** Works out what is asked for by a key, once; forgets the oldest, and what failed. */
function remember<T>(): (key: string, work: () => Promise<T>) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (key, work) => {
    const found = known.get(key);
    if (found) return found;
    const working = work();
    working.catch(() => known.delete(key));
    known.set(key, working);
    for (const old of [...known.keys()].slice(0, -KEPT)) known.delete(old);
    return working;
  };
}

/** The pool of a number. @throws Problem `not-found` */
export async function findPool(sql: Sql, id: bigint): Promise<PoolRow> {
  const pool = await readPool(sql, id);
  if (!pool) throw new Problem("not-found", `no pool ${id} is indexed`);
  return pool;
}
