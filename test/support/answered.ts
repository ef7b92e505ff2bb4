/** What the routes answered in this process, and the document that they were held against: test/server/api/walk.ts compares the two. */

export interface Answered {
  /** `get /v1/lots/{id}` */
  route: string;
  status: number;
  /** of a problem */
  code?: string;
}

/** What the document says of one method of one address. */
export interface Operation {
  description?: string;
  parameters?: { in: string; name: string }[];
  security?: object[];
  requestBody?: { content: Record<string, unknown> };
  responses: Record<
    string,
    {
      headers?: Record<string, { required: boolean }>;
      content?: Record<string, { examples?: Record<string, unknown> }>;
    }
  >;
}

export interface Document {
  paths: Record<string, Record<string, Operation>>;
}

/** Codes of the problems that it may tell. */
export const problemsOf = ({ responses }: Operation): string[] =>
  Object.values(responses).flatMap(({ content }) => Object.keys(content?.["application/problem+json"]?.examples ?? {}));

/** Routes whose answers are no JSON, or never end. */
export const noJson: readonly string[] = ["get /metrics", "get /v1/events"];

const answers = new Map<string, Answered>();
let held: Document | undefined;

/** Requests and answers by route, the first of each status: what the document shows as examples. */
export const seen: Record<string, { request?: unknown; answers: Record<string, unknown> }> = {};

/** Notes an answer that the document was held against. */
export function note(answered: Answered, request: unknown, body: unknown): void {
  const { route, status, code } = answered;
  answers.set([route, status, code].join(" "), answered);
  if (status >= 300) return;
  const shown = (seen[route] ??= { answers: {} });
  if (shown.answers[status] !== undefined) return;
  shown.answers[status] = body;
  if (request !== undefined && typeof request !== "string") shown.request ??= request;
}

/** All different ones so far. */
export const answered = (): Answered[] => [...answers.values()];

/** Notes the document that a server of ours serves: they all serve the same. */
export const noteDocument = (document: Document): void => void (held = document);

/** Its routes, as `get /v1/lots/{id}`. @throws where no server has been asked for it */
export const documented = (): [route: string, operation: Operation][] =>
  Object.entries(held!.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]),
  );
