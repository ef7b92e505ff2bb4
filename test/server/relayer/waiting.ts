import { expect } from "chai";
import { uintWord } from "../../../server/chain/eip712.ts";
import type { Hex } from "../../../server/chain/port.ts";
import type { Db } from "../../../server/db/port.ts";
import { accept } from "../../../server/relayer/accept.ts";
import { orphanCount, readRequest } from "../../../server/relayer/queries.ts";
import type { NewRequest, Order, Outcome, RequestState } from "../../../server/relayer/requests.ts";
import { settle } from "../../../server/relayer/settle.ts";
import { expire } from "../../../server/relayer/waiting.ts";
import { eachDatabase } from "../../support/databases.ts";
import { draw, emptyTables, knowing, nothingKnown, requestOf } from "./rig.ts";

const ours = draw();
const early: Hex = "0xea111111";
const other: Hex = "0x07ec0000";

/** A room whose subjects stand there. */
const standing = (...stands: [Hex, number][]): Order =>
  knowing({
    seqs: (_, subjects) => Promise.resolve(new Map(stands.filter(([subject]) => subjects.includes(subject)))),
    moved: () => Promise.resolve(new Map(stands)),
    early: new Set([early]),
  });

/** A request that begins a subject, and `n` that follow it one by one. */
function chain(n: number): NewRequest[] {
  const first = requestOf();
  return [first, ...Array.from({ length: n }, (_, seq) => requestOf({ subject: first.digest, seq }))];
}

eachDatabase("requests that need others", (open) => {
  let db: Db;
  before(async () => (db = await open()));
  beforeEach(() => emptyTables(db));

  const stateOf = async (request: NewRequest): Promise<RequestState> =>
    (await readRequest(db.sql, request.digest))!.state;
  const statesOf = (requests: readonly NewRequest[]): Promise<RequestState[]> => Promise.all(requests.map(stateOf));
  const handIn = async (requests: readonly NewRequest[], order = nothingKnown): Promise<RequestState[]> =>
    (await accept(db, requests, order)).map(({ state }) => state);
  const settled = (outcomes: readonly Outcome[], order: Order, now = 5): Promise<void> =>
    db.transaction((sql) => settle(sql, outcomes, order, now));

  async function queueOrder(): Promise<Hex[]> {
    const rows = await db.sql<{ digest: Hex }>`SELECT digest FROM request WHERE state = 'queued' ORDER BY ordinal`;
    return rows.map(({ digest }) => digest);
  }
  const digestsOf = (requests: readonly NewRequest[]): Hex[] => requests.map(({ digest }) => digest);

  /** Puts requests into our transaction, as if it were sent. */
  const carry = (requests: readonly NewRequest[]): Promise<unknown> =>
    db.sql`UPDATE request SET state = 'sent', tx_hash = ${ours}, waits_since = NULL WHERE digest = ANY(${digestsOf(requests)}::text[])`;
  const skipped = ({ digest }: NewRequest, reason: Hex): Outcome => ({ digest, tx: ours, block: 4, skipped: reason });

  describe("handed in", () => {
    it("given a chain in one bundle, last first, then all are queued, in the order in which they can travel", async () => {
      const acts = chain(4);
      expect(await handIn(acts.toReversed())).to.deep.equal(acts.map(() => "queued"));
      expect(await queueOrder()).to.deep.equal(digestsOf(acts));
    });

    it("given a chain one by one, last first, then all wait for the first, and are queued behind it when it comes", async () => {
      const [first, ...rest] = chain(30);
      for (const act of rest.toReversed()) expect(await handIn([act])).to.deep.equal(["waiting"]);
      const stranger = requestOf();
      expect(await handIn([stranger])).to.deep.equal(["queued"]);
      expect(new Set(await statesOf(rest))).to.deep.equal(new Set(["waiting"]));
      expect(await handIn([first!])).to.deep.equal(["queued"]);
      expect(await queueOrder()).to.deep.equal(digestsOf([stranger, first!, ...rest]));
    });

    it("given one that waits and comes again with what it needs, then the answer says that it is queued", async () => {
      const [first, second] = chain(1);
      await handIn([second!]);
      expect(await accept(db, [second!, first!], nothingKnown)).to.deep.equal([
        { digest: second!.digest, status: "duplicate", receipt: second!.receipt, state: "queued" },
        { digest: first!.digest, status: "accepted", receipt: first!.receipt, state: "queued" },
      ]);
    });

    it("given a gap in the chain, then only what stands before it is queued", async () => {
      const acts = chain(4);
      expect(await handIn([acts[4]!, acts[3]!, acts[1]!, acts[0]!])).to.deep.equal([
        "waiting",
        "waiting",
        "queued",
        "queued",
      ]);
      expect(await handIn([acts[2]!])).to.deep.equal(["queued"]);
      expect(await queueOrder()).to.deep.equal(digestsOf(acts));
    });

    it("given a subject that another request makes, then acts on it wait for that one", async () => {
      const [lot, child] = [requestOf(), draw()];
      const onChild = requestOf({ subject: child, seq: 0 });
      const split = requestOf({ subject: lot.digest, seq: 0, outputs: [draw(), child] });
      expect(await handIn([onChild])).to.deep.equal(["waiting"]);
      expect(await handIn([split])).to.deep.equal(["waiting"]);
      expect(await handIn([lot])).to.deep.equal(["queued"]);
      expect(await queueOrder()).to.deep.equal(digestsOf([lot, split, onChild]));
    });

    it("given an act with several inputs, then it waits for the last of them, each at its seq", async () => {
      const [a, b, c] = [requestOf(), chain(1), requestOf()];
      const inputs = [
        { subject: b[0]!.digest, seq: 1 },
        { subject: c.digest, seq: 0 },
      ];
      const joins = requestOf({ subject: a.digest, seq: 0, inputs });
      for (const [act, state] of [
        [joins, "waiting"],
        [a, "waiting"],
        [b[0]!, "waiting"],
        [c, "waiting"],
        [b[1]!, "queued"],
      ] as const) {
        await handIn([act]);
        expect(await stateOf(joins)).to.equal(state);
      }
      expect((await queueOrder()).at(-1)).to.equal(joins.digest);
    });

    it("given what the projections have reached or passed, then it is queued; given they are behind, then it waits", async () => {
      const subject = draw();
      const acts = [2, 3, 5].map((seq) => requestOf({ subject, seq }));
      expect(await handIn(acts, standing([subject, 3]))).to.deep.equal(["queued", "queued", "waiting"]);
    });

    for (const state of ["signed", "sent", "mined", "final"] as const) {
      it(`given what it needs is ${state}, then it is queued`, async () => {
        const [first, second] = chain(1);
        await handIn([first!]);
        await db.sql`UPDATE request SET state = ${state}`;
        expect(await handIn([second!])).to.deep.equal(["queued"]);
      });
    }

    for (const state of ["skipped", "rejected", "expired"] as const) {
      it(`given what it needs is ${state}, then it waits until that comes again`, async () => {
        const [first, second] = chain(1);
        await handIn([first!]);
        await db.sql`UPDATE request SET state = ${state}`;
        expect(await handIn([second!])).to.deep.equal(["waiting"]);
        expect(await handIn([second!, first!])).to.deep.equal(["queued", "queued"]);
      });
    }

    it("given parents and children handed in at once by many, then none is left waiting", async () => {
      for (let round = 0; round < 15; round++) {
        const chains = Array.from({ length: 8 }, () => chain(3));
        const shuffled = chains.flat().sort(() => Math.random() - 0.5);
        const bundles = [0, 8, 16, 24].map((from) => shuffled.slice(from, from + 8));
        await Promise.all(bundles.map((bundle) => handIn(bundle)));
        expect(new Set(await statesOf(chains.flat()))).to.deep.equal(new Set(["queued"]));
        const place = new Map((await queueOrder()).map((digest, i) => [digest, i]));
        for (const acts of chains) {
          const places = acts.map(({ digest }) => place.get(digest)!);
          expect(places).to.deep.equal([...places].sort((x, y) => x - y));
        }
      }
    });
  });

  describe("handed in again", () => {
    const again = (act: NewRequest): NewRequest => {
      return { ...act, body: uintWord(77), receipt: "the second", acceptedAt: 9 };
    };
    const bodyOf = async ({ digest }: NewRequest): Promise<Hex> => {
      const [row] = await db.sql<{ body: Uint8Array }>`SELECT body FROM request WHERE digest = ${digest}`;
      return `0x${Buffer.from(row!.body).toString("hex")}`;
    };

    for (const state of ["skipped", "rejected", "expired"] as const) {
      it(`given it is ${state}, when it comes with another body, then that travels, and the receipt stays the first`, async () => {
        const act = requestOf({ receipt: "the first" });
        const rival = requestOf();
        await handIn([act, rival]);
        await db.sql`UPDATE request SET state = ${state}, tx_hash = ${ours}, block = 3, reason = 'why', attempt = 20 WHERE digest = ${act.digest}`;
        expect(await accept(db, [again(act)], nothingKnown)).to.deep.equal([
          { digest: act.digest, status: "duplicate", receipt: "the first", state: "queued" },
        ]);
        const fresh = { state: "queued", receipt: "the first", tx: null, block: null, reason: null, attempt: 0 };
        expect(await readRequest(db.sql, act.digest)).to.include(fresh);
        expect(await bodyOf(act)).to.equal(`0x${"0".repeat(62)}4d`);
        expect(await queueOrder()).to.deep.equal(digestsOf([rival, act]));
      });
    }

    it("given a bar was lifted since it was skipped, when it comes unchanged, then it travels; given it was overtaken, then not", async () => {
      const act = requestOf({ subject: draw(), seq: 3 });
      await handIn([act], standing([act.subject, 3]));
      await db.sql`UPDATE request SET state = 'skipped', reason = 'why'`;
      expect(await handIn([act], standing([act.subject, 4]))).to.deep.equal(["skipped"]);
      expect(await handIn([act], standing([act.subject, 3]))).to.deep.equal(["queued"]);
    });

    it("given what waited for it, when it travels again, then that is queued behind it", async () => {
      const [first, second] = chain(1);
      await handIn([first!]);
      await db.sql`UPDATE request SET state = 'rejected', reason = 'why'`;
      await handIn([second!]);
      await handIn([again(first!)]);
      expect(await queueOrder()).to.deep.equal(digestsOf([first!, second!]));
    });

    it("given it expired and what it needs has not come, then it waits again from now on", async () => {
      const [, second] = chain(1);
      await handIn([second!]);
      await expire(db.sql, 1, second!.acceptedAt + 86_400_001);
      expect(await handIn([again(second!)])).to.deep.equal(["waiting"]);
      expect(await db.sql`SELECT waits_since, reason FROM request`).to.deep.equal([{ waits_since: 9n, reason: null }]);
    });

    it("given its subject has moved past it, then it stays as it is, whatever its body", async () => {
      const [first, second] = chain(1);
      await handIn([first!, second!]);
      await db.sql`UPDATE request SET state = 'skipped', reason = 'why' WHERE digest = ${second!.digest}`;
      const before = await bodyOf(second!);
      expect(await handIn([again(second!)], standing([first!.digest, 1]))).to.deep.equal(["skipped"]);
      expect(await bodyOf(second!)).to.equal(before);
    });

    it("given it is on its way, or waits, then its body stays the first", async () => {
      const [first, second] = chain(1);
      await handIn([first!]);
      const waits = requestOf({ subject: draw(), seq: 0 });
      await handIn([second!, waits]);
      const before = await Promise.all([second!, waits].map(bodyOf));
      expect(await handIn([again(second!), again(waits)])).to.deep.equal(["queued", "waiting"]);
      expect(await Promise.all([second!, waits].map(bodyOf))).to.deep.equal(before);
    });

    it("given it came to nothing here and the chain has recorded it since, then it is final", async () => {
      const act = requestOf();
      await handIn([act]);
      await db.sql`UPDATE request SET state = 'expired', reason = 'why'`;
      const recorded = (): Promise<Set<Hex>> => Promise.resolve(new Set([act.digest]));
      expect(await handIn([again(act)], knowing({ recorded }))).to.deep.equal(["final"]);
      expect(await readRequest(db.sql, act.digest)).to.include({ state: "final", reason: null });
    });
  });

  describe("settled", () => {
    it("given a stranger's transaction brings about what it needs, then it is queued, and what rests on it", async () => {
      const [first, ...rest] = chain(3);
      await handIn(rest);
      const foreign: Outcome = { digest: first!.digest, tx: draw(), block: 4 };
      await settled([foreign], standing([first!.digest, 0]));
      expect(await queueOrder()).to.deep.equal(digestsOf(rest));
    });

    it("given it travelled ahead of what it needs, then it waits, and is queued when that is recorded", async () => {
      const [first, second] = chain(1);
      await handIn([first!, second!]);
      await db.sql`UPDATE request SET state = 'skipped', reason = 'why' WHERE digest = ${first!.digest}`;
      await carry([second!]);
      await settled([skipped(second!, other)], standing());
      expect(await readRequest(db.sql, second!.digest)).to.include({
        ...{ state: "waiting", tx: null, block: null, reason: null, attempt: 1 },
      });
      await settled([{ digest: first!.digest, tx: draw(), block: 5 }], standing([first!.digest, 0]));
      expect(await queueOrder()).to.deep.equal([second!.digest]);
    });

    it("given what it needs came later in the same range, then the chain's reason tells, and it is queued again", async () => {
      const [first, second] = chain(1);
      await handIn([first!, second!]);
      await carry([first!, second!]);
      const outcomes = [skipped(second!, early), { digest: first!.digest, tx: ours, block: 5 }];
      await settled(outcomes, standing([first!.digest, 0]));
      expect(await statesOf([first!, second!])).to.deep.equal(["final", "queued"]);
    });

    it("given it is skipped for another reason where its subject stands, then that is final", async () => {
      const [first, second] = chain(1);
      await handIn([first!, second!]);
      await carry([first!, second!]);
      await settled([skipped(second!, other)], standing([first!.digest, 0]));
      expect(await readRequest(db.sql, second!.digest)).to.include({
        state: "skipped",
        reason: other,
        tx: ours,
        block: 4,
      });
    });

    it("given its subject has moved past it, then it is skipped, also for its place in the order", async () => {
      const [first, second] = chain(1);
      await handIn([first!, second!]);
      await carry([first!, second!]);
      await settled([skipped(second!, early)], standing([first!.digest, 1]));
      expect(await stateOf(second!)).to.equal("skipped");
    });

    it("given one of its inputs is missing, then it waits for that one", async () => {
      const [a, b] = [requestOf(), requestOf()];
      const joins = requestOf({ subject: a.digest, seq: 0, inputs: [{ subject: b.digest, seq: 0 }] });
      await handIn([a, b, joins]);
      await carry([a, b, joins]);
      await db.sql`UPDATE request SET state = 'rejected' WHERE digest = ${b.digest}`;
      await settled([skipped(joins, early)], standing([a.digest, 0]));
      expect(await stateOf(joins)).to.equal("waiting");
      await settled([{ digest: b.digest, tx: draw(), block: 6 }], standing([a.digest, 0], [b.digest, 0]));
      expect(await stateOf(joins)).to.equal("queued");
    });

    it("given it travelled ahead for the twentieth time, then it is rejected in words", async () => {
      const [first, second] = chain(1);
      await handIn([first!, second!]);
      for (let attempt = 1; attempt <= 20; attempt++) {
        await carry([second!]);
        await settled([skipped(second!, early)], standing());
        // what it needs is on its way all the time, and never arrives
        expect(await readRequest(db.sql, second!.digest)).to.include({
          ...{ state: attempt < 20 ? "queued" : "rejected", attempt },
        });
      }
      expect((await readRequest(db.sql, second!.digest))!.reason).to.match(/^It travelled 20 times ahead of the acts/);
    });
  });

  describe("that never come", () => {
    const day = 86_400_000;

    it("given one has waited longer than it may, then it expires in words; younger ones and others stay", async () => {
      const old = requestOf({ subject: draw(), seq: 0, acceptedAt: 10 * day });
      const young = requestOf({ subject: draw(), seq: 0, acceptedAt: 10 * day + 1 });
      await handIn([old, young, requestOf({ acceptedAt: 0 })]);
      expect(await expire(db.sql, 30, 40 * day)).to.equal(0);
      expect(await orphanCount(db.sql)).to.deep.equal({ waiting: 2, expired: 0 });
      expect(await expire(db.sql, 30, 40 * day + 1)).to.equal(1);
      expect(await orphanCount(db.sql)).to.deep.equal({ waiting: 1, expired: 1 });
      const view = (await readRequest(db.sql, old.digest))!;
      expect(view.state).to.equal("expired");
      expect(view.reason).to.match(/^It waited 30 days for an act that it rests on/);
      expect(await stateOf(young)).to.equal("waiting");
    });

    it("given it was carried in vain, then it waits from then on, not from when it was handed in", async () => {
      const [, second] = chain(1);
      await handIn([second!]);
      await carry([second!]);
      await settled([skipped(second!, early)], standing(), second!.acceptedAt + 20 * day);
      expect(await expire(db.sql, 30, second!.acceptedAt + 45 * day)).to.equal(0);
      expect(await expire(db.sql, 30, second!.acceptedAt + 51 * day)).to.equal(1);
    });
  });
});
