/** The route by which certificates are given out. */
import { createProver, NotProvable } from "../chain/proofs.ts";
import { RpcError, type Chain, type Hex } from "../chain/port.ts";
import type { Db } from "../db/port.ts";
import { Problem } from "../errors.ts";
import { readCursor } from "../indexer/queries.ts";
import { route, type Route } from "../route.ts";
import { idOf } from "./blockId.ts";
import { createCertificates } from "./certificate.ts";
import { certificateForm } from "./certificateForm.ts";
import { readRetirement } from "./queries.ts";
import { numberParams } from "./schemas.ts";

/** What the chain cannot prove is said so; what it cannot answer now is thrown on. */
function refused(error: unknown): never {
  if (error instanceof NotProvable || error instanceof RpcError) throw new Problem("not-provable", error.message);
  throw error;
}

/**
 * Certificates, for everybody.
 * @param credits address of `Credits`
 */
export function certificateRoutes({ db, chain, credits }: { db: Db; chain: Chain; credits: Hex }): Route[] {
  const certify = createCertificates(createProver(chain), credits);
  return [
    route({
      method: "get",
      path: "/v1/retirements/{id}/certificate.json",
      access: "public",
      summary:
        "A retirement's certificate with its proofs: `npm run verify -- FILE --trust BLOCKHASH` checks it without this server",
      params: numberParams,
      answers: { 200: { description: "The certificate", schema: certificateForm } },
      problems: ["not-found", "not-ready", "not-provable"],
      async handle({ params: { id } }) {
        if (!chain.status().ready) throw new Problem("not-ready", chain.status().phase);
        // the block at which the row stands as it is read
        const [retirement, cursor] = await db.snapshot(async (sql) => [
          await readRetirement(sql, id),
          await readCursor(sql),
        ]);
        if (!retirement || !cursor) throw new Problem("not-found", `no retirement ${id} is indexed`);
        const { note, at, blocks, ...told } = retirement;
        const retired = {
          ...told,
          ...{ note: note ?? undefined, at: Number(at) },
          blocks: blocks.map(({ kg, ...place }) => ({ id: idOf(place), kg })),
        };
        const body = await certify(retired, cursor).catch(refused);
        const headers = { "content-disposition": `inline; filename="tidemark-retirement-${id}.json"` };
        return { status: 200, body, headers };
      },
    }),
  ];
}
