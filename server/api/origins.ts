/** What every answer says to browsers: what they may make of it, and which other sites' pages may read it (none, by default). */
import type { RequestHandler } from "express";

/** Ahead of what a route says itself. */
const usual = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  // no answer of the API is a page: opened as one, it loads and runs nothing
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
};

/** What may be read beside the body, and sent beside the simple headers. */
const EXPOSED = "ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id";
const TAKEN = "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID";
const METHODS = "GET, HEAD, POST, DELETE";

/** Seconds that a browser remembers the answer to its question. */
const PREFLIGHT_SECONDS = 600;

/**
 * Sets these headers, and answers the questions that browsers ask before they let another site's page send a request.
 * Logins travel in `Authorization`, which no browser adds by itself: there are no credentials to allow.
 * @param origins of the pages that may read answers, such as `https://app.example`; each is compared as a whole
 */
export function guardAnswers(origins: readonly string[]): RequestHandler {
  return (request, response, next) => {
    response.set(usual);
    // what is shown to somebody is for nobody's cache
    if (request.headers.authorization !== undefined) response.set("Cache-Control", "private, no-store");
    if (origins.length === 0) return next();
    response.vary("Origin");
    const { origin } = request.headers;
    if (origin === undefined || !origins.includes(origin)) return next();
    response.set({ "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": EXPOSED });
    if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined) return next();
    response.set({
      "Access-Control-Allow-Methods": METHODS,
      "Access-Control-Allow-Headers": TAKEN,
      "Access-Control-Max-Age": String(PREFLIGHT_SECONDS),
    });
    response.status(204).end();
  };
}
