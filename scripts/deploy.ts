/**
 * `npm run deploy`: the contracts, their roles and the vocabulary on a network. Run again, it sends only what differs;
 * the embedded chain does the same by itself at every start.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { wantedGovernance } from "../server/access/governance.ts";
import { deployContracts } from "../server/chain/deploy.ts";
import { applyGovernance } from "../server/chain/governance.ts";
import type { Chain, Hex } from "../server/chain/port.ts";
import { createRpcChain } from "../server/chain/rpc.ts";
import { createSigner, type Signer } from "../server/chain/transactions.ts";
import { readConfig, type Config } from "../server/config.ts";
import { Refusal } from "../server/errors.ts";
import { openHome } from "../server/home.ts";
import { createLog } from "../server/log.ts";

const POLL_MS = 500;
const REACH_WITHIN_MS = 15_000;

const USAGE = `npm run deploy

Deploys the contracts that are missing, and makes roles, vocabulary and the admin's delay what this build says.

  TIDEMARK_RPC_URLS     the network
  TIDEMARK_ADMIN_KEY    the admin's private key
  TIDEMARK_ADMIN_DELAY  seconds that every later action of the admin waits (0)
  TIDEMARK_HOME         the folder that records what stands where (.tidemark)`;

function adminOf({ rpcUrls, adminKey }: Config): Signer {
  if (rpcUrls.length === 0) {
    throw new Refusal(
      "TIDEMARK_RPC_URLS is not set: name the network to deploy to. The embedded chain needs no deployment of its own; npm start does it.",
    );
  }
  if (!adminKey) throw new Refusal("TIDEMARK_ADMIN_KEY is not set: the admin's private key, 0x and 64 hex digits.");
  // checked here, since a library would repeat the key in its error
  if (!/^0x[0-9a-f]{64}$/i.test(adminKey)) {
    throw new Refusal("TIDEMARK_ADMIN_KEY is not a private key: it must be 0x and 64 hex digits.");
  }
  return createSigner(adminKey.toLowerCase() as Hex);
}

/** A server waits for its network; a command does not for long. */
async function reachable(chain: Chain): Promise<void> {
  const timer = new AbortController();
  const late = sleep(REACH_WITHIN_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Refusal(`${chain.status().phase} Check TIDEMARK_RPC_URLS, then run this again.`);
  });
  try {
    await Promise.race([chain.ready, late]);
  } finally {
    timer.abort();
    late.catch(() => undefined);
  }
}

/** @returns how many things changed */
async function deploy(config: Config, admin: Signer): Promise<number> {
  let changes = 0;
  const say = (line: string): void => {
    changes++;
    console.log(line);
  };
  // what goes wrong is said once, at the end
  const chain = createRpcChain({ urls: config.rpcUrls, pollMs: POLL_MS, log: createLog("silent") });
  try {
    await reachable(chain);
    const deployment = await deployContracts({ chain, admin, path: join(config.home, "deployment.json"), say });
    const wanted = wantedGovernance({ admin: config.adminDelaySeconds, pool: config.poolDelaySeconds });
    await applyGovernance({ chain, admin, deployment, wanted, say });
    console.log(
      `chain ${deployment.chainId}, authority ${deployment.contracts.AccessManager.address}, admin ${admin.address}`,
    );
    return changes;
  } finally {
    await chain.close();
  }
}

async function run(): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes("--help")) {
    console.log(USAGE);
    return;
  }
  if (args.length > 0) throw new Refusal(`npm run deploy takes no arguments, and ${args[0]} is one; see --help.`);
  const config = readConfig();
  const admin = adminOf(config);
  const home = await openHome(config.home);
  try {
    const changes = await deploy(config, admin);
    console.log(changes === 0 ? "nothing to do" : changes === 1 ? "1 change" : `${changes} changes`);
  } finally {
    await home.release();
  }
}

run().catch((error: unknown) => {
  console.error(error instanceof Refusal ? `tidemark: ${error.message}` : error);
  process.exitCode = 1;
});
