/** A route as data: what it takes, what it answers, who may call it. The API mounts it and documents it from the same lines. */
import type { z } from "zod";
import type { ProblemCode } from "./errors.ts";

/** Who sent a request, as the register and the chain have it at that time. */
export interface Caller {
  /** the key that logged in */
  key: `0x${string}`;
  /** accounts that the key signs for */
  accounts: `0x${string}`[];
  /** names of the roles that the key holds on chain */
  roles: string[];
}

/** Reads who sent the request; throws a Problem where that is nobody. For routes that are not public, or not wholly. */
export type ReadCaller = () => Promise<Caller>;

/** A body that is bytes, not JSON. */
export interface RawBody {
  bytes: Uint8Array;
  /** the request's `Content-Type`: in lower case, without parameters other than the charset */
  mediaType: string;
}

/**
 * Reads such a body; nothing of it is read before. Throws a Problem for one that is too large or of a type that the
 * route does not take. For routes with `rawBody`.
 */
export type ReadRawBody = () => Promise<RawBody>;

export interface Reply {
  status: number;
  /** bytes and text go out as they are, anything else as JSON */
  body: unknown;
  headers?: Record<string, string>;
}

export interface Route {
  method: "get" | "post";
  /** OpenAPI path: `/v1/lots/{id}` */
  path: `/${string}`;
  summary: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** what the document says of the body, where `body` leaves its items to be checked one by one */
  documentedBody?: z.ZodType;
  /** in place of `body`, for bytes: which types it takes (`image/*` is every one of its kind), and how many bytes */
  rawBody?: { mediaTypes: readonly string[]; limitBytes: number };
  /** who may see what of it, in words, where it is not all public; such a route takes a bearer token */
  access?: string;
  /** the body of each successful status */
  answers: Record<number, { description: string; schema: z.ZodType; mediaType?: string }>;
  /** the problems it can answer with, besides those of every route */
  problems: readonly ProblemCode[];
  handle(input: {
    params: unknown;
    query: unknown;
    body: unknown;
    raw: ReadRawBody;
    caller: ReadCaller;
  }): Promise<Reply>;
}

type Parsed<T> = T extends z.ZodType ? z.output<T> : undefined;

/** Declares a route; its handler gets what the schemas parsed, typed by them. */
export function route<
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(
  spec: Omit<Route, "params" | "query" | "body" | "handle"> & {
    params?: P;
    query?: Q;
    body?: B;
    handle(input: {
      params: Parsed<P>;
      query: Parsed<Q>;
      body: Parsed<B>;
      raw: ReadRawBody;
      caller: ReadCaller;
    }): Promise<Reply>;
  },
): Route {
  return spec as unknown as Route;
}
