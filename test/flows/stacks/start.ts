/** Starting: what a server serves while it starts, and the sentences with which it refuses. */
import { copyFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import type { SignedItem } from "../../../scripts/bench/acts.ts";
import { allFinal, apiAt, prepareHome, type PreparedHome } from "../../support/homes.ts";
import { DidNotStart, startServer } from "../../support/server.ts";

const hand = (url: string, acts: readonly SignedItem[]): Promise<Response> =>
  fetch(`${url}/v1/acts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(acts.map(({ item }) => item)),
  });

/** The sentence a start was refused with. */
async function refusal(home: string, env: Record<string, string> = {}): Promise<string> {
  try {
    const server = await startServer(home, env);
    await server.kill();
  } catch (error) {
    if (!(error instanceof DidNotStart)) throw error;
    expect(error.code).to.equal(1);
    return error.said.split("\n").find((line) => line.startsWith("tidemark: ")) ?? error.said;
  }
  throw new Error("the server started");
}

describe("a server that starts", function () {
  this.timeout(120_000);
  let prepared: PreparedHome;
  before(async () => {
    prepared = await prepareHome();
  });
  after(() => prepared.remove());

  it("given a long journal, when the server replays it, then lots are served and acts accepted meanwhile", async () => {
    const home = await prepared.copy();
    const acts = prepared.acts(0, 3_000);
    const first = await startServer(home);
    for (let i = 0; i < acts.length; i += 500)
      expect((await hand(first.url, acts.slice(i, i + 500))).status).to.equal(202);
    await allFinal(apiAt(first.url), acts.slice(-500));
    await first.stop();

    const again = await startServer(home, {}, "listening");
    const lot = await fetch(`${again.url}/v1/lots/${acts.at(-1)!.digest}`);
    const more = prepared.acts(3_000, 3);
    const accepted = await hand(again.url, more);
    const ready = await fetch(`${again.url}/ready`);
    expect([lot.status, accepted.status, ready.status]).to.deep.equal([200, 202, 503]);
    const { chain } = (await ready.json()) as { chain: { phase: string; done: number; total: number } };
    expect(chain.phase).to.match(/replay/);
    expect(chain.done).to.be.lessThan(chain.total);
    await allFinal(apiAt(again.url), more);
    expect((await apiAt(again.url).conservation()).ok).to.equal(true);
    await again.stop();
  });

  it("given a home that a server holds, when another starts on it, then it refuses and names the holder", async () => {
    const home = await prepared.copy();
    const holder = await startServer(home);
    const sentence = await refusal(home);
    expect(sentence).to.include(String(holder.pid)).and.to.include(holder.url);
    await holder.stop();
  });

  it("given a port in use, when a server is to listen on it, then it refuses and says what to set", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const { port } = taken.address() as { port: number };
    const sentence = await refusal(await prepared.copy(), { TIDEMARK_PORT: String(port) });
    taken.close();
    expect(sentence).to.include(`Port ${port}`).and.to.include("TIDEMARK_PORT");
  });

  it("given another passphrase, when a server starts, then it refuses and names the variable", async () => {
    expect(await refusal(await prepared.copy(), { TIDEMARK_PASSPHRASE: "wrong" })).to.include("TIDEMARK_PASSPHRASE");
  });

  it("given a database ahead of its journal, or beside the chain, when a server starts, then it refuses and names the block", async () => {
    // two histories from one home: the same height, other blocks
    const [home, other] = [await prepared.copy(), await prepared.copy()];
    let block = 0;
    for (const [at, from] of [
      [home, 0],
      [other, 10],
    ] as const) {
      const acts = prepared.acts(from, 3);
      const server = await startServer(at);
      await hand(server.url, acts);
      await allFinal(apiAt(server.url), acts);
      ({ block } = await apiAt(server.url).digest());
      await server.stop();
    }
    for (const [of, words] of [
      [prepared.folder, "but the chain ends at"],
      [other, "but the chain's has"],
    ] as const) {
      await copyFile(join(of, "journal"), join(home, "journal"));
      expect(await refusal(home))
        .to.include(`block ${block}`)
        .and.to.include(words);
    }
  });
});
