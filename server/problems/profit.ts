/** Problems of pools and how they are divided. */
import type { ProblemKind } from "./kind.ts";

export const profitProblems = {
  "nobody-entitled": {
    status: 422,
    title: "Nobody is entitled to a part of this pool",
    titleZh: "没有任何账户有权参与该资金池的分配",
    remedy:
      "Its ruleset pays roles that nobody had in the lots it names, or all of these are contested or quarantined: fund another subject, or wait for the auditor's ruling.",
  },
  "subject-unknown": {
    status: 422,
    title: "What the pool is for is not on the ledger",
    titleZh: "资金池的对象不在账本上",
    remedy: "Name lots, a batch or a project that this ledger has; `subject` is the first that it has not.",
  },
  "ruleset-unknown": {
    status: 422,
    title: "No ruleset with this digest is on record here",
    titleZh: "此处没有该摘要对应的分配规则",
    remedy:
      "Upload the ruleset first (POST /v1/documents): JSON with sorted keys and no spaces. The sha256 of its bytes is its digest.",
  },
  "ruleset-not-fitting": {
    status: 422,
    title: "The ruleset is for another kind of pool",
    titleZh: "分配规则与资金池类型不符",
    remedy: "A ruleset of kind lineage is for lots, one of kind project for a project or a batch of its credits.",
  },
  "not-published": {
    status: 409,
    title: "Nobody has published how the pool is divided",
    titleZh: "该资金池的分配方案尚未公布",
    remedy: "Wait for the allocator; GET /v1/pools/{id}/allocation shows how it would be divided now.",
  },
  "inputs-unknown": {
    status: 409,
    title: "The document that the division was computed from is not on record here, or is none",
    titleZh: "此处没有该分配方案所依据的文件，或文件无效",
    remedy: "Whoever published the division uploads it (POST /v1/documents); `inputs` is its sha256.",
  },
  "division-differs": {
    status: 409,
    title: "The division on the ledger is not the one that its own inputs give",
    titleZh: "账本上的分配方案与其依据文件重算结果不一致",
    remedy:
      "Pay none of it, and tell an auditor and the allocator: until it opens, another version can replace it. `root` and `recomputedRoot` are the two.",
  },
} as const satisfies Record<string, ProblemKind>;
