/** A disk that is nearly full, then full, under a running server with everything embedded. */
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { expect } from "chai";
import { apiAt, prepareHome, type PreparedHome } from "../../support/homes.ts";
import { copyFolder } from "../../support/databases.ts";
import { hand, handAll, readiness, settled, statusOf } from "../../support/outages.ts";
import { startServer, type ServerProcess } from "../../support/server.ts";
import { skipBecause } from "../../support/skip.ts";
import { mountSmallDisk, type SmallDisk } from "../../support/smallDisk.ts";

const MB = 1_000_000;

describe("a server whose disk fills up", function () {
  this.timeout(120_000);
  let prepared: PreparedHome | undefined;
  let disk: SmallDisk | undefined;
  let home: string;
  let server: ServerProcess | undefined;

  before(async function () {
    const mounted = mountSmallDisk(400);
    if (!mounted) skipBecause(this, "only root on Linux can mount a small disk: run it as root there");
    disk = mounted;
    prepared = await prepareHome();
    home = join(disk.folder, "home");
    copyFolder(prepared.folder, home);
  });
  afterEach(async () => {
    disk?.free();
    await server?.kill();
  });
  after(async () => {
    disk?.remove();
    await prepared?.remove();
  });

  it("given less room than is kept free, when acts come, then they are refused and lots are read; when there is room again, then it goes on", async () => {
    const acts = prepared!.acts(0, 40);
    server = await startServer(home);
    const { url } = server;
    expect(await hand(url, acts.slice(0, 20))).to.deep.equal([202]);
    disk!.fill(40 * MB);
    const { shortage } = await readiness(url, 503);
    expect(shortage).to.match(/disk of the server's home has \d\d MB left/);
    expect(await hand(url, acts.slice(20))).to.deep.equal([503, "not-writable"]);
    // what was accepted comes to its end, and everything is read; a reader may even log in
    await settled(url, acts.slice(0, 20));
    expect(await statusOf(`${url}/v1/lots/${acts[0]!.digest}/provenance`)).to.equal(200);
    expect((await fetch(`${url}/v1/login/nonce`, { method: "POST" })).status).to.equal(200);
    disk!.free();
    await readiness(url, 200);
    expect(await hand(url, acts.slice(20))).to.deep.equal([202]);
    await settled(url, acts);
    expect(await server.stop()).to.equal(0);
  });

  it("given nothing kept free, when the disk is full to the last byte under a client that goes on, then nothing accepted is lost or doubled once there is room", async () => {
    const before = prepared!.acts(0, 40);
    const acts = prepared!.acts(40, 240);
    server = await startServer(home, { TIDEMARK_DISK_RESERVE: "0" });
    const { url } = server;
    const refusals = new Set<string>();
    const client = handAll(url, acts, refusals);
    await sleep(500);
    // room enough to be let in, and not to be stored; then none at all
    disk!.fill(4_096);
    while (refusals.size === 0) await sleep(20);
    disk!.fill(0);
    await readiness(url, 503);
    await sleep(2_000);
    expect(await statusOf(`${url}/health`)).to.equal(200);
    expect(await statusOf(`${url}/v1/lots/${before[0]!.digest}`)).to.equal(200);
    disk!.free();
    await client;
    expect([...refusals]).to.deep.equal(["503 not-writable"]);
    await readiness(url, 200);
    const state = await settled(url, [...before, ...acts]);
    expect(await server.stop()).to.equal(0);

    // the journal replayed and the database opened anew say the same
    server = await startServer(home);
    expect((await apiAt(server.url).digest()).state!.root).to.equal(state);
    expect(await server.stop()).to.equal(0);
  });
});
