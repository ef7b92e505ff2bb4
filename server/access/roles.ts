/** Who may call what: the one role table. The deploy script applies it; the tests walk the ABIs against it. */

/** Role ids in the AccessManager. ADMIN and PUBLIC are OpenZeppelin's; the ids never change once deployed. */
export const roles = {
  /** grants roles, maps functions, closes targets, governs the vocabulary */
  ADMIN: 0n,
  /** registers accounts, keys and licences */
  REGISTRY: 1n,
  /** rules on flags, voids lots */
  AUDITOR: 2n,
  /** everyone, without a grant: acts that arrive signed may be carried by anybody */
  PUBLIC: 2n ** 64n - 1n,
} as const;

export type Role = keyof typeof roles;

/** Our contracts under the AccessManager, in the order in which they are deployed. */
export const contractNames = ["Parties", "Vocabulary", "Processes", "LotLedger"] as const;

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
  { contract: "Processes", name: "setProcess", role: "ADMIN" },
  { contract: "LotLedger", name: "recordCollects", role: "PUBLIC" },
  { contract: "LotLedger", name: "recordHandoffs", role: "PUBLIC" },
  { contract: "LotLedger", name: "recordSplits", role: "PUBLIC" },
  { contract: "LotLedger", name: "recordTransforms", role: "PUBLIC" },
  { contract: "LotLedger", name: "recordConcludes", role: "PUBLIC" },
  { contract: "LotLedger", name: "recordPassTitles", role: "PUBLIC" },
  { contract: "LotLedger", name: "ruleOnFlags", role: "AUDITOR" },
  { contract: "LotLedger", name: "voidLot", role: "AUDITOR" },
];

/** The permissions of one contract, in the table's order. */
export function permissionsOf(contract: ContractName): Permission[] {
  return permissions.filter((permission) => permission.contract === contract);
}
