/** How an answer goes out: what may be kept of it, where the next page is, and its bytes. */
import type { Request, Response } from "express";
import type { Reply } from "../route.ts";
import { sendStream } from "./streaming.ts";

/** The address of the page behind this one, where the answer has a `next`. */
function nextPage(request: Request, body: unknown): string | undefined {
  if (request.method !== "GET" && request.method !== "HEAD") return undefined;
  if (typeof body !== "object" || body === null || !("next" in body) || typeof body.next !== "string") return undefined;
  const { pathname, searchParams } = new URL(request.originalUrl, "http://localhost");
  searchParams.set("after", body.next);
  return `${pathname}?${searchParams.toString()}`;
}

/**
 * Sends what a handler replied. Unless it says otherwise, an answer may be kept but is asked for again each time (by
 * `ETag`, which tells its bytes); what was given to one caller is kept by nobody.
 * @param personal whether the handler asked who the caller is
 */
export async function sendReply(request: Request, response: Response, reply: Reply, personal: boolean): Promise<void> {
  const next = nextPage(request, reply.body);
  response
    .status(reply.status)
    .set("Cache-Control", personal ? "private, no-store" : (response.get("Cache-Control") ?? "no-cache"))
    .set(next === undefined ? {} : { Link: `<${next}>; rel="next"` })
    .set(reply.headers ?? {});
  if (reply.stream) return sendStream(request, response, reply.stream);
  if (typeof reply.body === "string" || reply.body instanceof Uint8Array) response.send(reply.body);
  else response.json(reply.body);
}
