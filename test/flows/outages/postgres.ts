/** A PostgreSQL that crashes under a running server, and comes back: one of this test's own, since it is stopped. */
import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { apiAt, prepareHome, type PreparedHome } from "../../support/homes.ts";
import { hand, handAll, readiness, settled, statusOf } from "../../support/outages.ts";
import { startServer, type ServerProcess } from "../../support/server.ts";
import { skipBecause } from "../../support/skip.ts";

const SCRIPT = fileURLToPath(new URL("../../../scripts/postgres.sh", import.meta.url));
/** The script's own: this machine has no PostgreSQL server. */
const NOT_HERE = 3;

describe("a server whose PostgreSQL goes away", function () {
  this.timeout(120_000);
  let folder: string;
  let prepared: PreparedHome | undefined;
  let server: ServerProcess | undefined;
  let url: string;

  /** Runs `scripts/postgres.sh` for a server in a folder of its own. */
  function postgres(order: "start" | "halt" | "stop"): Promise<{ code: unknown; out: string; err: string }> {
    return new Promise((done) =>
      execFile(SCRIPT, [order], { env: { ...process.env, TMPDIR: folder } }, (error, out, err) =>
        done({ code: error?.code ?? 0, out: out.trim(), err }),
      ),
    );
  }

  before(async function () {
    folder = await mkdtemp(join(tmpdir(), "tidemark-outage-"));
    // PostgreSQL's own user passes through
    await chmod(folder, 0o755);
    const { code, out, err } = await postgres("start");
    if (code === NOT_HERE && process.env["CI"] !== "true") skipBecause(this, err.trim());
    expect(code, err).to.equal(0);
    prepared = await prepareHome();
    server = await startServer(await prepared.copy(), { TIDEMARK_DATABASE_URL: out });
    url = server.url;
  });
  after(async () => {
    await server?.kill();
    await postgres("stop");
    await prepared?.remove();
    await rm(folder, { recursive: true });
  });

  it("given a PostgreSQL that is away, when acts and questions come, then both are refused in words; when it returns, then it goes on by itself", async () => {
    const acts = prepared!.acts(0, 40);
    expect(await hand(url, acts.slice(0, 20))).to.deep.equal([202]);
    await postgres("halt");
    expect(await hand(url, acts.slice(20))).to.deep.equal([503, "not-writable"]);
    const { indexer } = await readiness(url, 503);
    expect((indexer as { waits: string }).waits).to.match(/lost|cannot be reached/);
    // what needs no database
    expect([await statusOf(`${url}/health`), await statusOf(`${url}/openapi.json`)]).to.deep.equal([200, 200]);
    expect(await statusOf(`${url}/v1/lots/${acts[0]!.digest}`)).to.equal(503);
    await postgres("start");
    await readiness(url, 200);
    expect(await hand(url, acts.slice(20))).to.deep.equal([202]);
    await settled(url, acts);
  });

  it("given a client that goes on, when PostgreSQL crashes three times, then nothing accepted is lost or doubled", async () => {
    const before = prepared!.acts(0, 40);
    const acts = prepared!.acts(40, 180);
    const refusals = new Set<string>();
    const client = handAll(url, acts, refusals);
    for (let crash = 0; crash < 3; crash++) {
      await sleep(150 + 250 * crash);
      await postgres("halt");
      await sleep(300);
      await postgres("start");
    }
    await client;
    expect([...refusals]).to.deep.equal(["503 not-writable"]);
    const state = await settled(url, [...before, ...acts]);
    await readiness(url, 200);
    expect(await server!.stop()).to.equal(0);

    // the same acts, handed in where nobody disturbs them
    server = await startServer(await prepared!.copy());
    await handAll(server.url, [...before, ...acts], new Set());
    expect(await settled(server.url, [...before, ...acts])).to.equal(state);
    expect((await apiAt(server.url).conservation()).ok).to.equal(true);
  });
});
