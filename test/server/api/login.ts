import { expect } from "chai";
import { getBytes, hashMessage } from "ethers";
import { SignJWT, importJWK } from "jose";
import { createApi } from "../../../scripts/demo/client.ts";
import { actKey, type ActKey } from "../../../scripts/demo/keys.ts";
import { createSessions, signedLogin, type LoginTerms } from "../../../scripts/demo/login.ts";
import { openKeyFile } from "../../../server/chain/keyFile.ts";
import { publicRoutes } from "../../../server/api/publicRoutes.ts";
import { settings } from "../../../server/config.ts";
import { apiAt, allFinal } from "../../support/homes.ts";
import { openApi, type Answer, type TestApi } from "../../support/api.ts";

describe("login", function () {
  this.timeout(60_000);
  let api: TestApi;
  let lot: string;
  /** gave the lot to the storage point */
  let collector: ActKey;

  before(async () => {
    api = await openApi();
    const [act] = api.acts(0, 1);
    await api.ask("/v1/acts", [act!.item]);
    await allFinal(apiAt(api.running.url), [act!]);
    lot = act!.digest;
    collector = [...api.cast.regular, ...api.cast.occasional].find(
      ({ address }) => address === act!.item.act.collector,
    )!;
  });
  after(() => api.close());

  const draw = async (): Promise<LoginTerms> => (await api.ask("/v1/login/nonce", {})).body as unknown as LoginTerms;
  const logIn = (body: object): Promise<Answer> => api.ask("/v1/login", body);
  const bearer = (token: unknown): Record<string, string> => ({ authorization: `Bearer ${String(token)}` });
  const full = (headers: Record<string, string>): Promise<Answer> =>
    api.ask(`/v1/lots/${lot}/provenance?view=full`, undefined, headers);
  async function tokenOf(key: ActKey): Promise<string> {
    return (await logIn(signedLogin(await draw(), key))).body["token"] as string;
  }

  it("given a key bound to the storage point, when it logs in, then its token opens the full view of the point's lot", async () => {
    const answer = await logIn(signedLogin(await draw(), api.cast.keeper));
    expect(answer.status).to.equal(200);
    expect(answer.body).to.include({ expiresIn: 900, key: api.cast.keeper.address });
    const seen = await full(bearer(answer.body["token"]));
    expect([seen.status, seen.headers.get("cache-control")]).to.deep.equal([200, "private, no-store"]);
    const [node] = seen.body["nodes"] as { acts: { giver: string }[] }[];
    expect(node!.acts[0]!.giver).to.equal(collector.address);
  });

  it("given a wallet that writes its address in lower case, when it logs in, then that is its key too", async () => {
    const { message } = signedLogin(await draw(), collector);
    const plain = message.replace(/^0x\w{40}$/m, collector.address);
    const answer = await logIn({ message: plain, signature: collector.sign(getBytes(hashMessage(plain))) });
    expect([plain === message, answer.status, answer.body["key"]]).to.deep.equal([false, 200, collector.address]);
  });

  it("given a person's own key, when it logs in, then it is that person's account", async () => {
    expect((await full(bearer(await tokenOf(collector)))).status).to.equal(200);
  });

  it("given a registered person who is no party to the lot, when it asks for the full view, then it is refused in words", async () => {
    const other = api.cast.regular.find(({ address }) => address !== collector.address)!;
    const { status, body } = await full(bearer(await tokenOf(other)));
    expect([status, body["code"]]).to.deep.equal([403, "need-to-know"]);
    expect(body["detail"]).to.contain(other.address);
  });

  it("given nobody registered under a key, when it logs in and asks, then it is refused", async () => {
    const { status, body } = await full(bearer(await tokenOf(actKey("regular", 9_999))));
    expect([status, body["code"]]).to.deep.equal([403, "need-to-know"]);
  });

  it("given the registry's key, when it asks for the full view of anything, then it sees it, for its role on chain", async () => {
    expect((await full(bearer(await tokenOf(actKey("registry", 0))))).status).to.equal(200);
  });

  it("given a login that was used, when it is handed in again, then it is refused", async () => {
    const body = signedLogin(await draw(), api.cast.keeper);
    expect((await logIn(body)).status).to.equal(200);
    const again = await logIn(body);
    expect([again.status, again.body["code"]]).to.deep.equal([401, "login-refused"]);
    expect(again.headers.get("www-authenticate")).to.equal("Bearer");
  });

  it("given a number that is too old, when a login brings it, then it is refused", async () => {
    const terms = await draw();
    await api.running.db.sql`UPDATE login_nonce SET expires_at = 1 WHERE nonce = ${terms.nonce}`;
    expect((await logIn(signedLogin(terms, api.cast.keeper))).status).to.equal(401);
    await draw();
    expect(await api.running.db.sql`SELECT FROM login_nonce WHERE expires_at = 1`).to.deep.equal([]);
  });

  const wrong: [string, (terms: LoginTerms) => Parameters<typeof signedLogin>[2]][] = [
    ["names another domain", () => ({ domain: "tidemark.example" })],
    ["names another address", () => ({ uri: "http://tidemark.example" })],
    ["names another chain", ({ chainId }) => ({ chainId: chainId + 1 })],
    ["has expired", () => ({ expirationTime: new Date(Date.now() - 1_000).toISOString() })],
    ["is not valid yet", () => ({ notBefore: new Date(Date.now() + 60_000).toISOString() })],
    ["brings a number drawn elsewhere", () => ({ nonce: "0123456789abcdef" })],
    ["names another account", () => ({ address: "0x52908400098527886E0F7030069857D2E4169EE7" })],
  ];
  for (const [what, change] of wrong) {
    it(`given a text that ${what}, when it is handed in signed, then it is refused`, async () => {
      const terms = await draw();
      const { status, body } = await logIn(signedLogin(terms, api.cast.keeper, change(terms)));
      expect([status, body["code"]]).to.deep.equal([401, "login-refused"]);
    });
  }

  it("given a text that is no login, or a signature that is none, when handed in, then it is refused, and the number stays good", async () => {
    const terms = await draw();
    const good = signedLogin(terms, api.cast.keeper);
    const zeros = `0x${"00".repeat(64)}`;
    for (const body of [
      { ...good, message: "let me in" },
      { ...good, signature: zeros },
    ]) {
      expect((await logIn(body)).status).to.equal(401);
    }
    expect((await logIn({ ...good, signature: "0x1234" })).status).to.equal(400);
    expect((await logIn(good)).status).to.equal(200);
  });

  it("given no token, or one that does not hold, when the full view is asked for, then the answer is 401", async () => {
    const token = await tokenOf(api.cast.keeper);
    const [head, payload, signature] = token.split(".") as [string, string, string];
    const altered = Buffer.from(
      Buffer.from(payload, "base64url").toString().replace(api.cast.keeper.address, collector.address),
    ).toString("base64url");
    const unsigned = Buffer.from('{"alg":"none"}').toString("base64url");
    const bad = [{}, bearer("x.y.z"), bearer(`${head}.${altered}.${signature}`), bearer(`${unsigned}.${payload}.`)];
    for (const headers of bad) {
      const { status, body } = await full(headers);
      expect([status, body["code"]], JSON.stringify(headers)).to.deep.equal([401, "login-needed"]);
    }
  });

  it("given a receipt's key, an expired token, or one for another server, when it is used, then the answer is 401", async () => {
    const keys = await openKeyFile(api.home, settings.TIDEMARK_PASSPHRASE.embedded, true);
    const { body } = await api.ask("/v1/ledger");
    const issuer = `urn:tidemark:${String(body["chainId"])}:${String(body["authority"])}`;
    const now = Math.floor(Date.now() / 1_000);
    async function token(jwk: (typeof keys)["login"], audience: string, expires: number): Promise<string> {
      const claims = new SignJWT().setProtectedHeader({ alg: "EdDSA" }).setSubject(collector.address);
      return claims
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime(expires)
        .sign(await importJWK(jwk, "EdDSA"));
    }
    const { url } = api.running;
    expect((await full(bearer(await token(keys.login, url, now + 60)))).status).to.equal(200);
    const bad = [
      await token(keys.receipts[0]!, url, now + 60),
      await token(keys.login, url, now - 60),
      await token(keys.login, "http://tidemark.example", now + 60),
    ];
    for (const each of bad) expect((await full(bearer(each))).status).to.equal(401);
  });

  it("given a key that was closed after it logged in, when its token is used, then the account is not its own any more", async () => {
    const token = await tokenOf(api.cast.keeper);
    const id = `0x${api.cast.keeper.address.slice(2).padStart(64, "0")}`;
    const { sql } = api.running.db;
    await sql`UPDATE account_key SET valid_until = 1 WHERE id = ${id}`;
    expect((await full(bearer(token))).status).to.equal(403);
    await sql`UPDATE account_key SET valid_until = 1099511627775 WHERE id = ${id}`;
    expect((await full(bearer(token))).status).to.equal(200);
  });

  interface Operation {
    security?: Record<string, unknown>[];
    description?: string;
    responses: Record<string, unknown>;
  }

  async function operations(): Promise<[name: string, operation: Operation][]> {
    const { body } = await api.ask("/openapi.json");
    return Object.entries(body["paths"] as Record<string, Record<string, Operation>>).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [
        `${method.toUpperCase()} ${path}`,
        operation,
      ]),
    );
  }
  const isOpen = ({ security }: Operation): boolean => security?.some((each) => Object.keys(each).length === 0) ?? true;

  it("given the served document, then what anybody may call is exactly the one list of what is public", async () => {
    const open = (await operations()).filter(([, operation]) => isOpen(operation)).map(([name]) => name);
    expect(open.sort()).to.deep.equal([...publicRoutes].sort());
  });

  it("given every route that is not public, when nobody in particular calls it, then the answer is 401 before anything else", async () => {
    const closed = (await operations()).filter(([, operation]) => !isOpen(operation));
    expect(closed.map(([name]) => name)).to.include("POST /v1/documents");
    for (const [name, { description, responses }] of closed) {
      const [method, path] = name.split(" ") as [string, string];
      const response = await fetch(api.running.url + path.replaceAll(/\{\w+\}/g, "none"), { method });
      const { code } = (await response.json()) as { code: string };
      expect([name, response.status, code]).to.deep.equal([name, 401, "login-needed"]);
      expect(Object.keys(responses), name).to.include.members(["401", "403"]);
      expect(description, name).to.match(/^For /);
    }
  });

  it("given a player who has logged in, when the server comes back under another address, then the player's next question is answered too", async () => {
    const player = createApi({ url: () => api.running.url, attach: () => Promise.resolve() });
    const token = await player.login(collector);
    const path = `/v1/lots/${lot}/provenance?view=full`;
    const before = await player.read(path, collector);
    const { url } = api.running;
    await api.running.stop();
    api = await api.again({});
    expect(api.running.url).to.not.equal(url);
    expect((await full(bearer(token))).status).to.equal(401);
    expect(await player.read(path, collector)).to.deep.include({ nodes: (before as { nodes: unknown }).nodes });
    const stranger = createSessions(() => Promise.resolve(token));
    expect((await stranger(collector, (given) => full(bearer(given)))).status, "a token that is never taken").to.equal(
      401,
    );
  });
});
