import { index, onchainTable, primaryKey } from "ponder";

// The columns and indexes of server/db/migrations/0001 and 0002, but for `lot.no`: edges name lots by their ids.

export const lot = onchainTable(
  "lot",
  (t) => ({
    id: t.hex().primaryKey(),
    custodian: t.hex().notNull(),
    owner: t.hex().notNull(),
    grams: t.int8({ mode: "number" }).notNull(),
    seq: t.integer().notNull(),
    class: t.integer().notNull(),
    disposition: t.smallint().notNull(),
    flags: t.smallint().notNull(),
    madeBy: t.hex().notNull(),
    endedBy: t.hex(),
  }),
  (table) => ({ byCustodian: index().on(table.custodian), byMaker: index().on(table.madeBy) }),
);

export const act = onchainTable(
  "act",
  (t) => ({
    block: t.int8({ mode: "number" }).notNull(),
    index: t.integer().notNull(),
    tx: t.hex().notNull(),
    digest: t.hex().notNull(),
    kind: t.text().notNull(),
    lot: t.hex().notNull(),
    seq: t.integer().notNull(),
    giver: t.hex().notNull(),
    receiver: t.hex().notNull(),
    grams: t.int8({ mode: "number" }).notNull(),
    declaredGrams: t.int8({ mode: "number" }),
    acceptedGrams: t.int8({ mode: "number" }),
    lossGrams: t.int8({ mode: "number" }).notNull(),
    code: t.integer().notNull(),
    capturedAt: t.int8({ mode: "number" }).notNull(),
    flags: t.smallint().notNull(),
    anchor: t.hex().notNull(),
    evidence: t.hex().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.block, table.index] }),
    byDigest: index().on(table.digest),
    byLot: index().on(table.lot, table.seq),
  }),
);

export const edge = onchainTable(
  "edge",
  (t) => ({ child: t.hex().notNull(), parent: t.hex().notNull(), grams: t.int8({ mode: "number" }).notNull() }),
  (table) => ({ pk: primaryKey({ columns: [table.child, table.parent] }), byParent: index().on(table.parent) }),
);

export const ruling = onchainTable(
  "ruling",
  (t) => ({
    block: t.int8({ mode: "number" }).notNull(),
    index: t.integer().notNull(),
    tx: t.hex().notNull(),
    lot: t.hex().notNull(),
    kind: t.text().notNull(),
    setFlags: t.smallint().notNull(),
    clearedFlags: t.smallint().notNull(),
    grams: t.int8({ mode: "number" }).notNull(),
    auditor: t.hex(),
    basis: t.hex().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.block, table.index] }), byLot: index().on(table.lot) }),
);
