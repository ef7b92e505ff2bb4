import { expect } from "chai";
import { RpcError, type Chain, type Hex } from "../../../server/chain/port.ts";
import { readReceipt, sendRaw, type Signer } from "../../../server/chain/transactions.ts";
import type { Db } from "../../../server/db/port.ts";
import { accept, acceptTransaction } from "../../../server/relayer/accept.ts";
import { assign, openSender } from "../../../server/relayer/assign.ts";
import { broadcast, type BroadcastDeps } from "../../../server/relayer/broadcast.ts";
import { readRequest } from "../../../server/relayer/queries.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { eachDatabase } from "../../support/databases.ts";
import * as rig from "./rig.ts";

eachDatabase("broadcasting", (open) => {
  let db: Db;
  let opened: OpenChain;
  let chain: Chain;
  let burner: Hex;
  let deps: BroadcastDeps;
  before(async () => {
    db = await open();
    opened = await openEmbedded();
    chain = opened.chain;
    burner = await rig.deployBurner(chain);
  });
  after(() => opened.close());
  beforeEach(async () => {
    await rig.emptyTables(db);
    const signal = new AbortController().signal;
    deps = { db, chain, log: rig.silent, reached: rig.nothingReached, attempts: new Map(), signal };
  });

  /** A sender of our own with `n` batches of one request each, signed and not sent. */
  async function batches(n: number): Promise<Signer> {
    const signer = rig.newSigner();
    await openSender(db, chain, signer.address);
    const carriers = [{ ...rig.burnCarrier(burner), gasOf: () => 8_000_000n }];
    await accept(db, rig.requestsOf(n), rig.nothingKnown);
    while (await assign({ db, carriers, signer, chainId: rig.chainId, reached: rig.nothingReached }));
    return signer;
  }

  const txStates = async (address: Hex) => (await rig.transactionsOf(db, address)).map(({ state }) => state);

  /** The chain, with some answers replaced; `undefined` leaves the chain's own. */
  const chainBut = (answer: (method: string, params: readonly unknown[]) => unknown): Chain => ({
    ...chain,
    request: async <T>(method: string, params: readonly unknown[] = []): Promise<T> =>
      ((await answer(method, params)) ?? (await chain.request<T>(method, params))) as T,
  });

  /** The hashes that a chain was sent, in order, whether it takes them or not. */
  function recording(): { sent: string[]; deps: BroadcastDeps } {
    const sent: string[] = [];
    const watched = chainBut((method, [raw]) => {
      if (method === "eth_sendRawTransaction") sent.push(String(raw));
      return undefined;
    });
    return { sent, deps: { ...deps, chain: watched } };
  }

  describe("our own batches", () => {
    it("given signed ones, then they go out in nonce order, and they and their requests are sent", async () => {
      const signer = await batches(3);
      const told: string[] = [];
      deps.reached = async (step) => void told.push(`${step}: ${(await txStates(signer.address)).join(" ")}`);
      expect(await broadcast(deps)).to.equal(true);
      expect(told).to.deep.equal(["sent: sent signed signed", "sent: sent sent signed", "sent: sent sent sent"]);
      expect(await rig.states(db)).to.deep.equal({ sent: 3 });
      for (const { hash } of await rig.transactionsOf(db, signer.address)) await rig.mined(chain, hash);
    });

    it("given sent ones, then they are not sent again by the same process, and once more by the next", async () => {
      await batches(2);
      await broadcast(deps);
      const { sent, deps: watched } = recording();
      expect(await broadcast(watched)).to.equal(false);
      expect(sent).to.have.length(0);
      await broadcast({ ...watched, attempts: new Map() });
      expect(await rig.states(db)).to.deep.equal({ sent: 2 });
    });

    it("given bytes that reached the chain before a crash, then they are marked sent, not lost and not refused", async () => {
      const signer = await batches(2);
      const [first] = await db.sql<{ raw: Uint8Array; hash: Hex }>`SELECT raw, hash FROM tx ORDER BY nonce`;
      await sendRaw(chain, first!.raw);
      await rig.mined(chain, first!.hash);
      await broadcast(deps);
      expect(await txStates(signer.address)).to.deep.equal(["sent", "sent"]);
      expect(await rig.states(db)).to.deep.equal({ sent: 2 });
    });

    it("given a foreign transaction at the next nonce, then the sender halts in words and everything stays in place", async () => {
      const signer = await batches(3);
      await rig.sendForeign(chain, signer, burner);
      expect(await broadcast(deps)).to.equal(false);
      const [sender] = await db.sql<{ halted: string }>`SELECT halted FROM sender`;
      expect(sender!.halted).to.match(
        new RegExp(`^Nonce 0 of ${signer.address} was used by a transaction that this server`),
      );
      expect(await txStates(signer.address)).to.deep.equal(["signed", "signed", "signed"]);
      expect(await rig.states(db)).to.deep.equal({ signed: 3 });
      const { sent, deps: watched } = recording();
      expect(await broadcast({ ...watched, attempts: new Map() })).to.equal(false);
      expect(sent).to.deep.equal([]);
    });

    it("given a halted sender, then nothing of it is sent, though the chain would take it", async () => {
      await batches(2);
      await db.sql`UPDATE sender SET halted = 'somebody else has the key'`;
      expect(await broadcast(deps)).to.equal(false);
      expect(await rig.states(db)).to.deep.equal({ signed: 2 });
    });

    it("given a foreign transaction that comes in just before ours, then the refusal of ours halts the sender too", async () => {
      const signer = await batches(1);
      const late = chainBut(async (method) => {
        if (method === "eth_sendRawTransaction") await rig.sendForeign(chain, signer, burner);
        return undefined;
      });
      await broadcast({ ...deps, chain: late });
      expect((await db.sql<{ halted: string | null }>`SELECT halted FROM sender`)[0]!.halted).to.be.a("string");
      expect(await rig.states(db)).to.deep.equal({ signed: 1 });
    });

    it("given one that is mined between looking for its receipt and counting, then nothing halts", async () => {
      const signer = await batches(1);
      const [tx] = await db.sql<{ raw: Uint8Array; hash: Hex }>`SELECT raw, hash FROM tx`;
      let counted = 0;
      // the count that is read first says "not used", the next "used", and in between it is mined
      const racing = chainBut(async (method) => {
        if (method === "eth_sendRawTransaction") throw new RpcError(-32000, "already known");
        if (method !== "eth_getTransactionCount" || counted++ === 0) return undefined;
        await sendRaw(chain, tx!.raw).catch(() => undefined);
        await rig.mined(chain, tx!.hash);
        return undefined;
      });
      await broadcast({ ...deps, chain: racing });
      expect(await db.sql`SELECT halted FROM sender`).to.deep.equal([{ halted: null }]);
      expect(await txStates(signer.address)).to.deep.equal(["sent"]);
    });

    it("given one that is mined, when a node that lags behind answers for its receipt, then nothing halts", async () => {
      const signer = await batches(1);
      const [tx] = await db.sql<{ raw: Uint8Array; hash: Hex }>`SELECT raw, hash FROM tx`;
      await sendRaw(chain, tx!.raw);
      await rig.mined(chain, tx!.hash);
      // from the receipt on another node answers, which has not seen the block
      let behind = false;
      const request = async <T>(method: string, params?: readonly unknown[]): Promise<T> => {
        behind ||= method === "eth_getTransactionReceipt";
        if (!behind) return chain.request<T>(method, params);
        return (method === "eth_getTransactionCount" ? "0x0" : null) as T;
      };
      await broadcast({ ...deps, chain: { ...chain, request } });
      expect(await db.sql`SELECT halted FROM sender`).to.deep.equal([{ halted: null }]);
      expect(await txStates(signer.address)).to.deep.equal(["sent"]);
    });

    it("given a node that refuses one for another reason, then it says so, keeps it, and sends nothing behind it", async () => {
      const signer = await batches(2);
      let tried = 0;
      const full = chainBut((method) => {
        if (method !== "eth_sendRawTransaction") return undefined;
        tried++;
        throw new RpcError(-32000, "txpool is full");
      });
      const failure = await broadcast({ ...deps, chain: full }).catch(String);
      expect(failure).to.match(/the chain refuses transaction 0x\w+ \(nonce 0 of 0x\w+\): txpool is full/);
      expect(await broadcast({ ...deps, chain: full })).to.equal(false);
      expect(tried).to.equal(1);
      expect(await txStates(signer.address)).to.deep.equal(["signed", "signed"]);
      await broadcast({ ...deps, attempts: new Map() });
      expect(await txStates(signer.address)).to.deep.equal(["sent", "sent"]);
    });

    it("given a node that mines at once and answers with the revert of what it mined, then it counts as sent", async () => {
      const signer = await batches(1);
      const [tx] = await db.sql<{ hash: Hex }>`SELECT hash FROM tx`;
      const eager = chainBut(async (method, [raw]) => {
        if (method !== "eth_sendRawTransaction") return undefined;
        await sendRaw(chain, raw as Hex);
        await rig.mined(chain, tx!.hash);
        throw new RpcError(-32603, "VM Exception while processing transaction: reverted");
      });
      await broadcast({ ...deps, chain: eager });
      expect(await txStates(signer.address)).to.deep.equal(["sent"]);
    });

    it("given a chain that does not answer, then nothing changes, and the next try sends", async () => {
      const signer = await batches(1);
      const gone = chainBut(() => {
        throw new Error("connect ECONNREFUSED");
      });
      expect(await broadcast({ ...deps, chain: gone }).catch(String)).to.equal("Error: connect ECONNREFUSED");
      expect(await txStates(signer.address)).to.deep.equal(["signed"]);
      await broadcast(deps);
      expect(await txStates(signer.address)).to.deep.equal(["sent"]);
    });

    it("given a lost lock, then nothing more is sent", async () => {
      const signer = await batches(2);
      const lost = new AbortController();
      deps.reached = () => Promise.resolve(lost.abort(new Error("lost")));
      expect(await broadcast({ ...deps, signal: lost.signal }).catch(String)).to.equal("Error: lost");
      expect(await txStates(signer.address)).to.deep.equal(["sent", "signed"]);
    });
  });

  describe("raw transactions", () => {
    it("given nonces handed in in the wrong order, then none goes before the one it waits for", async () => {
      const signer = rig.newSigner();
      const raws = [0, 1, 2].map((nonce) => rig.rawOf(signer, burner, nonce));
      for (const nonce of [2, 1]) {
        await acceptTransaction(db, raws[nonce]!);
        expect(await broadcast(deps)).to.equal(false);
      }
      expect(await rig.states(db)).to.deep.equal({ signed: 2 });
      await acceptTransaction(db, raws[0]!);
      expect(await broadcast(deps)).to.equal(true);
      expect(await rig.states(db)).to.deep.equal({ sent: 3 });
      for (const { hash } of raws) await rig.mined(chain, hash);
    });

    it("given a gap that is filled past this server, then what waited is sent", async () => {
      const signer = rig.newSigner();
      const raw = rig.rawOf(signer, burner, 1);
      await acceptTransaction(db, raw);
      await broadcast(deps);
      expect(await rig.states(db)).to.deep.equal({ signed: 1 });
      await rig.sendForeign(chain, signer, burner);
      await broadcast({ ...deps, attempts: new Map() });
      await rig.mined(chain, raw.hash);
    });

    it("given a nonce that another transaction has used meanwhile, then it is rejected in words, and its successor goes", async () => {
      const signer = rig.newSigner();
      const [stale, next] = [rig.rawOf(signer, burner, 0), rig.rawOf(signer, burner, 1)];
      await acceptTransaction(db, stale);
      await acceptTransaction(db, next);
      await rig.sendForeign(chain, signer, burner);
      await broadcast(deps);
      const rejected = await readRequest(db.sql, stale.hash);
      expect(rejected).to.include({ state: "rejected", tx: null });
      expect(rejected!.reason).to.match(/^Nonce 0 of 0x\w+ was used by another transaction/);
      await rig.mined(chain, next.hash);
      expect((await readRequest(db.sql, next.hash))!.state).to.equal("sent");
      expect(await db.sql`SELECT address FROM sender`).to.deep.equal([]);
    });

    it("given one that the chain never takes, then it is rejected with the chain's words, and its nonce is free", async () => {
      const signer = rig.newSigner();
      const raw = rig.rawOf(signer, burner, 0, 1, 20_000n);
      await acceptTransaction(db, raw);
      for (let refusal = 0; refusal < 6; refusal++) {
        expect((await readRequest(db.sql, raw.hash))!.state).to.equal("signed");
        await broadcast(deps);
        // as if the pause after a refusal were over
        const attempt = deps.attempts.get(raw.hash);
        if (attempt) attempt.notBefore = 0;
      }
      const rejected = await readRequest(db.sql, raw.hash);
      expect(rejected!.state).to.equal("rejected");
      expect(rejected!.reason).to.match(/^The chain refuses it: .*gas/i);
      const better = rig.rawOf(signer, burner, 0);
      expect(await acceptTransaction(db, better)).to.include({ status: "accepted" });
      await broadcast(deps);
      await rig.mined(chain, better.hash);
    });

    it("given a node in trouble of its own, then that is no refusal of the transaction", async () => {
      const raw = rig.rawOf(rig.newSigner(), burner, 0);
      await acceptTransaction(db, raw);
      const ill = chainBut((method) => {
        if (method === "eth_sendRawTransaction") throw new RpcError(-32603, "the disk is full");
        return undefined;
      });
      for (let i = 0; i < 8; i++)
        expect(await broadcast({ ...deps, chain: ill }).catch(String)).to.match(/disk is full/);
      expect((await readRequest(db.sql, raw.hash))!.state).to.equal("signed");
    });

    it("given a sender that waits, then others are sent", async () => {
      const [waiting, ready] = [rig.rawOf(rig.newSigner(), burner, 9), rig.rawOf(rig.newSigner(), burner, 0)];
      await acceptTransaction(db, waiting);
      await acceptTransaction(db, ready);
      await batches(1);
      await broadcast(deps);
      expect(await rig.states(db)).to.deep.equal({ signed: 1, sent: 2 });
      await rig.mined(chain, ready.hash);
      expect(await readReceipt(chain, waiting.hash)).to.equal(undefined);
    });
  });
});
