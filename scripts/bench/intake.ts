/**
 * `npm run bench:intake [-- N]`: acts a second, from HTTP to accepted and to final, beside what the embedded chain alone
 * does with the same acts in the same run.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createEmbeddedChain } from "../../server/chain/embedded.ts";
import { openKeyFile } from "../../server/chain/keyFile.ts";
import { contractsHash } from "../../server/chain/contracts.ts";
import { readDeployment } from "../../server/chain/deploy.ts";
import { createSigner, nextNonce, readReceipt, sendRaw } from "../../server/chain/transactions.ts";
import { settings } from "../../server/config.ts";
import { createLog } from "../../server/log.ts";
import { traceabilityCarriers } from "../../server/traceability/carriers.ts";
import { encodeAct } from "../../server/traceability/encoding.ts";
import { eachOf } from "../demo/client.ts";
import { allFinal, apiAt, prepareHome, type PreparedHome } from "../../test/support/homes.ts";
import { startServer } from "../../test/support/server.ts";
import type { SignedItem } from "./acts.ts";
import { tell } from "./figures.ts";

const COUNT = Number(process.argv[2] ?? 10_000);
const BUNDLE = 200;
const CONNECTIONS = 4;

const bundlesOf = (acts: readonly SignedItem[]): SignedItem[][] =>
  Array.from({ length: Math.ceil(acts.length / BUNDLE) }, (_, i) => acts.slice(i * BUNDLE, (i + 1) * BUNDLE));

/** The embedded chain and nothing else: batches signed beforehand, sent, mined. @returns seconds */
async function chainAlone(prepared: PreparedHome, acts: readonly SignedItem[]): Promise<number> {
  const home = await prepared.copy();
  const log = createLog("error");
  const chain = await createEmbeddedChain({
    folder: home,
    contracts: contractsHash,
    reached: () => Promise.resolve(),
    log,
  });
  await chain.ready;
  const { chainId, contracts } = readDeployment(join(home, "deployment.json"))!;
  const signer = createSigner((await openKeyFile(home, settings.TIDEMARK_PASSPHRASE.embedded, true)).relayer);
  const [carrier] = traceabilityCarriers(contracts.LotLedger.address);
  const first = await nextNonce(chain, signer.address);
  const batches = bundlesOf(acts).map((batch, i) => {
    const bodies = batch.map(({ item }) => encodeAct(item));
    const gasLimit = bodies.reduce((gas, body) => gas + carrier!.gasOf(body), carrier!.gasBase);
    return signer.sign({ to: carrier!.to, data: carrier!.calldata(bodies), nonce: first + i, gasLimit, chainId });
  });
  const began = performance.now();
  for (const { raw } of batches) await sendRaw(chain, raw);
  while (!(await readReceipt(chain, batches.at(-1)!.hash))) await sleep(5);
  const seconds = (performance.now() - began) / 1000;
  await chain.close();
  return seconds;
}

/** The whole way: posted as bundles over a few connections, then waited for. @returns seconds to accepted and to final */
async function throughServer(
  prepared: PreparedHome,
  acts: readonly SignedItem[],
  env: Record<string, string>,
): Promise<[number, number]> {
  const server = await startServer(await prepared.copy(), { TIDEMARK_LOG_LEVEL: "info", ...env });
  const bodies = bundlesOf(acts).map((bundle) => JSON.stringify(bundle.map(({ item }) => item)));
  const began = performance.now();
  await eachOf(bodies, CONNECTIONS, async (body) => {
    const response = await fetch(`${server.url}/v1/acts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
  });
  const accepted = (performance.now() - began) / 1000;
  const api = apiAt(server.url);
  const grams = String(acts.reduce((sum, { item }) => sum + item.act.grams, 0));
  while (!(await api.conservation()).checks.some(({ id, right }) => id === "T1.collected" && right === grams))
    await sleep(20);
  const final = (performance.now() - began) / 1000;
  await allFinal(api, acts.slice(-BUNDLE));
  await server.stop();
  return [accepted, final];
}

const prepared = await prepareHome();
console.log(`signing ${COUNT} collects …`);
const acts = prepared.acts(0, COUNT);
const alone = await chainAlone(prepared, acts);
const [accepted, final] = await throughServer(prepared, acts, {});
const rate = (seconds: number): string => (COUNT / seconds).toFixed(0).padStart(8);
console.log(
  `acts a second, ${COUNT} two-signature collects, bundles of ${BUNDLE} over ${CONNECTIONS} connections, PGlite`,
);
console.log(`  embedded chain alone   ${rate(alone)}`);
console.log(`  HTTP to accepted       ${rate(accepted)}`);
console.log(`  HTTP to final          ${rate(final)}   × ${(alone / final).toFixed(2)} of the chain alone`);
const chain = { unit: "acts/s", beside: `embedded chain alone: ${rate(alone).trim()}` };
tell({ what: "HTTP to accepted", value: COUNT / accepted, ratio: alone / accepted, ...chain });
tell({ what: "HTTP to final", value: COUNT / final, ratio: alone / final, ...chain, least: 0.5 });
await prepared.remove();
