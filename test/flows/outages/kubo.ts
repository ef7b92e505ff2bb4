/** An IPFS node that crashes under a running server, and comes back. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { apiAt, prepareHome, type PreparedHome } from "../../support/homes.ts";
import { findKubo, startKubo, type KuboNode } from "../../support/kuboNode.ts";
import { hand, readiness, settled, statusOf } from "../../support/outages.ts";
import { startServer, type ServerProcess } from "../../support/server.ts";
import { skipBecause } from "../../support/skip.ts";

interface Answer {
  status: number;
  code?: string;
  retryAfter: string | null;
}

const sha256 = (text: string): string => `0x${createHash("sha256").update(text).digest("hex")}`;

describe("a server whose Kubo goes away", function () {
  this.timeout(120_000);
  let prepared: PreparedHome | undefined;
  let kubo: KuboNode | undefined;
  let server: ServerProcess | undefined;
  let url: string;
  let token: string;

  before(async function () {
    const found = findKubo();
    if ("missing" in found) {
      if (process.env["CI"] === "true") throw new Error(found.missing);
      return skipBecause(this, found.missing);
    }
    [prepared, kubo] = await Promise.all([prepareHome(), startKubo(found.binary)]);
    server = await startServer(await prepared.copy(), { TIDEMARK_KUBO_URL: kubo.url });
    url = server.url;
    token = await apiAt(url).login(prepared.cast.keeper);
  });
  after(async () => {
    await server?.kill();
    await kubo?.remove();
    await prepared?.remove();
  });

  async function upload(text: string): Promise<Answer> {
    const headers = { "content-type": "text/plain", authorization: `Bearer ${token}` };
    const response = await fetch(`${url}/v1/documents`, { method: "POST", headers, body: text });
    const { code } = (await response.json()) as { code?: string };
    return { status: response.status, ...(code && { code }), retryAfter: response.headers.get("retry-after") };
  }
  const read = async (text: string): Promise<[status: number, said: string]> => {
    const response = await fetch(`${url}/v1/documents/${sha256(text)}`);
    const said = await response.text();
    return [response.status, response.ok ? said : (JSON.parse(said) as { code: string }).code];
  };

  it("given a Kubo that is away, when documents are sent and asked for, then both are refused in words and all else goes on; when it returns, then they are taken again", async () => {
    expect(await upload("before")).to.include({ status: 201 });
    await kubo!.kill();
    const away = { status: 503, code: "documents-away", retryAfter: "2" };
    expect(await upload("meanwhile")).to.deep.equal(away);
    expect(await upload("before")).to.deep.equal(away);
    expect(await read("before")).to.deep.equal([503, "documents-away"]);
    // what was refused is not on record, and to know that no Kubo is needed
    expect(await read("meanwhile")).to.deep.equal([404, "not-found"]);
    const acts = prepared!.acts(0, 20);
    expect(await hand(url, acts)).to.deep.equal([202]);
    await settled(url, acts);
    expect(await statusOf(`${url}/v1/lots/${acts[0]!.digest}/provenance`)).to.equal(200);
    await readiness(url, 200);
    await kubo!.start();
    expect(await read("before")).to.deep.equal([200, "before"]);
    expect(await upload("meanwhile")).to.include({ status: 201 });
    expect(await read("meanwhile")).to.deep.equal([200, "meanwhile"]);
  });

  it("given a client that goes on, when Kubo crashes three times, then every document that was taken is there, whole", async () => {
    const texts = Array.from({ length: 150 }, (_, i) => `weighing slip ${i} `.repeat(1 + (i % 5) * 2_000));
    const refusals = new Set<string>();
    const client = (async () => {
      for (const text of texts) {
        for (let answer = await upload(text); answer.status >= 300; answer = await upload(text)) {
          refusals.add(`${answer.status} ${answer.code}`);
          await sleep(25);
        }
      }
    })();
    for (let crash = 0; crash < 3; crash++) {
      await sleep(200 + 150 * crash);
      await kubo!.kill();
      await sleep(150);
      await kubo!.start();
    }
    await client;
    expect([...refusals]).to.deep.equal(["503 documents-away"]);
    for (const text of texts) expect(await read(text)).to.deep.equal([200, text]);
    expect(await server!.stop()).to.equal(0);
  });
});
