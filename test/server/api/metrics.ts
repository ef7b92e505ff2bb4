import { networkInterfaces } from "node:os";
import { expect } from "chai";
import { fullness } from "../../../server/chain/embedded.ts";
import { documented } from "../../support/answered.ts";
import { openApi, type TestApi } from "../../support/api.ts";
import { allFinal, apiAt } from "../../support/homes.ts";

describe("/metrics", function () {
  this.timeout(180_000);
  let api: TestApi;

  before(async () => {
    api = await openApi({ TIDEMARK_HOST: "0.0.0.0" });
  });
  after(() => api.close());

  const read = (headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${api.running.url.replace("0.0.0.0", "127.0.0.1")}/metrics`, { headers });
  const text = async (): Promise<string> => (await read()).text();
  /** The value of a line, by its name and labels; 0 where it is not there. */
  const value = (told: string, line: string): number =>
    Number(
      told
        .split("\n")
        .find((each) => each.startsWith(`${line} `))
        ?.split(" ")
        .at(-1) ?? 0,
    );

  it("given acts of which some are bad, when they are through, then each is counted by what became of it", async () => {
    const [act, other] = api.acts(0, 2);
    const before = await text();
    const bad = { ...other!.item, type: "Nothing" };
    await api.ask("/v1/acts", [act!.item, bad]);
    await api.ask("/v1/acts", [act!.item]);
    await allFinal(apiAt(api.running.url.replace("0.0.0.0", "127.0.0.1")), [act!]);
    const after = await text();
    const more = (line: string): number => value(after, line) - value(before, line);
    expect(more('tidemark_acts_total{result="accepted",code=""}')).to.equal(1);
    expect(more('tidemark_acts_total{result="duplicate",code=""}')).to.equal(1);
    expect(more('tidemark_acts_total{result="rejected",code="act-malformed"}')).to.equal(1);
    expect(more('tidemark_requests_ended_total{state="final"}')).to.equal(1);
    expect(more("tidemark_indexer_block")).to.be.greaterThan(0);
    expect(more("tidemark_journal_bytes")).to.be.greaterThan(100);
    expect(value(after, "tidemark_journal_ceiling_bytes")).to.equal(160_000_000);
    expect(value(after, "tidemark_database_connections")).to.equal(1);
  });

  it("given requests of many addresses, when they are counted, then by route, method and status, never by address", async () => {
    const lot = `0x${"cd".repeat(32)}`;
    const count = 'tidemark_http_request_duration_seconds_count{route="/v1/lots/{id}",method="GET",status="404"}';
    const before = value(await text(), count);
    await api.ask(`/v1/lots/${lot}`);
    await fetch(`${api.running.url}/${lot}`);
    const told = await text();
    expect(value(told, count) - before).to.equal(1);
    expect(value(told, 'tidemark_http_problems_total{route="none",code="not-found"}')).to.be.greaterThan(0);
    expect(told).to.not.contain(lot).and.to.not.contain("127.0.0.1");
    expect(told).to.contain("process_cpu_seconds_total").and.to.contain("nodejs_eventloop_lag_seconds");
  });

  it("given one name after another, when they are read, then each says its unit or what it counts", async () => {
    const names = (await text()).match(/(?<=^# TYPE )tidemark_\w+ \w+/gm)!;
    expect(names.length).to.be.greaterThan(15);
    for (const name of names.filter((each) => each.endsWith(" counter"))) expect(name).to.match(/_total counter$/);
  });

  it("given somebody else than this machine, when it asks, then there is nothing, a proxy on this machine included", async () => {
    const { status, headers } = await read();
    expect([status, headers.get("content-type")]).to.deep.equal([200, "text/plain; version=0.0.4; charset=utf-8"]);
    expect(documented().find(([route]) => route === "get /metrics")![1].responses["200"]!.content).to.have.keys([
      "text/plain",
    ]);
    for (const name of ["x-forwarded-for", "forwarded", "via"]) {
      expect((await read({ [name]: "203.0.113.1" })).status, name).to.equal(404);
    }
    const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    const outside = addresses.find(({ family, internal }) => family === "IPv4" && !internal);
    if (!outside) return;
    const { port } = new URL(api.running.url);
    expect((await fetch(`http://${outside.address}:${port}/metrics`)).status).to.equal(404);
  });
});

describe("the embedded chain's ceiling", () => {
  it("given a journal at four fifths of it, when it is looked at, then the words name the way to a network", () => {
    expect(fullness(127_999_999)).to.equal(undefined);
    expect(fullness(128_000_000))
      .to.contain("80 %")
      .and.to.contain("TIDEMARK_RPC_URLS")
      .and.to.contain("npm run deploy");
  });
});
