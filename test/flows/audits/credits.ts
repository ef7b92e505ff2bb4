/** Audits of credits and money: rows edited by hand, storage, documents and divisions that are other than the chain says. */
import { expect } from "chai";
import type { Interface } from "ethers";
import { differencesOf, lineOf, type Difference, type Report } from "../../../scripts/audit/report.ts";
import type { ContractName } from "../../../server/access/roles.ts";
import { interfaces } from "../../../server/chain/contracts.ts";
import type { Hex } from "../../../server/chain/port.ts";
import type { Sql } from "../../../server/db/port.ts";
import { block, blockKey, creditEdits, padded } from "../../support/auditedEdits.ts";
import { playCreditsAndMoney, publishFalsely, type Played } from "../../support/auditedMoney.ts";
import { auditOf, failing, foundBy, keepTables, lastLog, openAudited, type Audited } from "../../support/audited.ts";
import { startProxy, type Exchange } from "../../support/proxy.ts";

const tables = [
  ...["methodology", "project", "project_share", "boundary", "report", "verification", "scope_purposes"],
  ...["batch", "credit_block", "retirement", "retirement_block"],
  ...["bank_reference", "fen", "pool", "pool_subject", "pool_root", "pool_chunk", "payout", "held_aside"],
];
describe("npm run audit, of credits and money", function () {
  this.timeout(240_000);
  let audited: Audited;
  let played: Played;
  let url: string;
  let sql: Sql;
  let restore: () => Promise<void>;

  before(async () => {
    audited = await openAudited(11, 40);
    played = await playCreditsAndMoney(audited);
    ({ url } = audited.api.running);
    ({ sql } = audited);
    restore = await keepTables(sql, tables);
  });
  after(() => audited.api.close());

  type Words = (Hex | bigint)[];
  const at = (contract: "Projects" | "Credits" | "SettlementToken" | "PremiumPools", event: string, ...words: Words) =>
    lastLog(audited, contract, event, ...words);

  it("given an honest server with every event of credits and money, when audited, then all was compared and is equal", async () => {
    for (const contract of ["Projects", "Credits", "SettlementToken", "PremiumPools"] as const) {
      const silent = ["Approval", "ApprovalForAll", "AuthorityUpdated", "Locked", "Unlocked"];
      const abi: Interface = interfaces[contract];
      const names: string[] = [];
      abi.forEachEvent(({ name }) => names.push(name));
      for (const name of names.filter((name) => !silent.includes(name))) await at(contract, name);
    }
    const report = await auditOf(url);
    expect(differencesOf(report).map(lineOf)).to.deep.equal([]);
    const [rows] = await sql<Record<string, number>>`
      SELECT (SELECT count(*) FROM credit_block)::int AS blocks, (SELECT count(*) FROM retirement)::int AS retirements,
        (SELECT count(*) FROM fen)::int AS balances, (SELECT count(*) FROM pool WHERE version > 0)::int AS divided`;
    const compared = Object.fromEntries(report.checks.map(({ id, compared }) => [id, compared]));
    expect(compared["credits"]).to.be.greaterThan(2 * rows!["blocks"]! + rows!["retirements"]!);
    expect(compared["money"]).to.be.greaterThan(rows!["balances"]! + 3 * rows!["divided"]!);
    expect([compared["allocations"], rows!["divided"]]).to.deep.equal([3, 3]);
    expect(played.paidByLineage).to.be.at.least(2);
  });

  for (const [what, plant] of creditEdits()) {
    it(`given ${what}, edited in the server's rows, when audited, then that row is named with block, log and transaction, and no other`, async () => {
      try {
        const { key, field, said, expected, place, conservation } = await plant(audited, played);
        const report = await auditOf(url);
        const found = foundBy(report, "rows");
        expect(found.map((one) => [one.key, one.field, one.place])).to.deep.equal([[key, field, place]]);
        if (said !== undefined) expect(found[0]!.said).to.equal(said);
        if (expected !== undefined) expect(found[0]!.expected).to.equal(expected);
        const seen = foundBy(report, "conservation").map((one) =>
          one.field === null ? one.key : `${one.key} ${one.field}`,
        );
        // whether a sample holds the row is chance
        expect(seen.filter((id) => !["C3.words", "M1.words", "M3.words"].includes(id))).to.have.members(conservation);
        expect(failing(report).filter((id) => id !== "rows" && id !== "conservation")).to.deep.equal([]);
      } finally {
        await restore();
      }
    });
  }

  /** An audit of the server as a proxy shows it. */
  async function auditThrough(change: (exchange: Exchange, body: unknown) => unknown): Promise<Report> {
    const proxy = await startProxy(url, change);
    try {
      return await auditOf(proxy.url);
    } finally {
      await proxy.close();
    }
  }

  const named = (report: Report, check: string): string[] =>
    foundBy(report, check).map(({ key, field }: Difference) => (field === null ? key : `${key} ${field}`));

  const callOf = (contract: ContractName, view: string, args: Words): string => {
    const abi: Interface = interfaces[contract];
    return `${audited.ledger.deployment.contracts[contract].address} ${abi.encodeFunctionData(view, args)}`;
  };

  it("given storage that is not what the events say, when audited, then what and which field are named", async () => {
    const { payee, report, held } = played;
    const cases: [contract: ContractName, view: string, args: Words, add: bigint, check: string, field: string][] = [
      ["Credits", "blocks", [block(1n)], 1n << 192n, "credits", `${blockKey(1n)} kg`],
      ["Credits", "blocks", [block(1n)], 1n << 176n, "credits", `${blockKey(1n)} locks`],
      ["Credits", "ownerOf", [block(601n)], 1n, "credits", `${blockKey(601n)} holder`],
      ["Credits", "batches", [1n], 1n << (256n + 64n), "credits", `batch/${padded(1n)} cancelled`],
      ["Credits", "retirements", [2n], 1n, "credits", `${played.second} note`],
      ["Projects", "reportOf", [report], 1n << 256n, "credits", `report/${report} issued`],
      ["SettlementToken", "balanceOf", [payee], 1n, "money", `fen/${payee} amountFen`],
      ["SettlementToken", "totals", [], 1n, "money", "totals withdrawn"],
      ["PremiumPools", "poolOf", [1n], 1n << (5n * 256n), "money", `pool/${padded(1n)} paidFen`],
      ["PremiumPools", "rootOf", [1n, 1n], 1n, "money", `root/${padded(1n)}/00001 root`],
      ["PremiumPools", "isPaid", [1n, 0n], -1n, "money", `chunk/${padded(1n)}/${padded(0n, 10)} paid`],
      ["PremiumPools", "heldOf", [1n, held], 1n, "money", `held/${padded(1n)}/${held} amountFen`],
    ];
    const added = new Map(cases.map(([contract, view, args, add]) => [callOf(contract, view, args), add]));
    // two cases of one word: the last one counts
    const wanted = cases.filter(([contract, view, args, add]) => added.get(callOf(contract, view, args)) === add);
    type Rpc = { params: [{ to?: Hex; data?: Hex }?] }[];
    const found = await auditThrough(({ path, sent }, body) => {
      if (path !== "/rpc") return body;
      return (body as { result: Hex }[]).map((reply, i) => {
        const { to, data } = (sent as Rpc)[i]!.params[0] ?? {};
        const add = added.get(`${to} ${data}`);
        if (add === undefined) return reply;
        const digits = reply.result.length - 2;
        return { ...reply, result: `0x${(BigInt(reply.result) + add).toString(16).padStart(digits, "0")}` };
      });
    });
    expect(failing(found)).to.deep.equal(["credits", "money"]);
    for (const check of ["credits", "money"]) {
      const fields = wanted.filter(([, , , , of]) => of === check).map(([, , , , , field]) => field);
      expect(named(found, check)).to.have.members(fields);
    }
    expect(
      foundBy(found, "credits")
        .concat(foundBy(found, "money"))
        .every(({ who }) => who === "storage"),
    ).to.equal(true);
  });

  it("given documents that are other than their digests, or gone, when audited, then each is named", async () => {
    const [one, other] = played.inputs;
    const report = await auditThrough(({ path }, body) => {
      if (path === `/v1/documents/${one}`) return { ...(body as object), amountFen: "1" };
      return path === `/v1/documents/${other}` ? { instead: true } : body;
    });
    expect(failing(report)).to.deep.equal(["allocations"]);
    expect(named(report, "allocations")).to.deep.equal([`document/${one} sha256`, `document/${other} sha256`]);
  });

  it("given a division published with a leaf too much and inputs that say so, when audited, then root, inputs and payouts are named", async () => {
    const { pool, inputs, lucky, unlucky } = await publishFalsely(audited);
    const report = await auditOf(url);
    expect(failing(report)).to.deep.equal(["allocations"]);
    const payout = (account: Hex): string => `payout/${padded(pool)}/${account}/${padded(0n, 10)} amountFen`;
    expect(named(report, "allocations")).to.have.members([
      ...[lucky, unlucky].map((account) => `document/${inputs} share ${account}`),
      `root/${padded(pool)}/00001 root`,
      ...[lucky, unlucky].map(payout),
    ]);
  });
});
