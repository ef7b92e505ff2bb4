/** Documents on record: the bytes in the document store, then a row that names them. */
import type { Db } from "../db/port.ts";
import { Problem } from "../errors.ts";
import type { Documents, Library, Recorded } from "../documents/port.ts";

interface DocumentRow {
  cid: string;
  sha256: Recorded["sha256"];
  bytes: bigint;
  media_type: string;
}

/** Documents with their record in the database. */
export function createLibrary({ db, documents }: { db: Db; documents: Documents }): Library {
  async function find(id: string): Promise<Recorded | undefined> {
    const [row] = await db.sql<DocumentRow>`
      SELECT cid, sha256, bytes, media_type FROM document WHERE cid = ${id} OR sha256 = ${id}`;
    return row && { cid: row.cid, sha256: row.sha256, bytes: Number(row.bytes), mediaType: row.media_type };
  }
  return {
    find,
    async add(content, { mediaType, by }) {
      // also where there is a row: what was damaged is mended
      const { cid, sha256, bytes } = await documents.put(content);
      const inserted = await db.sql`
        INSERT INTO document (cid, sha256, bytes, media_type, uploaded_by, uploaded_at)
        VALUES (${cid}, ${sha256}, ${bytes}, ${mediaType}, ${by}, ${Math.floor(Date.now() / 1_000)})
        ON CONFLICT (cid) DO NOTHING RETURNING cid`;
      const isNew = inserted.length > 0;
      const document = isNew ? { cid, sha256, bytes, mediaType } : (await find(cid))!;
      return { document, isNew };
    },
    async read(id) {
      const document = await find(id);
      if (!document) return undefined;
      const content = await documents.get(document.cid);
      if (!content) throw new Problem("document-damaged", `${document.cid} is on record, but its bytes are gone`);
      return { document, content };
    },
  };
}
