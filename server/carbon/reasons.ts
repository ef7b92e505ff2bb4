/** Every reason for which a verifier's statement is skipped: the contract's error, the problem it is at intake, its words. */
import { interfaces } from "../chain/contracts.ts";
import type { ProblemCode } from "../errors.ts";

interface Reason {
  code: ProblemCode;
  en: string;
  zh: string;
}

export const reasons = {
  ReportUnknown: { code: "report-unknown", en: "The report was not on the ledger.", zh: "账本上没有该监测报告。" },
  ReportClosed: {
    code: "report-closed",
    en: "Credits were issued for the report already.",
    zh: "该报告的碳汇已经签发。",
  },
  AlreadyVerified: {
    code: "already-verified",
    en: "The verifier had made a statement on it before.",
    zh: "该核查方此前已出具声明。",
  },
  AttestedAboveClaimed: {
    code: "above-claimed",
    en: "It attested more than the report claims.",
    zh: "核查量超过报告申报量。",
  },
  SignedInFuture: { code: "signed-in-future", en: "It was signed in the future.", zh: "签署时间在未来。" },
  ConflictOfInterest: {
    code: "conflict-of-interest",
    en: "The verifier had another part in the project.",
    zh: "该核查方在项目中另有角色。",
  },
  AccountNotActive: {
    code: "account-not-active",
    en: "The account was suspended or closed.",
    zh: "账户已被暂停或注销。",
  },
  NotVerifier: {
    code: "not-verifier",
    en: "The key did not hold the role VERIFIER.",
    zh: "签名密钥不具备核查方角色。",
  },
} as const satisfies Record<string, Reason>;

export type ReasonName = keyof typeof reasons;

const bySelector = new Map(
  (Object.keys(reasons) as ReasonName[]).map((name) => [interfaces.Projects.getError(name)!.selector, name]),
);

/** Name and words of a reason that `Projects` told; `undefined` for a selector that none of its own has. */
export function reasonOf(selector: string): (Reason & { name: ReasonName }) | undefined {
  const name = bySelector.get(selector);
  return name && { name, ...reasons[name] };
}
