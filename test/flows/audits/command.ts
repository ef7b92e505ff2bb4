/** The audit as it is run: arguments, what it prints, exit codes. */
import { expect } from "chai";
import type { Report } from "../../../scripts/audit/report.ts";
import type { Sql } from "../../../server/db/port.ts";
import { foundBy, openAudited, type Audited } from "../../support/audited.ts";
import { startCommand, type Ended } from "../../support/command.ts";

describe("npm run audit, the command", function () {
  this.timeout(240_000);
  let audited: Audited;
  let url: string;
  let sql: Sql;

  before(async () => {
    audited = await openAudited(13, 20);
    ({ url } = audited.api.running);
    ({ sql } = audited.api.running.db);
  });
  after(() => audited.api.close());

  const run = (...args: string[]): Promise<Ended> => startCommand("audit.ts", args, {}).ended;

  it("given an honest server, when the command is run, then it says so in both languages and ends with 0", async () => {
    const { code, out, err } = await run("--api", `${url}/`);
    expect([code, err]).to.deep.equal([0, ""]);
    expect(out).to.match(/全部一致 All equal\./);
    for (const id of [
      ...["events", "storage", "credits", "money", "allocations"],
      ...["effects", "rows", "conservation", "answers"],
    ])
      expect(out).to.match(new RegExp(`^${id} .*一致 equal`, "m"));
  });

  it("given more differences than are shown, when the command is run, then twenty are, the rest is counted, and it ends with 1", async () => {
    await sql`UPDATE vocabulary SET active = NOT active`;
    const [terms] = await sql<{ n: number }>`SELECT count(*)::int AS n FROM vocabulary`;
    try {
      const { code, out } = await run("--api", url);
      expect(code).to.equal(1);
      expect(out.match(/: term\/.*server says false, chain says true$/gm)).to.have.length(20);
      expect(out).to.include(`and ${terms!.n - 20} more.`);
      const told = await run("--api", url, "--rpc", `${url}/rpc`, "--json");
      const { ok, differences } = JSON.parse(told.out) as { ok: boolean; differences?: unknown };
      expect([told.code, ok, differences]).to.deep.equal([1, false, undefined]);
      const { checks } = JSON.parse(told.out) as Report;
      expect(foundBy({ checks } as Report, "rows")).to.have.length(terms!.n);
    } finally {
      await sql`UPDATE vocabulary SET active = NOT active`;
    }
  });

  it("given arguments or addresses that lead nowhere, when the command is run, then it says what to do and ends with 2", async () => {
    const cases: [string[], RegExp][] = [
      [[], /Name the server/],
      [["--api", "here"], /not a URL/],
      [["--what"], /--help/],
      [["--api", "http://127.0.0.1:9"], /does not answer/],
      [["--api", url, "--rpc", `${url}/v1/ledger`], /JSON-RPC/],
    ];
    const ran = await Promise.all(cases.map(([args]) => run(...args)));
    ran.forEach(({ code, err, out }, i) => {
      expect([code, out], cases[i]![0].join(" ")).to.deep.equal([2, ""]);
      expect(err).to.match(/^tidemark: /);
      expect(err).to.match(cases[i]![1]);
    });
  });
});
