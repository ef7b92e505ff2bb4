/** `tidemark accounts` and `tidemark keys` as the registry's people start it: thousands a command, broken off and repeated, and keys that were lost. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { id, type TypedDataDomain } from "ethers";
import type { Api } from "../../../scripts/demo/client.ts";
import { registrySigner, seeded } from "../../../scripts/demo/keys.ts";
import { run as runCommand } from "../../../scripts/tidemark/program.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { addressOf, digestOf, keyOf, p256, secp, signAct, type Message, type SignedAct } from "../../support/acts.ts";
import { startCommand, type Ended } from "../../support/command.ts";
import { apiAt, prepareHome, type PreparedHome } from "../../support/homes.ts";
import { startServer, type ServerProcess } from "../../support/server.ts";
import { keepingTerminal } from "../../support/terminal.ts";

const HEAD = "account,kinds,identityHash,organiser,region,successor";
const KEY = seeded("registry/0");

/** The n-th account of a long list: an id that no key is behind, as good as any. */
const accountOf = (list: string, n: number): Hex => `0x${id(`${list} ${n}`).slice(26)}`;
const rowOf = (account: string, kinds = "person"): string =>
  `${account},${kinds},${id(`identity of ${account}`)},,3310,`;
const fileOf = (list: string, count: number): string =>
  [HEAD, ...Array.from({ length: count }, (_, n) => rowOf(accountOf(list, n)))].join("\n");

interface Outcome {
  rows: number;
  already: number;
  done: number;
  faults: { line: number; what: string }[];
}

describe("tidemark accounts, tidemark keys", function () {
  this.timeout(300_000);
  let prepared: PreparedHome;
  let folder: string;
  let home: string;
  let server: ServerProcess;
  let api: Api;

  before(async () => {
    prepared = await prepareHome();
    folder = await mkdtemp(join(tmpdir(), "tidemark-accounts-"));
    home = await prepared.copy();
    server = await startServer(home);
    api = apiAt(server.url);
  });
  after(async () => {
    await server.kill();
    await prepared.remove();
    await rm(folder, { recursive: true });
  });

  const env = (): Record<string, string> => ({ TIDEMARK_HOME: home, TIDEMARK_REGISTRY_KEY: KEY });
  let files = 0;

  const commands = { register: ["accounts", "register"], bind: ["keys", "bind"], close: ["keys", "close"] };

  /** The command over a file of that text. */
  async function begin(command: "register" | "bind", text: string): Promise<ReturnType<typeof startCommand>> {
    const path = join(folder, `${files++}.csv`);
    await writeFile(path, text);
    return startCommand("tidemark.ts", [...commands[command], path, "--json"], env());
  }
  /** The same in this process, which no test kills. */
  async function here(args: readonly string[], more: Record<string, string> = {}): Promise<Ended> {
    const { terminal, told } = keepingTerminal({ ...env(), ...more });
    await runCommand(args, terminal);
    return told();
  }
  async function over(command: "register" | "bind", text: string): Promise<Ended> {
    const path = join(folder, `${files++}.csv`);
    await writeFile(path, text);
    return here([...commands[command], path, "--json"]);
  }
  const close = (...args: string[]): Promise<Ended> => here([...commands.close, ...args, "--json"]);
  const outcome = ({ out, err }: Ended): Outcome => {
    expect(err).to.equal("");
    const { command, outcome, ...rest } = JSON.parse(out) as Outcome & { command: string; outcome: string };
    expect(Object.values(commands).map((words) => words.join(" "))).to.include(command);
    const right = rest.done > 0 ? "done" : "there";
    expect(outcome).to.equal(rest.faults.length > 0 ? "refused" : right);
    return rest;
  };
  const good = (ended: Ended): Omit<Outcome, "faults"> => {
    const { faults, ...counts } = outcome(ended);
    expect(faults).to.deep.equal([]);
    expect(ended.code).to.equal(0);
    return counts;
  };

  /** Those of the list that are registered. */
  async function registered(list: string, count: number): Promise<number> {
    let found = 0;
    for (let from = 0; from < count; from += 100) {
      const ids = Array.from({ length: Math.min(100, count - from) }, (_, n) => accountOf(list, from + n));
      found += (await api.accounts(ids)).length;
    }
    return found;
  }

  /** Resolves once a transaction of the registry is in a block. */
  async function firstRecorded(): Promise<void> {
    const { address } = registrySigner();
    const { nextNonce } = await api.sender(address);
    while ((await api.sender(address)).nextNonce === nextNonce) await sleep(5);
  }

  it("given 3,000 accounts in a file, when the command is killed in the middle and repeated, then each is registered once", async () => {
    const text = fileOf("many", 3_000);
    const first = await begin("register", text);
    await firstRecorded();
    first.child.kill("SIGKILL");
    expect((await first.ended).code).to.equal(null);
    const again = good(await over("register", text));
    expect([again.rows, again.already + again.done]).to.deep.equal([3_000, 3_000]);
    expect(again.already).to.be.at.least(500).and.at.most(2_500);
    expect(await registered("many", 3_000)).to.equal(3_000);
    expect(good(await over("register", text))).to.deep.equal({ rows: 3_000, already: 3_000, done: 0 });
  });

  it("given accounts on their way, when the server is killed and started again, then the command goes on to the end", async () => {
    const running = await begin("register", fileOf("patient", 2_500));
    await firstRecorded();
    await server.kill();
    server = await startServer(home);
    api = apiAt(server.url);
    expect(good(await running.ended)).to.deep.equal({ rows: 2_500, already: 0, done: 2_500 });
    expect(await registered("patient", 2_500)).to.equal(2_500);
  });

  it("given bad rows, when the file is handed in, then each is named by its line and nothing is registered", async () => {
    const there = prepared.cast.regular[0]!.address;
    const rows = [
      rowOf(accountOf("spoiled", 0)),
      rowOf("0xAB", "person"),
      rowOf(accountOf("spoiled", 1), "person+pirate"),
      `${accountOf("spoiled", 2)},person`,
      rowOf(accountOf("spoiled", 0)),
    ];
    const faults = async (...lines: string[]): Promise<[number, string][]> => {
      const ended = await over("register", [HEAD, ...lines].join("\n"));
      expect(ended.code).to.equal(1);
      return outcome(ended).faults.map(({ line, what }) => [line, what.split(":")[0]!]);
    };
    expect(await faults(...rows)).to.deep.equal([
      [3, 'account "0xAB" is not an account\'s id'],
      [4, 'kinds has "pirate"; there are person, organisation, facility, vessel, verifier, bank, system, joined by +'],
      [5, "has 2 values, and the header names 6 columns"],
      [6, `${accountOf("spoiled", 0)} stands on line 2 already`],
    ]);
    expect(await faults(rows[0]!, rowOf(there, "vessel"))).to.deep.equal([
      [3, `${there} is registered already, as person`],
    ]);
    expect(await registered("spoiled", 3)).to.equal(0);
  });

  it("given no key, no key at all, or a key without the role, when anything is to be done, then it is refused in words", async () => {
    const path = join(folder, "few.csv");
    await writeFile(path, fileOf("foreign", 3));
    const registerWith = (key: string): Promise<Ended> =>
      here(["accounts", "register", path], { TIDEMARK_REGISTRY_KEY: key });
    const foreign = await registerWith(seeded("regular/0"));
    expect([foreign.code, foreign.err]).to.satisfy(
      ([code, err]: [number, string]) => code === 1 && err.includes("does not hold the role REGISTRY"),
    );
    expect((await registerWith("")).err).to.include("TIDEMARK_REGISTRY_KEY is not set");
    const misspelt = await registerWith(KEY.slice(0, -1));
    expect(misspelt.err).to.include("is not a private key").and.not.include(KEY.slice(2, 20));
    expect(await registered("foreign", 3)).to.equal(0);
  });

  it("given accounts, when 250 keys are bound and some closed, then the register has their dates, and again changes nothing", async () => {
    expect(good(await over("register", fileOf("bound", 250))).done).to.equal(250);
    const keyId = (n: number): Hex => id(`key ${n}`) as Hex;
    const lines = Array.from({ length: 250 }, (_, n) => `${accountOf("bound", n)},${keyId(n)},1700000000,`);
    const text = ["account,key,from,until", ...lines].join("\n");
    expect(good(await over("bind", text)).done).to.equal(250);
    expect(good(await close(keyId(7), keyId(8), "--from", "2026-01-01T00:00:00+08:00")).done).to.equal(2);
    expect(await api.key(keyId(7))).to.deep.equal({
      ...{ id: keyId(7), account: accountOf("bound", 7), from: 1_700_000_000, until: 1_767_196_800 },
    });
    expect((await api.key(keyId(249)))?.until).to.equal(2 ** 40 - 1);
    // a closed key is not opened again
    expect(good(await over("bind", text))).to.deep.equal({ rows: 250, already: 250, done: 0 });
    expect(good(await close(keyId(7))).done).to.equal(0);

    const taken = outcome(await over("bind", `account,key,from\n${accountOf("bound", 3)},${keyId(4)},1700000000`));
    expect(taken.faults[0]?.what).to.include(`bound to ${accountOf("bound", 4)}`);
    expect(outcome(await close(id("nobody's key"))).faults[0]?.what).to.include("signs for nobody");
  });

  it("given an account with lots whose key is lost, when it is closed from a day on and a phone's key bound, then what was captured before counts, what the old one signs after is refused, and the lot goes on with the new one", async () => {
    const [oldKey, buyerKey, collectorKey] = [keyOf("lost"), keyOf("buyer"), keyOf("at sea")];
    const idOf = (key: typeof oldKey): Hex => addressOf(key).toLowerCase() as Hex;
    const [account, buyer, collector] = [idOf(oldKey), idOf(buyerKey), idOf(collectorKey)];
    const rows = [rowOf(account, "organisation"), rowOf(buyer, "organisation"), rowOf(collector)];
    good(await over("register", [HEAD, ...rows].join("\n")));
    const domain = ((await (await fetch(`${server.url}/v1/ledger`)).json()) as { domain: TypedDataDomain }).domain;
    const lost = Math.floor(Date.now() / 1_000) - 3_600;
    const phone = p256("the new phone");

    const collect = (n: number, capturedAt: number): SignedAct => {
      const act: Message = { class: 1, grams: 1_000 + n, collector, keeper: account, capturedAt };
      const tail = { anchor: id("anchor"), evidence: id(`evidence ${n}`), salt: id(`lost ${n}`) };
      return signAct(domain, "Collect", { ...act, ...tail }, secp(collectorKey), secp(oldKey));
    };
    const digest = (signed: SignedAct): Hex => digestOf(domain, signed.type, signed.act) as Hex;
    const handIn = async (
      signed: SignedAct,
    ): Promise<{ status: string; problem?: { code: string; title: string } }> => {
      const body = JSON.stringify([signed]);
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${server.url}/v1/acts`, { method: "POST", headers, body });
      return ((await response.json()) as { results: [{ status: string }] }).results[0];
    };
    const recorded = async (signed: SignedAct): Promise<void> => {
      expect((await handIn(signed)).status).to.equal("accepted");
      while ((await api.request(digest(signed)))?.state !== "final") await sleep(20);
    };
    const [early, late, stolen] = [collect(0, lost - 100), collect(1, lost - 10), collect(2, lost + 10)];
    await recorded(early);

    expect(good(await close(account, "--from", String(lost))).done).to.equal(1);
    expect(good(await over("bind", `account,key,from\n${account},${phone.keyId},${lost}`)).done).to.equal(1);

    await recorded(late);
    const refused = await handIn(stolen);
    expect([refused.status, refused.problem?.code]).to.deep.equal(["rejected", "key-not-valid"]);
    expect(refused.problem?.title).to.include("was not this account's key when the act was captured");
    const lot = digest(early);
    const handoff = { lot, from: account, to: buyer, declaredGrams: 1_000, acceptedGrams: 1_000, seq: 0, bailment: 0 };
    const terms = { ...handoff, capturedAt: lost + 20, anchor: id("anchor"), evidence: id("handed on") };
    const thief = await handIn(signAct(domain, "Handoff", terms, secp(oldKey), secp(buyerKey)));
    expect(thief.problem?.code).to.equal("key-not-valid");
    await recorded(signAct(domain, "Handoff", terms, phone.sign, secp(buyerKey)));
    expect((await api.lot(lot))?.custodian).to.equal(buyer);
    expect((await api.lot(digest(late)))?.custodian).to.equal(account);
    expect((await api.conservation()).ok).to.equal(true);
  });
});
