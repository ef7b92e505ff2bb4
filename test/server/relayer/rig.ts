/** What the relayer's tests stand on: a real chain with a contract that burns what it is told to, keys, requests. */
import { randomBytes } from "node:crypto";
import { toHex, uintWord } from "../../../server/chain/eip712.ts";
import type { Chain, Hex } from "../../../server/chain/port.ts";
import { createSigner, nextNonce, readReceipt, sendRaw, type Signer } from "../../../server/chain/transactions.ts";
import type { Db, Sql } from "../../../server/db/port.ts";
import type { Log } from "../../../server/log.ts";
import type { NewTransaction } from "../../../server/relayer/accept.ts";
import type { Carrier } from "../../../server/relayer/port.ts";
import type { NewRequest, Order, RequestState } from "../../../server/relayer/requests.ts";

export const chainId = 46112;

export const draw = (bytes = 32): Hex => toHex(randomBytes(bytes));

export const newSigner = (): Signer => createSigner(draw());

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Keeps what was logged as an error. */
export function listening(): { log: Log; errors: string[] } {
  const errors: string[] = [];
  const log: Log = { ...silent, error: (...args: unknown[]) => void errors.push(String(args.at(-1))) };
  return { log, errors };
}

export const nothingReached = (): Promise<void> => Promise.resolve();

/** A room whose projections know only what is said here. */
export const knowing = (known: Partial<Order>): Order => ({
  recorded: () => Promise.resolve(new Set()),
  seqs: () => Promise.resolve(new Map()),
  moved: () => Promise.resolve(new Map()),
  early: new Set(),
  ...known,
});

export const nothingKnown = knowing({});

/**
 * Creation code of a contract whose calldata is a row of words: for each word w it runs an empty loop w times, 38 gas a
 * turn, so a transaction runs out of gas exactly when its words ask for more than its limit.
 */
const burner: Hex = `0x${[
  "60218060095f395ff3", // copies the 33 bytes that follow into memory and returns them as the contract's code
  "5f", // i = 0
  "5b368110600a570000", // 01: while i < calldatasize, else stop
  "5b8035", // 0a: w = calldata[i]
  "5b8060195750", // 0d: while w > 0, on to 19
  "602001600156", // i += 32, on to 01
  "5b60019003600d56", // 19: w -= 1, on to 0d
].join("")}`;

/** Gas of one turn of the burner's loop, rounded up. */
export const GAS_PER_TURN = 38n;

export async function deployBurner(chain: Chain): Promise<Hex> {
  const signer = newSigner();
  const { raw, hash } = signer.sign({ to: undefined, data: burner, nonce: 0, gasLimit: 1_000_000n, chainId });
  await sendRaw(chain, raw);
  await mined(chain, hash);
  const receipt = await chain.request<{ contractAddress: Hex }>("eth_getTransactionReceipt", [hash]);
  return receipt.contractAddress.toLowerCase() as Hex;
}

/** Waits until a transaction stands in a block. */
export async function mined(chain: Chain, hash: Hex): Promise<number> {
  for (;;) {
    const head = nextHead(chain);
    const receipt = await readReceipt(chain, hash);
    if (receipt) return receipt.block;
    await head;
  }
}

const nextHead = (chain: Chain): Promise<void> =>
  new Promise((resolve) => {
    const stop = chain.onHead(() => {
      stop();
      resolve();
    });
  });

/** Carries words to the burner: 60,000 gas and `turns` turns an item. */
export function burnCarrier(to: Hex, turns = 100n, kind = "burn"): Carrier {
  const calldata = (bodies: readonly Uint8Array[]): Hex => toHex(Buffer.concat(bodies));
  return { kind, to, gasBase: 60_000n, gasOf: () => 600n + turns * GAS_PER_TURN, calldata };
}

/** A request that burns `turns` turns when it is carried. */
export function requestOf(terms: Partial<NewRequest> & { turns?: number } = {}): NewRequest {
  const { turns = 1, ...rest } = terms;
  const digest = rest.digest ?? draw();
  return {
    digest,
    party: `0x${"aa".repeat(20)}`,
    kind: "burn",
    body: uintWord(turns),
    subject: digest,
    seq: -1,
    receipt: `receipt of ${digest}`,
    acceptedAt: 1_760_000_000_000,
    ...rest,
  };
}

export const requestsOf = (n: number): NewRequest[] => Array.from({ length: n }, () => requestOf());

/** A raw transaction to the burner, as its sender would hand it in. */
export function rawOf(signer: Signer, to: Hex, nonce: number, turns = 1, gasLimit = 100_000n): NewTransaction {
  const signed = signer.sign({ to, data: toHex(uintWord(turns)), nonce, gasLimit, chainId });
  const raw = Buffer.from(signed.raw.slice(2), "hex");
  const terms = { sender: signer.address, nonce, receipt: `receipt of ${signed.hash}`, acceptedAt: 1_760_000_000_000 };
  return { ...terms, hash: signed.hash, raw, chainNonce: 0 };
}

/** Sends a transaction of `signer` past the relayer, and waits for its block. */
export async function sendForeign(chain: Chain, signer: Signer, to: Hex): Promise<Hex> {
  const nonce = await nextNonce(chain, signer.address);
  const { raw, hash } = signer.sign({ to, data: "0x", nonce, gasLimit: 90_000n, chainId });
  await sendRaw(chain, raw);
  await mined(chain, hash);
  return hash;
}

/** Puts the indexer's cursor at the chain's head, as if every block so far were indexed. */
export async function indexAll(db: Db, chain: Chain): Promise<void> {
  const head = await chain.request<{ number: Hex; hash: Hex }>("eth_getBlockByNumber", ["latest", false]);
  await db.sql`
    INSERT INTO cursor (name, block, hash) VALUES ('indexer', ${Number(head.number)}, ${head.hash})
    ON CONFLICT (name) DO UPDATE SET block = excluded.block, hash = excluded.hash`;
}

export async function emptyTables({ sql }: { sql: Sql }): Promise<void> {
  await sql`
    WITH i AS (DELETE FROM request_input), o AS (DELETE FROM request_output), t AS (DELETE FROM tx_item),
      x AS (DELETE FROM tx), s AS (DELETE FROM sender), c AS (DELETE FROM cursor)
    DELETE FROM request`;
}

/** How many requests are in each state. */
export async function states(db: Db): Promise<Partial<Record<RequestState, number>>> {
  const rows = await db.sql<{
    state: RequestState;
    n: bigint;
  }>`SELECT state, count(*) AS n FROM request GROUP BY state`;
  return Object.fromEntries(rows.map(({ state, n }) => [state, Number(n)]));
}

export interface TxRow {
  hash: Hex;
  nonce: bigint;
  state: string;
  block: bigint | null;
}

export const transactionsOf = (db: Db, address: Hex): Promise<TxRow[]> =>
  db.sql<TxRow>`SELECT hash, nonce, state, block FROM tx WHERE sender = ${address} ORDER BY nonce`;
