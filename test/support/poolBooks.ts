/** All that money calls could move, and by how much one moved it. */
import { getAddress, type ContractTransactionResponse } from "ethers";
import { payee, type Money } from "./pools.ts";

export const [alice, bob, carol] = [getAddress(payee(0)), getAddress(payee(1)), getAddress(payee(2))] as const;

type Books = Record<string, bigint>;

async function tokenBooks({ token, payer, pools, bank, world }: Money): Promise<Books> {
  const holders = { alice, bob, carol, payer, bank, pools, stranger: world.stranger };
  const { depositedFen, withdrawnFen } = await token.totals();
  const books: Books = { supply: await token.totalSupply(), deposited: depositedFen, withdrawn: withdrawnFen };
  for (const [name, holder] of Object.entries(holders)) books[name] = await token.balanceOf(holder);
  return books;
}

const fieldsOfPool = ["totalFen", "paidFen", "leafCount", "depth", "state", "opensAt", "version"] as const;

async function poolBooks({ pools }: Money): Promise<Books> {
  const settings = await pools.settings();
  const books: Books = { delay: settings.delay, count: settings.pools };
  for (let pool = 1n; pool <= settings.pools; pool++) {
    const stored = await pools.poolOf(pool);
    for (const field of fieldsOfPool) books[`${pool} ${field}`] = stored[field];
    for (const [name, account] of Object.entries({ alice, bob, carol })) {
      books[`${pool} held ${name}`] = await pools.heldOf(pool, account);
    }
  }
  return books;
}

const booksOf = async (money: Money): Promise<Books> => ({ ...(await tokenBooks(money)), ...(await poolBooks(money)) });

/** By how much each entry of the books moved that did (fen, seconds, a count), and the call's events in order. */
export async function moved(
  money: Money,
  act: () => Promise<ContractTransactionResponse>,
): Promise<{ by: Books; events: (string | undefined)[] }> {
  const before = await booksOf(money);
  const logs = (await (await act()).wait())!.logs;
  const after = await booksOf(money);
  const differences = Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0n)] as const);
  const parsed = logs.map((log) => money.pools.interface.parseLog(log) ?? money.token.interface.parseLog(log));
  return {
    by: Object.fromEntries(differences.filter(([, difference]) => difference !== 0n)),
    events: parsed.map((event) => event?.name),
  };
}
