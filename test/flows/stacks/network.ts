/** The production parts together: a node of its own over JSON-RPC, contracts by `npm run deploy`, PostgreSQL where there is one. */
import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { createCast, registrySigner } from "../../../scripts/demo/keys.ts";
import { pointPeople } from "../../../scripts/demo/scenario/people.ts";
import { establish } from "../../../scripts/demo/registry.ts";
import { signedCollects } from "../../../scripts/bench/acts.ts";
import { roles } from "../../../server/access/roles.ts";
import { interfaces } from "../../../server/chain/contracts.ts";
import { readDeployment, sendAs } from "../../../server/chain/deploy.ts";
import { openKeyFile, saveKeyFile } from "../../../server/chain/keyFile.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { createRpcChain } from "../../../server/chain/rpc.ts";
import { createSigner } from "../../../server/chain/transactions.ts";
import { createLog } from "../../../server/log.ts";
import { startHardhatNode, type HardhatNode } from "../../../scripts/stack/hardhatNode.ts";
import { temporaryFolder } from "../../support/chains.ts";
import { eachServerDatabase } from "../../support/databases.ts";
import { allFinal, apiAt } from "../../support/homes.ts";
import { DidNotStart, startServer } from "../../support/server.ts";

const DEPLOY = fileURLToPath(new URL("../../../scripts/deploy.ts", import.meta.url));
const PASSPHRASE = "drawn for this test";
const adminKey: Hex = `0x${"ad".repeat(32)}`;

function deploy(env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, ["--import", import.meta.resolve("../../../scripts/loader.mjs"), DEPLOY], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, said })));
}

eachServerDatabase("a server on a network", (database) => {
  let node: HardhatNode;
  let home: string;
  let env: Record<string, string>;

  before(async function () {
    this.timeout(120_000);
    node = await startHardhatNode();
    home = await temporaryFolder();
    const given = await database.fresh();
    // production needs PostgreSQL; on PGlite the same network is used in embedded mode
    const mode = given["TIDEMARK_DATABASE_URL"] ? "production" : "embedded";
    env = {
      ...given,
      TIDEMARK_MODE: mode,
      TIDEMARK_HOME: home,
      TIDEMARK_RPC_URLS: node.url,
      TIDEMARK_PASSPHRASE: PASSPHRASE,
    };
  });
  after(async () => {
    await node.stop();
    await rm(home, { recursive: true, force: true });
  });

  it("given a network without contracts, when a server starts, then it refuses and names npm run deploy", async function () {
    this.timeout(60_000);
    const error = await startServer(home, env).then(
      () => expect.fail("it started"),
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(DidNotStart);
    expect((error as DidNotStart).said).to.include("npm run deploy");
  });

  it("given a network, when the contracts are deployed twice, then the second time there is nothing to do", async function () {
    this.timeout(120_000);
    const withKey = { ...env, TIDEMARK_ADMIN_KEY: adminKey };
    const first = await deploy(withKey);
    expect([first.code, first.said.includes("deployed LotLedger")], first.said).to.deep.equal([0, true]);
    const again = await deploy(withKey);
    expect([again.code, again.said.includes("nothing to do")], again.said).to.deep.equal([0, true]);
  });

  it("given deployed contracts, when acts are handed in and the server is killed, then each is recorded once", async function () {
    this.timeout(120_000);
    const server = await startServer(home, env);
    const api = apiAt(server.url);
    const ledger = await api.ledger();
    const cast = createCast(ledger, pointPeople(10));
    const admin = (): Promise<ReturnType<typeof createSigner>> => Promise.resolve(createSigner(adminKey));
    await establish({ api, ledger, cast, registry: registrySigner(), admin, progress: () => undefined });
    const acts = signedCollects(ledger, cast, 0, 50);
    const results = await api.sendActs(acts.map(({ item }) => item));
    expect(results.every(({ status }) => status === "accepted")).to.equal(true);
    await server.kill();

    const again = await startServer(home, env);
    await allFinal(apiAt(again.url), acts);
    const { ok, checks } = await apiAt(again.url).conservation();
    expect([ok, checks[0]!.left]).to.deep.equal([
      true,
      String(acts.reduce((sum, { item }) => sum + item.act.grams, 0)),
    ]);
    expect(await again.stop()).to.equal(0);
  });

  /** Gives a key a role on the chain. */
  async function grantTo(key: Hex): Promise<void> {
    const { contracts, chainId } = readDeployment(`${home}/deployment.json`)!;
    const chain = createRpcChain({ urls: [node.url], pollMs: 100, log: createLog("silent") });
    const grant = interfaces.AccessManager.encodeFunctionData("grantRole", [roles.REGISTRY, key, 0]) as Hex;
    await sendAs(chain, createSigner(adminKey), chainId, contracts.AccessManager.address, grant);
    await chain.close();
  }
  /** What a start says that is refused, or how the server stopped that was started. */
  const started = (): Promise<string> =>
    startServer(home, env).then(
      async (server) => `stopped with ${await server.stop()}`,
      (error: unknown) => (error as DidNotStart).said,
    );
  const isProduction = (): boolean => env["TIDEMARK_MODE"] === "production";

  it("given an account's key that is held and holds a role, when production starts, then it refuses; elsewhere it may", async function () {
    this.timeout(120_000);
    const keys = await openKeyFile(home, PASSPHRASE, false);
    const secret: Hex = `0x${"5c".repeat(32)}`;
    const { address } = createSigner(secret);
    await saveKeyFile(home, PASSPHRASE, { ...keys, held: [secret] });
    await grantTo(address);
    expect(await started()).to.include(isProduction() ? `The held key ${address} holds REGISTRY` : "stopped with 0");
    await saveKeyFile(home, PASSPHRASE, keys);
  });

  it("given a relayer key that holds a role, when production starts, then it refuses; elsewhere it may", async function () {
    this.timeout(120_000);
    const relayer = createSigner((await openKeyFile(home, PASSPHRASE, false)).relayer).address;
    await grantTo(relayer);
    expect(await started()).to.include(isProduction() ? `The relayer key ${relayer} holds REGISTRY` : "stopped with 0");
  });
});
