import { ponder, type Context } from "ponder:registry";
import { act, edge, lot, ruling } from "ponder:schema";
import { encodePacked, keccak256, type Hex } from "viem";
import { fields, spread } from "./terms";

const LOT_FLAGS = 0x0f;
const BAILED = 4;

const childId = (digest: Hex, i: number): Hex => keccak256(encodePacked(["bytes32", "uint256"], [digest, BigInt(i)]));

type Act = Omit<typeof act.$inferInsert, "block" | "index" | "tx" | "anchor" | "evidence">;

type Told = { block: { number: bigint }; log: { logIndex: number }; transaction: { hash: Hex } };

const place = ({ block, log, transaction }: Told) => ({
  block: Number(block.number),
  index: log.logIndex,
  tx: transaction.hash,
});

function record(context: Context, event: Told & { args: { anchor: Hex; evidence: Hex } }, values: Act) {
  const { anchor, evidence } = event.args;
  return context.db.insert(act).values({ ...place(event), ...values, anchor, evidence });
}

/** What every act does to a lot that it leaves with so many grams. */
const after = (row: { seq: number }, digest: Hex, grams: number, flags: number) => ({
  grams,
  flags: flags & LOT_FLAGS,
  seq: row.seq + 1,
  ...(grams > 0 ? {} : { disposition: 1, endedBy: digest }),
});

async function lotOf(context: Context, id: Hex) {
  const row = await context.db.find(lot, { id });
  if (!row) throw new Error(`no lot ${id}`);
  return row;
}

ponder.on("LotLedger:Collected", async ({ event, context }) => {
  const { lot: id, collector, keeper, class: kind, terms } = event.args;
  const [grams, capturedAt, flags] = fields(terms, 48, 40, 8) as [number, number, number];
  await context.db.insert(lot).values({
    id,
    custodian: keeper,
    owner: keeper,
    grams,
    seq: 0,
    class: kind,
    disposition: 0,
    flags: flags & LOT_FLAGS,
    madeBy: id,
  });
  const parties = { giver: collector, receiver: keeper };
  const values = { digest: id, kind: "collect", lot: id, seq: 0, grams, lossGrams: 0, code: 0, capturedAt, flags };
  await record(context, event, { ...values, ...parties });
});

ponder.on("LotLedger:HandedOver", async ({ event, context }) => {
  const { lot: id, from, to, digest, terms } = event.args;
  const [declaredGrams, acceptedGrams, seq, capturedAt, flags, code] = fields(terms, 48, 48, 24, 40, 8, 8) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const grams = Math.min(declaredGrams, acceptedGrams);
  await context.db.update(lot, { id }).set((row) => ({
    ...after(row, digest, grams, flags),
    custodian: to,
    ...((flags & BAILED) === 0 ? { owner: to } : {}),
  }));
  const masses = { grams, declaredGrams, acceptedGrams, lossGrams: declaredGrams - grams };
  const parties = { giver: from, receiver: to };
  await record(context, event, {
    digest,
    kind: "handoff",
    lot: id,
    seq,
    ...parties,
    ...masses,
    code,
    capturedAt,
    flags,
  });
});

ponder.on("LotLedger:LotSplit", async ({ event, context }) => {
  const { lot: id, operator, digest, grams: parts, terms } = event.args;
  const [seq, capturedAt, flags] = fields(terms, 24, 40, 8) as [number, number, number];
  // read before the update, which changes the row that was found
  const { custodian, owner, class: kind, grams } = await lotOf(context, id);
  const children = parts.map((part, i) => ({ id: childId(digest, i), grams: part }));
  const alike = { custodian, owner, seq: 0, class: kind, disposition: 0, flags: flags & LOT_FLAGS, madeBy: digest };
  await context.db.insert(lot).values(children.map((child) => ({ ...child, ...alike })));
  await context.db.insert(edge).values(children.map((child) => ({ child: child.id, parent: id, grams: child.grams })));
  await context.db.update(lot, { id }).set((row) => after(row, digest, 0, flags));
  const values = { digest, kind: "split", lot: id, seq, giver: operator, receiver: operator, grams };
  await record(context, event, { ...values, lossGrams: 0, code: 0, capturedAt, flags });
});

ponder.on("LotLedger:Transformed", async ({ event, context }) => {
  const { digest, operator, process, inputs, outputs, terms } = event.args;
  const [lossGrams, capturedAt, flags] = fields(terms, 48, 40, 8) as [number, number, number];
  const parents = await Promise.all(inputs.map((input) => lotOf(context, input.lot)));
  const masses = parents.map((parent) => parent.grams);
  const children = outputs.map((output, i) => ({ id: childId(digest, i), class: output.class, grams: output.grams }));
  const alike = {
    custodian: operator,
    owner: operator,
    seq: 0,
    disposition: 0,
    flags: flags & LOT_FLAGS,
    madeBy: digest,
  };
  await context.db.insert(lot).values(children.map((child) => ({ ...child, ...alike })));
  await context.db
    .insert(edge)
    .values(
      children.flatMap(({ id, grams }) =>
        spread(grams, masses).map((share, n) => ({ child: id, parent: parents[n]!.id, grams: share })),
      ),
    );
  for (const { id } of parents) await context.db.update(lot, { id }).set((row) => after(row, digest, 0, row.flags));
  const { lot: first, seq } = inputs[0]!;
  const grams = masses.reduce((sum, mass) => sum + mass, 0);
  const parties = { giver: operator, receiver: operator };
  const values = { digest, kind: "transform", lot: first, seq, ...parties, grams, lossGrams, code: process };
  await record(context, event, { ...values, capturedAt, flags });
});

ponder.on("LotLedger:Concluded", async ({ event, context }) => {
  const { lot: id, operator, kind, digest, terms } = event.args;
  const [grams, seq, capturedAt, flags] = fields(terms, 48, 24, 40, 8) as [number, number, number, number];
  await context.db.update(lot, { id }).set((row) => after(row, digest, row.grams - grams, flags));
  const values = { digest, kind: "conclude", lot: id, seq, giver: operator, receiver: operator, grams };
  await record(context, event, { ...values, lossGrams: grams, code: kind, capturedAt, flags });
});

ponder.on("LotLedger:TitlePassed", async ({ event, context }) => {
  const { lot: id, owner, to, digest, terms } = event.args;
  const [seq, capturedAt, flags] = fields(terms, 24, 40, 8) as [number, number, number];
  const { grams } = await lotOf(context, id);
  await context.db.update(lot, { id }).set((row) => ({ ...after(row, digest, row.grams, flags), owner: to }));
  const values = { digest, kind: "pass-title", lot: id, seq, giver: owner, receiver: to, grams };
  await record(context, event, { ...values, lossGrams: 0, code: 0, capturedAt, flags });
});

ponder.on("LotLedger:FlagsChanged", async ({ event, context }) => {
  const { lot: id, set, cleared, basis } = event.args;
  await context.db.update(lot, { id }).set((row) => ({ flags: (row.flags | set) & ~cleared }));
  const values = { lot: id, kind: "flags", setFlags: set, clearedFlags: cleared, grams: 0, basis };
  await context.db.insert(ruling).values({ ...place(event), ...values });
});

ponder.on("LotLedger:LotVoided", async ({ event, context }) => {
  const { lot: id, auditor, grams, basis } = event.args;
  await context.db.update(lot, { id }).set({ grams: 0, disposition: 2 });
  const values = { lot: id, kind: "void", setFlags: 0, clearedFlags: 0, grams, auditor, basis };
  await context.db.insert(ruling).values({ ...place(event), ...values });
});
