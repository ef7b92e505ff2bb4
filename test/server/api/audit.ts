import { createHash } from "node:crypto";
import { join } from "node:path";
import { expect } from "chai";
import { accessProjection } from "../../../server/access/projections.ts";
import { auditRoutes } from "../../../server/api/audit.ts";
import { readDeployment } from "../../../server/chain/deploy.ts";
import type { Hex } from "../../../server/chain/port.ts";
import type { Sql } from "../../../server/db/port.ts";
import { readRecords } from "../../../server/indexer/recordPages.ts";
import type { Reply } from "../../../server/route.ts";
import type { Check } from "../../../server/indexer/checks.ts";
import { carbonProjection } from "../../../server/carbon/projections.ts";
import { traceabilityProjection } from "../../../server/traceability/projections.ts";
import { openAudited, type Audited } from "../../support/audited.ts";

interface Page {
  block: number;
  hash: Hex;
  records: { key: string; value: string }[];
  next: string | null;
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

describe("GET /v1/audit/records", function () {
  this.timeout(180_000);
  let audited: Audited;
  before(async () => {
    audited = await openAudited(15, 20);
  });
  after(() => audited.api.close());

  async function page(query: string): Promise<Page> {
    const { status, body } = await audited.api.ask(`/v1/audit/records?${query}`);
    expect(status, query).to.equal(200);
    return body as unknown as Page;
  }

  /** Page by page to the end. */
  async function all(query: string): Promise<Page["records"]> {
    const found: Page["records"] = [];
    for (let after: string | null = null; ;) {
      const got: Page = await page(`${query}${after === null ? "" : `&after=${after}`}`);
      found.push(...got.records);
      if (got.next === null) return found;
      expect(got.next > (after ?? "")).to.equal(true);
      after = got.next;
    }
  }

  it("given a server, when its records are read, whole and by bucket, then the lines of each bucket hash to what the state digest has of it", async () => {
    const { body } = await audited.api.ask("/v1/audit/digest");
    const { block, hash, state } = body as unknown as { block: number; hash: Hex; state: { buckets: Hex[] } };
    const whole = await all("limit=5000");
    for (const [bucket, digest] of state.buckets.entries()) {
      const records = whole.filter(({ key }) => sha256(key)[0] === bucket);
      const lines = records.map(({ key, value }) => `${key}=${value}\n`).join("");
      expect(`0x${sha256(lines).toString("hex")}`, `bucket ${bucket}`).to.equal(digest);
      // each looks through all records
      if (bucket % 16 === 0)
        expect(await page(`bucket=${bucket}`)).to.deep.include({ block, hash, next: null, records });
    }
  });

  it("given rows of every kind, when read in pages of any size, then each comes once, in the order of keys", async () => {
    const whole = await all("limit=5000");
    const keys = whole.map(({ key }) => key);
    expect(keys).to.deep.equal([...new Set(keys)].sort());
    expect(new Set(keys.map((key) => key.split("/")[0]))).to.deep.equal(
      new Set(["account", "act", "edge", "key", "licence", "lot", "purposes", "ruling", "term"]),
    );
    for (const limit of [1, 7]) expect(await all(`limit=${limit}`), String(limit)).to.deep.equal(whole);
    // each home has other keys, and no bucket is sure to have any
    const bucket = sha256(keys[0]!)[0];
    const inBucket = whole.filter(({ key }) => sha256(key)[0] === bucket);
    expect(await all(`bucket=${bucket}&limit=1`)).to.deep.equal(inBucket);
  });

  it("given a bucket that is far between, when no more than five records are looked at for a page, then none is missed", async () => {
    const { home, running } = audited.api;
    const { contracts } = readDeployment(join(home, "deployment.json"))!;
    const { Parties, Vocabulary, LotLedger, Projects, Credits } = contracts;
    const access = accessProjection({ parties: Parties.address, vocabulary: Vocabulary.address });
    const carbon = carbonProjection({ projects: Projects.address, credits: Credits.address });
    const projections = [access, traceabilityProjection(LotLedger.address), carbon];
    const found: Page["records"] = [];
    let pages = 0;
    for (let after: string | undefined; ; pages++) {
      const got = (await readRecords(running.db.sql, projections, { bucket: 3, after, limit: 100 }, 5))!;
      found.push(...got.records);
      if (got.next === null) break;
      after = got.next;
    }
    expect(found).to.deep.equal((await page("bucket=3")).records);
    expect(pages).to.equal(Math.floor((await all("limit=5000")).length / 5));
  });

  it("given places that are between keys, when gone on from there, then the next keys come", async () => {
    const keys = (await all("limit=5000")).map(({ key }) => key);
    const places = [
      "account/0x0",
      "act/0xff",
      "edge/0x0/0x0",
      "licence/0x00/99",
      "ruling/0xf/999999",
      "term/001/00003",
    ];
    for (const after of places) {
      const { records } = await page(`after=${after}&limit=5000`);
      expect(
        records.map(({ key }) => key),
        after,
      ).to.deep.equal(keys.filter((key) => key > after));
    }
  });

  it("given queries that no record could meet, when asked, then they are refused by their form", async () => {
    for (const query of [
      "bucket=256",
      "bucket=-1",
      "bucket=x",
      "limit=0",
      "limit=5001",
      "after=lot",
      "after=edge/0x01",
      "after=term/1",
      "after=term/1/2000000000",
      "after=ruling/0x01/x",
      "after=lot/0x01'%3B--",
    ]) {
      const { status, body } = await audited.api.ask(`/v1/audit/records?${query}`);
      expect([status, body["code"]], query).to.deep.equal([400, "invalid-request"]);
    }
  });

  it("given many who ask at once whether the books balance, when answered, then it was worked out once; asked later, anew", async () => {
    const { db, chain } = audited.api.running;
    let times = 0;
    const checks = async (sql: Sql): Promise<Check[]> => {
      times++;
      const [row] = await sql<{ lots: bigint }>`SELECT count(*) AS lots FROM lot`;
      return [{ id: "lots", what: "lots", ok: true, left: String(row!.lots), right: String(row!.lots) }];
    };
    const [conservation] = auditRoutes({ db, chain, projections: [], checks });
    const ask = (): Promise<Reply> => conservation!.handle({} as never);
    const [first, ...others] = await Promise.all(Array.from({ length: 10 }, ask));
    for (const other of others) expect(other.body).to.deep.equal(first!.body);
    expect(times).to.equal(1);
    expect((await ask()).body).to.deep.equal(first!.body);
    expect(times).to.equal(2);
  });
});
