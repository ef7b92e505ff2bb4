/** Who may call what: the one role table. The deploy script applies it; the tests walk the ABIs against it. */

/** Role ids in the AccessManager. ADMIN and PUBLIC are OpenZeppelin's; the ids never change once deployed. */
export const roles = {
  /** grants roles, maps functions, closes targets, governs the vocabulary */
  ADMIN: 0n,
  /** registers accounts, keys and licences */
  REGISTRY: 1n,
  /** rules on contests, voids lots */
  AUDITOR: 2n,
  /** everyone, without a grant: acts that arrive signed may be carried by anybody */
  PUBLIC: 2n ** 64n - 1n,
} as const;

export type Role = keyof typeof roles;

/** Our contracts under the AccessManager, in the order in which they are deployed. */
export const contractNames = ["Parties", "Vocabulary", "LotLedger"] as const;

export type ContractName = (typeof contractNames)[number];

export interface Permission {
  contract: ContractName;
  /** the function's name; no contract of ours overloads one */
  name: string;
  role: Role;
}

/** Every state-changing function of ours, and the one role that may call it. */
export const permissions: readonly Permission[] = [
  { contract: "Parties", name: "register", role: "REGISTRY" },
  { contract: "Parties", name: "setStatus", role: "REGISTRY" },
  { contract: "Parties", name: "bindKey", role: "REGISTRY" },
  { contract: "Parties", name: "closeKey", role: "REGISTRY" },
  { contract: "Parties", name: "grantLicence", role: "REGISTRY" },
  { contract: "Parties", name: "revokeLicence", role: "REGISTRY" },
  { contract: "Vocabulary", name: "setTerms", role: "ADMIN" },
  { contract: "LotLedger", name: "recordCollects", role: "PUBLIC" },
];

/** The permissions of one contract, in the table's order. */
export function permissionsOf(contract: ContractName): Permission[] {
  return permissions.filter((permission) => permission.contract === contract);
}
