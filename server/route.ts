/** A route as data: what it takes, what it answers, who may call it. The API mounts it and documents it from the same lines. */
import type { z } from "zod";
import type { ProblemCode } from "./errors.ts";

/** Who sent a request, as the register and the chain have it at that time. */
export interface Caller {
  /** the key that logged in; of an API key, the account that it stands for */
  key: `0x${string}`;
  /** accounts that the key signs for; of an API key, the one that it stands for */
  accounts: `0x${string}`[];
  /** names of the roles that the key holds on chain; an API key holds none */
  roles: string[];
}

/**
 * Who may call a route: data, so that the API enforces and documents it in one place.
 * public: everybody; registered: whoever signs for a registered account, or holds a role; roles: whose key holds one of
 * these on chain; partly: everybody, and what is not for all, its handler gives to those alone whom the words name.
 */
export type Access = "public" | "registered" | { roles: readonly string[] } | { partly: string };

/**
 * Whose transaction the contract takes that a route prepares: of holders of one of these roles; of the party that it
 * concerns (a block's holder, a project's measurer, whoever pays); of anyone.
 */
export type TakenFrom = { roles: readonly string[] } | "party" | "anyone";

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
  body?: unknown;
  headers?: Record<string, string>;
  /** in place of a body: text that goes out as it comes to be, until it ends or whoever asked is gone */
  stream?: (gone: AbortSignal) => AsyncIterable<string>;
}

export interface Answer {
  description: string;
  schema: z.ZodType;
  mediaType?: string;
  /** what its `Location` points to, where it has one */
  location?: string;
}

export interface Route {
  method: "get" | "post";
  /** OpenAPI path: `/v1/lots/{id}` */
  path: `/${string}`;
  summary: string;
  /** what a reader of the document should know besides; Markdown */
  description?: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** the headers that it reads, by their names in lower case */
  headers?: z.ZodObject;
  body?: z.ZodType;
  /** what the document says of the body, where `body` leaves its items to be checked one by one */
  documentedBody?: z.ZodType;
  /** in place of `body`, for bytes: which types it takes (`image/*` is every one of its kind), and how many bytes */
  rawBody?: { mediaTypes: readonly string[]; limitBytes: number };
  access: Access;
  /**
   * It answers 200 with what the key `from` of its body is to sign, as `transaction`, or one in each of `payouts`. Where
   * this server holds that key, it signs instead and answers 202 (api/held.ts). Who asks is `access`; whom the contract
   * takes it from is said here, and not enforced: a try on the ledger as it stands refuses others with the contract's own
   * reason (`would-revert`), and the contract does, should they send it all the same.
   */
  prepares?: TakenFrom;
  /** the body of each successful status */
  answers: Record<number, Answer>;
  /** further shapes that the document names: what a stream is made of */
  shapes?: Readonly<Record<string, z.ZodType>>;
  /** the problems it can answer with, besides those of every route; one with `not-writable` stores something */
  problems: readonly ProblemCode[];
  /** answered also while the disk is nearly full, though it stores a little: reading needs it */
  needsNoRoom?: true;
  handle(input: Input): Promise<Reply>;
}

/** What of a request a handler gets. */
interface Input<Params = unknown, Query = unknown, Headers = unknown, Body = unknown> {
  params: Params;
  query: Query;
  headers: Headers;
  body: Body;
  raw: ReadRawBody;
  caller: ReadCaller;
  /** the header of that name, as it came */
  idempotencyKey: string | undefined;
}

type Parsed<T> = T extends z.ZodType ? z.output<T> : undefined;

/** Declares a route; its handler gets what the schemas parsed, typed by them. */
export function route<
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  H extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(
  spec: Omit<Route, "params" | "query" | "headers" | "body" | "handle"> & {
    params?: P;
    query?: Q;
    headers?: H;
    body?: B;
    handle(input: Input<Parsed<P>, Parsed<Q>, Parsed<H>, Parsed<B>>): Promise<Reply>;
  },
): Route {
  return spec as unknown as Route;
}
