/** The web pages: static files that speak HTTP to the API, served under headers that let them do nothing else. */
import { fileURLToPath } from "node:url";
import express, { Router, type ErrorRequestHandler, type RequestHandler } from "express";

const folder = fileURLToPath(new URL("../web", import.meta.url));

/** Only our own files, no inline script or style, no framing; `trusted-types` makes innerHTML throw where it is known. */
const policy = [
  "default-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "object-src 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** What keeps any page of ours apart from other sites'. */
export const apart = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  // names carry no version: a browser keeps its copy and asks by ETag whether it is still the one
  "Cache-Control": "no-cache",
};

const guarded: RequestHandler = (_request, response, next) => {
  response.set({ ...apart, "Content-Security-Policy": policy });
  next();
};

/** What the file server refuses (a precondition that fails) keeps its own status; the API's handler would call it a fault. */
const refused: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  const status = error instanceof Error && "status" in error ? Number(error.status) : 500;
  if (response.headersSent || !(status >= 400 && status < 500)) next(error);
  else response.status(status).type("text/plain").send("The request's conditions cannot be met.\n");
};

/**
 * `/`, `/lots/:id` (both the same document, which reads its own address) and the assets under `/web/`. Anything else
 * is left to the handlers after it, an unknown asset too.
 */
export function pages(): Router {
  const router = Router({ caseSensitive: true });
  // patterns instead of `:id`: there is nothing to decode, so an address that cannot be decoded gets the page too
  router.get([/^\/$/, /^\/lots\/[^/]+\/?$/], guarded, (_request, response, next) => {
    response.sendFile("index.html", { root: folder, cacheControl: false, acceptRanges: false }, (error?: Error) => {
      if (error) next(error);
    });
  });
  const assets = express.static(folder, { cacheControl: false, acceptRanges: false, index: false, redirect: false });
  router.use("/web", guarded, assets, refused);
  return router;
}
