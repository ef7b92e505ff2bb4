/**
 * How much of large bodies is in hand at a time. A body is in memory several times over while it is read, parsed and
 * checked, and hundreds of connections may each bring one of the largest at once: those above the limit come later.
 */
import type { Request, RequestHandler } from "express";
import { Problem } from "../errors.ts";

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
 * @throws Problem `busy` where there is none
 */
export function limitBodies(bodyLimitBytes: number): RequestHandler {
  const most = Math.max(MOST_BYTES, bodyLimitBytes);
  let held = 0;
  return (request, response, next) => {
    const bytes = bytesOf(request, bodyLimitBytes);
    // one that is too large by its own word is refused unread
    if (bytes <= SMALL_BYTES || bytes > bodyLimitBytes) return next();
    if (held + bytes > most) throw new Problem("busy", `bodies of ${held} bytes are in hand`);
    held += bytes;
    // answered, or broken off
    response.once("close", () => (held -= bytes));
    next();
  };
}
