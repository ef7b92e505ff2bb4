/** What every route shares that prepares something of projects or credits for others to sign. Nothing here changes the chain. */
import { unknownCodes, type CodeOf } from "../access/queries.ts";
import { prepareCall, type Call } from "../chain/calls.ts";
import type { Chain, Hex } from "../chain/port.ts";
import type { Db } from "../db/port.ts";
import type { Library } from "../documents/port.ts";
import { Problem, type ProblemCode } from "../errors.ts";
import type { Reply } from "../route.ts";
import { preparing, type Bilingual } from "../wire.ts";

export interface WriteDeps {
  db: Db;
  chain: Chain;
  chainId: number;
  library: Library;
  contracts: { projects: Hex; credits: Hex };
}

export const answers = preparing;
export const problems: ProblemCode[] = ["would-revert", "not-ready"];

/** Tries a call on the ledger as it stands, and answers with what is to be signed. */
export async function prepare(
  deps: WriteDeps,
  from: Hex,
  call: Omit<Call, "address">,
  summary: Bilingual,
): Promise<Reply> {
  const { chain, chainId, contracts } = deps;
  const address = call.contract === "Projects" ? contracts.projects : contracts.credits;
  const transaction = await prepareCall(chain, chainId, from, { ...call, address });
  return { status: 200, body: { transaction, summary } };
}

/** What nobody can read is nothing to rest on. */
export async function needDocument(library: Library, sha256: Hex): Promise<void> {
  if (!(await library.find(sha256))) throw new Problem("document-unknown", `there is no document ${sha256}`);
}

/** @throws Problem `vocabulary-unknown` naming the first code that is not in use */
export async function needCodes({ db }: WriteDeps, codes: readonly CodeOf[]): Promise<void> {
  const unknown = await unknownCodes(db.sql, codes);
  const found = codes.find(({ list, code }) => unknown.has(`${list}/${code}`));
  if (!found) return;
  const { list, code } = found;
  throw new Problem("vocabulary-unknown", `${list} ${code}`, { list, unknown: code });
}

interface Piece {
  block: Hex;
  kg: bigint;
}

/** As the contract takes them. */
export const piecesOf = (pieces: readonly Piece[]): [bigint, bigint][] =>
  pieces.map(({ block, kg }) => [BigInt(block), kg]);
export const kgOf = (pieces: readonly { kg: bigint }[]): bigint => pieces.reduce((sum, { kg }) => sum + kg, 0n);
