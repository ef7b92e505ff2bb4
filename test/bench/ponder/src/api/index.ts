import { db } from "ponder:api";
import { act, edge, lot } from "ponder:schema";
import { Hono } from "hono";
import { count, eq, sum } from "ponder";

const app = new Hono();

/** What the bench compares with the other index's rows. */
app.get("/totals", async (context) => {
  const [lots] = await db.select({ lots: count(), grams: sum(lot.grams), seqs: sum(lot.seq) }).from(lot);
  const [open] = await db.select({ open: count() }).from(lot).where(eq(lot.disposition, 0));
  const [acts] = await db.select({ acts: count(), actGrams: sum(act.grams), flags: sum(act.flags) }).from(act);
  const [edges] = await db.select({ edges: count(), edgeGrams: sum(edge.grams) }).from(edge);
  return context.json({ ...lots, ...open, ...acts, ...edges });
});

export default app;
