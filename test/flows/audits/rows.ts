/** Audits of a whole server that is honest, or has a row of its database edited. */
import { expect } from "chai";
import { differencesOf, lineOf, type Difference } from "../../../scripts/audit/report.ts";
import type { Hex } from "../../../server/chain/port.ts";
import type { Sql } from "../../../server/db/port.ts";
import {
  auditOf,
  failing,
  foundBy,
  keepTables,
  lastLog,
  one,
  openAudited,
  type Audited,
  type Placed,
} from "../../support/audited.ts";

const tables = ["account", "account_key", "act", "block", "edge", "licence", "lot", "ruling", "vocabulary"];
const ZERO = `0x${"0".repeat(40)}`;

/** One difference to be found among the rows; a place is compared where it is told. */
type Wanted = Omit<Difference, "who" | "place"> & { place?: Placed | null };

/** What an edit changed, and which other checks must see it too. */
interface Planted {
  rows: Wanted[];
  conservation?: string[];
  answers?: string[];
}

describe("npm run audit", function () {
  this.timeout(240_000);
  let audited: Audited;
  let url: string;
  let sql: Sql;
  let restore: () => Promise<void>;

  before(async () => {
    audited = await openAudited(11, 130);
    ({ url } = audited.api.running);
    ({ sql } = audited.api.running.db);
    restore = await keepTables(sql, tables);
  });
  after(() => audited.api.close());

  /** The place of an act, from the server's own row of it. */
  async function placeOf(digest: Hex): Promise<Placed> {
    const [row] = await sql<{ block: bigint; idx: number; tx: Hex }>`
      SELECT block, idx, tx FROM act WHERE digest = ${digest}`;
    return { block: Number(row!.block), index: row!.idx, tx: row!.tx };
  }

  it("given an honest server with all kinds of acts, when audited, then every check held things against each other and all are equal", async () => {
    for (const [step, times] of Object.entries(audited.dag.played)) expect(times, step).to.be.at.least(1);
    const report = await auditOf(url);
    expect(differencesOf(report).map(lineOf)).to.deep.equal([]);
    const [counts] = await sql<Record<string, number>>`
      SELECT (SELECT count(*) FROM lot)::int AS lots, (SELECT number FROM block ORDER BY 1 DESC LIMIT 1)::int AS block,
        (SELECT count(*) FROM lot)::int + (SELECT count(*) FROM act)::int + (SELECT count(*) FROM edge)::int
        + (SELECT count(*) FROM ruling)::int + (SELECT count(*) FROM account)::int + (SELECT count(*) FROM licence)::int
        + (SELECT count(*) FROM account_key)::int + (SELECT count(*) FROM vocabulary)::int
        + (SELECT count(*) FROM scope_purposes)::int AS rows`;
    const compared = Object.fromEntries(report.checks.map(({ id, compared }) => [id, compared]));
    expect(report.block).to.equal(counts!["block"]);
    expect(compared).to.deep.include({
      storage: counts!["lots"]! + 1,
      effects: counts!["block"]! + 1,
      rows: counts!["rows"],
      conservation: 32,
      answers: Math.min(200, counts!["lots"]!),
    });
    expect(compared["events"]).to.be.greaterThan(200);
  });

  const edits: [what: string, plant: () => Promise<Planted>][] = [
    [
      "a lot's grams",
      async () => {
        const lot = await one(sql<{ id: Hex; grams: bigint; madeBy: Hex; seq: number }>`
          SELECT id, grams, seq, made_by AS "madeBy" FROM lot WHERE disposition = 0 AND seq = 0 ORDER BY id LIMIT 1`);
        await sql`UPDATE lot SET grams = grams + 1 WHERE id = ${lot.id}`;
        const said = { field: "grams", said: String(lot.grams + 1n), expected: String(lot.grams) };
        return {
          rows: [{ key: `lot/${lot.id}`, ...said, place: await placeOf(lot.madeBy) }],
          conservation: ["T1.live right", "T1.lots"],
          answers: [`/v1/lots/${lot.id} grams`],
        };
      },
    ],
    [
      "a lot's owner",
      async () => {
        const lot = await one(sql<{ id: Hex; owner: Hex; digest: Hex }>`
          SELECT id, owner, digest FROM lot JOIN act ON act.lot = lot.id AND act.seq = lot.seq - 1
          WHERE kind = 'pass-title' AND giver <> receiver ORDER BY id LIMIT 1`);
        await sql`UPDATE lot SET owner = ${ZERO} WHERE id = ${lot.id}`;
        const place = await placeOf(lot.digest);
        return { rows: [{ key: `lot/${lot.id}`, field: "owner", said: ZERO, expected: lot.owner, place }] };
      },
    ],
    [
      "a lot's custodian",
      async () => {
        const { account } = audited.api.cast.point;
        const lot = await one(sql<{ id: Hex }>`SELECT id FROM lot WHERE custodian = ${account} ORDER BY id LIMIT 1`);
        await sql`UPDATE lot SET custodian = ${ZERO} WHERE id = ${lot.id}`;
        const place = await placeOf(lot.id);
        return {
          rows: [{ key: `lot/${lot.id}`, field: "custodian", said: ZERO, expected: account, place }],
          answers: [`/v1/lots/${lot.id} custodian`],
        };
      },
    ],
    [
      "a lot's flags",
      async () => {
        const lot = await one(sql<{ id: Hex }>`SELECT id FROM lot WHERE flags = 0 ORDER BY id LIMIT 1`);
        await sql`UPDATE lot SET flags = 1 WHERE id = ${lot.id}`;
        return {
          rows: [{ key: `lot/${lot.id}`, field: "flags", said: "1", expected: "0" }],
          answers: [`/v1/lots/${lot.id} flags`],
        };
      },
    ],
    [
      "a transform's loss",
      async () => {
        const act = await one(sql<{ digest: Hex; loss: bigint }>`
          SELECT digest, loss_grams AS loss FROM act WHERE kind = 'transform' AND loss_grams > 0 ORDER BY digest LIMIT 1`);
        const place = await placeOf(act.digest);
        await sql`UPDATE act SET loss_grams = loss_grams - 1 WHERE digest = ${act.digest}`;
        const said = { field: "lossGrams", said: String(act.loss - 1n), expected: String(act.loss) };
        return {
          rows: [{ key: `act/${act.digest}`, ...said, place }],
          conservation: ["T1.concluded right", "T1.acts"],
        };
      },
    ],
    [
      "an edge's grams",
      async () => {
        const edge = await one(sql<{ child: number; parent: number; grams: bigint; key: string; madeBy: Hex }>`
          SELECT child, parent, edge.grams, 'edge/' || c.id || '/' || p.id AS key, c.made_by AS "madeBy"
          FROM edge JOIN lot c ON c.no = child JOIN lot p ON p.no = parent
          WHERE c.disposition = 0 ORDER BY c.id LIMIT 1`);
        await sql`UPDATE edge SET grams = grams + 1 WHERE child = ${edge.child} AND parent = ${edge.parent}`;
        const said = { field: "grams", said: String(edge.grams + 1n), expected: String(edge.grams) };
        return {
          rows: [{ key: edge.key, ...said, place: await placeOf(edge.madeBy) }],
          conservation: ["T1.acts", "T1.lots"],
        };
      },
    ],
    [
      "a ruling, deleted",
      async () => {
        const ruling = await one(sql<{ lot: Hex; block: bigint; idx: number; tx: Hex }>`
          SELECT lot, block, idx, tx FROM ruling r WHERE kind = 'flags'
            AND 1 = (SELECT count(*) FROM ruling WHERE lot = r.lot) ORDER BY lot LIMIT 1`);
        await sql`DELETE FROM ruling WHERE lot = ${ruling.lot}`;
        const place = { block: Number(ruling.block), index: ruling.idx, tx: ruling.tx };
        return {
          rows: [{ key: `ruling/${ruling.lot}/000001`, field: null, said: null, expected: "kind=flags", place }],
        };
      },
    ],
    [
      "an act, deleted",
      async () => {
        const act = await one(
          // of a lot that nothing has consumed: else the books miss the grams where it went into
          sql<{ digest: Hex }>`SELECT digest FROM act JOIN lot ON lot.id = act.lot
            WHERE kind = 'conclude' AND (ended_by IS NULL OR ended_by = digest) ORDER BY digest LIMIT 1`,
        );
        const place = await placeOf(act.digest);
        await sql`DELETE FROM act WHERE digest = ${act.digest}`;
        return {
          rows: [{ key: `act/${act.digest}`, field: null, said: null, expected: "kind=conclude", place }],
          conservation: ["T1.concluded right", "T1.lots"],
        };
      },
    ],
    [
      "a lot too many",
      async () => {
        const id = `0x${"ab".repeat(32)}`;
        await sql`INSERT INTO lot (no, id, custodian, owner, grams, seq, class, disposition, flags, made_by)
          VALUES (1000000, ${id}, ${ZERO}, ${ZERO}, 0, 1, 1, 2, 0, ${id})`;
        const row = { key: `lot/${id}`, field: null, said: `custodian=${ZERO}`, expected: null, place: null };
        return { rows: [row], conservation: ["T1.lots"] };
      },
    ],
    [
      "a licence's end",
      async () => {
        const { account } = audited.api.cast.point;
        await sql`UPDATE licence SET valid_until = 2000000001 WHERE account = ${account} AND kind = 1`;
        const said = { said: "2000000001", expected: "2000000000" };
        return { rows: [{ key: `licence/${account}/01`, field: "until", ...said }] };
      },
    ],
    [
      "a licence that was withdrawn, kept",
      async () => {
        const { account } = audited.api.cast.point;
        const place = await lastLog(audited, "Parties", "LicenceRevoked");
        await sql`INSERT INTO licence VALUES (${account}, 2, 0, 2000000000, 1, ${`0x${"d0".repeat(32)}`})`;
        return { rows: [{ key: `licence/${account}/02`, field: null, said: "from=0", expected: null, place }] };
      },
    ],
    [
      "an account's status",
      async () => {
        const { account } = audited.api.cast.point;
        await sql`UPDATE account SET status = 2 WHERE id = ${account}`;
        return { rows: [{ key: `account/${account}`, field: "status", said: "2", expected: "1" }] };
      },
    ],
    [
      "a key's end",
      async () => {
        const key = await one(sql<{ id: Hex }>`SELECT id FROM account_key WHERE valid_from = 5`);
        const place = await lastLog(audited, "Parties", "KeyBound");
        await sql`UPDATE account_key SET valid_until = 6 WHERE id = ${key.id}`;
        return { rows: [{ key: `key/${key.id}`, field: "until", said: "6", expected: "2000000000", place }] };
      },
    ],
    [
      "a term, retired",
      async () => {
        await sql`UPDATE vocabulary SET active = false WHERE list = 1 AND code = 1`;
        return { rows: [{ key: "term/001/00001", field: "active", said: "false", expected: "true" }] };
      },
    ],
  ];

  for (const [what, plant] of edits) {
    it(`given ${what} edited in the server's rows, when audited, then that row is named with its place, and no other`, async () => {
      try {
        const { rows, conservation = [], answers = [] } = await plant();
        const report = await auditOf(url);
        const found = foundBy(report, "rows");
        const cut = (text: string | null): string | null =>
          rows[0]!.field === null ? (text?.split(" ")[0] ?? null) : text;
        expect(
          found.map(({ key, field, said, expected }) => ({ key, field, said: cut(said), expected: cut(expected) })),
        ).to.deep.equal(rows.map(({ key, field, said, expected }) => ({ key, field, said, expected })));
        rows.forEach(({ place }, i) => place !== undefined && expect(found[i]!.place).to.deep.equal(place));
        if (rows[0]!.expected !== null) expect(found[0]!.place!.tx).to.match(/^0x[0-9a-f]{64}$/);
        const seen = (check: string): string[] =>
          foundBy(report, check).map(({ key, field }) => (field === null ? key : `${key} ${field}`));
        // whether T2.words' own sample holds the row is chance
        expect(seen("conservation").filter((id) => id !== "T2.words")).to.have.members(conservation);
        expect(seen("answers")).to.deep.equal(answers);
        expect(failing(report)).to.not.include.members(["events"]);
        expect([foundBy(report, "storage"), foundBy(report, "effects")]).to.deep.equal([[], []]);
      } finally {
        await restore();
      }
    });
  }

  it("given every lot's owner edited, when audited, then each row is named once", async () => {
    try {
      await sql`UPDATE lot SET owner = ${ZERO}`;
      const lots = await sql<{ id: Hex }>`SELECT id FROM lot ORDER BY id`;
      const found = foundBy(await auditOf(url), "rows");
      expect(found.map(({ key, field }) => `${key} ${field}`)).to.deep.equal(lots.map(({ id }) => `lot/${id} owner`));
    } finally {
      await restore();
    }
  });

  it("given effects that are wrong from a block on, when audited, then that block is named", async () => {
    try {
      const { block } = await placeOf(
        (await one(sql<{ digest: Hex }>`SELECT digest FROM act ORDER BY block OFFSET 20 LIMIT 1`)).digest,
      );
      await sql`UPDATE block SET effects = ${`0x${"ef".repeat(32)}`} WHERE number >= ${block}`;
      const report = await auditOf(url);
      expect(failing(report)).to.deep.equal(["effects"]);
      expect(foundBy(report, "effects").map(lineOf)[0]).to.match(
        new RegExp(`^block ${block}: block/${block} effects: server says 0xefef`),
      );
    } finally {
      await restore();
    }
  });
});
