/**
 * How much of large bodies is in hand at a time. A body is in memory several times over while it is read, parsed and
 * checked, and hundreds of connections may each bring one of the largest at once: those above the limit come later.
 */
import { isUtf8 } from "node:buffer";
import express, { type Request, type RequestHandler, type Response } from "express";
import { Problem } from "../errors.ts";
import type { RawBody, Route } from "../route.ts";

/** Bodies up to this size are taken however many there are: a phone's acts always find a way in. */
const SMALL_BYTES = 65_536;

/** Bytes of larger bodies in hand together, at most; one of the largest always. */
const MOST_BYTES = 16 * 1_048_576;

/** What the body may come to, as far as its head says: as much as there may be where it does not. */
function bytesOf({ headers }: Request, bodyLimitBytes: number): number {
  const { "content-length": length, "content-encoding": encoding, "transfer-encoding": transfer } = headers;
  if (transfer !== undefined || (encoding !== undefined && encoding !== "identity")) return bodyLimitBytes;
  return Number(length ?? 0);
}

/**
 * Lets a request through while there is room for its body. To be mounted before whatever reads bodies.
 * @param rawLimits by path, where another limit holds
 * @throws Problem `busy` where there is none
 */
export function limitBodies(
  bodyLimitBytes: number,
  rawLimits: ReadonlyMap<string, number> = new Map(),
): RequestHandler {
  const most = Math.max(MOST_BYTES, bodyLimitBytes, ...rawLimits.values());
  let held = 0;
  return (request, response, next) => {
    const limitBytes = rawLimits.get(request.path) ?? bodyLimitBytes;
    const bytes = bytesOf(request, limitBytes);
    // one that is too large by its own word is refused unread
    if (bytes <= SMALL_BYTES || bytes > limitBytes) return next();
    if (held + bytes > most) throw new Problem("busy", `bodies of ${held} bytes are in hand`);
    held += bytes;
    // answered, or broken off
    response.once("close", () => (held -= bytes));
    next();
  };
}

/** Refuses JSON that is no UTF-8: read all the same, what stands in it would not be what was signed. */
export function refuseBadText(_request: unknown, _response: unknown, bytes: Buffer, charset: string): void {
  if (charset !== "utf-8") throw new Problem("unsupported-media-type", `JSON is UTF-8, not ${charset}`);
  if (!isUtf8(bytes)) throw new Problem("malformed-json", "the body is not UTF-8");
}

/** The essence of a media type, and its charset. */
const MEDIA_TYPE = /^([\w.+-]+\/[\w.+-]+)\s*(?:;.*?\bcharset="?([\w.:+-]+)"?.*|;.*)?$/;

/** Larger ones are not looked at: nobody else is answered while JSON is parsed, and nesting takes 30 times its bytes. */
const PARSED_BYTES = 1_000_000;

/** What calls itself JSON must be it: it is given out by that name, to programs. @throws Problem `malformed-json` */
function refuseOtherThanJson(bytes: Uint8Array): void {
  if (bytes.length === 0 || bytes.length > PARSED_BYTES) return;
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    const why = (error as Error).message;
    throw new Problem("malformed-json", `${why}. Mend it, or send it as application/octet-stream`);
  }
}

/**
 * Reads a body that is bytes.
 * @param takes the route's `rawBody`
 * @throws Problem `unsupported-media-type`, `malformed-json`; the parser's own errors, which the API has problems for
 */
export async function readRawBody(request: Request, response: Response, takes: Route["rawBody"]): Promise<RawBody> {
  if (!takes) throw new Error(`${request.path} takes no bytes`);
  const given = request.get("content-type") ?? "";
  const [, essence, charset] = MEDIA_TYPE.exec(given.trim().toLowerCase()) ?? [];
  // not `request.is`: it knows no type where there is no body
  if (essence === undefined || !takes.mediaTypes.some((type) => takesType(type, essence))) {
    const types = takes.mediaTypes.join(", ");
    throw new Problem("unsupported-media-type", `Content-Type is ${given || "missing"}; taken are ${types}`);
  }
  const parse: RequestHandler = express.raw({ type: () => true, limit: takes.limitBytes });
  await new Promise<void>((resolve, reject) =>
    parse(request, response, (error) => (error ? reject(error as Error) : resolve())),
  );
  const body: unknown = request.body;
  const bytes = body instanceof Uint8Array ? body : new Uint8Array();
  if (essence === "application/json") refuseOtherThanJson(bytes);
  return { bytes, mediaType: charset === undefined ? essence : `${essence}; charset=${charset}` };
}

const takesType = (type: string, essence: string): boolean =>
  type.endsWith("/*") ? essence.startsWith(type.slice(0, -1)) : essence === type;
