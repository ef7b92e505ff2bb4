/** A whole server with a random history of all acts, rulings, licences and keys: what audits are tried on. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { id, toBeHex, zeroPadValue, type Interface } from "ethers";
import { expect } from "chai";
import { audit } from "../../scripts/audit/audit.ts";
import type { Difference, Report } from "../../scripts/audit/report.ts";
import { registrySigner } from "../../scripts/demo/keys.ts";
import { interfaces } from "../../server/chain/contracts.ts";
import type { ContractName } from "../../server/access/roles.ts";
import { readDeployment } from "../../server/chain/deploy.ts";
import { openKeyFile } from "../../server/chain/keyFile.ts";
import type { Hex } from "../../server/chain/port.ts";
import { createSigner, type Signer } from "../../server/chain/transactions.ts";
import { settings } from "../../server/config.ts";
import type { Sql } from "../../server/db/port.ts";
import { openApi, type TestApi } from "./api.ts";
import { startDag, type Dag } from "./dag.ts";
import { allFinal, apiAt } from "./homes.ts";
import { person, registrationOf, sent, type Ledger, type Person } from "./ledger.ts";

export interface Audited {
  api: TestApi;
  dag: Dag;
  /** what sends transactions to it */
  ledger: Ledger;
  /** its database */
  sql: Sql;
  /** Plays so many more steps, and returns when they are indexed. */
  play(steps: number): Promise<void>;
  /** A transaction of the registry, indexed when this returns. */
  register(method: string, args: readonly unknown[]): Promise<void>;
}

/** What a history needs of a ledger: to send and to read. */
async function ledgerOf({ running, home }: TestApi): Promise<Ledger> {
  const deployment = readDeployment(join(home, "deployment.json"))!;
  const { chainId, contracts } = deployment;
  const keys = await openKeyFile(home, settings.TIDEMARK_PASSPHRASE.embedded, true);
  const somebody = (signer: Signer): Person => ({ ...person("nobody"), account: signer.address, signer });
  const call: Ledger["call"] = (from, contract, method, args) => {
    const abi: Interface = interfaces[contract];
    const data = abi.encodeFunctionData(method, args) as Hex;
    return sent(running.chain, chainId, from, contracts[contract].address, data);
  };
  const people = {
    admin: somebody(createSigner(keys.admin!)),
    registry: somebody(registrySigner()),
    carrier: person("carrier"),
  };
  const domain = { chainId, authority: contracts.AccessManager.address };
  const register = async (...some: Person[]): Promise<void> => {
    const registrations = some.map(({ account }) => registrationOf(account));
    await call(people.registry, "Parties", "register", [registrations]);
  };
  return { chain: running.chain, deployment, domain, ...people, call, register } as unknown as Ledger;
}

/** Resolves when the server has indexed the chain's head. */
export async function indexed({ running: { chain, db } }: TestApi): Promise<void> {
  const head = BigInt(await chain.request<Hex>("eth_blockNumber"));
  while (((await db.sql<{ block: bigint }>`SELECT block FROM cursor`)[0]?.block ?? -1n) < head) await sleep(5);
}

/** Starts a server with a history of so many steps. */
export async function openAudited(seed: number, steps: number): Promise<Audited> {
  const api = await openApi();
  const ledger = await ledgerOf(api);
  const dag = await startDag(ledger, seed);
  const register: Audited["register"] = async (method, args) => {
    await ledger.call(ledger.registry, "Parties", method, args);
    await indexed(api);
  };
  const play: Audited["play"] = async (count) => {
    await dag.play(count);
    await indexed(api);
  };
  const { account } = api.cast.point;
  const document = id("licence");
  for (const kind of [1, 2]) await register("grantLicence", [account, kind, 1, 2_000_000_000, 5n ** 20n, document]);
  await register("revokeLicence", [account, 2, id("withdrawn")]);
  await register("bindKey", [account, zeroPadValue(person("spare key").account, 32), 5, 2_000_000_000]);
  // lots in the hands of a facility, which may be named
  const collects = api.acts(0, 5);
  await api.ask(
    "/v1/acts",
    collects.map(({ item }) => item),
  );
  await allFinal(apiAt(api.running.url), collects);
  await play(steps);
  return { api, dag, ledger, sql: api.running.db.sql, play, register };
}

/** An audit without a word of progress. */
export const auditOf = (api: string, rpc = `${api}/rpc`): Promise<Report> =>
  audit({ api, rpc, progress: () => undefined });

/** What one check found. */
export const foundBy = ({ checks }: Report, check: string): Difference[] =>
  checks.find(({ id }) => id === check)!.differences;

export const failing = ({ checks }: Report): string[] =>
  checks.filter(({ differences }) => differences.length > 0).map(({ id }) => id);

/** The first row, which there must be. */
export async function one<T>(rows: Promise<T[]>): Promise<T> {
  const [row] = await rows;
  expect(row, "the history has no such row").to.not.equal(undefined);
  return row!;
}

/** SQL with names in it; the tag takes values only. */
const exec = (sql: Sql, text: string): Promise<unknown> => sql(Object.assign([text], { raw: [text] }));

/** Keeps some tables as they are now. @returns what puts their rows back */
export async function keepTables(sql: Sql, tables: readonly string[]): Promise<() => Promise<void>> {
  for (const table of tables) await exec(sql, `CREATE TABLE kept_${table} AS TABLE ${table}`);
  return async () => {
    for (const table of tables) {
      const columns = await sql<{ name: string }>`
        SELECT column_name AS name FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name = ${table} ORDER BY ordinal_position`;
      const list = columns.map(({ name }) => name).join(", ");
      await exec(sql, `DELETE FROM ${table}`);
      await exec(sql, `INSERT INTO ${table} (${list}) SELECT ${list} FROM kept_${table}`);
    }
  };
}

/** Where something stands, as an audit tells it. */
export interface Placed {
  block: number;
  index: number;
  tx: Hex;
}

/** The last event of that name, by the chain's own logs; of those that have all these words as topics. */
export async function lastLog(
  { api, ledger }: Pick<Audited, "api" | "ledger">,
  contract: ContractName,
  event: string,
  ...words: readonly (Hex | bigint)[]
): Promise<Placed> {
  const abi: Interface = interfaces[contract];
  const { address } = ledger.deployment.contracts[contract];
  const filter = { fromBlock: "0x0", toBlock: "latest", address, topics: [abi.getEvent(event)!.topicHash] };
  const logs = await api.running.chain.request<
    { blockNumber: Hex; logIndex: Hex; transactionHash: Hex; topics: Hex[] }[]
  >("eth_getLogs", [filter]);
  const wanted = words.map((word) => toBeHex(word, 32));
  const last = logs.findLast(({ topics }) => wanted.every((word) => topics.includes(word as Hex)));
  expect(last, `no ${event} with ${wanted.join(", ")}`).to.not.equal(undefined);
  const { blockNumber, logIndex, transactionHash: tx } = last!;
  return { block: Number(blockNumber), index: Number(logIndex), tx };
}
