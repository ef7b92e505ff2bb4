/** `npm run tidemark` against one server with a small history: in this process, and as a child process where that is what counts. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { id, SigningKey, type TypedDataDomain } from "ethers";
import { seeded } from "../../../scripts/demo/keys.ts";
import { run as runCommand } from "../../../scripts/tidemark/program.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { digestOf, secp, signAct } from "../../support/acts.ts";
import { scope, type Bay } from "../../support/bay.ts";
import { startCommand, type Ended } from "../../support/command.ts";
import { allFinal, apiAt } from "../../support/homes.ts";
import { allocator, bank, payer } from "../../support/money.ts";
import { LOTS, openPools, type PoolDesk } from "../../support/poolDesk.ts";
import { keepingTerminal } from "../../support/terminal.ts";

/** What a command told, with its document where it told one. */
interface Told extends Ended {
  json: { command: string; outcome: string; why?: string } & Record<string, unknown>;
}

const REGISTRY = { TIDEMARK_REGISTRY_KEY: seeded("registry/0") };
const keyOfPerson = (name: string): string => id(`tidemark test person ${name}`);
const ISSUER = { TIDEMARK_ISSUER_KEY: keyOfPerson("issuer") };
const ALLOCATOR = { TIDEMARK_ALLOCATOR_KEY: keyOfPerson("allocator") };
const STRANGER = keyOfPerson("nobody at all");
const DOCUMENT = id("a licence document");
const nobody: Hex = `0x${"0b".repeat(20)}`;

describe("tidemark, the command line", function () {
  this.timeout(240_000);
  let desk: PoolDesk;
  let bay: Bay;
  let folder: string;
  let report: Hex;

  before(async () => {
    desk = await openPools();
    ({ bay } = desk);
    folder = await mkdtemp(join(tmpdir(), "tidemark-cli-"));
    report = await attested();
    await bay.does(bank, "/v1/deposits", { account: payer.account, amountFen: "100000", bankReference: id("in") });
    await bay.does(payer, "/v1/pools", desk.terms());
  });
  after(async () => {
    await desk.api.close();
    await rm(folder, { recursive: true });
  });

  /** A project with a report that two verifiers have attested. */
  async function attested(): Promise<Hex> {
    await bay.does(bay.admin, "/v1/methodologies", { document: await bay.document("A method"), scope, quorum: 2 });
    const document = await bay.document("A project");
    const parties = { methodology: "1", proponent: bay.proponent.account, measurer: bay.measurer.account };
    const shares = [{ account: bay.farmer.account, bps: 10_000 }];
    await bay.does(bay.registry, "/v1/projects", { ...parties, document, boundaries: [id("a shore")], shares });
    const period = { boundary: id("a shore"), fromDay: "2015-01-01", toDay: "2016-12-31" };
    const found = await bay.report("1", { ...period, claimedKg: "5000", document });
    for (const verifier of [bay.verifier, bay.second]) {
      await bay.settled(await bay.states(bay.statement(verifier, { report: found, attestedKg: "4000" })));
    }
    return found;
  }

  const withDocument = (ended: Ended): Told => ({
    ...ended,
    json: (ended.out.startsWith("{") ? JSON.parse(ended.out) : {}) as Told["json"],
  });

  async function run(line: string, env: Record<string, string> = {}): Promise<Told> {
    const { terminal, told } = keepingTerminal({ TIDEMARK_HOME: desk.api.home, ...env });
    await runCommand(line.split(" "), terminal);
    return withDocument(told());
  }

  /** The same as a process of its own. */
  async function typed(line: string, env: Record<string, string> = {}): Promise<Told> {
    const settings = { TIDEMARK_HOME: desk.api.home, ...env };
    return withDocument(await startCommand("tidemark.ts", line.split(" "), settings).ended);
  }

  /** Given twice, it is done, then there; both say what stands now. */
  async function twice(line: string, env: Record<string, string> = {}): Promise<Told["json"]> {
    const [first, second] = [await run(`${line} --json`, env), await run(`${line} --json`, env)];
    expect([first.code, first.err, first.json.outcome], first.out).to.deep.equal([0, "", "done"]);
    expect([second.code, second.err, second.json.outcome], second.out).to.deep.equal([0, "", "there"]);
    expect({ ...second.json, outcome: "done" }).to.deep.equal(first.json);
    return first.json;
  }

  /** @returns the sentence, which is in the document too where one was asked for */
  async function refused(line: string, env: Record<string, string> = {}): Promise<string> {
    const { code, err, json, out } = await run(`${line} --json`, env);
    expect([code, json.outcome], out + err).to.deep.equal([1, "refused"]);
    expect(err).to.equal(`tidemark: ${json.why}\n`);
    return json.why!;
  }

  const file = async (name: string, ...lines: string[]): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, lines.join("\n"));
    return path;
  };
  const nonceOf = async (address: Hex): Promise<unknown> => (await desk.get(`/v1/senders/${address}`))["nextNonce"];

  it("given an account, when a licence is granted and withdrawn, each twice, then it is changed once each time", async () => {
    const { account } = bay.other;
    const grant = `licences grant ${account} hazardous-waste --capacity-grams 5000 --document ${DOCUMENT}`;
    const before = Number(await nonceOf(bay.registry.signer.address));
    await twice(grant, REGISTRY);
    const granted = (await desk.get(`/v1/accounts/${account}`))["licences"] as Record<string, unknown>[];
    expect(granted.map(({ kind, capacityGrams, document }) => [kind, capacityGrams, document])).to.deep.equal([
      [{ code: 1, term: "hazardous-waste", en: "Hazardous waste licence", zh: "危险废物经营许可" }, "5000", DOCUMENT],
    ]);
    await twice(`licences revoke ${account} 1 --basis ${DOCUMENT}`, REGISTRY);
    expect((await desk.get(`/v1/accounts/${account}`))["licences"]).to.deep.equal([]);
    expect(await nonceOf(bay.registry.signer.address)).to.equal(before + 2);
    const unknown = await refused(grant.replace(account, nobody), REGISTRY);
    expect(unknown).to.include(`No account ${nobody} is registered`);
  });

  it("given the home's own admin key, when a role is granted and revoked, each twice, then the address has it and has it no more", async () => {
    const { account } = bay.other;
    expect(await twice(`roles grant LISTING ${account}`)).to.deep.include({ roles: ["LISTING"] });
    expect((await desk.get(`/v1/senders/${account}`))["roles"]).to.deep.equal(["LISTING"]);
    expect(await twice(`roles revoke LISTING ${account}`)).to.deep.include({ roles: [] });
    expect(await refused(`roles revoke ADMIN ${bay.admin.signer.address}`)).to.include("No admin revokes its own role");
  });

  it("given an account, when a key for machines is issued and revoked, each twice, then it is shown once, acts until then, and is listed", async () => {
    const { account } = bay.other;
    const issue = `api-keys issue ${account} scales --json`;
    const [first, second] = [await run(issue), await run(issue)];
    expect([first.code, first.json.outcome, second.json.outcome]).to.deep.equal([0, "done", "there"]);
    const { key, id: keyId } = first.json as unknown as { key: string; id: string };
    expect(key).to.match(/^tmk_/);
    expect(second.out).to.include(keyId).and.not.include(key);
    const seen = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${key}` };
      return (await desk.api.ask(`/v1/payees/${account}?view=full`, undefined, headers)).status;
    };
    expect(await seen()).to.equal(200);
    const listed = await run("api-keys list");
    expect(listed.out).to.match(new RegExp(`^${keyId} +${account} .*live +scales$`, "m"));
    await twice(`api-keys revoke ${keyId}`);
    expect(await seen()).to.equal(401);
    expect((await run("api-keys list")).out).to.include("revoked  scales");
    expect(await refused(`api-keys revoke ${"0".repeat(20)}`)).to.include("There is no API key");
    expect(await refused(`api-keys issue ${nobody} scales`)).to.include("not registered");
  });

  it("given an attested report, when its credits are issued twice and then otherwise, then they are issued once, and the third is refused", async () => {
    const { farmer, buyer } = bay;
    const rows = [`2015,${farmer.account},1000`, `2015,${buyer.account},500`, `2016,${farmer.account},2500`];
    const path = await file("issue.csv", "vintage,recipient,kg", ...rows);
    const told = await twice(`reports issue ${report} ${path}`, ISSUER);
    expect(told).to.deep.include({ report: await desk.get(`/v1/reports/${report}`) });
    const batch = await desk.get("/v1/batches/1");
    expect([batch["vintage"], batch["issuedKg"]]).to.deep.equal([2015, "1500"]);
    const other = await file("other.csv", "vintage,recipient,kg", rows[0]!);
    expect(await refused(`reports issue ${report} ${other}`, ISSUER)).to.include("is issued already, otherwise");
    const broken = await file("broken.csv", "vintage,recipient,kg", "15,me,1.5", rows[0]!, rows[0]!);
    const { code, json } = await run(`reports issue ${report} ${broken} --json`, ISSUER);
    expect([code, json.outcome]).to.deep.equal([1, "refused"]);
    expect((json["faults"] as { line: number }[]).map(({ line }) => line)).to.deep.equal([2, 2, 2, 4]);
  });

  it("given a funded pool, when it is paid, published and paid, then it is paid once, when it is open", async () => {
    expect(await refused("pools pay 1", ALLOCATOR)).to.include("publish one first");
    const { pool } = await twice("pools publish 1", ALLOCATOR);
    const { opensAt } = (pool as { division: { opensAt: number } }).division;
    await sleep(Math.max(0, opensAt * 1_000 - Date.now()));
    expect(await twice("pools pay 1", ALLOCATOR)).to.deep.include({ pool: await desk.get("/v1/pools/1") });
    expect(await desk.get("/v1/pools/1")).to.include({ state: "closed", paidChunks: 1 });
  });

  it("given a foreign key, a misspelt one or none, when something is to be changed, then it is refused in words, and nothing has changed", async () => {
    const { account } = bay.other;
    const grant = `licences grant ${account} 1 --capacity-grams 1 --document ${DOCUMENT}`;
    const path = await file("foreign.csv", "vintage,recipient,kg", `2015,${account},1`);
    const without = { TIDEMARK_HOME: folder };
    const url = desk.api.running.url;
    const second = await bay.report("1", {
      ...{ boundary: id("a shore"), fromDay: "2019-01-01", toDay: "2019-12-31", claimedKg: "5" },
      document: await bay.document("Another report"),
    });
    const [foreign, misspelt, none, admin, unattested] = await Promise.all([
      refused(grant, { TIDEMARK_REGISTRY_KEY: STRANGER }),
      refused(grant, { TIDEMARK_REGISTRY_KEY: STRANGER.slice(0, -1) }),
      refused(`${grant} --api ${url}`, without),
      refused(`roles grant ISSUER ${account}`, { TIDEMARK_ADMIN_KEY: STRANGER }),
      refused(`reports issue ${second} ${path}`, ISSUER),
    ]);
    expect(foreign).to.match(/does not hold the role REGISTRY here\. .*roles grant REGISTRY 0x/);
    expect(misspelt).to.include("is not a private key").and.not.include(STRANGER.slice(2, 20));
    expect(none).to.include("TIDEMARK_REGISTRY_KEY is not set");
    expect(admin).to.include("does not hold the role ADMIN here");
    expect(unattested).to.include("is submitted: its credits can be issued once");
    expect((await desk.get(`/v1/accounts/${account}`))["licences"]).to.deep.equal([]);
    expect((await desk.get(`/v1/senders/${account}`))["roles"]).to.deep.equal([]);
  });

  it("given what stands, when it is looked at with --json, then the answers are the API's own", async () => {
    const [lot] = desk.lots as [Hex];
    const { account } = bay.farmer;
    const block = (await desk.get("/v1/batches/1"))["blocks"] as { id: Hex; serials: string }[];
    const keeper = (await desk.get(`/v1/accounts/${desk.api.cast.point.account}`))["keys"] as { id: Hex }[];
    const looks: [line: string, member: string, path: string][] = [
      [`accounts show ${desk.api.cast.point.account}`, "account", `/v1/accounts/${desk.api.cast.point.account}`],
      [`keys show ${keeper[0]!.id}`, "key", `/v1/keys/${keeper[0]!.id}`],
      [`lots show ${lot}`, "lot", `/v1/lots/${lot}`],
      [`requests show ${lot}`, "request", `/v1/requests/${lot}`],
      [`batches show 1`, "batch", "/v1/batches/1"],
      [`blocks show ${block[0]!.serials}`, "block", `/v1/blocks/${block[0]!.id}`],
      [`projects show 1`, "project", "/v1/projects/1"],
      [`reports show ${report}`, "report", `/v1/reports/${report}`],
      [`payees show ${account}`, "payee", `/v1/payees/${account}`],
      [`pools show 1`, "pool", "/v1/pools/1"],
    ];
    const told = await Promise.all(looks.map(([line]) => run(`${line} --json`)));
    for (const [i, [line, member, path]] of looks.entries()) {
      const { code, err, json } = told[i]!;
      expect([code, err, json.outcome, json.command], line).to.deep.equal([
        0,
        "",
        "shown",
        line.split(" ", 2).join(" "),
      ]);
      expect(json[member], line).to.deep.equal(await desk.get(path));
    }
    const roles = await run(`roles show ${allocator.account} --json`);
    expect(roles.json).to.deep.include({ roles: ["ALLOCATOR"] });
    const pools = await run("pools list --json");
    expect(pools.json).to.deep.include({ pools: (await desk.get("/v1/pools"))["pools"] });
    const status = await run("server status --json");
    expect(status.code).to.equal(0);
    expect(status.json).to.deep.include({ ready: true, conservation: true, failing: [] });
  });

  it("given a lot, a block, an overtaken act and a pool, when people look at them, then they see the way, the custody, the reason and the division", async () => {
    const [act] = desk.api.acts(LOTS, 1);
    await desk.api.ask("/v1/acts", [act!.item]);
    await allFinal(apiAt(desk.api.running.url), [act!]);
    const late = await overtaken(act!.digest);
    const [lot, block, request, pool] = await Promise.all([
      run(`lots show ${desk.lots[0]!}`),
      run("blocks show TM-1-2015-1-1000"),
      run(`requests show ${late}`),
      run("pools show 1"),
    ]);
    const point = desk.api.cast.point.account;
    expect(lot.out).to.match(new RegExp(`^${point} 设施 facility *\\n└─ 收集人 collectors +1\\.00\\d kg +1 ×$`, "m"));
    expect(block.out).to.match(new RegExp(`签发 issued +1,000 kg CO2e +${bay.farmer.account}`));
    expect(request.out)
      .to.match(/skipped/)
      .and.match(/^原因 Reason +\p{Script=Han}+.*\n +[A-Z]\w+/mu);
    expect(pool.out).to.match(/已付 Paid +100\.01 yuan \(100 %\)/);
    for (const [who, fen] of desk.byHand()) {
      expect(pool.out).to.match(
        new RegExp(`${who} +${fen / 100n}\\.${String(fen % 100n).padStart(2, "0")} yuan +已付 paid`),
      );
    }
  });

  /** Of two conclusions of one state the second, whose digest this is, comes too late. */
  async function overtaken(lot: Hex): Promise<Hex> {
    const domain = (await desk.get("/v1/ledger"))["domain"] as TypedDataDomain;
    const tail = { capturedAt: 1_735_700_000, anchor: id("anchor"), evidence: id("evidence") };
    const signed = [1, 2].map((grams) => {
      const terms = { lot, seq: 0, grams, kind: 2, operator: desk.api.cast.point.account, ...tail };
      return signAct(domain, "Conclude", terms, secp(new SigningKey(seeded("keeper/0"))));
    });
    const digests = signed.map(({ type, act }) => digestOf(domain, type, act) as Hex);
    for (const [i, act] of signed.entries()) {
      await desk.api.ask("/v1/acts", [act]);
      expect((await bay.settled(digests[i])).state).to.equal(i === 0 ? "final" : "skipped");
    }
    return digests[1]!;
  }

  it("given what is not there, no server and no command, when it is asked for, then each is said with its exit code", async () => {
    const none = id("nothing");
    const cases: [line: string, code: number, says: RegExp][] = [
      [`lots show ${none}`, 1, /There is no lot 0x/],
      ["pools show 77", 1, /There is no pool 77/],
      ["server status --api http://127.0.0.1:9", 1, /Nobody answers at/],
      ["lots show 12", 2, /0x and 64 hex digits/],
      ["roles grant KING 0x12", 2, /There are ADMIN, REGISTRY/],
      ["lots", 2, /Usage: /],
      ["server status --api here", 2, /must be a URL/],
    ];
    const told = await Promise.all(cases.map(([line]) => run(line)));
    for (const [i, [line, code, says]] of cases.entries()) {
      expect([told[i]!.code, told[i]!.out], line).to.deep.equal([code, ""]);
      expect(told[i]!.err, line).to.match(says);
    }
  });

  it("given a shell, when it is typed, then exit codes and streams are the same as here", async () => {
    const grant = `licences grant ${bay.third.account} 1 --capacity-grams 1 --document ${DOCUMENT} --json`;
    const lines = [
      `accounts show ${bay.farmer.account} --json`,
      `lots show ${id("nothing")}`,
      "lots show 12",
      "--help",
    ];
    const [looked, missing, misspelt, help, granted] = (await Promise.all([
      ...lines.map((line) => typed(line)),
      typed(grant, REGISTRY),
    ])) as [Told, Told, Told, Told, Told];
    expect(looked).to.deep.equal(await run(lines[0]!));
    expect(missing).to.deep.equal(await run(lines[1]!));
    expect(misspelt).to.deep.equal(await run(lines[2]!));
    expect([looked.code, missing.code, misspelt.code, help.code]).to.deep.equal([0, 1, 2, 0]);
    expect(help.out).to.include("TIDEMARK_REGISTRY_KEY");
    expect([granted.code, granted.json.outcome]).to.deep.equal([0, "done"]);
    expect((await run(grant, REGISTRY)).json.outcome).to.equal("there");
  });

  // last: an admin's delay is not taken back at once
  it("given an admin whose actions wait, when a role is granted, then it is scheduled, and granted when the command is given again", async () => {
    const { account } = bay.other;
    const { address } = bay.admin.signer;
    await bay.call(bay.admin, "AccessManager", "grantRole", [0, address, 3]);
    const grant = `roles grant PLEDGE ${account}`;
    expect(await refused(grant)).to.include("wait 3 s here: it is scheduled");
    const early = await refused(grant);
    expect(early).to.include("It is scheduled, and may be done from");
    await sleep(3_000);
    await twice(grant);
    expect((await desk.get(`/v1/senders/${account}`))["roles"]).to.deep.equal(["PLEDGE"]);
  });
});
