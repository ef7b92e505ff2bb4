import { createHash } from "node:crypto";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { actKey } from "../../../scripts/demo/keys.ts";
import { logInAs, openApi, type Answer, type TestApi } from "../../support/api.ts";
import { pattern } from "../../support/documents.ts";

const LIMIT = 4_000_000;
const sha256 = (bytes: Uint8Array): string => `0x${createHash("sha256").update(bytes).digest("hex")}`;

interface Document {
  paths: Record<"/v1/documents/{id}", { get: { parameters: [{ schema: { pattern: string } }] } }>;
}

describe("documents over HTTP", () => {
  let api: TestApi;
  let keeper: Record<string, string>;

  before(async function () {
    this.timeout(60_000);
    api = await openApi({ TIDEMARK_DOCUMENT_LIMIT: String(LIMIT) });
    keeper = await logInAs(api, api.cast.keeper);
  });
  after(() => api.close());

  const upload = (text: string, type: string, headers: Record<string, string> = keeper): Promise<Answer> =>
    api.ask("/v1/documents", text, { ...headers, "content-type": type });

  /** Uploads bytes, which `ask` cannot. */
  async function uploadBytes(
    bytes: Uint8Array,
    headers: Record<string, string>,
  ): Promise<[number, Record<string, unknown>]> {
    const body = bytes as Uint8Array<ArrayBuffer>;
    const response = await fetch(`${api.running.url}/v1/documents`, {
      method: "POST",
      body,
      headers: { ...keeper, ...headers },
    });
    return [response.status, (await response.json()) as Record<string, unknown>];
  }

  const read = (id: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${api.running.url}/v1/documents/${String(id)}`, { headers });

  it("given a registered account's key, when it uploads a text, then its names are told, and it is read by either without a login", async () => {
    const text = "称重 12.345 kg\n";
    const { status, headers, body } = await upload(text, "text/plain; charset=UTF-8");
    const cid = body["cid"] as string;
    expect(status).to.equal(201);
    expect(headers.get("location")).to.equal(`/v1/documents/${cid}`);
    const digest = sha256(Buffer.from(text));
    expect(body).to.deep.equal({ cid, sha256: digest, bytes: 17, mediaType: "text/plain; charset=utf-8" });
    for (const id of [cid, digest]) {
      const response = await read(id);
      expect([response.status, await response.text()]).to.deep.equal([200, text]);
    }
  });

  it("given a document, when it is uploaded again under another type, then it is told as it was first", async () => {
    const first = await upload("a,b\n1,2\n", "text/csv");
    const again = await upload("a,b\n1,2\n", "application/octet-stream");
    expect([first.status, again.status]).to.deep.equal([201, 200]);
    expect(again.body).to.deep.equal(first.body);
  });

  it("given 3 MB, when they are uploaded, then they come back whole, under the CID that Kubo gives them", async () => {
    const bytes = pattern(3_000_000);
    const [status, body] = await uploadBytes(bytes, { "content-type": "application/pdf" });
    expect([status, body["cid"]]).to.deep.equal([201, "bafybeigqqfhjsrvw6mfesh7bzfomwvlariwsdhk2w54gbno53knbfcpewu"]);
    const response = await read(sha256(bytes));
    expect(response.headers.get("content-type")).to.equal("application/pdf");
    expect(Buffer.compare(new Uint8Array(await response.arrayBuffer()), bytes)).to.equal(0);
  });

  it("given JSON with its own spacing, when it is uploaded, then it stays the bytes that it is", async () => {
    const text = '{ "b": 1,\n"a": 9007199254740993 }';
    const { body } = await upload(text, "application/json");
    expect(await (await read(body["cid"])).text()).to.equal(text);
  });

  it("given what calls itself JSON and is not, when it is uploaded, then it is refused with what to do, and taken as bytes", async () => {
    const broken = Buffer.from('{"grams":');
    for (const [bytes, words] of [
      [broken, "Unexpected end of JSON input"],
      [Buffer.from([0x22, 0xb8, 0x22]), "utf-8"],
    ] as const) {
      const [status, body] = await uploadBytes(bytes, { "content-type": "application/json; charset=utf-8" });
      expect([status, body["code"]]).to.deep.equal([400, "malformed-json"]);
      expect(body["detail"]).to.contain(words).and.contain("application/octet-stream");
      expect((await read(sha256(bytes))).status).to.equal(404);
    }
    expect((await uploadBytes(broken, { "content-type": "application/octet-stream" }))[0]).to.equal(201);
  });

  it("given a compressed upload, when it is read, then it is what was compressed", async () => {
    const [status, body] = await uploadBytes(gzipSync("x,y\n"), {
      "content-type": "text/csv",
      "content-encoding": "gzip",
    });
    expect([status, body["sha256"]]).to.deep.equal([201, sha256(Buffer.from("x,y\n"))]);
  });

  it("given a page with a script, when it is read, then its headers keep a browser from running it, and it never changes", async () => {
    const { body } = await upload("<script>alert(1)</script>", "text/html");
    const { headers } = await read(body["cid"]);
    const cid = body["cid"] as string;
    expect(headers.get("content-disposition")).to.equal(`attachment; filename="${cid}"`);
    expect(headers.get("x-content-type-options")).to.equal("nosniff");
    expect(headers.get("content-security-policy")).to.equal("default-src 'none'; sandbox");
    expect(headers.get("cache-control")).to.contain("immutable");
    expect(headers.get("etag")).to.equal(`"${cid}"`);
    // unless it is told not to, fetch asks for what is not kept
    const kept = { "if-none-match": `"${cid}"`, "cache-control": "max-age=0" };
    expect((await read(cid, kept)).status).to.equal(304);
  });

  it("given a role's key without an account, when it uploads, then it may", async () => {
    const registry = await logInAs(api, actKey("registry", 0));
    expect((await upload("a licence", "text/plain", registry)).status).to.equal(201);
  });

  it("given nobody, and a key that is neither registered nor has a role, when they upload, then they are refused, and nothing is kept", async () => {
    const folder = join(api.home, "documents");
    const before = readdirSync(folder).length;
    const stranger = await logInAs(api, actKey("stranger", 0));
    for (const [headers, expected] of [
      [{}, [401, "login-needed"]],
      [{ authorization: "Bearer x.y.z" }, [401, "login-needed"]],
      [stranger, [403, "sender-unknown"]],
    ] as const) {
      const { status, body } = await upload("let me in", "text/plain", headers);
      expect([status, body["code"]]).to.deep.equal(expected);
    }
    expect(readdirSync(folder)).to.have.length(before);
  });

  it("given a body of no bytes or of a type that is not taken, when it is uploaded, then it is refused by name", async () => {
    for (const [text, type, expected] of [
      ["", "text/plain", [422, "document-empty"]],
      ["x", "video/mp4", [415, "unsupported-media-type"]],
      ["x", "application/x-www-form-urlencoded", [415, "unsupported-media-type"]],
      ["x", "textual/plain", [415, "unsupported-media-type"]],
      ["x", "text/", [415, "unsupported-media-type"]],
      ["x", 'text/"; drop', [415, "unsupported-media-type"]],
    ] as const) {
      const { status, body } = await upload(text, type);
      expect([status, body["code"]], type).to.deep.equal(expected);
    }
  });

  it("given more bytes than the limit, said so, in pieces, or packed into few, when they are uploaded, then they are refused; the limit itself is not", async () => {
    const type = { "content-type": "application/octet-stream" };
    const large = pattern(LIMIT + 1);
    const refused = async (status: number, body: Record<string, unknown>): Promise<void> =>
      expect([status, body["code"], body["limitBytes"]]).to.deep.equal([413, "body-too-large", LIMIT]) as never;
    await refused(...(await uploadBytes(large, type)));
    await refused(...(await uploadBytes(gzipSync(Buffer.alloc(LIMIT + 1)), { ...type, "content-encoding": "gzip" })));
    await refused(...(await inPieces(large)));
    expect((await uploadBytes(large.subarray(1), type))[0]).to.equal(201);
  });

  /** Uploads without saying how many bytes there will be. */
  function inPieces(bytes: Uint8Array): Promise<[number, Record<string, unknown>]> {
    return new Promise((resolve, reject) => {
      const headers = { ...keeper, "content-type": "application/octet-stream", "transfer-encoding": "chunked" };
      const sent = request(`${api.running.url}/v1/documents`, { method: "POST", headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        response.on("end", () => resolve([response.statusCode!, JSON.parse(text) as Record<string, unknown>]));
      });
      sent.on("error", reject);
      for (let at = 0; at < bytes.length; at += 500_000) sent.write(bytes.subarray(at, at + 500_000));
      sent.end();
    });
  }

  it("given ids that are none, when they are asked for, then each is refused by name; one that is not on record is not found", async () => {
    for (const [id, words] of [
      ["..%2f..%2fkeys.json", "is not a CID"],
      ["bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbaugulue", "is not a CID"],
      ["bafyreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am", "codec 0x71"],
      ["bafkqablimvwgy3y", "hash function 0x0"],
      [`0x${"AB".repeat(32)}`, "is not a CID"],
      ["0xab", "is not a CID"],
    ] as const) {
      const { status, body } = await api.ask(`/v1/documents/${id}`);
      expect([status, body["code"]], id).to.deep.equal([400, "invalid-request"]);
      expect(body["detail"], id).to.contain(words);
    }
    const { paths } = (await api.ask("/openapi.json")).body as unknown as Document;
    const [{ schema }] = paths["/v1/documents/{id}"].get.parameters;
    expect("0xab").to.not.match(new RegExp(schema.pattern));
    for (const id of ["bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am", `0x${"ab".repeat(32)}`]) {
      expect(id).to.match(new RegExp(schema.pattern));
      const { status, body } = await api.ask(`/v1/documents/${id}`);
      expect([status, body["code"]], id).to.deep.equal([404, "not-found"]);
    }
  });

  it("given a stored file that was changed, or is gone, when it is read, then its bytes are not given out; uploaded again it is mended", async () => {
    const text = "A weighbridge ticket.";
    const { body } = await upload(text, "text/plain");
    const path = join(api.home, "documents", body["cid"] as string);
    for (const harm of [() => writeFileSync(path, "A weighbridge picket."), () => rmSync(path)]) {
      harm();
      const refused = await api.ask(`/v1/documents/${String(body["cid"])}`);
      expect([refused.status, refused.body["code"]]).to.deep.equal([500, "document-damaged"]);
      expect((await upload(text, "text/plain")).status).to.equal(200);
      expect(await (await read(body["cid"])).text()).to.equal(text);
    }
  });

  it("given bytes that lie in the store without a record, when they are asked for, then they are not found", async () => {
    const { body } = await upload("to be forgotten", "text/plain");
    await api.running.db.sql`DELETE FROM document WHERE cid = ${body["cid"]}`;
    expect((await api.ask(`/v1/documents/${String(body["cid"])}`)).status).to.equal(404);
  });
});
