/** Audits of a server that lies, of a node that does, and of a server that goes on meanwhile. */
import { expect } from "chai";
import { CouldNot } from "../../../scripts/audit/ask.ts";
import { differencesOf, lineOf, type Report } from "../../../scripts/audit/report.ts";
import { interfaces } from "../../../server/chain/contracts.ts";
import type { Hex } from "../../../server/chain/port.ts";
import type { Sql } from "../../../server/db/port.ts";
import { auditOf, failing, foundBy, one, openAudited, type Audited } from "../../support/audited.ts";
import { startProxy, type Exchange, type Proxy } from "../../support/proxy.ts";

describe("npm run audit, through a proxy", function () {
  this.timeout(240_000);
  let audited: Audited;
  let url: string;
  let sql: Sql;
  let proxy: Proxy | undefined;

  before(async () => {
    audited = await openAudited(12, 80);
    ({ url } = audited.api.running);
    ({ sql } = audited.api.running.db);
  });
  after(() => audited.api.close());
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
  });

  /** An audit of the server as a proxy shows it. */
  async function auditThrough(
    change: (exchange: Exchange, body: unknown) => unknown,
    before?: (exchange: Exchange) => Promise<void>,
  ): Promise<Report> {
    proxy = await startProxy(url, change, before);
    return auditOf(proxy.url);
  }

  const someLot = (): Promise<{ id: Hex; grams: bigint }> =>
    one(sql<{ id: Hex; grams: bigint }>`SELECT id, grams FROM lot WHERE disposition = 0 ORDER BY id DESC LIMIT 1`);

  it("given a server that answers other than it digests, when audited, then the lot is named by the sample alone", async () => {
    const lot = await someLot();
    const report = await auditThrough(({ path }, body) =>
      path === `/v1/lots/${lot.id}` ? { ...(body as object), massGrams: Number(lot.grams) - 1 } : body,
    );
    expect(failing(report)).to.deep.equal(["answers"]);
    const [line] = foundBy(report, "answers").map(lineOf);
    expect(line).to.match(/^block \d+, log \d+ \(tx 0x[0-9a-f]{64}\): \/v1\/lots\/0x/);
    expect(line).to.match(new RegExp(`grams: server says ${lot.grams - 1n}, chain says ${lot.grams}$`));
  });

  it("given a server that hides a lot, when audited, then it is named", async () => {
    const lot = await someLot();
    const hidden = `0x${"00".repeat(32)}`;
    const report = await auditThrough(({ path }, body) =>
      path === `/v1/lots/${lot.id}` ? { ...(body as object), id: hidden } : body,
    );
    expect(foundBy(report, "answers").map(({ key, said }) => [key, said])).to.deep.equal([
      [`/v1/lots/${lot.id}`, hidden],
    ]);
  });

  it("given a digest that is not that of the rows, when audited, then its bucket is named", async () => {
    const report = await auditThrough(({ path }, body) => {
      if (path !== "/v1/audit/digest") return body;
      const { state, ...rest } = body as { state: { buckets: string[] } };
      return { ...rest, state: { ...state, buckets: state.buckets.with(7, `0x${"11".repeat(32)}`) } };
    });
    expect(foundBy(report, "rows").map(({ key }) => key)).to.deep.equal(["bucket/7"]);
  });

  it("given books that are said to balance otherwise, when audited, then both figures are told", async () => {
    const report = await auditThrough(({ path }, body) => {
      if (path !== "/v1/audit/conservation") return body;
      const { checks, ...rest } = body as { checks: { id: string }[] };
      return { ...rest, checks: checks.map((check) => (check.id === "T1.live" ? { ...check, right: "1" } : check)) };
    });
    expect(failing(report)).to.deep.equal(["conservation"]);
    expect(foundBy(report, "conservation").map(({ key, field, said }) => [key, field, said])).to.deep.equal([
      ["T1.live", "right", "1"],
    ]);
  });

  type Rpc = { method: string; params: unknown[] }[];

  it("given storage that is not what the events say, when audited, then lot and field are named", async () => {
    const lot = await someLot();
    const key = `lot/${lot.id}`;
    const { LotLedger } = audited.ledger.deployment.contracts;
    const cases: [view: "lots" | "ownerOf" | "totals", args: Hex[], add: bigint, named: string][] = [
      ["lots", [lot.id], 1n << 48n, `${key} grams`],
      ["lots", [lot.id], 1n << 24n, `${key} seq`],
      ["lots", [lot.id], 1n << 96n, `${key} custodian`],
      ["ownerOf", [lot.id], 1n, `${key} owner`],
      ["totals", [], 1n, "totals concluded"],
    ];
    for (const [view, args, add, named] of cases) {
      const data = interfaces.LotLedger.encodeFunctionData(view as "lots", args as [Hex]);
      const report = await auditThrough(({ path, sent }, body) => {
        if (path !== "/rpc") return body;
        return (body as { result: Hex }[]).map((reply, i) => {
          const call = (sent as Rpc)[i]!.params[0] as { to?: Hex; data?: Hex } | undefined;
          // the token has a view of the same name
          if (call?.to !== LotLedger.address || call.data !== data) return reply;
          const digits = reply.result.length - 2;
          return { ...reply, result: `0x${(BigInt(reply.result) + add).toString(16).padStart(digits, "0")}` };
        });
      });
      await proxy!.close();
      expect(failing(report), named).to.deep.equal(["storage"]);
      expect(foundBy(report, "storage").map(({ field, ...about }) => `${about.key} ${field}`)).to.deep.equal([named]);
      if (named.endsWith("grams")) {
        expect(foundBy(report, "storage").map(lineOf)[0]).to.match(
          new RegExp(`^block .*lot/${lot.id} grams: storage says ${lot.grams + 1n}, events say ${lot.grams}$`),
        );
      }
    }
  });

  /** The JSON-RPC answer to that method, changed. */
  const changed =
    (method: string, change: (result: unknown) => unknown) =>
    ({ path, sent }: Exchange, body: unknown): unknown => {
      if (path !== "/rpc") return body;
      return (body as { result: unknown }[]).map((reply, i) =>
        (sent as Rpc)[i]!.method === method ? { ...reply, result: change(reply.result) } : reply,
      );
    };
  /** Without the first such event; of collects the first whose lot other events name. */
  const without = (event: "Concluded" | "Collected") => {
    const { topicHash } = interfaces.LotLedger.getEvent(event);
    return (result: unknown): unknown => {
      const logs = result as { topics: string[] }[];
      const later = (lot: string): number => logs.filter(({ topics }) => topics[1] === lot).length;
      const found = logs.findIndex(
        ({ topics }) => topics[0] === topicHash && (event === "Concluded" || later(topics[1]!) > 1),
      );
      return logs.filter((_, i) => i !== found);
    };
  };

  it("given a handoff that is told to be another's, when audited, then the events contradict themselves", async () => {
    const { topicHash } = interfaces.LotLedger.getEvent("HandedOver");
    const act = await one(sql<{ block: bigint; idx: number; giver: Hex; lot: Hex }>`
      SELECT block, idx, giver, lot FROM act WHERE kind = 'handoff' ORDER BY block, idx LIMIT 1`);
    let times = 0;
    const report = await auditThrough(
      changed("eth_getLogs", (logs) =>
        (logs as { topics: string[] }[]).map((log) =>
          log.topics[0] === topicHash && times++ === 0
            ? { ...log, topics: log.topics.with(2, `0x${"0".repeat(63)}9`) }
            : log,
        ),
      ),
    );
    expect(failing(report)).to.deep.equal(["events", "effects", "rows"]);
    expect(foundBy(report, "events").map(lineOf)).to.have.length(1);
    expect(foundBy(report, "events").map(lineOf)[0]).to.match(
      new RegExp(`^block ${act.block}, log ${act.idx} .*HandedOver from: log says 0x0{39}9, events say ${act.giver}$`),
    );
  });

  it("given a node that leaves out a conclusion, when audited, then storage tells", async () => {
    const report = await auditThrough(changed("eth_getLogs", without("Concluded")));
    const act = await one(sql<{ lot: Hex; loss: bigint }>`
        SELECT lot, loss_grams AS loss FROM act WHERE kind = 'conclude' ORDER BY block, idx LIMIT 1`);
    expect(foundBy(report, "storage").map(({ key }) => key)).to.include.members(["totals", `lot/${act.lot}`]);
  });

  it("given a node whose logs or blocks do not hang together, when audited, then it could not be done, in words", async () => {
    const cases: [Parameters<typeof changed>, RegExp][] = [
      [["eth_getLogs", without("Collected")], /which no log before it made/],
      [
        ["eth_getBlockByNumber", (block) => ({ ...(block as object), parentHash: `0x${"11".repeat(32)}` })],
        /does not follow/,
      ],
      [
        ["eth_getLogs", (logs) => (logs as object[]).map((log) => ({ ...log, blockHash: `0x${"11".repeat(32)}` }))],
        /another block's hash/,
      ],
      [["eth_chainId", () => "0x1"], /is of chain 1/],
    ];
    for (const [how, words] of cases) {
      const error: unknown = await auditThrough(changed(...how)).catch((error: unknown) => error);
      await proxy!.close();
      expect(error).to.be.instanceOf(CouldNot);
      expect((error as Error).message).to.match(words);
    }
  });

  it("given a server on another chain of the same id, when audited, then the first block that differs is named", async () => {
    const [{ number }] = (await sql<{
      number: bigint;
    }>`SELECT number FROM block ORDER BY number DESC OFFSET 9 LIMIT 1`) as [{ number: bigint }];
    const report = await auditThrough(({ path }, body) => {
      if (!path.startsWith("/v1/audit/digest")) return body;
      const digests = body as { block: number; hash: Hex };
      return digests.block < number ? digests : { ...digests, hash: `0x${"22".repeat(32)}` };
    });
    expect(failing(report)).to.deep.equal(["effects"]);
    expect(foundBy(report, "effects").map(({ key, field }) => `${key} ${field}`)).to.deep.equal([
      `block/${number} hash`,
    ]);
  });

  /** Plays on ahead of whatever the server is asked for after its digest, one step at a time. */
  function playingOn(steps: number): (exchange: Exchange) => Promise<void> {
    let left = steps;
    let last = Promise.resolve();
    return ({ path }) => {
      if (!/records|conservation|lots/.test(path) || left-- <= 0) return Promise.resolve();
      return (last = last.then(() => audited.play(1)));
    };
  }

  it("given a server that goes on recording while it is audited, when audited, then all is equal", async () => {
    const report = await auditThrough((_, body) => body, playingOn(40));
    expect(differencesOf(report).map(lineOf)).to.deep.equal([]);
    const [{ block }] = (await sql<{ block: bigint }>`SELECT block FROM cursor`) as [{ block: bigint }];
    expect(Number(block)).to.be.greaterThan(report.block + 20);
  });

  it("given rows edited in a server that goes on recording, when read in many pages, then those are named, and no others", async () => {
    const terms = await sql<{ key: string }>`
      SELECT 'term/' || lpad(list::text, 3, '0') || '/' || lpad(code::text, 5, '0') AS key FROM vocabulary ORDER BY 1`;
    const play = playingOn(25);
    let pages = 0;
    await sql`UPDATE vocabulary SET active = NOT active`;
    try {
      const report = await auditThrough(
        (_, body) => body,
        (exchange) => {
          if (exchange.path.includes("limit=5000")) pages++;
          exchange.path = exchange.path.replace("limit=5000", "limit=40");
          return play(exchange);
        },
      );
      expect(pages).to.be.at.least(10);
      expect(differencesOf(report).map(({ key, field }) => `${key} ${field}`)).to.deep.equal(
        terms.map(({ key }) => `${key} active`),
      );
    } finally {
      await sql`UPDATE vocabulary SET active = NOT active`;
    }
  });
});
