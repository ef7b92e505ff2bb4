import { expect } from "chai";
import { accept, acceptTransaction } from "../../../server/relayer/accept.ts";
import { openSender } from "../../../server/relayer/assign.ts";
import { readRequest } from "../../../server/relayer/queries.ts";
import type { Order } from "../../../server/relayer/requests.ts";
import type { Db } from "../../../server/db/port.ts";
import { eachDatabase } from "../../support/databases.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { draw, emptyTables, knowing, newSigner, nothingKnown, rawOf, requestOf, requestsOf, states } from "./rig.ts";

eachDatabase("accepting requests", (open) => {
  let db: Db;
  before(async () => (db = await open()));
  beforeEach(() => emptyTables(db));

  describe("acts", () => {
    it("given new acts, when they are handed in, then each is queued with its receipt, numbered in the order given", async () => {
      const requests = requestsOf(50);
      const answers = await accept(db, requests, nothingKnown);
      const expected = requests.map(({ digest, receipt }) => ({
        digest,
        receipt,
        status: "accepted",
        state: "queued",
      }));
      expect(answers).to.deep.equal(expected);
      const rows = await db.sql`SELECT digest, receipt, state, batch_cap, attempt FROM request ORDER BY ordinal`;
      const stored = requests.map(({ digest, receipt }) => ({ digest, receipt }));
      expect(rows).to.deep.equal(stored.map((row) => ({ ...row, state: "queued", batch_cap: 200, attempt: 0 })));
    });

    it("given an act handed in before, when it comes again, then it is a duplicate with the first receipt and its present state", async () => {
      const [old, fresh] = [requestOf({ receipt: "the first" }), requestOf()];
      await accept(db, [old], nothingKnown);
      await db.sql`UPDATE request SET state = 'mined'`;
      const again = { ...old, receipt: "the second", body: Buffer.from("other") };
      expect(await accept(db, [again, fresh], nothingKnown)).to.deep.equal([
        { digest: old.digest, status: "duplicate", receipt: "the first", state: "mined" },
        { digest: fresh.digest, status: "accepted", receipt: fresh.receipt, state: "queued" },
      ]);
      const [row] = await db.sql<{ body: Uint8Array }>`SELECT body FROM request WHERE digest = ${old.digest}`;
      expect(Buffer.from(row!.body).equals(Buffer.from(old.body))).to.equal(true);
    });

    it("given an act twice in one bundle, then it is stored once, with the receipt of the first", async () => {
      const act = requestOf({ receipt: "the first" });
      const answers = await accept(db, [act, { ...act, receipt: "the second" }], nothingKnown);
      expect(answers.map(({ status, receipt }) => [status, receipt])).to.deep.equal([
        ["accepted", "the first"],
        ["duplicate", "the first"],
      ]);
      expect(await states(db)).to.deep.equal({ queued: 1 });
    });

    it("given an act that the chain has recorded by somebody else's transaction, then it is final and never queued", async () => {
      const [known, fresh] = [requestOf(), requestOf()];
      const recorded: Order["recorded"] = (_, digests) => {
        expect(digests).to.deep.equal([known.digest, fresh.digest]);
        return Promise.resolve(new Set([known.digest]));
      };
      const answers = await accept(db, [known, fresh], knowing({ recorded }));
      expect(answers.map(({ state }) => state)).to.deep.equal(["final", "queued"]);
      expect(await states(db)).to.deep.equal({ final: 1, queued: 1 });
    });

    it("given two bundles of the same acts in opposite order, when they come at once, then each act is accepted once", async () => {
      for (let round = 1; round <= 3; round++) {
        const requests = requestsOf(1_000);
        const bundles = await Promise.all([
          accept(db, requests, nothingKnown),
          accept(db, requests.toReversed(), nothingKnown),
        ]);
        const accepted = bundles.flat().filter(({ status }) => status === "accepted");
        expect(new Set(accepted.map(({ digest }) => digest)).size).to.equal(1_000);
        expect(accepted).to.have.length(1_000);
        expect(await states(db)).to.deep.equal({ queued: round * 1_000 });
      }
    });

    it("given a failing question whether they are recorded, then nothing is stored", async () => {
      const failing = accept(
        db,
        requestsOf(3),
        knowing({ recorded: () => Promise.reject(new Error("no projections")) }),
      );
      expect(await failing.catch(String)).to.equal("Error: no projections");
      expect(await states(db)).to.deep.equal({});
    });

    it("given a stored act, when it is read, then everything it can say is said", async () => {
      const act = requestOf();
      await accept(db, [act], nothingKnown);
      expect(await readRequest(db.sql, act.digest)).to.deep.equal({
        ...{ digest: act.digest, kind: "burn", state: "queued", reason: null, tx: null, block: null, attempt: 0 },
        ...{ acceptedAt: act.acceptedAt, receipt: act.receipt },
      });
      expect(await readRequest(db.sql, draw())).to.equal(undefined);
    });
  });

  describe("raw transactions", () => {
    const to = draw(20);

    it("given a new one, then it is stored, signed as it is, at its sender's nonce", async () => {
      const signer = newSigner();
      const raw = rawOf(signer, to, 3);
      expect(await acceptTransaction(db, raw)).to.include({
        status: "accepted",
        receipt: raw.receipt,
        state: "signed",
      });
      expect(await readRequest(db.sql, raw.hash)).to.include({ kind: "transaction", state: "signed", tx: raw.hash });
      const [tx] = await db.sql`SELECT sender, nonce, state FROM tx WHERE hash = ${raw.hash}`;
      expect(tx).to.deep.equal({ sender: signer.address, nonce: 3n, state: "signed" });
    });

    it("given the same bytes twice, also at once, then the second is a duplicate with the first receipt", async () => {
      const raw = rawOf(newSigner(), to, 0);
      const twice = [raw, { ...raw, receipt: "the second" }].map((each) => acceptTransaction(db, each));
      expect((await Promise.all(twice)).map(({ status }) => status)).to.have.members(["accepted", "duplicate"]);
      const third = await acceptTransaction(db, { ...raw, receipt: "the third", chainNonce: 1 });
      const [stored] = await db.sql<{ receipt: string }>`SELECT receipt FROM request`;
      expect(third).to.include({ status: "duplicate", receipt: stored!.receipt });
      expect(stored!.receipt).not.to.equal("the third");
    });

    it("given another transaction at the nonce, then it is refused, and nothing of it is stored", async () => {
      const signer = newSigner();
      const [first, second] = [rawOf(signer, to, 0), rawOf(signer, to, 0, 2)];
      await acceptTransaction(db, first);
      expect(await acceptTransaction(db, second)).to.deep.equal({ digest: second.hash, status: "nonce-taken" });
      expect(await db.sql`SELECT digest FROM request`).to.deep.equal([{ digest: first.hash }]);
      expect(await db.sql`SELECT hash FROM tx`).to.deep.equal([{ hash: first.hash }]);
    });

    it("given a nonce that the chain has used, then it is refused", async () => {
      const raw = { ...rawOf(newSigner(), to, 4), chainNonce: 5 };
      expect(await acceptTransaction(db, raw)).to.include({ status: "nonce-taken" });
      expect(await states(db)).to.deep.equal({});
    });

    describe("of an address that batches are sent from", () => {
      let open: OpenChain;
      before(async () => (open = await openEmbedded()));
      after(() => open.close());

      it("given its next nonce, then the nonce is taken from its row; any other is refused", async () => {
        const signer = newSigner();
        await openSender(db, open.chain, signer.address);
        expect(await acceptTransaction(db, rawOf(signer, to, 1))).to.include({ status: "nonce-taken" });
        expect(await acceptTransaction(db, rawOf(signer, to, 0))).to.include({ status: "accepted" });
        expect(await db.sql`SELECT next_nonce FROM sender`).to.deep.equal([{ next_nonce: 1n }]);
        expect(await acceptTransaction(db, rawOf(signer, to, 0, 2))).to.include({ status: "nonce-taken" });
        expect(await db.sql`SELECT next_nonce FROM sender`).to.deep.equal([{ next_nonce: 1n }]);
      });
    });
  });
});
