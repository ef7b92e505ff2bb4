/**
 * A bay on a fresh chain: a methodology, a project with its parties, three verifiers with keys of their own, and the way
 * from a report to issued blocks. Written with ethers' own encoders and nothing of the server's.
 */
import { expect } from "chai";
import { id, TypedDataEncoder, ZeroHash, type ContractTransactionResponse, type SigningKey } from "ethers";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { roles } from "../../server/access/roles.ts";
import type { Credits, ICredits } from "../../typechain-types/contracts/carbon/Credits.js";
import type { IProjects } from "../../typechain-types/contracts/carbon/Projects.js";
import { addressOf, keyOf, secp, words, type Sign } from "./acts.ts";
import { packed } from "./coast.ts";
import { domainOf, registrationOf } from "./collects.ts";
import { createWorld, startOfTests, type World } from "./contracts.ts";

export type Piece = { id: bigint; kg: bigint | number };
export type Claim = ICredits.ClaimStruct;

/** What may be claimed in the bay, and what for: two purposes of scope 1, a third of scope 2. */
export const scope = 1;
export const purposes = { offset: 1, gift: 2, elsewhere: 3 };

/** Days since 1970 on which 2024 begins and ends. */
export const firstDay = 19_723;
export const lastDay = 20_088;
export const shore = id("the north shore");

export const locks = { listed: 1, pledged: 2, inTransit: 4, frozen: 8, courtHold: 16, dedicated: 32 };
export const ends = { live: 0, retired: 1, cancelled: 2, exported: 3 };

/** The token of a block: batches and serials count from 1. */
export const blockId = (batch: bigint | number, serial: bigint | number): bigint =>
  (BigInt(batch) << 128n) | BigInt(serial);

/** Fields of a block's word. */
export interface BlockState {
  kg: bigint | number;
  disposition?: number;
  locks?: number;
  retirement?: bigint | number;
  purpose?: number;
}

export const blockWord = (block: BlockState): bigint =>
  packed(
    [block.kg, 64],
    [block.disposition ?? 0, 8],
    [block.locks ?? 0, 8],
    [block.retirement ?? 0, 64],
    [block.purpose ?? 0, 16],
  );

/** The word of a batch, in kg. */
export const batchWord = (issued: number, retired = 0, cancelled = 0, exported = 0): bigint =>
  packed([issued, 64], [retired, 64], [cancelled, 64], [exported, 64]);

export interface Statement {
  report: string;
  attestedKg: bigint | number;
  statement: string;
  verifier: string;
  signedAt: number;
}

const statementTypes = {
  Verification: [
    { name: "report", type: "bytes32" },
    { name: "attestedKg", type: "uint64" },
    { name: "statement", type: "bytes32" },
    { name: "verifier", type: "address" },
    { name: "signedAt", type: "uint40" },
  ],
};

export const verifierKeys: SigningKey[] = [0, 1, 2].map((n) => keyOf("verifier", n));
export const verifiers = verifierKeys.map(addressOf);

/** All that the register stores, a line each: words, holders, batches, certificates. */
async function stateOf(credits: Credits): Promise<Map<string, unknown>> {
  const state = new Map<string, unknown>();
  const issued = await credits.queryFilter(credits.filters.Issued());
  const split = await credits.queryFilter(credits.filters.Split());
  for (const token of [...issued.map((log) => log.args.id), ...split.map((log) => log.args.child)]) {
    state.set(`word ${token}`, await credits.blocks(token));
    state.set(`holder ${token}`, await credits.ownerOf(token));
  }
  const { lastBatch, lastRetirement } = await credits.counts();
  for (let batch = 1n; batch <= lastBatch; ++batch) {
    const { word, origin } = await credits.batches(batch);
    state.set(`batch ${batch}`, word).set(`origin ${batch}`, origin);
  }
  for (let retirement = 1n; retirement <= lastRetirement; ++retirement) {
    const { record, note } = await credits.retirements(retirement);
    state.set(`record ${retirement}`, record).set(`note ${retirement}`, note);
  }
  return state;
}

export type Bay = Awaited<ReturnType<typeof settle>>;

async function settle(world: World) {
  const { Credits: credits, Projects: projects, registry } = world;
  const [proponent, measurer, farmer, holder, buyer, other] = world.people as [
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
  ];
  const domain = await domainOf(world);
  await world.Parties.connect(registry).register(verifiers.map((account) => registrationOf(account)));
  for (const verifier of verifiers) await world.manager.grantRole(roles.VERIFIER, verifier, 0);
  await credits.setPurposes(scope, (1 << purposes.offset) | (1 << purposes.gift));
  await credits.setPurposes(2, 1 << purposes.elsewhere);
  await projects.addMethodology({ document: id("methodology"), scope, quorum: 1, bufferBps: 0 });

  const share = (account: { address: string }, bps: number) => ({ account: account.address, bps });
  const project = (terms: Partial<IProjects.ProjectStruct> = {}): IProjects.ProjectStruct => ({
    methodology: 1,
    proponent: proponent.address,
    measurer: measurer.address,
    document: id("project"),
    boundaries: [shore],
    shares: [share(proponent, 4_000), share(farmer, 6_000)].toSorted((a, b) => (a.account < b.account ? -1 : 1)),
    ...terms,
  });
  await projects.connect(registry).registerProject(project());

  const report = (terms: Partial<IProjects.ReportStruct> = {}): IProjects.ReportStruct => ({
    project: 1,
    boundary: shore,
    fromDay: firstDay,
    toDay: lastDay,
    claimedKg: 1_000,
    document: id("report"),
    ...terms,
  });
  const submit = async (terms: Partial<IProjects.ReportStruct> = {}): Promise<string> => {
    await projects.connect(measurer).submitReport(report(terms));
    return projects.reportId(report(terms));
  };

  const statement = (of: string, attestedKg: bigint | number = 1_000, n = 0): Statement => ({
    report: of,
    attestedKg,
    statement: id("statement"),
    verifier: verifiers[n]!,
    signedAt: startOfTests,
  });
  const digest = (message: Statement): string => TypedDataEncoder.hash(domain, statementTypes, message);
  /** Carries a statement, signed by the verifier's own key unless said otherwise; somebody without a role carries it. */
  const carry = (message: Statement, sign?: Sign): Promise<ContractTransactionResponse> => {
    const own = verifierKeys[verifiers.indexOf(message.verifier)] ?? verifierKeys[0]!;
    const proofs: string[] = [];
    const [r, vs] = words((sign ?? secp(own))(digest(message)), proofs);
    return projects.connect(world.stranger).recordVerifications([{ ...message, r, vs }], proofs);
  };
  const batch = (allotted: readonly (readonly [{ address: string }, number | bigint])[], terms = {}) => ({
    vintage: 2024,
    scope,
    allotments: allotted.map(([recipient, kg]) => ({ recipient: recipient.address, kg })),
    ...terms,
  });
  const issue = (of: string, ...vintages: ICredits.BatchStruct[]) => projects.connect(world.issuer).issue(of, vintages);
  /** A shore of its own each time: reports of one must not overlap. */
  let issuances = 0;

  return {
    world,
    credits,
    projects,
    ...{ proponent, measurer, farmer, holder, buyer, other },
    ...{ project, share, report, submit, statement, digest, carry, batch, issue },

    /** A report that the first verifier attested in full; its id. */
    async attested(terms: Partial<IProjects.ReportStruct> = {}): Promise<string> {
      const of = await submit(terms);
      await carry(statement(of, BigInt(terms.claimedKg ?? 1_000)));
      return of;
    },

    /** Blocks of so many kg, one batch, all to one holder; their ids. */
    async blocks(to: { address: string }, ...kg: number[]): Promise<bigint[]> {
      const claimedKg = kg.reduce((sum, one) => sum + one, 0);
      const day = firstDay + issuances++;
      const of = await this.attested({ fromDay: day, toDay: day, claimedKg });
      await issue(of, batch(kg.map((one) => [to, one] as const)));
      const { lastBatch } = await credits.counts();
      let serial = 1;
      return kg.map((one) => blockId(lastBatch, (serial += one) - one));
    },

    /** Sets a lock as its keeper does. */
    lock: (bit: number, ...pieces: Piece[]) =>
      credits.connect(world.keepers[Math.log2(bit)]).changeLocks(pieces, bit, 0, id("basis")),

    claim: (terms: Partial<Claim> = {}): Claim => ({
      beneficiary: id("salt and name"),
      purpose: purposes.offset,
      fromMonth: 202_401,
      toMonth: 202_412,
      country: 156,
      document: ZeroHash,
      ...terms,
    }),

    /** What of the register a call changed: the new value of each line that is new or another. */
    async changes(call: () => Promise<ContractTransactionResponse>): Promise<Record<string, unknown>> {
      const before = await stateOf(credits);
      await (await call()).wait();
      const after = await stateOf(credits);
      for (const line of before.keys()) expect(after.has(line), line).to.equal(true);
      return Object.fromEntries([...after].filter(([line, value]) => before.get(line) !== value));
    },

    /** The names of the events of a call, in their order, of the register and of projects. */
    async events(call: Promise<ContractTransactionResponse>): Promise<string[]> {
      const logs = (await (await call).wait())?.logs ?? [];
      return logs.map((log) => {
        const from = log.address === credits.target ? credits : projects;
        return from.interface.parseLog(log)?.name ?? "unknown";
      });
    },
  };
}

/** A loader for one test file: each call gives the bay as it was settled. */
export async function createBay(): Promise<() => Promise<Bay>> {
  const load = await createWorld();
  return async () => settle(await load());
}
