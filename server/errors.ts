/**
 * Every problem the API can answer with, in one table (RFC 9457), and the refusals that stop a start.
 * A code is part of the API: clients match on it; titles and sentences may be reworded.
 */

interface ProblemKind {
  status: number;
  /** what was wrong, in general */
  title: string;
  titleZh: string;
  /** what the caller can do about it */
  remedy: string;
}

export const problems = {
  "malformed-json": {
    status: 400,
    title: "The body is not valid JSON",
    titleZh: "请求体不是有效的 JSON",
    remedy: "Send UTF-8 JSON with Content-Type: application/json.",
  },
  "invalid-request": {
    status: 400,
    title: "The request does not have the form this route takes",
    titleZh: "请求格式不符合此接口要求",
    remedy: "Compare the request with /openapi.json; `errors` names each place that differs.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "The body's media type is not accepted here",
    titleZh: "不支持的媒体类型",
    remedy: "Send application/json, or for a document one of the types that its route lists in /openapi.json.",
  },
  "body-too-large": {
    status: 413,
    title: "The body is larger than this server takes",
    titleZh: "请求体过大",
    remedy: "Send acts in several smaller bundles, a document in parts; `limitBytes` says how large one may be.",
  },
  "not-found": {
    status: 404,
    title: "There is nothing at this address",
    titleZh: "未找到",
    remedy: "Check the path and the id. What was only just handed in appears once its block is indexed.",
  },
  "method-not-allowed": {
    status: 405,
    title: "This address does not answer that method",
    titleZh: "不支持该请求方法",
    remedy: "See `Allow` for the methods that it does answer.",
  },
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
    title: "An account in the act is not registered",
    titleZh: "操作中的账户尚未注册",
    remedy: "Have the account registered, then send the same signed act again; nothing is lost by waiting.",
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
  "transaction-malformed": {
    status: 422,
    title: "The bytes are not a signed transaction for this chain",
    titleZh: "不是本链的有效签名交易",
    remedy: "Sign an EIP-1559 transaction with this chain's id (GET /v1/ledger), no value and no fee.",
  },
  "document-unknown": {
    status: 409,
    title: "The document is not on record here",
    titleZh: "该文件未在此存档",
    remedy: "Upload it first (POST /v1/documents), then name it by its sha256.",
  },
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
    remedy: "Ask the registry why; once it is active again, send the same statement.",
  },
  "signed-in-future": {
    status: 422,
    title: "The statement was signed in the future",
    titleZh: "声明的签署时间在未来",
    remedy: "Set the clock right and sign again; `signedAt` may be ten minutes ahead at most.",
  },
  "would-revert": {
    status: 409,
    title: "The contract would refuse it, as the ledger stands",
    titleZh: "按账本当前状态，合约会拒绝该操作",
    remedy: "`reason` is the contract's own error and `values` what it names; mend that, then ask again.",
  },
  "login-needed": {
    status: 401,
    title: "Only those who are logged in may see this",
    titleZh: "登录后才能查看",
    remedy: "Log in (POST /v1/login/nonce, then /v1/login) and send the token as Authorization: Bearer …",
  },
  "login-refused": {
    status: 401,
    title: "The login does not hold",
    titleZh: "登录无效",
    remedy: "Draw a new nonce (POST /v1/login/nonce) and sign an EIP-4361 text with the values of its answer.",
  },
  "need-to-know": {
    status: 403,
    title: "This is for those whom it concerns and for auditors",
    titleZh: "仅相关方和审计方可以查看",
    remedy:
      "Log in with a key of the account itself or, for a lot, of one that held, owned or acted upon it; a lot's view=public is for everybody.",
  },
  "sender-unknown": {
    status: 403,
    title: "The sender is neither a registered account nor the holder of a role",
    titleZh: "发送方未注册且不具备任何角色",
    remedy: "Have the account registered, or send from one that is.",
  },
  "document-empty": {
    status: 422,
    title: "The document has no bytes",
    titleZh: "文件内容为空",
    remedy: "Send the document's own bytes as the body.",
  },
  "document-damaged": {
    status: 500,
    title: "The stored bytes are not those of this document, so they are not given out",
    titleZh: "存储的内容与该文件不符，因此不予提供",
    remedy:
      "Send the same document again (POST /v1/documents), which mends a file; from Kubo the operator first drops what is damaged (ipfs repo verify --drop) and restarts it.",
  },
  "documents-away": {
    status: 503,
    title: "The document store does not answer",
    titleZh: "文件存储无响应",
    remedy:
      "Try again later. The operator looks whether Kubo runs at TIDEMARK_KUBO_URL and whether it refuses the server.",
  },
  "nonce-taken": {
    status: 409,
    title: "Another transaction of this sender already has that nonce",
    titleZh: "该序号已被此账户的另一笔交易占用",
    remedy: "Sign again with the next free nonce (GET /v1/senders/{address}).",
  },
  "not-writable": {
    status: 503,
    title: "The server cannot store anything right now, so it accepts nothing",
    titleZh: "服务器暂时无法保存数据，因此不接受新的操作",
    remedy: "Keep the signed acts and send them again later; /ready says when.",
  },
  busy: {
    status: 503,
    title: "The server has as much of this kind in hand as it can hold",
    titleZh: "服务器正在处理的同类请求过多",
    remedy: "Send it again after `Retry-After` seconds; acts in bundles of less than 64 kB are always let in.",
  },
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
  "not-provable": {
    status: 503,
    title: "The chain gives no proof of this that holds",
    titleZh: "链上暂时无法给出有效证明",
    remedy:
      "Ask again later. The operator looks whether the node answers eth_getProof for recent blocks; some chains do not.",
  },
  "not-ready": {
    status: 503,
    title: "The server is still starting",
    titleZh: "服务器正在启动",
    remedy: "Try again; /ready shows how far it is.",
  },
  internal: {
    status: 500,
    title: "The server failed at this request",
    titleZh: "服务器内部错误",
    remedy: "Try again; if it stays so, tell the operator the `instance` of this answer.",
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problems;

/** What goes out as `application/problem+json`, or as one item's `problem` in a bundle. */
export interface ProblemView {
  type: string;
  code: ProblemCode;
  status: number;
  title: string;
  titleZh: string;
  /** what was wrong with this very request */
  detail: string;
  /** what to do about it */
  remedy: string;
  [extension: string]: unknown;
}

/** The problem document of a code; `extensions` carry the offending values. */
export function problemView(code: ProblemCode, detail: string, extensions: Record<string, unknown> = {}): ProblemView {
  const { status, title, titleZh, remedy } = problems[code];
  return { type: `urn:tidemark:problem:${code}`, code, status, title, titleZh, detail, remedy, ...extensions };
}

/** Thrown anywhere below a route; the API answers with its document. */
export class Problem extends Error {
  readonly view: ProblemView;
  constructor(code: ProblemCode, detail: string, extensions: Record<string, unknown> = {}) {
    super(detail);
    this.name = "Problem";
    this.view = problemView(code, detail, extensions);
  }
}

/** A start that must not go on: its message is a sentence for the person at the terminal that says what to do. */
export class Refusal extends Error {
  constructor(sentence: string, options?: { cause?: unknown }) {
    super(sentence, options);
    this.name = "Refusal";
  }
}
