import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { actKey } from "../../../scripts/demo/keys.ts";
import { openKeyFile } from "../../../server/chain/keyFile.ts";
import { createSigner } from "../../../server/chain/transactions.ts";
import { settings } from "../../../server/config.ts";
import { createLog } from "../../../server/log.ts";
import { logInAs, logInAsAdmin, openApi, type Answer, type TestApi } from "../../support/api.ts";
import { allFinal, apiAt } from "../../support/homes.ts";

type Headers = Record<string, string>;
const bearer = (token: unknown): Headers => ({ authorization: `Bearer ${String(token)}` });

describe("API keys", function () {
  this.timeout(60_000);
  const lines: string[] = [];
  let api: TestApi;
  let lot: string;
  let collector: string;
  let operator: Headers;

  before(async () => {
    api = await openApi({}, createLog("trace", { write: (line: string) => void lines.push(line) }));
    const [act] = api.acts(0, 1);
    await api.ask("/v1/acts", [act!.item]);
    await allFinal(apiAt(api.running.url), [act!]);
    lot = act!.digest;
    collector = (act!.item as { act: { collector: string } }).act.collector;
    operator = await logInAsAdmin(api);
  });
  after(() => api.close());

  async function adminAddress(): Promise<string> {
    const { admin } = await openKeyFile(api.home, settings.TIDEMARK_PASSPHRASE.embedded, true);
    return createSigner(admin!).address;
  }
  const issue = (more: object = {}, as: Headers = operator): Promise<Answer> =>
    api.ask("/v1/api-keys", { account: collector, label: "the scales at the quay", ...more }, as);
  const full = (headers: Headers): Promise<Answer> =>
    api.ask(`/v1/lots/${lot}/provenance?view=full`, undefined, headers);
  const revoke = (id: unknown, as: Headers = operator): Promise<Answer> =>
    api.ask(`/v1/api-keys/${String(id)}/revocation`, {}, as);
  const told = ({ status, body }: Answer): unknown[] => [status, body["code"], body["detail"]];

  it("given the operator's login, when a key is issued, then it opens what its account may see, and may upload", async () => {
    const issued = await issue();
    expect([issued.status, issued.headers.get("cache-control")]).to.deep.equal([201, "no-store"]);
    expect(issued.body["key"]).to.match(/^tmk_[0-9a-f]{20}_[0-9a-f]{64}$/);
    const { createdAt, expiresAt } = issued.body as { createdAt: number; expiresAt: number };
    expect(expiresAt - createdAt).to.be.within(365 * 86_400 - 1, 365 * 86_400 + 1);
    const seen = await full(bearer(issued.body["key"]));
    expect([seen.status, seen.headers.get("cache-control")]).to.deep.equal([200, "private, no-store"]);
    const document = await api.ask("/v1/documents", "a slip", {
      ...bearer(issued.body["key"]),
      "content-type": "text/plain",
    });
    expect(document.status).to.equal(201);
  });

  it("given a key of somebody who was no party, when it asks for the full view, then it is refused: it is nobody else's key", async () => {
    const other = api.cast.regular.find(({ address }) => address !== collector)!.address;
    const { body } = await issue({ account: other });
    expect(told(await full(bearer(body["key"]))).slice(0, 2)).to.deep.equal([403, "need-to-know"]);
  });

  it("given anybody but an administrator's login, when it issues, lists or revokes, then it is refused", async () => {
    const { body: own } = await issue();
    const registry = await logInAs(api, actKey("registry", 0));
    const unregistered = await logInAs(api, actKey("regular", 9_999));
    // an API key holds no role, whosever account it stands for
    const admin = await adminAddress();
    const { sql } = api.running.db;
    await sql`UPDATE api_key SET account = ${admin} WHERE id = ${own["id"]}`;
    await sql`INSERT INTO account (id, status, kinds, licensed_from, licensed_until, licences) VALUES (${admin}, 1, 1, 0, 0, 0)`;
    for (const as of [registry, unregistered, bearer(own["key"])]) {
      for (const answer of [
        await issue({}, as),
        await api.ask("/v1/api-keys", undefined, as),
        await revoke(own["id"], as),
      ]) {
        expect(told(answer).slice(0, 2)).to.deep.equal([403, "role-needed"]);
        expect(answer.body["roles"]).to.deep.equal(["ADMIN"]);
      }
    }
    await sql`DELETE FROM account WHERE id = ${admin}`;
  });

  it("given keys that do not hold, when they are used, then the answer is 401 and says why, but not whether an id is known", async () => {
    const { body: good } = await issue();
    const key = String(good["key"]);
    const last = key.endsWith("0") ? "1" : "0";
    const unknown = "the API key is not known here";
    const malformed = "the API key is not one: tmk_, its id and its secret";
    const cases: [key: string, why: string][] = [
      [`${key.slice(0, -1)}${last}`, unknown],
      [key.replace(String(good["id"]), "0".repeat(20)), unknown],
      [key.slice(0, -1), malformed],
      [`${key}0`, malformed],
      ["tmk_", malformed],
      [`tmk_${String(good["id"])}`, malformed],
      [key.toUpperCase().replace("TMK_", "tmk_"), malformed],
    ];
    for (const [each, why] of cases) {
      expect(told(await full(bearer(each))), each).to.deep.equal([401, "login-needed", why]);
    }
    expect((await full(bearer(key))).status).to.equal(200);
  });

  it("given a key that expired, when it is used, then the answer is 401", async () => {
    const { body } = await issue({ expiresAt: Math.floor(Date.now() / 1_000) + 2 });
    expect((await full(bearer(body["key"]))).status).to.equal(200);
    await sleep(2_100);
    expect(told(await full(bearer(body["key"])))[2]).to.equal(`the API key ${String(body["id"])} has expired`);
  });

  it("given a key that is revoked, then it opens nothing from that moment on, and revoking it again changes nothing", async () => {
    const { body } = await issue();
    expect((await full(bearer(body["key"]))).status).to.equal(200);
    const first = await revoke(body["id"]);
    expect([first.status, typeof first.body["revokedAt"]]).to.deep.equal([200, "number"]);
    expect(told(await full(bearer(body["key"])))[2]).to.equal(`the API key ${String(body["id"])} was revoked`);
    await api.running.db.sql`UPDATE api_key SET revoked_at = revoked_at - 100 WHERE id = ${body["id"]}`;
    const again = await revoke(body["id"]);
    expect(again.body["revokedAt"]).to.equal((first.body["revokedAt"] as number) - 100);
    expect((await revoke("0".repeat(20))).status).to.equal(404);
  });

  it("given an account that is suspended, then its keys open nothing until it is active again, and none is issued", async () => {
    const { body } = await issue();
    const { sql } = api.running.db;
    await sql`UPDATE account SET status = 2 WHERE id = ${collector}`;
    expect(told(await full(bearer(body["key"])))[2]).to.match(/ is suspended or closed$/);
    expect(told(await issue()).slice(0, 2)).to.deep.equal([409, "account-not-active"]);
    await sql`UPDATE account SET status = 1 WHERE id = ${collector}`;
    expect((await full(bearer(body["key"]))).status).to.equal(200);
    expect(told(await issue({ account: `0x${"ab".repeat(20)}` })).slice(0, 2)).to.deep.equal([422, "account-unknown"]);
  });

  it("given terms that are none, when a key is to be issued, then each is refused where it stands", async () => {
    const now = Math.floor(Date.now() / 1_000);
    const cases: [object, string][] = [
      [{ expiresAt: now }, "expiresAt"],
      [{ expiresAt: now + 4 * 365 * 86_400 }, "expiresAt"],
      [{ label: " " }, "label"],
      [{ label: "x".repeat(101) }, "label"],
      [{ account: "0x12" }, "account"],
      [{ role: "ADMIN" }, ""],
    ];
    for (const [given, at] of cases) {
      const { status, body } = await issue(given);
      expect([status, (body["errors"] as { at: string }[])[0]!.at]).to.deep.equal([400, at]);
    }
  });

  it("given several keys, when they are listed in pages, then each comes once, the oldest first, without its secret", async () => {
    const { sql } = api.running.db;
    const stored = await sql<{ id: string }>`SELECT id FROM api_key ORDER BY created_at, id`;
    const found: Record<string, unknown>[] = [];
    let next: string | null | undefined;
    do {
      const page = await api.ask(
        `/v1/api-keys?limit=3${next === undefined ? "" : `&after=${next}`}`,
        undefined,
        operator,
      );
      expect(page.status).to.equal(200);
      found.push(...(page.body["keys"] as Record<string, unknown>[]));
      next = page.body["next"] as string | null;
    } while (next !== null);
    expect(found.map(({ id }) => id)).to.deep.equal(stored.map(({ id }) => id));
    expect(found.length).to.be.greaterThan(3);
    const createdBy = await adminAddress();
    expect(found[0]).to.deep.include({ label: "the scales at the quay", account: collector, createdBy });
    expect(JSON.stringify(found)).not.to.match(/tmk_|hash/);
  });

  it("given all that was logged, and all that is stored, then no key is in it", async () => {
    const { body } = await issue();
    const key = String(body["key"]);
    const secret = key.split("_")[2]!;
    const wrong = `${key.slice(0, -2)}zz`;
    await full(bearer(key));
    await full(bearer(wrong));
    await fetch(`${api.running.url}/v1/lots/${key}?token=${key}`, { headers: bearer(key) });
    await api.ask("/v1/api-keys", `{"label": "${key}`, operator);
    // the log is written after the answer
    await sleep(100);
    expect(lines.join("")).to.include("/v1/api-keys");
    expect(lines.filter((line) => line.includes(secret) || line.includes(wrong))).to.deep.equal([]);
    const rows = await api.running.db.sql`SELECT * FROM api_key`;
    expect(
      JSON.stringify(rows, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
    ).not.to.include(secret);
  });
});
