/** `/docs`: the API's document for people, drawn by Swagger UI, which is served from its package as it is. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import express, { Router, type RequestHandler } from "express";
import { apart } from "./pages.ts";

const web = fileURLToPath(new URL("../web", import.meta.url));
const swagger = dirname(fileURLToPath(import.meta.resolve("swagger-ui-dist/package.json")));

/** Swagger UI's own pictures are data in its style sheet, and it writes HTML without trusted types: the rest is as tight as ours. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Of all that the package has, what the page loads. */
const files = new Set(["swagger-ui.css", "swagger-ui-bundle.js"]);

const guarded: RequestHandler = (_request, response, next) => {
  response.set({ ...apart, "Content-Security-Policy": policy });
  next();
};

/** The page, and the two files of the package that it loads; anything else is left to the handlers after it. */
export function reference(): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.get("/docs", guarded, (_request, response, next) => {
    response.sendFile("docs.html", { root: web, cacheControl: false, acceptRanges: false }, (error?: Error) => {
      if (error) next(error);
    });
  });
  const assets = express.static(swagger, { cacheControl: false, acceptRanges: false, index: false, redirect: false });
  router.get("/docs/:file", (request, response, next) => {
    if (!files.has(request.params["file"])) return next("router");
    guarded(request, response, () => {
      request.url = `/${request.params["file"]}`;
      assets(request, response, next);
    });
  });
  return router;
}
