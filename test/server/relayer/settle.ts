import { expect } from "chai";
import type { Hex } from "../../../server/chain/port.ts";
import type { Db } from "../../../server/db/port.ts";
import { accept } from "../../../server/relayer/accept.ts";
import { readRequest } from "../../../server/relayer/queries.ts";
import type { Order, Outcome, RequestState } from "../../../server/relayer/requests.ts";
import { settle } from "../../../server/relayer/settle.ts";
import { eachDatabase } from "../../support/databases.ts";
import { draw, emptyTables, knowing, nothingKnown, requestOf } from "./rig.ts";

const ours = draw();
const strangers = draw();
const reason: Hex = "0xdeadbeef";

eachDatabase("settling requests by what the chain says", (open) => {
  let db: Db;
  before(async () => (db = await open()));
  beforeEach(() => emptyTables(db));

  /** A request in that state, carried by our transaction unless it is queued. */
  async function given(state: RequestState): Promise<Hex> {
    const request = requestOf();
    await accept(db, [request], nothingKnown);
    const tx = state === "queued" || state === "waiting" ? null : ours;
    await db.sql`UPDATE request SET state = ${state}, tx_hash = ${tx} WHERE digest = ${request.digest}`;
    return request.digest;
  }

  const settled = (outcomes: readonly Outcome[], order: Order = nothingKnown): Promise<void> =>
    db.transaction((sql) => settle(sql, outcomes, order));

  const success = (digest: Hex, tx: Hex, block = 5): Outcome => ({ digest, tx, block });
  const skip = (digest: Hex, tx: Hex, block = 5): Outcome => ({ digest, tx, block, skipped: reason });

  for (const state of ["queued", "signed", "sent", "mined", "skipped", "rejected", "expired"] as const) {
    it(`given a request that is ${state}, when anybody's transaction records its act, then it is final there`, async () => {
      const [digest, other] = [await given(state), await given(state)];
      await settled([success(digest, strangers, 7)]);
      expect(await readRequest(db.sql, digest)).to.include({ state: "final", tx: strangers, block: 7, reason: null });
      expect((await readRequest(db.sql, other))!.state).to.equal(state);
    });
  }

  for (const state of ["signed", "sent", "mined"] as const) {
    it(`given a request that is ${state}, when the transaction that carries it skips it, then it is skipped with the reason`, async () => {
      const digest = await given(state);
      await settled([skip(digest, ours, 6)]);
      expect(await readRequest(db.sql, digest)).to.include({ state: "skipped", tx: ours, block: 6, reason });
    });

    it(`given a request that is ${state}, when a stranger's spoiled copy of it is skipped, then nothing changes`, async () => {
      const digest = await given(state);
      await settled([skip(digest, strangers)]);
      expect(await readRequest(db.sql, digest)).to.include({ state, tx: ours, block: null, reason: null });
    });
  }

  it("given a queued request, when a spoiled copy of it is skipped, then it stays queued", async () => {
    const digest = await given("queued");
    await settled([skip(digest, strangers)]);
    expect(await readRequest(db.sql, digest)).to.include({ state: "queued", tx: null });
  });

  it("given a stranger recorded the act before, when our transaction skips it as stale, then it stays final", async () => {
    const digest = await given("mined");
    await settled([success(digest, strangers, 4)]);
    await settled([skip(digest, ours, 5)]);
    expect(await readRequest(db.sql, digest)).to.include({ state: "final", tx: strangers, block: 4, reason: null });
  });

  for (const order of ["before", "after"] as const) {
    it(`given our transaction records it, when a spoiled copy is skipped ${order} it in the same range, then it is final`, async () => {
      const digest = await given("mined");
      const outcomes = [skip(digest, strangers), success(digest, ours)];
      await settled(order === "before" ? outcomes : outcomes.reverse());
      expect(await readRequest(db.sql, digest)).to.include({ state: "final", tx: ours, reason: null });
    });
  }

  it("given our transaction skipped it, when a later one records it, then it is final", async () => {
    const digest = await given("mined");
    await settled([skip(digest, ours)]);
    await settled([success(digest, strangers, 9)]);
    expect(await readRequest(db.sql, digest)).to.include({ state: "final", tx: strangers, block: 9, reason: null });
  });

  it("given the act was recorded before it was handed in, when our transaction skips it, then it is final", async () => {
    const [digest, other] = [await given("mined"), await given("mined")];
    const asked: Hex[] = [];
    const recorded: Order["recorded"] = (_, digests) => {
      asked.push(...digests);
      return Promise.resolve(new Set([digest]));
    };
    await settled([skip(digest, ours), skip(other, ours)], knowing({ recorded }));
    expect(asked).to.have.members([digest, other]);
    expect(await readRequest(db.sql, digest)).to.include({ state: "final", tx: null, reason: null });
    expect(await readRequest(db.sql, other)).to.include({ state: "skipped", reason });
  });

  it("given acts that were never handed in here, then nothing is stored for them, and nobody is asked about them", async () => {
    const digest = await given("sent");
    const asked = knowing({ recorded: () => Promise.reject(new Error("asked")) });
    await settled([success(draw(), strangers), skip(draw(), strangers)], asked);
    expect(await db.sql`SELECT digest, state FROM request`).to.deep.equal([{ digest, state: "sent" }]);
  });

  it("given hundreds of outcomes at once, then each request gets its own", async () => {
    const requests = Array.from({ length: 300 }, () => requestOf());
    await accept(db, requests, nothingKnown);
    await db.sql`UPDATE request SET state = 'mined', tx_hash = ${ours}`;
    const outcomes = requests.map(({ digest }, i): Outcome => {
      return i % 3 === 0
        ? { ...skip(digest, ours, i), skipped: `0x${i.toString(16).padStart(8, "0")}` }
        : success(digest, ours, i);
    });
    await settled(outcomes);
    await settled(outcomes);
    const rows = await db.sql<{ state: string; block: bigint; reason: string | null }>`
      SELECT state, block, reason FROM request ORDER BY ordinal`;
    expect(rows).to.deep.equal(
      outcomes.map(({ block, skipped }) => {
        return { state: skipped ? "skipped" : "final", block: BigInt(block), reason: skipped ?? null };
      }),
    );
  });
});
