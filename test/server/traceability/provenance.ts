/** Both views over HTTP, on generated histories, with roles on a real chain. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { generateKeyPairSync } from "node:crypto";
import { expect } from "chai";
import { exportJWK } from "jose";
import { fillProjections } from "../../../scripts/bench/fill.ts";
import { accountOf, generate, type GeneratedAct } from "../../../scripts/bench/graphs.ts";
import { roles } from "../../../server/access/roles.ts";
import { createApp } from "../../../server/api/app.ts";
import { createSessions, type Sessions } from "../../../server/api/session.ts";
import type { Hex } from "../../../server/chain/port.ts";
import type { Db } from "../../../server/db/port.ts";
import { createLog } from "../../../server/log.ts";
import { createLineageFeed } from "../../../server/traceability/lineageFeed.ts";
import { lotRoutes } from "../../../server/traceability/lotRoutes.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { eachDatabase } from "../../support/databases.ts";
import { clearIndex } from "../../support/indexing.ts";
import { openLedger, person, type Ledger } from "../../support/ledger.ts";

interface Act {
  digest: Hex;
  kind: string;
  giver: Hex | null;
  receiver: Hex | null;
  reasons: string[];
  answered: string[];
}

interface Node {
  id: Hex;
  custodian: Hex | null;
  owner: Hex | null;
  acts: Act[];
}

interface Body {
  code: string;
  view: string;
  totals: Record<string, unknown> | null;
  nodes: Node[];
  facilities: { id: Hex; kinds: string[]; classes: Record<string, string>[] }[];
  flows: { from: string; to: string; massGrams: string; acts: number; firstDay: number; lastDay: number }[];
  next: Hex | null;
}

eachDatabase("views of provenance", (open) => {
  const made = generate({ seed: 8, sizes: [250], people: 30 });
  const persons = new Set(made.accounts.filter(({ kinds }) => kinds === 1).map(({ id }) => id));
  const [end] = made.ends;
  const plant = accountOf("recycler 0");
  const collects = made.acts.filter(({ kind }) => kind === "collect");
  let db: Db;
  let opened: OpenChain;
  let ledger: Ledger;
  let sessions: Sessions;
  let server: Server;

  before(async () => {
    db = await open();
    await clearIndex(db);
    await fillProjections(db, made);
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    const { chainId, authority: manager } = ledger.domain;
    const key = await exportJWK(generateKeyPairSync("ed25519").privateKey);
    sessions = await createSessions({ db, chain: opened.chain, manager, chainId, key, origin: () => "http://here" });
    const routes = lotRoutes({ db, feed: createLineageFeed() });
    const log = createLog("silent");
    const app = createApp({ routes, plain: [], callerOf: sessions.callerOf, bodyLimitBytes: 1_000, log });
    server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    server.close();
    await opened.close();
  });

  async function ask(path: string, key?: Hex): Promise<{ status: number; text: string; body: Body }> {
    const { port } = server.address() as AddressInfo;
    const headers = key === undefined ? {} : { authorization: `Bearer ${await sessions.open(key)}` };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    const text = await response.text();
    return { status: response.status, text, body: JSON.parse(text) as Body };
  }
  const provenance = (lot: Hex, query: string, key?: Hex): ReturnType<typeof ask> =>
    ask(`/v1/lots/${lot}/provenance?${query}`, key);

  /** A key that signs for a generated account. */
  async function keyOf(account: Hex): Promise<Hex> {
    const key: Hex = `0x${"7e".repeat(10)}${account.slice(22)}`;
    await db.sql`
      INSERT INTO account_key (id, account, valid_from, valid_until)
      VALUES (${`0x${key.slice(2).padStart(64, "0")}`}, ${account}, 0, ${2 ** 40 - 1}) ON CONFLICT DO NOTHING`;
    return key;
  }

  it("given nobody logged in, when the public view is asked for, then no person's id is anywhere in it", async () => {
    for (const direction of ["upstream", "downstream"]) {
      const { status, text, body } = await provenance(end!.id, `direction=${direction}`);
      expect([status, body.view]).to.deep.equal([200, "public"]);
      for (const id of persons) expect(text).to.not.contain(id.slice(2));
    }
    expect(persons.size).to.be.greaterThan(20);
  });

  it("given the public view, when it is compared with the acts, then each flow has their grams, count and days", async () => {
    const { body } = await provenance(end!.id, "");
    const day = (at: number): number => Math.floor(at / 86_400) * 86_400;
    const toPoint = new Map<Hex, GeneratedAct[]>();
    const upstream = new Set((await everyNode(await keyOf(plant))).map(({ id }) => id));
    for (const act of collects.filter(({ lot }) => upstream.has(lot))) {
      toPoint.set(act.receiver, [...(toPoint.get(act.receiver) ?? []), act]);
    }
    const told = body.flows.filter(({ from }) => from === "collectors");
    expect(told.length).to.equal(toPoint.size);
    for (const { to, massGrams, acts, firstDay, lastDay } of told) {
      const these = toPoint.get(to as Hex)!;
      expect({ massGrams, acts, firstDay, lastDay }).to.deep.equal({
        massGrams: String(these.reduce((sum, { grams }) => sum + grams, 0)),
        acts: these.length,
        firstDay: day(these[0]!.at),
        lastDay: day(these.at(-1)!.at),
      });
    }
    expect(body.totals!["collectedGrams"]).to.equal(
      String(told.reduce((sum, { massGrams }) => sum + Number(massGrams), 0)),
    );
    expect(body.totals!["firstCapturedAt"]).to.equal(day(Math.min(...collects.map(({ at }) => at))));
    expect(body.facilities.find(({ id }) => id === plant)?.kinds).to.deep.equal(["organisation", "facility"]);
  });

  async function everyNode(key: Hex): Promise<Node[]> {
    const nodes: Node[] = [];
    for (let after = ""; ;) {
      const { status, body } = await provenance(end!.id, `view=full&limit=70${after}`, key);
      expect(status).to.equal(200);
      nodes.push(...body.nodes);
      // figures of the whole graph come with the first page
      expect(body.totals === null).to.equal(after !== "");
      if (body.next === null) return nodes;
      after = `&after=${body.next}`;
    }
  }

  it("given nobody logged in, when the full view is asked for, then the answer is 401 and says how to log in", async () => {
    const { status, body } = await provenance(end!.id, "view=full");
    expect([status, body.code]).to.deep.equal([401, "login-needed"]);
  });

  it("given the plant that made a lot and the brand that holds it, when they ask, then each sees all of its past", async () => {
    for (const account of [plant, accountOf("brand 0")]) {
      expect((await everyNode(await keyOf(account))).length).to.be.greaterThan(200);
    }
  });

  it("given a storage point far upstream, when it asks for what the plant made, then it is refused; for its own lot it is not", async () => {
    const point = collects[0]!.receiver;
    const refused = await provenance(end!.id, "view=full", await keyOf(point));
    expect([refused.status, refused.body.code]).to.deep.equal([403, "need-to-know"]);
    expect((await provenance(collects[0]!.lot, "view=full&direction=downstream", await keyOf(point))).status).to.equal(
      200,
    );
  });

  it("given a sorter that made a lot and no longer holds it, when it asks, then it is still a party to it", async () => {
    const sorting = made.acts.find(({ kind }) => kind === "transform")!;
    const good = made.lots.find(({ madeBy }) => madeBy === sorting.digest)!;
    expect(good.custodian).to.not.equal(sorting.giver);
    const { status } = await provenance(good.id, "view=full", await keyOf(sorting.giver));
    expect(status).to.equal(200);
  });

  it("given an owner who neither holds a lot nor ever acted upon it, when it asks, then it sees it", async () => {
    const stranger = await keyOf(accountOf("point 3"));
    const lot = made.lots.find(({ custodian, id }) => custodian !== accountOf("point 3") && !actedUpon(id, "point 3"))!;
    expect((await provenance(lot.id, "view=full", stranger)).status).to.equal(403);
    await db.sql`UPDATE lot SET owner = ${accountOf("point 3")} WHERE id = ${lot.id}`;
    expect((await provenance(lot.id, "view=full", stranger)).status).to.equal(200);
    await db.sql`UPDATE lot SET owner = custodian WHERE id = ${lot.id}`;
  });

  const actedUpon = (lot: Hex, name: string): boolean =>
    made.acts.some((act) => act.lot === lot && [act.giver, act.receiver].includes(accountOf(name)));

  it("given the plant, when it sees the past of its lot, then facilities are named and persons of others are not", async () => {
    const acts = (await everyNode(await keyOf(plant))).flatMap((node) => node.acts);
    const taken = acts.filter(({ kind }) => kind === "collect");
    expect(taken.length).to.be.greaterThan(150);
    expect(new Set(taken.map(({ giver }) => giver))).to.deep.equal(new Set([null]));
    expect(taken.every(({ receiver }) => receiver !== null)).to.equal(true);
    expect(acts.filter(({ kind }) => kind === "handoff").every(({ giver, receiver }) => giver && receiver)).to.equal(
      true,
    );
  });

  it("given a storage point, when it sees a lot it took, then it sees who gave it: one hop", async () => {
    const { lot, giver, receiver } = collects[5]!;
    const { body } = await provenance(lot, "view=full", await keyOf(receiver));
    expect(body.nodes[0]!.acts[0]).to.include({ kind: "collect", giver, receiver });
  });

  it("given a collector, when seeing what became of a lot, then the own id is shown and no other person's", async () => {
    const { lot, giver } = collects[5]!;
    const { status, body } = await provenance(lot, "view=full&direction=downstream&limit=1000", await keyOf(giver));
    expect(status).to.equal(200);
    const ids = new Set(body.nodes.flatMap(({ acts }) => acts.flatMap(({ giver, receiver }) => [giver, receiver])));
    expect([...ids].filter((id) => id !== null && persons.has(id))).to.deep.equal([giver]);
  });

  it("given the roles of registry and auditor, when they ask for any lot, then they see every person; a lost role sees none", async () => {
    const auditor = person("auditor");
    expect((await provenance(end!.id, "view=full", auditor.account)).status).to.equal(403);
    await ledger.call(ledger.admin, "AccessManager", "grantRole", [roles.AUDITOR, auditor.account, 0]);
    for (const key of [auditor.account, ledger.registry.account, ledger.admin.account]) {
      const acts = (await everyNode(key)).flatMap((node) => node.acts);
      expect(acts.every(({ giver, receiver }) => giver !== null && receiver !== null)).to.equal(true);
    }
    await ledger.call(ledger.admin, "AccessManager", "revokeRole", [roles.AUDITOR, auditor.account]);
    expect((await provenance(end!.id, "view=full", auditor.account)).status).to.equal(403);
  });

  it("given acts flagged for want of a licence, when seen, then those are answered whose licence was held by its own dates", async () => {
    const flagged = made.acts.filter(({ kind, receiver }) => kind === "handoff" && receiver === plant).slice(0, 2);
    const [held, late] = flagged.map(({ digest }) => digest) as [Hex, Hex];
    const [other] = collects.map(({ digest }) => digest);
    await db.sql`UPDATE act SET flags = flags | 32 WHERE digest = ANY (${[held, late, other]}::text[])`;
    await db.sql`UPDATE lot SET class = class + 2048 WHERE id IN (SELECT lot FROM act WHERE digest = ANY (${[held, late]}::text[]))`;
    const [at] = await db.sql<{ from: bigint }>`SELECT captured_at AS from FROM act WHERE digest = ${held}`;
    await db.sql`UPDATE act SET captured_at = ${at!.from - 1n} WHERE digest = ${late}`;
    await db.sql`INSERT INTO licence VALUES (${plant}, 2, ${at!.from}, ${at!.from + 1n}, 1, ${`0x${"d0".repeat(32)}`})`;
    const acts = (await everyNode(await keyOf(plant))).flatMap((node) => node.acts);
    const seen = acts.filter(({ reasons }) => reasons.includes("licence"));
    expect(new Map(seen.map(({ digest, answered }) => [digest, answered]))).to.deep.equal(
      // what was collected needs no licence, so none was wanting
      new Map([
        [held, ["licence"]],
        [late, []],
        [other, ["licence"]],
      ]),
    );
    expect(acts.filter(({ answered }) => answered.length > 0)).to.have.length(2);
  });

  it("given a lot that a person holds, when it is shown, then the person is named to the giver only", async () => {
    const holder = collects[7]!.giver;
    const { lot, receiver } = collects[7]!;
    await db.sql`UPDATE lot SET custodian = ${holder}, owner = ${holder} WHERE id = ${lot}`;
    expect((await ask(`/v1/lots/${lot}`)).body).to.have.property("custodian", null);
    const seen = async (account: Hex): Promise<(Hex | null)[]> => {
      const [node] = (await provenance(lot, "view=full", await keyOf(account))).body.nodes;
      return [node!.custodian, node!.owner];
    };
    expect(await seen(receiver)).to.deep.equal([holder, holder]);
    const sorter = made.acts.find((act) => act.lot === lot && act.kind === "handoff")!.receiver;
    if (sorter !== receiver) expect(await seen(sorter)).to.deep.equal([null, null]);
  });

  it("given an account that was closed, when its key asks, then it is nobody's", async () => {
    const brand = accountOf("brand 0");
    await db.sql`UPDATE account SET status = 3 WHERE id = ${brand}`;
    expect((await provenance(end!.id, "view=full", await keyOf(brand))).status).to.equal(403);
    await db.sql`UPDATE account SET status = 2 WHERE id = ${brand}`;
    expect((await provenance(end!.id, "view=full", await keyOf(brand))).status).to.equal(200);
  });

  it("given a lot, or a point to go on after, that is not indexed, when asked for, then the answer is 404 in either view", async () => {
    const nothing: Hex = `0x${"ee".repeat(32)}`;
    const key = await keyOf(plant);
    expect((await provenance(nothing, "")).status).to.equal(404);
    expect((await provenance(nothing, "view=full", key)).status).to.equal(404);
    expect((await provenance(end!.id, `view=full&after=${nothing}`, key)).status).to.equal(404);
  });
});
