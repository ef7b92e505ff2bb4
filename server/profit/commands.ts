/** What people do with money, as transactions for them to sign, each with what it will do in words. Nothing here changes the chain. */
import { unknownCodes } from "../access/queries.ts";
import { readBatches, readProject } from "../carbon/queries.ts";
import type { Unsigned } from "../chain/calls.ts";
import { readView } from "../chain/contracts.ts";
import type { Hex } from "../chain/port.ts";
import type { Db, Sql } from "../db/port.ts";
import type { Library } from "../documents/port.ts";
import { Problem } from "../errors.ts";
import { indexedLots } from "../traceability/queries.ts";
import { payArgs, poolCalls, publishArgs, tokenCalls, type CallDeps } from "./calls.ts";
import { findPool, findRuleset, refuseUnfit, type Division, type Divisions } from "./divisions.ts";
import { inputsWord } from "./inputs.ts";
import { sumOf } from "./leaves.ts";
import { poolKinds, readUnpaidChunks, type PoolRow } from "./queries.ts";
import { yuan } from "./words.ts";
import type { Bilingual } from "../wire.ts";

/** The contract refuses it. */
const NO_BASIS: Hex = `0x${"0".repeat(64)}`;

export interface MoneyDeps extends CallDeps {
  db: Db;
  library: Library;
  divisions: Divisions;
}

export interface Prepared {
  transaction: Unsigned;
  summary: Bilingual;
}

export interface Funding {
  /** the key that signs */
  from: Hex;
  kind: (typeof poolKinds)[number];
  /** ascending */
  subjects: readonly Hex[];
  source: number;
  amountFen: bigint;
  ruleset: Hex;
}

export interface BankCommand {
  /** the bank's key */
  from: Hex;
  account: Hex;
  amountFen: bigint;
  bankReference: Hex;
}

/** @throws Problem `subject-unknown` naming the first that the ledger has not */
async function refuseUnknownSubjects(sql: Sql, { kind, subjects }: Funding): Promise<void> {
  const missing = await missingOf(sql, kind, subjects);
  if (missing) throw new Problem("subject-unknown", `${missing} is none of this ledger's`, { subject: missing });
}

async function missingOf(sql: Sql, kind: Funding["kind"], subjects: readonly Hex[]): Promise<Hex | undefined> {
  const [first] = subjects;
  if (kind === "lots") {
    const known = await indexedLots(sql, subjects);
    return subjects.find((lot) => !known.has(lot));
  }
  const id = BigInt(first!);
  if (id >= 1n << 63n) return first;
  const known = kind === "project" ? await readProject(sql, id) : (await readBatches(sql, [id])).get(id);
  return known ? undefined : first;
}

/**
 * Opens a pool with money of the account that `from` signs for.
 * @throws Problem `ruleset-unknown`, `ruleset-not-fitting`, `subject-unknown`, `vocabulary-unknown`, `would-revert`
 */
export async function prepareFunding(deps: MoneyDeps, funding: Funding): Promise<Prepared> {
  const { from, kind, subjects, source, amountFen, ruleset } = funding;
  const rules = await findRuleset(deps.library, ruleset);
  const number = poolKinds.indexOf(kind) + 1;
  refuseUnfit(rules, number);
  const [unknown] = await unknownCodes(deps.db.sql, [{ list: "source", code: source }]);
  if (unknown !== undefined) {
    throw new Problem("vocabulary-unknown", unknown, { list: "source", unknown: source });
  }
  await refuseUnknownSubjects(deps.db.sql, funding);
  const transaction = await poolCalls(deps)(from, "fund", [number, subjects, source, amountFen, ruleset]);
  const many = subjects.length;
  const subject = {
    lots: { zh: ` ${many} 批物料`, en: many === 1 ? "one lot" : `${many} lots` },
    batch: { zh: `第 ${BigInt(subjects[0]!)} 批碳汇`, en: `credit batch ${BigInt(subjects[0]!)}` },
    project: { zh: `第 ${BigInt(subjects[0]!)} 号项目`, en: `project ${BigInt(subjects[0]!)}` },
  }[kind];
  const summary = {
    zh: `为${subject.zh}出资 ${yuan(amountFen)} 元，按规则“${rules.name.zh}”分配`,
    en: `Put ${yuan(amountFen)} yuan into a pool for ${subject.en}, divided by the rule "${rules.name.en}"`,
  };
  return { transaction, summary };
}

/** Every chunk names the version it is of: a tree of one that is taken already could never be paid. */
async function refuseStale({ chain, contracts }: MoneyDeps, { id, division }: PoolRow): Promise<void> {
  if (!chain.status().ready) throw new Problem("not-ready", chain.status().phase);
  const contract = { name: "PremiumPools", address: contracts.pools } as const;
  const [stored] = (await readView(chain, contract, "poolOf", [id])) as [{ version: bigint }];
  const known = division?.version ?? 0;
  if (Number(stored.version) === known) return;
  throw new Problem("not-ready", `the index knows version ${known} of pool ${id}, the chain ${stored.version}`);
}

/**
 * Publishes how a pool is divided as of now; the document it is computed from is on record when this returns.
 * @param by the key of whoever asks
 */
export async function preparePublication(
  deps: MoneyDeps,
  id: bigint,
  from: Hex,
  by: Hex,
): Promise<Prepared & { inputs: Hex; tree: Division["tree"] }> {
  const pool = await findPool(deps.db.sql, id);
  await refuseStale(deps, pool);
  const { tree, bytes, asOf } = await deps.divisions.preview(pool);
  const inputs = inputsWord(bytes);
  const transaction = await poolCalls(deps)(from, "publishRoot", publishArgs(tree, inputs));
  await deps.library.add(bytes, { mediaType: "application/json", by });
  const { leafCount, totalFen, version } = tree;
  const summary = {
    zh: `公布资金池 ${id} 的第 ${version} 版分配：${yuan(totalFen)} 元分给 ${leafCount} 个账户，依据截至区块 ${asOf.block} 的账本`,
    en: `Publish division ${version} of pool ${id}: ${yuan(totalFen)} yuan to ${leafCount} accounts, by the ledger as of block ${asOf.block}`,
  };
  return { transaction, summary, inputs, tree };
}

/** The published division, if it is the one that its inputs give. @throws Problem `division-differs` besides */
export async function soundDivision(divisions: Divisions, pool: PoolRow): Promise<Division> {
  const division = await divisions.published(pool);
  const [root, recomputedRoot] = [pool.division!.root, division.tree.root];
  if (root === recomputedRoot) return division;
  throw new Problem("division-differs", `pool ${pool.id}: ${root} is published, ${recomputedRoot} follows`, {
    root,
    recomputedRoot,
  });
}

export interface Payouts {
  payouts: { chunk: number; sumFen: bigint; transaction: Unsigned }[];
  summary: Bilingual;
}

/**
 * The next chunks that are not paid, as transactions of one key with ascending nonces. Anyone may push them, and go on
 * where another stopped.
 */
export async function preparePayouts(deps: MoneyDeps, id: bigint, from: Hex, limit: number): Promise<Payouts> {
  const pool = await findPool(deps.db.sql, id);
  const { tree } = await soundDivision(deps.divisions, pool);
  const chunks = await readUnpaidChunks(deps.db.sql, id, tree.chunks, limit);
  const payouts: Payouts["payouts"] = [];
  for (const index of chunks) {
    const chunk = tree.chunk(index);
    const transaction = await poolCalls(deps)(from, "payChunk", payArgs(id, chunk));
    transaction.nonce = (payouts[0]?.transaction.nonce ?? transaction.nonce) + payouts.length;
    payouts.push({ chunk: index, sumFen: sumOf(chunk.leaves)!, transaction });
  }
  const sum = yuan(payouts.reduce((all, { sumFen }) => all + sumFen, 0n));
  const summary = {
    zh: `从资金池 ${id} 支付 ${payouts.length} 组，共 ${sum} 元`,
    en: `Pay ${payouts.length} chunks of pool ${id}, ${sum} yuan in all`,
  };
  return { payouts, summary };
}

/** Pays what is held aside for an account: anyone may where that is active again, an auditor may give it to another. */
export async function prepareRelease(
  deps: MoneyDeps,
  id: bigint,
  { from, account, to, basis }: { from: Hex; account: Hex; to?: Hex | undefined; basis?: Hex | undefined },
): Promise<Prepared> {
  await findPool(deps.db.sql, id);
  const other = to !== undefined && to !== account;
  const call = poolCalls(deps);
  const transaction = other
    ? await call(from, "reassign", [id, account, to, basis ?? NO_BASIS])
    : await call(from, "release", [id, account]);
  const receiver = other ? to : account;
  const summary = {
    zh: `将资金池 ${id} 为账户 ${account} 暂存的款项付给 ${receiver}`,
    en: `Pay what pool ${id} holds aside for account ${account} to ${receiver}`,
  };
  return { transaction, summary };
}

/** Mints fen against a deposit at a bank. */
export async function prepareDeposit(deps: MoneyDeps, command: BankCommand): Promise<Prepared> {
  const { from, account, amountFen, bankReference } = command;
  const transaction = await tokenCalls(deps)(from, "deposit", [account, amountFen, bankReference]);
  const summary = {
    zh: `银行为账户 ${account} 存入 ${yuan(amountFen)} 元`,
    en: `The bank takes in ${yuan(amountFen)} yuan for account ${account}`,
  };
  return { transaction, summary };
}

/** Burns fen against a withdrawal from a bank. */
export async function prepareWithdrawal(deps: MoneyDeps, command: BankCommand): Promise<Prepared> {
  const { from, account, amountFen, bankReference } = command;
  const transaction = await tokenCalls(deps)(from, "withdraw", [account, amountFen, bankReference]);
  const summary = {
    zh: `银行向账户 ${account} 支付 ${yuan(amountFen)} 元`,
    en: `The bank pays ${yuan(amountFen)} yuan out to account ${account}`,
  };
  return { transaction, summary };
}
