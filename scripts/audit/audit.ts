/**
 * An audit: the ledger rebuilt from the chain's events alone, held against contract storage and against what the server
 * says. It imports nothing of the server but its chain room, so that a fault of the server's is not its own.
 */
import { createApi } from "./api.ts";
import { checkAllocations } from "./allocations.ts";
import { checkAnswers, checkConservation } from "./answers.ts";
import { CouldNot } from "./ask.ts";
import { emptyBooks } from "./books.ts";
import { checkActs, checkEffects, checkStorage } from "./checks.ts";
import { checkCredits } from "./creditStorage.ts";
import { checkMoney } from "./moneyStorage.ts";
import { createNode } from "./node.ts";
import { createReader } from "./reader.ts";
import type { Check, Report } from "./report.ts";
import { checkRows } from "./rows.ts";

export interface AuditOptions {
  /** the server, without a path */
  api: string;
  /** a node of the network, or the server's own `/rpc` */
  rpc: string;
  /** told of long work */
  progress: (step: "read" | "storage" | "credits" | "money" | "answers", done: number, total: number) => void;
}

/**
 * Audits a server as of the block it stands at, while it goes on.
 * @throws CouldNot where the two sides cannot be read, in words
 */
export async function audit({ api: url, rpc, progress }: AuditOptions): Promise<Report> {
  const [api, node] = [createApi(url), createNode(rpc)];
  const ledger = await api.ledger();
  const chainId = await node.chainId();
  if (chainId !== ledger.chainId) {
    throw new CouldNot(
      `${rpc} is of chain ${chainId}, the server's ledger is on chain ${ledger.chainId}. Name a node of that one.`,
    );
  }
  const digests = await api.digest();
  const books = emptyBooks();
  const reader = createReader(node, ledger, books, (block) => progress("read", block, digests.block));
  await reader.advance(digests.block);
  const report = (checks: Check[]): Report => ({ block: digests.block, hash: digests.hash, checks });

  const effects = await checkEffects(api, books, digests);
  // on another chain nothing else could agree
  if (effects.differences.some(({ field }) => field === "hash")) return report([effects]);
  const storage = await checkStorage(node, ledger.contracts.LotLedger, books, (...of) => progress("storage", ...of));
  const credits = await checkCredits(node, ledger.contracts, books, (...of) => progress("credits", ...of));
  const money = await checkMoney(node, ledger.contracts, books, (...of) => progress("money", ...of));
  const allocations = await checkAllocations(api, ledger, books);
  const rows = await checkRows(api, reader, books, digests);
  const conservation = await checkConservation(api, reader, books);
  const answers = await checkAnswers(api, reader, books, digests.hash, (...of) => progress("answers", ...of));
  return report([checkActs(books), storage, credits, money, allocations, effects, rows, conservation, answers]);
}
