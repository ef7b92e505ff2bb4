/** What the document says of a route besides its shapes: under which heading, by which name, with which headers and examples. */
import { readFileSync } from "node:fs";
import type { ResponseConfig } from "@asteasolutions/zod-to-openapi";
import { problems, problemView, type ProblemCode } from "../errors.ts";
import type { Route } from "../route.ts";
import { problem } from "../wire.ts";

/** The headings, in the order of the page, each with the addresses under it: the first that fits. */
const headings: { name: string; description: string; paths: RegExp }[] = [
  {
    name: "Lots 追溯",
    description: "Signed acts upon lots, and where a lot came from. 物料操作与来历",
    paths: /^\/v1\/(acts|lots|reasons)|\/stock$/,
  },
  {
    name: "Credits 碳汇",
    description: "Projects, reports, batches, blocks and retirements. 项目、监测报告、批次、区段与注销",
    paths:
      /^\/v1\/(methodologies|projects|reports|batches|blocks|retirements|transfers|cancellations|locks|splits|dedications)|\/blocks$/,
  },
  {
    name: "Money 收益",
    description: "Pools, how they are divided, and what people get. 资金池、分配与收款",
    paths: /^\/v1\/(pools|payees|deposits|withdrawals)/,
  },
  {
    name: "Requests 请求",
    description:
      "What a client needs before it signs, what became of what it handed in, and what becomes final. 提交与结果",
    paths: /^\/v1\/(transactions|requests|ledger|senders|events)|^\/\.well-known/,
  },
  {
    name: "Accounts 账户",
    description: "Accounts, keys, logins and keys of machines. 账户、密钥与登录",
    paths: /^\/v1\/(accounts|keys|login|api-keys)/,
  },
  { name: "Documents 文件", description: "Bytes by their CID. 按 CID 存取", paths: /^\/v1\/documents/ },
  {
    name: "Audit 审计",
    description: "To check the operator without trusting them. 无需信任运营方即可核验",
    paths: /^\/v1\/audit|^\/rpc/,
  },
  { name: "Server 服务", description: "Its state and its description. 状态与说明", paths: /^\// },
];

export const tags = headings.map(({ name, description }) => ({ name, description }));

export const tagOf = (path: string): string => headings.find(({ paths }) => paths.test(path))!.name;

/** `GET /v1/lots/{id}/provenance` → `getLotsByIdProvenance`: stable as long as the address is. */
export function operationId(method: string, path: string): string {
  const words = path
    .replace(/^\/v1\//, "/")
    .split(/[/.\-_]/)
    .filter(Boolean)
    .map((part) => (part.startsWith("{") ? `By-${part.slice(1, -1)}` : part).replaceAll("-", " "));
  return [
    method,
    ...words
      .join(" ")
      .split(" ")
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1)),
  ].join("");
}

/** Requests and answers of a run, by `get /v1/…`: test/server/api/walk.ts writes and checks them. */
interface Examples {
  request?: unknown;
  answers: Record<string, unknown>;
}

const examples = JSON.parse(readFileSync(new URL("examples.json", import.meta.url), "utf8")) as Record<
  string,
  Examples
>;

/** An answer that was given, or a body that was sent; nothing where the run had none. */
export function exampleOf({ method, path }: Pick<Route, "method" | "path">, status?: string): { example?: unknown } {
  const found = examples[`${method} ${path}`];
  const example = status === undefined ? found?.request : found?.answers[status];
  return example === undefined ? {} : { example };
}

/** As OpenAPI has it. */
type Header = Record<"description", string> & Record<"required", boolean> & Record<"schema", { type: "string" }>;

const header = (description: string, required = true): Header => ({
  description,
  required,
  schema: { type: "string" },
});

/** The headers of a successful answer. */
export function headersOf(route: Route, status: string): Record<string, Header> {
  const { location } = route.answers[Number(status)]!;
  const pages = route.query !== undefined && "after" in route.query.shape && "limit" in route.query.shape;
  return {
    ...(location === undefined ? {} : { Location: header(location) }),
    ...(pages ? { Link: header('rel="next": the next page; absent where this is the last', false) } : {}),
    ...(route.method === "get" ? { "Cache-Control": header("what may be kept of it, and for how long") } : {}),
    ...(route.method === "get" && !route.answers[Number(status)]!.mediaType?.startsWith("text/event-stream")
      ? { ETag: header("of these bytes: with If-None-Match the answer is 304 as long as they are the same", false) }
      : {}),
  };
}

/**
 * Problems that any route may answer with. `not-writable` is what a lost database comes to, for reads too; the last three
 * are what the HTTP server itself tells of a request that it cannot read (listening.ts).
 */
export const everywhere = [
  ...(["rate-limited", "internal", "not-writable"] as const),
  ...(["headers-too-large", "request-timeout", "malformed-request"] as const),
] as const;

/** And those with a body. */
export const withBody = ["malformed-json", "unsupported-media-type", "body-too-large", "busy"] as const;

/** The headers of a problem. */
function headersOfProblem(status: number): Record<string, Header> {
  if (status === 401) return { "WWW-Authenticate": header("Bearer") };
  return status === 429 || status === 503 ? { "Retry-After": header("seconds after which to ask again") } : {};
}

const instance = "urn:uuid:00000000-0000-4000-8000-000000000000";

/** Each of the problems as it looks, by its code. */
const problemExamples = (codes: readonly ProblemCode[]): Record<string, { summary: string; value: object }> =>
  Object.fromEntries(
    codes.map((code) => {
      const { title, titleZh } = problems[code];
      return [code, { summary: `${title}. ${titleZh}`, value: { ...problemView(code, title), instance } }];
    }),
  );

/** Problems as the document has them, by their status. */
export function problemResponses(codes: readonly ProblemCode[]): Record<string, ResponseConfig> {
  const statuses = [...new Set(codes.map((code) => problems[code].status))];
  return Object.fromEntries(
    statuses.map((status) => {
      const ofStatus = codes.filter((code) => problems[code].status === status);
      const response = {
        description: ofStatus.map((code) => `${code}: ${problems[code].title}`).join("; "),
        headers: headersOfProblem(status),
        content: { "application/problem+json": { schema: problem, examples: problemExamples(ofStatus) } },
      };
      return [status, response];
    }),
  );
}
