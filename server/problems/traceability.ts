/** Problems of acts, and the lots that they are made upon. */
import type { ProblemKind } from "./kind.ts";

export const traceabilityProblems = {
  "nothing-accepted": {
    status: 422,
    title: "None of the acts could be accepted",
    titleZh: "没有任何操作被接受",
    remedy: "`results` says for each act what was wrong; mend and send those again.",
  },
  "act-malformed": {
    status: 422,
    title: "The act does not have the form of its type",
    titleZh: "操作格式不正确",
    remedy: "Compare the act with /openapi.json; `errors` names each place that differs.",
  },
  "bad-signature": {
    status: 422,
    title: "A signature is not a signature over this act",
    titleZh: "签名与操作内容不符",
    remedy:
      "Sign the act's EIP-712 digest (the receiver its receipt's) again with this ledger's domain (GET /v1/ledger); s must be low.",
  },
  "key-not-valid": {
    status: 422,
    title: "The signing key was not this account's key when the act was captured",
    titleZh: "签名密钥在操作发生时不属于该账户",
    remedy: "Sign with a key that is bound to the account at `capturedAt`, or have this key bound by the registry.",
  },
  "account-unknown": {
    status: 422,
    title: "An account that it names is not registered",
    titleZh: "所指明的账户尚未注册",
    remedy: "Have the account registered, then send the same again; nothing is lost by waiting.",
  },
  "grams-zero": {
    status: 422,
    title: "The act, or a part of it, has no grams",
    titleZh: "操作或其中一部分的重量为零",
    remedy: "Weigh again and sign an act with the grams on the scale.",
  },
  "vocabulary-unknown": {
    status: 422,
    title: "A code in the act is not in the vocabulary, or is retired",
    titleZh: "操作使用了未登记或已停用的代码",
    remedy: "Sign with a code that is in use; `list` and `unknown` say which one is not.",
  },
  "lot-exists": {
    status: 409,
    title: "The collect is recorded already",
    titleZh: "该收集操作已经入账",
    remedy: "Nothing is to be done: look at the lot, whose id is the act's digest.",
  },
  "lot-unknown": {
    status: 409,
    title: "The lot does not exist yet",
    titleZh: "该批物料尚不存在",
    remedy: "Hand in the acts that the lot was made by; this one waits for them.",
  },
  "seq-not-current": {
    status: 409,
    title: "Another act on the lot was recorded first",
    titleZh: "同一批物料的另一项操作已先入账",
    remedy: "Read the lot and the act that overtook this one, agree on what happened, then sign again with its `seq`.",
  },
  "lot-not-open": {
    status: 409,
    title: "The lot is consumed or void",
    titleZh: "该批物料已用完或已作废",
    remedy: "Act upon the lots that it became; its provenance shows them.",
  },
  "not-custodian": {
    status: 409,
    title: "The account does not hold the lot",
    titleZh: "该账户不是这批物料的保管方",
    remedy: "The custodian signs; if the lot is in your hands, have its handoff to you signed first.",
  },
  "not-owner": {
    status: 409,
    title: "The account does not have title to the lot",
    titleZh: "该账户对这批物料没有所有权",
    remedy: "The owner signs, or passes title first.",
  },
  "lot-bailed": {
    status: 409,
    title: "The lot is in bailment: it goes on in bailment, or back to its owner",
    titleZh: "物料处于代管状态，只能继续代管或交还所有人",
    remedy: "Sign a handoff with `bailment` other than zero, or to the owner; the owner may pass title.",
  },
  "lot-barred": {
    status: 409,
    title: "The lot is contested or quarantined, so nothing of it may be claimed",
    titleZh: "物料有争议或被隔离，不能用于声明",
    remedy: "Wait for the auditor's ruling, then send the same act again.",
  },
  "grams-not-matching": {
    status: 409,
    title: "The act's grams are not those of its lots",
    titleZh: "操作的重量与物料的重量不一致",
    remedy: "Grams in are grams out: sign again with the mass that the ledger has of the lot.",
  },
  "parts-missing": {
    status: 422,
    title: "A split has no children, or a transform no inputs or no outputs",
    titleZh: "拆分没有子批，或加工没有投入或产出",
    remedy: "Sign an act that names them.",
  },
  "inputs-not-ascending": {
    status: 422,
    title: "A transform's inputs do not ascend by lot, or one stands there twice",
    titleZh: "加工的投入未按编号升序排列，或有重复",
    remedy: "Sort the inputs by lot id, name each once, and sign again.",
  },
} as const satisfies Record<string, ProblemKind>;
