/** Who may call what: the one role table. The deploy script applies it; the tests walk the ABIs against it. */

/** Role ids in the AccessManager. ADMIN and PUBLIC are OpenZeppelin's; the ids never change once deployed. */
export const roles = {
  /** grants roles, maps functions, closes targets, governs the vocabulary */
  ADMIN: 0n,
  /** registers accounts, keys and licences */
  REGISTRY: 1n,
  /** rules on flags, voids lots, annotates certificates, says who gets what was held aside */
  AUDITOR: 2n,
  /** attests reports, in signed statements that anybody may carry */
  VERIFIER: 3n,
  /** issues the credits of attested reports */
  ISSUER: 4n,
  /** a module that issues into the register: `Projects` */
  ISSUANCE: 5n,
  /** mints fen against deposits, burns them against withdrawals */
  BANK: 6n,
  /** publishes how a pool is divided */
  ALLOCATOR: 7n,
  /** a module that collects and distributes fen: `PremiumPools` */
  POOLS: 8n,
  /** the keepers of a block's locks, 16 + the lock's bit */
  LISTING: 16n,
  PLEDGE: 17n,
  TRANSIT: 18n,
  FREEZE: 19n,
  COURT: 20n,
  DEDICATION: 21n,
  /** everyone, without a grant: acts that arrive signed may be carried by anybody */
  PUBLIC: 2n ** 64n - 1n,
} as const;

export type Role = keyof typeof roles;

/** Our contracts under the AccessManager, in the order in which they are deployed. */
export const contractNames = [
  "Parties",
  "Vocabulary",
  "Processes",
  "LotLedger",
  "Credits",
  "Projects",
  "SettlementToken",
  "PremiumPools",
] as const;

export type ContractName = (typeof contractNames)[number];

export interface Permission {
  contract: ContractName;
  /** the function's name; no contract of ours overloads one */
  name: string;
  role: Role;
  /** who must have signed the statements that it carries */
  signedBy?: Role;
  /** the roles that it asks for besides, according to its arguments */
  besides?: readonly Role[];
  /** whether it asks for which account the sender acts */
  actor?: true;
}

/** The keeper of each lock, from the lowest bit. */
export const lockKeepers = ["LISTING", "PLEDGE", "TRANSIT", "FREEZE", "COURT", "DEDICATION"] as const;

/** The contracts that hold a role in others. */
export const modules: readonly { role: Role; contract: ContractName }[] = [
  { role: "ISSUANCE", contract: "Projects" },
  { role: "POOLS", contract: "PremiumPools" },
];

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
  { contract: "LotLedger", name: "ruleOnFlags", role: "AUDITOR", actor: true },
  { contract: "LotLedger", name: "voidLot", role: "AUDITOR", actor: true },
  { contract: "Credits", name: "issue", role: "ISSUANCE" },
  { contract: "Credits", name: "split", role: "PUBLIC", actor: true },
  { contract: "Credits", name: "transfer", role: "PUBLIC", actor: true },
  { contract: "Credits", name: "retire", role: "PUBLIC", actor: true },
  { contract: "Credits", name: "cancel", role: "PUBLIC", actor: true },
  { contract: "Credits", name: "exportOut", role: "TRANSIT", actor: true },
  { contract: "Credits", name: "changeLocks", role: "PUBLIC", besides: lockKeepers, actor: true },
  { contract: "Credits", name: "dedicate", role: "DEDICATION", actor: true },
  { contract: "Credits", name: "annotate", role: "AUDITOR", actor: true },
  { contract: "Credits", name: "setPurposes", role: "ADMIN" },
  { contract: "Projects", name: "addMethodology", role: "ADMIN" },
  { contract: "Projects", name: "registerProject", role: "REGISTRY" },
  { contract: "Projects", name: "submitReport", role: "PUBLIC", actor: true },
  { contract: "Projects", name: "recordVerifications", role: "PUBLIC", signedBy: "VERIFIER" },
  { contract: "Projects", name: "issue", role: "ISSUER", actor: true },
  { contract: "SettlementToken", name: "deposit", role: "BANK", actor: true },
  { contract: "SettlementToken", name: "withdraw", role: "BANK", actor: true },
  { contract: "SettlementToken", name: "transfer", role: "PUBLIC", actor: true },
  { contract: "SettlementToken", name: "collect", role: "POOLS" },
  { contract: "SettlementToken", name: "distribute", role: "POOLS" },
  { contract: "PremiumPools", name: "fund", role: "PUBLIC", actor: true },
  { contract: "PremiumPools", name: "publishRoot", role: "ALLOCATOR" },
  { contract: "PremiumPools", name: "payChunk", role: "PUBLIC" },
  { contract: "PremiumPools", name: "release", role: "PUBLIC" },
  { contract: "PremiumPools", name: "reassign", role: "AUDITOR", actor: true },
  { contract: "PremiumPools", name: "setDelay", role: "ADMIN" },
];

/** The permissions of one contract, in the table's order. */
export function permissionsOf(contract: ContractName): Permission[] {
  return permissions.filter((permission) => permission.contract === contract);
}
