/**
 * Every problem the API can answer with (RFC 9457), and the refusals that stop a start.
 * A code is part of the API: clients match on it; titles and sentences may be reworded.
 */
import { carbonProblems } from "./problems/carbon.ts";
import { profitProblems } from "./problems/profit.ts";
import { requestsProblems } from "./problems/requests.ts";
import { traceabilityProblems } from "./problems/traceability.ts";

/** The one table of them, by code. No code stands in two parts of it. */
export const problems = {
  ...requestsProblems,
  ...traceabilityProblems,
  ...carbonProblems,
  ...profitProblems,
};

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
