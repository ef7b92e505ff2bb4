/** Makes roles, vocabulary, processes, purposes and delays on chain what the tables say: reads what stands, sends only the differences. */
import { interfaces, readView, type ContractName } from "./contracts.ts";
import { sendAs, type Deployment } from "./deploy.ts";
import type { Signer } from "./transactions.ts";
import type { Chain, Hex } from "./port.ts";

export interface Governance {
  /** which role may call which function of which contract */
  functions: readonly { contract: ContractName; name: string; role: bigint }[];
  /** contracts that are to hold a role in others */
  modules: readonly { role: bigint; contract: ContractName }[];
  terms: readonly { list: number; code: number; termHash: Hex; active: boolean }[];
  /** the bounds of each process, in place of those it has */
  processes: readonly {
    process: number;
    bounds: readonly { side: number; class: number; minBps: number; maxBps: number }[];
  }[];
  /** the word of purposes of each claim scope */
  purposes: readonly { scope: number; purposes: bigint }[];
  /** seconds that a published division waits before it may be paid */
  poolDelaySeconds: number;
  /** seconds every action of the admin waits; applied last, since all that follows it must be scheduled */
  adminDelaySeconds: number;
}

interface Action {
  what: string;
  to: Hex;
  data: Hex;
}

const ADMIN_ROLE = 0n;

/**
 * Applies the differences. Under an admin delay an action is first scheduled; run again after the delay to execute it.
 * @param say is told each thing that changed, in words
 */
export async function applyGovernance(deps: {
  chain: Chain;
  admin: Signer;
  deployment: Deployment;
  wanted: Governance;
  say: (line: string) => void;
}): Promise<void> {
  const { chain, deployment, wanted, admin, say } = deps;
  const delay = await adminDelays(deps);
  const actions = [
    ...(await functionRoleActions(chain, deployment, wanted)),
    ...(await termActions(chain, deployment, wanted)),
    ...(await processActions(chain, deployment, wanted)),
    ...(await purposeActions(chain, deployment, wanted)),
    ...(await poolActions(chain, deployment, wanted)),
    ...(await moduleActions(chain, deployment, wanted)),
  ];
  if (delay.then !== wanted.adminDelaySeconds) {
    const args = [ADMIN_ROLE, admin.address, wanted.adminDelaySeconds];
    const what = `the admin's actions wait ${wanted.adminDelaySeconds} s`;
    actions.push(managerAction(deployment, what, "grantRole", args));
  }
  for (const action of actions) await perform(deps, action, delay.now, say);
}

/** How long the admin's actions wait now, and once a change that is under way has taken effect; seconds. */
async function adminDelays(deps: {
  chain: Chain;
  admin: Signer;
  deployment: Deployment;
}): Promise<{ now: number; then: number }> {
  const { chain, admin, deployment } = deps;
  const access = await readView(chain, authority(deployment), "getAccess", [ADMIN_ROLE, admin.address]);
  const [, current, pending, effect] = access.map(Number);
  return { now: current!, then: effect === 0 ? current! : pending! };
}

const authority = (deployment: Deployment): { name: ContractName; address: Hex } => ({
  name: "AccessManager",
  address: deployment.contracts.AccessManager.address,
});

function managerAction(
  deployment: Deployment,
  what: string,
  method: "grantRole" | "setTargetFunctionRole",
  args: unknown[],
): Action {
  const data = interfaces.AccessManager.encodeFunctionData(method as never, args as never) as Hex;
  return { what, to: deployment.contracts.AccessManager.address, data };
}

async function functionRoleActions(chain: Chain, deployment: Deployment, wanted: Governance): Promise<Action[]> {
  const missing = new Map<string, { contract: ContractName; role: bigint; selectors: string[]; names: string[] }>();
  for (const { contract, name, role } of wanted.functions) {
    const selector = interfaces[contract].getFunction(name as never).selector;
    const target = deployment.contracts[contract].address;
    const [now] = await readView(chain, authority(deployment), "getTargetFunctionRole", [target, selector]);
    if (now === role) continue;
    const key = `${contract} ${role}`;
    const group = missing.get(key) ?? { contract, role, selectors: [], names: [] };
    group.selectors.push(selector);
    group.names.push(name);
    missing.set(key, group);
  }
  return [...missing.values()].map(({ contract, role, selectors, names }) =>
    managerAction(deployment, `${contract}.${names.join(", ")} → role ${role}`, "setTargetFunctionRole", [
      deployment.contracts[contract].address,
      selectors,
      role,
    ]),
  );
}

async function termActions(chain: Chain, deployment: Deployment, wanted: Governance): Promise<Action[]> {
  const { address } = deployment.contracts.Vocabulary;
  const missing: Governance["terms"][number][] = [];
  for (const term of wanted.terms) {
    const [termHash, active] = await readView(chain, { name: "Vocabulary", address }, "term", [term.list, term.code]);
    if (termHash !== term.termHash || active !== term.active) missing.push(term);
  }
  if (missing.length === 0) return [];
  const data = interfaces.Vocabulary.encodeFunctionData("setTerms", [missing]) as Hex;
  return [{ what: `${missing.length} terms of the vocabulary`, to: address, data }];
}

async function processActions(chain: Chain, deployment: Deployment, wanted: Governance): Promise<Action[]> {
  const contract = { name: "Processes" as const, address: deployment.contracts.Processes.address };
  const actions: Action[] = [];
  for (const { process, bounds } of wanted.processes) {
    const [stands] = (await readView(chain, contract, "boundsOf", [process])) as [readonly bigint[][]];
    const rows = bounds.map((bound) => [bound.side, bound.class, bound.minBps, bound.maxBps]);
    if (rows.join(";") === stands.map((bound) => bound.join(",")).join(";")) continue;
    const data = interfaces.Processes.encodeFunctionData("setProcess", [process, rows as never]) as Hex;
    actions.push({ what: `bounds of process ${process}`, to: contract.address, data });
  }
  return actions;
}

async function purposeActions(chain: Chain, deployment: Deployment, wanted: Governance): Promise<Action[]> {
  const contract = { name: "Credits" as const, address: deployment.contracts.Credits.address };
  const actions: Action[] = [];
  for (const { scope, purposes } of wanted.purposes) {
    const [stands] = await readView(chain, contract, "purposesOf", [scope]);
    if (stands === purposes) continue;
    const data = interfaces.Credits.encodeFunctionData("setPurposes", [scope, purposes]) as Hex;
    actions.push({ what: `purposes of claim scope ${scope}`, to: contract.address, data });
  }
  return actions;
}

async function poolActions(chain: Chain, deployment: Deployment, wanted: Governance): Promise<Action[]> {
  const contract = { name: "PremiumPools" as const, address: deployment.contracts.PremiumPools.address };
  const [delay] = await readView(chain, contract, "settings", []);
  if (Number(delay) === wanted.poolDelaySeconds) return [];
  const data = interfaces.PremiumPools.encodeFunctionData("setDelay", [wanted.poolDelaySeconds]) as Hex;
  return [{ what: `divisions of pools wait ${wanted.poolDelaySeconds} s`, to: contract.address, data }];
}

async function moduleActions(chain: Chain, deployment: Deployment, wanted: Governance): Promise<Action[]> {
  const actions: Action[] = [];
  for (const { role, contract } of wanted.modules) {
    const { address } = deployment.contracts[contract];
    const [isMember] = await readView(chain, authority(deployment), "hasRole", [role, address]);
    if (!isMember)
      actions.push(managerAction(deployment, `role ${role} to ${contract}`, "grantRole", [role, address, 0]));
  }
  return actions;
}

/** Sends an action, or under a delay schedules it, or executes the scheduled one when its time has come. */
async function perform(
  deps: { chain: Chain; admin: Signer; deployment: Deployment },
  action: Action,
  delay: number,
  say: (line: string) => void,
): Promise<void> {
  const { chain, admin, deployment } = deps;
  const send = (to: Hex, data: Hex): Promise<void> => sendAs(chain, admin, deployment.chainId, to, data);
  if (delay === 0) {
    await send(action.to, action.data);
    return say(action.what);
  }
  const manager = authority(deployment);
  const abi = interfaces.AccessManager;
  const [id] = await readView(chain, manager, "hashOperation", [admin.address, action.to, action.data]);
  const [due] = await readView(chain, manager, "getSchedule", [id]);
  if (due === 0n) {
    await send(manager.address, abi.encodeFunctionData("schedule", [action.to, action.data, 0]) as Hex);
    return say(`scheduled: ${action.what}; run this again in ${delay} s to execute it`);
  }
  if (Number(due) * 1000 > Date.now())
    return say(`waiting until ${new Date(Number(due) * 1000).toISOString()}: ${action.what}`);
  await send(manager.address, abi.encodeFunctionData("execute", [action.to, action.data]) as Hex);
  say(action.what);
}
