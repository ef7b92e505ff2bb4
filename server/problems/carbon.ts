/** Problems of reports, verifiers' statements and certificates. */
import type { ProblemKind } from "./kind.ts";

export const carbonProblems = {
  "report-unknown": {
    status: 409,
    title: "The monitoring report is not on the ledger",
    titleZh: "账本上没有该监测报告",
    remedy: "Have the measurer hand the report in first, then send the same signed statement again.",
  },
  "report-closed": {
    status: 409,
    title: "Credits were issued for the report already",
    titleZh: "该报告的碳汇已经签发",
    remedy: "Nothing can be added to it: another period needs another report.",
  },
  "already-verified": {
    status: 409,
    title: "This verifier has made a statement on the report before",
    titleZh: "该核查方已就此报告出具过声明",
    remedy: "Look at the report: the first statement counts.",
  },
  "above-claimed": {
    status: 409,
    title: "More is attested than the report claims",
    titleZh: "核查量超过报告申报量",
    remedy: "Attest at most what is claimed, or have another report handed in.",
  },
  "conflict-of-interest": {
    status: 409,
    title: "The account has another part in the project",
    titleZh: "该账户在项目中另有角色，存在利益冲突",
    remedy: "Proponent, measurer, verifier and issuer are different parties, and none but the proponent has a share.",
  },
  "not-verifier": {
    status: 409,
    title: "The signing key does not hold the role VERIFIER",
    titleZh: "签名密钥不具备核查方角色",
    remedy: "Sign with a key that holds it, or have the administrator grant it.",
  },
  "account-not-active": {
    status: 409,
    title: "The account is suspended or closed",
    titleZh: "该账户已被暂停或注销",
    remedy: "Ask the registry why; once it is active again, send the same again.",
  },
  "signed-in-future": {
    status: 422,
    title: "The statement was signed in the future",
    titleZh: "声明的签署时间在未来",
    remedy: "Set the clock right and sign again; `signedAt` may be ten minutes ahead at most.",
  },
  "not-provable": {
    status: 503,
    title: "The chain gives no proof of this that holds",
    titleZh: "链上暂时无法给出有效证明",
    remedy:
      "Ask again later. The operator looks whether the node answers eth_getProof for recent blocks; some chains do not.",
  },
} as const satisfies Record<string, ProblemKind>;
