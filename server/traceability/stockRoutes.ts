/** What an account has in stock, over HTTP. */
import { z } from "zod";
import { licenceKindName, mayBeNamed, readAccountStandings } from "../access/queries.ts";
import type { Db } from "../db/port.ts";
import { Problem } from "../errors.ts";
import { route, type Route } from "../route.ts";
import { address, named } from "../wire.ts";
import { refuseOthers } from "./needToKnow.ts";
import { isOver, readStock } from "./stock.ts";

const amount = z.string().regex(/^\d+$/);

const stockView = z.strictObject({
  account: address,
  asOfBlock: z.int(),
  stock: z.array(
    z.strictObject({
      licenceKind: named.meta({ description: "the licence that its holder needs; code 0: none" }),
      grams: amount.meta({ description: "mass of the open lots in its custody, as decimal text" }),
      capacityGrams: amount
        .nullable()
        .meta({ description: "what its licence allows at that block, 0 without one; null where none is needed" }),
      over: z.boolean().meta({ description: "more is held than may be: to be looked at, nothing was refused for it" }),
    }),
  ),
});

/** What an account has in stock. */
export function stockRoutes({ db }: { db: Db }): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/accounts/{id}/stock",
      summary: "What an account has in stock, by the licence it needs for it, against the capacity it is licensed for",
      access: {
        partly:
          "The stock of organisations, facilities and vessels is for everybody; a person's for that person and for keys with the role AUDITOR, REGISTRY or ADMIN.",
      },
      params: z.object({ id: address }),
      answers: { 200: { description: "The stock", schema: stockView } },
      problems: ["not-found", "need-to-know", "not-ready"],
      async handle({ params: { id }, caller }) {
        const standing = (await readAccountStandings(db.sql, [id])).get(id);
        if (!standing) throw new Problem("not-found", `no account ${id} is registered`);
        if (!mayBeNamed(standing.kinds)) refuseOthers(await caller(), id);
        const found = await db.snapshot((sql) => readStock(sql, id));
        // it would not be registered
        if (!found) throw new Problem("not-ready", "no block is indexed yet");
        const stock = found.stock.map((item) => ({
          licenceKind: licenceKindName(item.licenceKind),
          grams: String(item.grams),
          capacityGrams: item.capacityGrams === undefined ? null : String(item.capacityGrams),
          over: isOver(item),
        }));
        return { status: 200, body: { account: id, asOfBlock: found.asOfBlock, stock } };
      },
    }),
  ];
}
