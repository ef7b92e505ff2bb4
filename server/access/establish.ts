/** The contracts that a server works with: found, or on the embedded chain made and governed; and that its own key is powerless. */
import { join } from "node:path";
import { deployContracts, readDeployment, type Deployment } from "../chain/deploy.ts";
import { applyGovernance } from "../chain/governance.ts";
import type { Keys } from "../chain/keyFile.ts";
import type { Chain, Hex } from "../chain/port.ts";
import { createSigner } from "../chain/transactions.ts";
import type { Config } from "../config.ts";
import { Refusal } from "../errors.ts";
import type { Log } from "../log.ts";
import { rolesOf } from "./authority.ts";
import { wantedGovernance } from "./governance.ts";

/** The chain's deployment: on the embedded chain made so at every start, on a network made by `npm run deploy`. */
export async function establishDeployment(config: Config, chain: Chain, keys: Keys, log: Log): Promise<Deployment> {
  const path = join(config.home, "deployment.json");
  if (config.rpcUrls.length > 0) {
    const deployment = readDeployment(path);
    if (!deployment) throw new Refusal(`There is no ${path}: deploy the contracts first with npm run deploy.`);
    return deployment;
  }
  const known = readDeployment(path);
  if (!known) await chain.ready;
  return known ?? deployEmbedded(config, chain, keys, log);
}

/** Deploys and governs the embedded chain with the home's own admin key; does nothing where all is in place. */
export async function deployEmbedded(config: Config, chain: Chain, keys: Keys, log: Log): Promise<Deployment> {
  if (!keys.admin)
    throw new Refusal(`The key file in ${config.home} has no admin key: it belongs to a network's home.`);
  const admin = createSigner(keys.admin);
  const say = (line: string): void => log.info(line);
  const deployment = await deployContracts({ chain, admin, path: join(config.home, "deployment.json"), say });
  await applyGovernance({
    chain,
    admin,
    deployment,
    wanted: wantedGovernance({ admin: 0, pool: config.poolDelaySeconds }),
    say,
  });
  return deployment;
}

/**
 * In production no key of this server's holds a role: the relayer's can carry acts, never perform one, and those that it
 * holds for accounts sign what an account may do, never what an office may.
 */
export async function refusePowerfulKeys(
  chain: Chain,
  deployment: Deployment,
  relayer: Hex,
  held: Iterable<Hex>,
): Promise<void> {
  const manager = deployment.contracts.AccessManager.address;
  const roles = await rolesOf(chain, manager, relayer);
  if (roles.length > 0) {
    throw new Refusal(
      `The relayer key ${relayer} holds ${roles.join(", ")} on chain. Revoke it: the server's own key may carry acts, not perform them.`,
    );
  }
  for (const key of held) {
    const powers = await rolesOf(chain, manager, key);
    if (powers.length === 0) continue;
    throw new Refusal(
      `The held key ${key} holds ${powers.join(", ")} on chain. Take it out (npm run keys -- remove ${key}) or revoke the role: offices sign on their own machines.`,
    );
  }
}
