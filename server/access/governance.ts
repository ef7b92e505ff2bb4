/** What roles, vocabulary, processes, purposes and delays are to be on chain: the tables of this build, as governance applies them. */
import type { Governance } from "../chain/governance.ts";
import { processBounds } from "./processes.ts";
import { purposeBits, purposesByScope } from "./purposes.ts";
import { modules, permissions, roles } from "./roles.ts";
import { termHash, terms } from "./vocabulary.ts";

/**
 * The same on every chain but for the delay. No person is granted a role here: the admin grants registry, auditor and other keys
 * itself, since they belong to people and not to a build.
 * @param delays in seconds: how long every action of the admin waits, and a published division before it may be paid
 */
export function wantedGovernance(delays: { admin: number; pool: number }): Governance {
  return {
    functions: permissions.map(({ contract, name, role }) => ({ contract, name, role: roles[role] })),
    modules: modules.map(({ role, contract }) => ({ role: roles[role], contract })),
    terms: terms.map(({ list, code, term }) => ({ list, code, termHash: termHash(term), active: true })),
    processes: [...processBounds].map(([process, bounds]) => ({ process, bounds })),
    purposes: [...purposesByScope].map(([scope, purposes]) => ({ scope, purposes: purposeBits(purposes) })),
    poolDelaySeconds: delays.pool,
    adminDelaySeconds: delays.admin,
  };
}
