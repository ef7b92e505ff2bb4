/** What the routes answered in this process: test/server/api/walk.ts holds it against the document. */

export interface Answered {
  /** `get /v1/lots/{id}` */
  route: string;
  status: number;
  /** of a problem */
  code?: string;
}

const answers = new Map<string, Answered>();

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
