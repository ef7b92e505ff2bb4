/** Problems of requests of any kind: their form, who sends them, documents, transactions, and what the server can do now. */
import type { ProblemKind } from "./kind.ts";

export const requestsProblems = {
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
  "rate-limited": {
    status: 429,
    title: "More requests of this kind than one caller may send in a minute",
    titleZh: "请求过于频繁",
    remedy: "Send it again after `Retry-After` seconds; `RateLimit` in each answer says how many are left.",
  },
  "headers-too-large": {
    status: 431,
    title: "The request has more headers, or longer ones, than this server takes",
    titleZh: "请求头过多或过长",
    remedy: "Send at most 100 headers of 16 kB together, the address included.",
  },
  "request-timeout": {
    status: 408,
    title: "The request took too long to arrive",
    titleZh: "请求接收超时",
    remedy: "Send it again over a better line; acts in smaller bundles, a document in parts.",
  },
  "malformed-request": {
    status: 400,
    title: "The bytes are not an HTTP request",
    titleZh: "不是有效的 HTTP 请求",
    remedy: "Send HTTP/1.1 with one Host, and either Content-Length or Transfer-Encoding, not both.",
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
  "would-revert": {
    status: 409,
    title: "The contract would refuse it, as the ledger stands",
    titleZh: "按账本当前状态，合约会拒绝该操作",
    remedy: "`reason` is the contract's own error and `values` what it names; mend that, then ask again.",
  },
  "login-needed": {
    status: 401,
    title: "Only those who say who they are may do or see this",
    titleZh: "登录后才能使用",
    remedy:
      "Log in (POST /v1/login/nonce, then /v1/login) and send the token, or an API key, as Authorization: Bearer …",
  },
  "role-needed": {
    status: 403,
    title: "This is for the holders of a role",
    titleZh: "仅具备相应角色者可以使用",
    remedy: "Log in with a key that holds one of `roles` on chain; an API key holds none.",
  },
  "signer-foreign": {
    status: 403,
    title: "This server's copy of that key signs for its own account only",
    titleZh: "服务器代管的密钥只为其所属账户签名",
    remedy: "Send a login or an API key of the account that `from` signs for.",
  },
  "idempotency-key-needed": {
    status: 422,
    title: "What is signed here needs an Idempotency-Key",
    titleZh: "由服务器签名的请求必须带有 Idempotency-Key",
    remedy:
      "Send the header Idempotency-Key with a name of your own for this request, such as a UUID: 1 to 255 characters.",
  },
  "idempotency-key-reused": {
    status: 422,
    title: "That Idempotency-Key stands for another request",
    titleZh: "该 Idempotency-Key 已用于另一请求",
    remedy: "Send a new Idempotency-Key with what is new, or the first body again to get its answer again.",
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
