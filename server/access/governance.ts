/** What roles, vocabulary, processes and the admin's delay are to be on chain: the tables of this build, as governance applies them. */
import type { Governance } from "../chain/governance.ts";
import { processBounds } from "./processes.ts";
import { permissions, roles } from "./roles.ts";
import { termHash, terms } from "./vocabulary.ts";

/**
 * The same on every chain but for the delay. Nobody is granted a role here: the admin grants registry and auditor keys
 * itself, since they belong to people and not to a build.
 * @param adminDelaySeconds how long every action of the admin waits
 */
export function wantedGovernance(adminDelaySeconds: number): Governance {
  return {
    functions: permissions.map(({ contract, name, role }) => ({ contract, name, role: roles[role] })),
    grants: [],
    terms: terms.map(({ list, code, term }) => ({ list, code, termHash: termHash(term), active: true })),
    processes: [...processBounds].map(([process, bounds]) => ({ process, bounds })),
    adminDelaySeconds,
  };
}
