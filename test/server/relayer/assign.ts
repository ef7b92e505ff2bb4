import { expect } from "chai";
import { createSigner, decodeTransaction, nextNonce } from "../../../server/chain/transactions.ts";
import type { Hex } from "../../../server/chain/port.ts";
import type { Db } from "../../../server/db/port.ts";
import { accept, acceptTransaction } from "../../../server/relayer/accept.ts";
import { assign, openSender, type AssignDeps } from "../../../server/relayer/assign.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { readRequest } from "../../../server/relayer/queries.ts";
import { eachDatabase } from "../../support/databases.ts";
import * as rig from "./rig.ts";

const to: Hex = `0x${"bb".repeat(20)}`;

eachDatabase("assigning requests to transactions", (open) => {
  let db: Db;
  let deps: AssignDeps;
  before(async () => (db = await open()));
  beforeEach(async () => {
    await rig.emptyTables(db);
    const signer = rig.newSigner();
    deps = { db, carriers: [rig.burnCarrier(to)], signer, chainId: rig.chainId, reached: rig.nothingReached };
    await db.sql`INSERT INTO sender (address, next_nonce) VALUES (${signer.address}, 7)`;
  });

  const queue = (requests: readonly ReturnType<typeof rig.requestOf>[]) => accept(db, requests, rig.nothingKnown);

  /** The transactions signed so far, decoded, with the digests each carries in order. */
  async function signed() {
    const rows = await db.sql<{ raw: Uint8Array; digests: Hex[] }>`
      SELECT raw, (SELECT array_agg(digest::text ORDER BY pos) FROM tx_item WHERE tx_hash = hash) AS digests
      FROM tx ORDER BY nonce`;
    return rows.map(({ raw, digests }) => ({ ...decodeTransaction(raw), digests }));
  }

  it("given queued requests, then one transaction carries them in order, at the sender's nonce, within the carrier's bound", async () => {
    const requests = [5, 3, 8].map((turns) => rig.requestOf({ turns }));
    await queue(requests);
    const told: string[] = [];
    deps.reached = async (step) => void told.push(step, ...Object.keys(await rig.states(db)));
    expect(await assign(deps)).to.equal(true);
    expect(told).to.deep.equal(["signed", "signed"]);
    const [tx, ...others] = await signed();
    expect(others).to.deep.equal([]);
    expect(tx).to.include({
      from: deps.signer.address,
      to,
      nonce: 7,
      chainId: rig.chainId,
      gasLimit: 60_000n + 3n * 4_400n,
    });
    expect(tx!.data).to.equal(deps.carriers[0]!.calldata(requests.map(({ body }) => body)));
    expect(tx!.digests).to.deep.equal(requests.map(({ digest }) => digest));
    const rows = await db.sql`SELECT DISTINCT state, tx_hash FROM request`;
    expect(rows).to.deep.equal([{ state: "signed", tx_hash: tx!.hash }]);
    expect(await db.sql`SELECT next_nonce FROM sender`).to.deep.equal([{ next_nonce: 8n }]);
    expect(await assign(deps)).to.equal(false);
  });

  it("given more than a batch, then batches of 200 follow one another at successive nonces", async () => {
    await queue(rig.requestsOf(450));
    while (await assign(deps));
    const all = await signed();
    expect(all.map(({ nonce, digests }) => [nonce, digests.length])).to.deep.equal([
      [7, 200],
      [8, 200],
      [9, 50],
    ]);
    expect(new Set(all.flatMap(({ digests }) => digests)).size).to.equal(450);
  });

  it("given items that cost much, then a batch stays within 12,000,000 gas", async () => {
    deps.carriers = [rig.burnCarrier(to, 10_000n)];
    await queue(rig.requestsOf(40));
    while (await assign(deps));
    const all = await signed();
    expect(all.map(({ digests }) => digests.length)).to.deep.equal([31, 9]);
    expect(all.every(({ gasLimit }) => gasLimit <= 12_000_000n)).to.equal(true);
  });

  it("given one item that costs more than a batch may, then it travels alone", async () => {
    deps.carriers = [rig.burnCarrier(to, 400_000n)];
    await queue(rig.requestsOf(2));
    while (await assign(deps));
    expect((await signed()).map(({ digests }) => digests.length)).to.deep.equal([1, 1]);
  });

  it("given one item that no transaction can carry, then it is rejected in words, and those behind it travel", async () => {
    const gasOf = (body: Uint8Array): bigint => (body[31] === 9 ? 16_717_217n : 5_000n);
    deps.carriers = [{ ...rig.burnCarrier(to), gasOf }];
    const [heavy, light] = [rig.requestOf({ turns: 9 }), rig.requestOf()];
    await queue([heavy, light]);
    while (await assign(deps));
    const rejected = await readRequest(db.sql, heavy.digest);
    expect(rejected).to.include({ state: "rejected", tx: null });
    expect(rejected!.reason).to.match(/^It may take 16777217 gas, and a transaction at most 16777216/);
    expect((await signed()).map(({ digests }) => digests)).to.deep.equal([[light.digest]]);
  });

  it("given several kinds, then each batch has one, and a kind that nothing carries stays queued", async () => {
    deps.carriers = [rig.burnCarrier(to), rig.burnCarrier(to, 5n, "blaze")];
    const kinds = ["burn", "blaze", "unknown", "burn", "blaze"];
    const requests = kinds.map((kind) => rig.requestOf({ kind }));
    await queue(requests);
    while (await assign(deps));
    const digests = requests.map(({ digest }) => digest);
    expect((await signed()).map((tx) => tx.digests)).to.deep.equal([
      [digests[0], digests[3]],
      [digests[1], digests[4]],
    ]);
    expect(await rig.states(db)).to.deep.equal({ signed: 4, queued: 1 });
  });

  it("given requests of smaller caps, then they travel among themselves, the smallest first", async () => {
    const requests = rig.requestsOf(6);
    await queue(requests);
    const digests = requests.map(({ digest }) => digest);
    await db.sql`UPDATE request SET batch_cap = 2 WHERE digest = ANY(${digests.slice(2, 5)}::text[])`;
    while (await assign(deps));
    expect((await signed()).map((tx) => tx.digests)).to.deep.equal([
      digests.slice(2, 4),
      digests.slice(4, 5),
      [digests[0], digests[1], digests[5]],
    ]);
  });

  it("given acts of one subject accepted out of order and of several kinds, then they travel in seq order", async () => {
    deps.carriers = [rig.burnCarrier(to), rig.burnCarrier(to, 5n, "blaze")];
    const subject = rig.draw();
    const terms = [
      { seq: 3, kind: "burn" },
      { seq: 1, kind: "burn" },
      { seq: 2, kind: "blaze" },
      { seq: 4, kind: "burn" },
    ];
    const acts = terms.map((term) => rig.requestOf({ subject, ...term }));
    const seqs = (): Promise<Map<Hex, number>> => Promise.resolve(new Map([[subject, 1]]));
    await accept(db, [...acts, rig.requestOf()], rig.knowing({ seqs }));
    while (await assign(deps));
    const order = (await signed())
      .flatMap((tx) => tx.digests)
      .filter((digest) => acts.some((act) => act.digest === digest));
    const bySeq = [...acts].sort((a, b) => a.seq - b.seq);
    expect(order).to.deep.equal(bySeq.map(({ digest }) => digest));
  });

  it("given a chain of acts of one kind, then one batch carries them all, in order", async () => {
    const first = rig.requestOf();
    const rest = [0, 1, 2].map((seq) => rig.requestOf({ subject: first.digest, seq }));
    await queue([...rest.toReversed(), first]);
    while (await assign(deps));
    const digests = [first, ...rest].map(({ digest }) => digest);
    expect((await signed()).map((tx) => tx.digests)).to.deep.equal([digests]);
  });

  it("given an act whose second input is still queued in another kind, then it travels after that", async () => {
    deps.carriers = [rig.burnCarrier(to), rig.burnCarrier(to, 5n, "blaze")];
    const [a, b, other] = [rig.requestOf(), rig.requestOf({ kind: "blaze" }), rig.requestOf()];
    const join = rig.requestOf({ subject: a.digest, seq: 0, inputs: [{ subject: b.digest, seq: 0 }] });
    await queue([join, a, b, other]);
    // as after a revert: what it needs comes behind it
    await db.sql`UPDATE request SET ordinal = ordinal + 100 WHERE digest = ${b.digest}`;
    while (await assign(deps));
    expect((await signed()).map((tx) => tx.digests)).to.deep.equal([
      [a.digest, other.digest],
      [b.digest],
      [join.digest],
    ]);
  });

  it("given 64 transactions in flight, then none is signed until one stands in a block", async () => {
    deps.carriers = [{ ...rig.burnCarrier(to), gasOf: () => 12_000_000n }];
    await queue(rig.requestsOf(70));
    for (let i = 0; i < 64; i++) expect(await assign(deps), `transaction ${i}`).to.equal(true);
    expect(await assign(deps)).to.equal(false);
    expect(await rig.states(db)).to.deep.equal({ signed: 64, queued: 6 });
    await db.sql`UPDATE tx SET block = 1, state = 'sent' WHERE nonce = 7`;
    expect(await assign(deps)).to.equal(true);
    expect(await assign(deps)).to.equal(false);
  }).timeout(20_000);

  it("given a halted sender, then nothing is signed", async () => {
    await queue(rig.requestsOf(2));
    await db.sql`UPDATE sender SET halted = 'somebody else has the key'`;
    expect(await assign(deps)).to.equal(false);
    expect(await rig.states(db)).to.deep.equal({ queued: 2 });
  });

  it("given a carrier that fails, then nothing is signed and no nonce is spent", async () => {
    await queue(rig.requestsOf(2));
    const calldata = (): Hex => {
      throw new Error("cannot encode");
    };
    const failing = assign({ ...deps, carriers: [{ ...rig.burnCarrier(to), calldata }] });
    expect(await failing.catch(String)).to.equal("Error: cannot encode");
    expect(await db.sql`SELECT next_nonce FROM sender`).to.deep.equal([{ next_nonce: 7n }]);
    expect(await rig.states(db)).to.deep.equal({ queued: 2 });
  });

  it("given several that assign at once, then no nonce and no request is used twice", async () => {
    await queue(rig.requestsOf(700));
    await Promise.all(Array.from({ length: 5 }, () => assign(deps)));
    while (await assign(deps));
    const all = await signed();
    expect(all.map(({ nonce }) => nonce)).to.deep.equal(all.map((_, i) => 7 + i));
    expect(new Set(all.flatMap(({ digests }) => digests)).size).to.equal(700);
    expect(all.flatMap(({ digests }) => digests)).to.have.length(700);
  });

  describe("the sender's first nonce", () => {
    let chain: OpenChain;
    before(async () => (chain = await openEmbedded()));
    after(() => chain.close());

    const nextNonceOf = async (address: Hex) => {
      const [row] = await db.sql<{ next_nonce: bigint }>`SELECT next_nonce FROM sender WHERE address = ${address}`;
      return row?.next_nonce;
    };

    it("given a key that has sent before, then it is the chain's count; afterwards the row's own, whatever the chain says", async () => {
      const signer = createSigner(rig.draw());
      await rig.sendForeign(chain.chain, signer, to);
      await openSender(db, chain.chain, signer.address);
      expect(await nextNonceOf(signer.address)).to.equal(1n);
      await rig.sendForeign(chain.chain, signer, to);
      expect(await nextNonce(chain.chain, signer.address)).to.equal(2);
      await openSender(db, chain.chain, signer.address);
      expect(await nextNonceOf(signer.address)).to.equal(1n);
    });

    it("given a transaction of that key accepted before, then it is the nonce after that", async () => {
      const signer = createSigner(rig.draw());
      await acceptTransaction(db, rig.rawOf(signer, to, 2));
      await openSender(db, chain.chain, signer.address);
      expect(await nextNonceOf(signer.address)).to.equal(3n);
    });
  });
});
