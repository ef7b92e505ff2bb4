/** M1 to M4 from the storage of `SettlementToken` and `PremiumPools`: every balance, pool, root and chunk. Amounts in fen. */
import type { Hex } from "../../server/chain/port.ts";
import { rowsOf, type Books, type Field, type Row } from "./books.ts";
import { chunkKey } from "./money.ts";
import type { Told } from "./events.ts";
import type { Node } from "./node.ts";
import { readAll, type Progress, type Reading } from "./readings.ts";
import type { Check, Difference } from "./report.ts";

type Keyed = [key: string, row: Row];
type Fen = bigint;

const CHUNK_LEAVES = 256n;
const [FUNDED, PUBLISHED, CLOSED] = [1n, 2n, 3n];

const partsOf = (key: string): string[] => key.split("/").slice(1);
const fenOf = (rows: readonly Keyed[]): Fen =>
  rows.reduce((sum, [, { fields }]) => sum + (fields["amountFen"] as Fen), 0n);

/** What banks took in and paid out, what accounts have, and what the pools' own account must have. */
function sums(books: Books): Record<"deposited" | "withdrawn" | "accounts" | "inPools" | "pools", Fen> {
  const banks = rowsOf(books, "bank");
  const of = (kind: string): Fen => fenOf(banks.filter(([, { fields }]) => fields["kind"] === kind));
  const pools = rowsOf(books, "pool");
  const paid = pools.reduce((sum, [, { fields }]) => sum + (fields["paidFen"] as Fen), 0n);
  return {
    deposited: of("deposit"),
    withdrawn: of("withdrawal"),
    accounts: fenOf(rowsOf(books, "fen")),
    inPools: fenOf(pools) - paid + fenOf(rowsOf(books, "held")),
    pools: BigInt(pools.length),
  };
}

/** Keys of rows of a kind that are no more: their value is zero now. */
const goneOf = ({ gone }: Books, kind: string): string[] =>
  [...gone.keys()].filter((key) => key.startsWith(`${kind}/`));

/** M3: deposits less withdrawals are the fen that exist; M1: the pools have what they have not paid, and hold aside. */
function tokenReadings(books: Books, pools: Hex): Reading[] {
  const { deposited, withdrawn, inPools } = sums(books);
  const token = { contract: "SettlementToken" as const };
  const balance = (key: string, amountFen: Field, row?: Row): Reading => {
    return { ...token, view: "balanceOf", args: partsOf(key), key, expected: { amountFen }, ...(row && { row }) };
  };
  return [
    { ...token, view: "totals", args: [], key: "totals", expected: { deposited, withdrawn } },
    { ...token, view: "totalSupply", args: [], key: "totals", expected: { supply: deposited - withdrawn } },
    balance(`fen/${pools}`, inPools, books.rows.get(`fen/${pools}`)),
    ...rowsOf(books, "fen").map(([key, row]) => balance(key, row.fields["amountFen"]!, row)),
    ...goneOf(books, "fen").map((key) => balance(key, 0n)),
    ...rowsOf(books, "bank").map(([key, row]): Reading => {
      return { ...token, view: "isUsed", args: partsOf(key), key, expected: { used: true }, row };
    }),
  ];
}

/** ⌈log2 chunks⌉ */
function depthOf(chunks: bigint): bigint {
  let depth = 0n;
  while (1n << depth < chunks) depth++;
  return depth;
}

/** A pool, its roots, and of each of its chunks whether it was paid. */
function poolReadings(books: Books, [key, row]: Keyed, roots: readonly Keyed[]): Reading[] {
  const { amountFen, paidFen, version, closed } = row.fields as Record<string, Field> & { version: bigint };
  const id = row.kept!["id"] as bigint;
  const last = roots.find(([, { kept }]) => kept!["version"] === version)?.[1];
  const leafCount = (last?.fields["leafCount"] ?? 0n) as bigint;
  const chunks = (leafCount + CHUNK_LEAVES - 1n) / CHUNK_LEAVES;
  const state = closed === true ? CLOSED : version > 0n ? PUBLISHED : FUNDED;
  const opensAt = (last?.kept!["opensAt"] ?? 0n) as bigint;
  const expected = {
    amountFen: amountFen!,
    paidFen: paidFen!,
    leafCount,
    depth: depthOf(chunks),
    state,
    opensAt,
    version,
  };
  const about = { contract: "PremiumPools" as const };
  return [
    { ...about, view: "poolOf", args: [id], key, expected, row },
    ...roots.map(([key, row]): Reading => {
      const root = { root: row.fields["root"]! };
      return { ...about, view: "rootOf", args: [id, row.kept!["version"]], key, expected: root, row };
    }),
    ...Array.from({ length: Number(chunks) }, (_, i): Reading => {
      const key = chunkKey(id, BigInt(i));
      const row = books.rows.get(key);
      const paid = { paid: row !== undefined };
      return { ...about, view: "isPaid", args: [id, i], key, expected: paid, ...(row && { row }) };
    }),
  ];
}

function heldReading(key: string, amountFen: Field, row?: Row): Reading {
  const [pool, account] = partsOf(key);
  const about = { contract: "PremiumPools" as const, view: "heldOf", key };
  return { ...about, args: [BigInt(pool!), account], expected: { amountFen }, ...(row && { row }) };
}

/** All that storage has of money. */
function readings(books: Books, poolsAddress: Hex): Reading[] {
  const pools = rowsOf(books, "pool");
  const roots = rowsOf(books, "root");
  const settings = { delay: books.delay, pools: BigInt(pools.length) };
  return [
    ...tokenReadings(books, poolsAddress),
    { contract: "PremiumPools", view: "settings", args: [], key: "settings", expected: settings },
    ...pools.flatMap((pool) =>
      poolReadings(
        books,
        pool,
        roots.filter(([key]) => partsOf(key)[0] === partsOf(pool[0])[0]),
      ),
    ),
    ...rowsOf(books, "held").map(([key, row]) => heldReading(key, row.fields["amountFen"]!, row)),
    ...goneOf(books, "held").map((key) => heldReading(key, 0n)),
  ];
}

/** M3: all that exists is in somebody's account. */
function supplyDifferences(books: Books): Difference[] {
  const { deposited, withdrawn, accounts } = sums(books);
  if (accounts === deposited - withdrawn) return [];
  const [said, expected] = [String(accounts), String(deposited - withdrawn)];
  return [{ key: "fen in all accounts", field: null, who: "log", said, expected, place: { block: books.block } }];
}

/** M1: a pool is closed when all of it is paid, and every fen of a paid chunk reached somebody or is held aside. */
function poolDifferences(books: Books): Difference[] {
  const closed = rowsOf(books, "pool").flatMap(([key, { fields, places }]): Difference[] => {
    const paid = fields["paidFen"] === fields["amountFen"];
    if (fields["closed"] === paid) return [];
    const [said, expected] = [String(fields["closed"]), String(paid)];
    return [{ key, field: "closed", who: "log", said, expected, place: places["paidFen"]! }];
  });
  const open = rowsOf(books, "chunk").flatMap(([key, { fields, kept, places }]): Difference[] => {
    const [sum, left] = [fields["sumFen"] as Fen, kept!["open"] as Fen];
    if (left === 0n) return [];
    return [
      {
        key,
        field: "paid and held aside",
        who: "log",
        said: String(sum - left),
        expected: String(sum),
        place: places["sumFen"]!,
      },
    ];
  });
  return [...closed, ...open];
}

/** Every word of money in contract storage at the books' block, and that it adds up. */
export async function checkMoney(
  node: Node,
  contracts: Record<Told, Hex>,
  books: Books,
  progress: Progress,
): Promise<Check> {
  const wanted = readings(books, contracts.PremiumPools);
  const differences = [
    ...(await readAll(node, contracts, books, wanted, progress)),
    ...poolDifferences(books),
    ...supplyDifferences(books),
  ];
  const en = "totals, balances, pools, roots, chunks, what is held aside (M1-M4)";
  return { id: "money", zh: "资金合约存储", en, compared: wanted.length, differences };
}

/** The figures that the server's M1 and M3 must have on both sides: fen, and how many pools. */
export function moneyFigures(books: Books): [id: string, figure: bigint][] {
  const { deposited, withdrawn, accounts, inPools, pools } = sums(books);
  return [
    ["M1.count", pools],
    ["M1.pools", inPools],
    ["M3.deposited", deposited],
    ["M3.withdrawn", withdrawn],
    ["M3.supply", deposited - withdrawn],
    ["M3.balances", accounts],
  ];
}
