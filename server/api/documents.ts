/** HTTP routes of documents. What is uploaded is given back as a file to save, never as something a browser would run. */
import { z } from "zod";
import { cidFault } from "../documents/dag.ts";
import type { Library } from "../documents/port.ts";
import { Problem } from "../errors.ts";
import { route, type Route } from "../route.ts";
import { hash } from "../wire.ts";

/** What may be uploaded; a range such as `image/*` takes every type of its kind. */
const accepted = ["application/octet-stream", "application/pdf", "application/json", "image/*", "text/*"] as const;

const cid = z
  .string()
  .meta({ description: "CIDv1 in base32: sha2-256, raw or dag-pb, as the profile unixfs-v1-2025 makes it" });

const location = "the document";

const documentView = z.strictObject({
  cid,
  sha256: hash.meta({ description: "sha2-256 of all its bytes: what contracts hold" }),
  bytes: z.int().min(1),
  mediaType: z.string(),
});

/** What a CID of either codec and a sha2-256 comes to in base32, whose last letter carries two bits that are zero. */
const ID = "^((bafkrei|bafybei)[a-h][a-z2-7]{50}[aeimquy4]|0x[0-9a-f]{64})$";

const isSha256 = (id: string): boolean => id.startsWith("0x") && hash.safeParse(id).success;

const documentParams = z.object({
  id: z
    .string()
    .superRefine((id, { addIssue }) => {
      const fault = isSha256(id) ? undefined : cidFault(id);
      if (fault !== undefined) addIssue({ code: "custom", message: `${fault}, nor 0x and a sha256 in lower case` });
    })
    .meta({ description: "its CID, or 0x and its sha256", pattern: ID }),
});

/** A file to save: no browser runs, frames or guesses at it, whatever its uploader called it. */
const asFile = (name: string, mediaType: string): Record<string, string> => ({
  "Content-Type": mediaType,
  ETag: `"${name}"`,
  "Cache-Control": "public, max-age=31536000, immutable",
  "Content-Disposition": `attachment; filename="${name}"`,
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": "default-src 'none'; sandbox",
});

/** @param limitBytes the largest document */
export function documentFileRoutes({ library, limitBytes }: { library: Library; limitBytes: number }): Route[] {
  return [
    route({
      method: "post",
      path: "/v1/documents",
      summary:
        "Store a document: the body is its bytes. Everybody may read it, and it cannot be taken back: what holds personal data is encrypted before it is uploaded",
      access: "registered",
      rawBody: { mediaTypes: accepted, limitBytes },
      answers: {
        200: {
          description: "It was there already, and stays as it was first uploaded",
          schema: documentView,
          location,
        },
        201: { description: "It is stored", schema: documentView, location },
      },
      problems: ["document-empty", "document-damaged", "documents-away", "not-writable"],
      async handle({ raw, caller }) {
        const who = await caller();
        const { bytes, mediaType } = await raw();
        const { document, isNew } = await library.add(bytes, { mediaType, by: who.key });
        const headers = { Location: `/v1/documents/${document.cid}` };
        return { status: isNew ? 201 : 200, body: document, headers };
      },
    }),
    route({
      method: "get",
      path: "/v1/documents/{id}",
      access: "public",
      summary: "A document's bytes, checked against its CID, as a file to save",
      params: documentParams,
      answers: {
        200: { description: "The bytes, of the type that its uploader gave", schema: z.unknown(), mediaType: "*/*" },
      },
      problems: ["not-found", "document-damaged", "documents-away"],
      async handle({ params: { id } }) {
        const found = await library.read(id);
        if (!found) throw new Problem("not-found", `no document ${id} is on record`);
        const { document, content } = found;
        return { status: 200, body: content, headers: asFile(document.cid, document.mediaType) };
      },
    }),
  ];
}
