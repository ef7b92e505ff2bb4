import { expect } from "chai";
import { id, TypedDataEncoder, ZeroHash } from "ethers";
import { batchOf, packAct, secp, type SignedAct } from "../../support/acts.ts";
import {
  captured,
  collector,
  createCoast,
  forever,
  keyId,
  packed,
  stranger,
  strangerKey,
  type Coast,
} from "../../support/coast.ts";
import type { Collect } from "../../support/collects.ts";

const load = await createCoast();

describe("recordCollects", () => {
  let coast: Coast;
  let ledger: Coast["ledger"];

  beforeEach(async () => {
    coast = await load();
    ({ ledger } = coast);
  });

  const sign = (terms: Partial<Collect> = {}): SignedAct => coast.sign("Collect", coast.collect(terms));

  /** What `Collected` says of an act that is recorded without flags. */
  function argsOf(signed: SignedAct): unknown[] {
    const act = signed.act as Collect;
    const terms = packed([act.grams, 48], [act.capturedAt, 40], [0, 8]);
    return [coast.digest(signed), act.collector, act.keeper, act.class, terms, act.anchor, act.evidence];
  }

  it("given two registered accounts, when both have signed, then the lot is the keeper's", async () => {
    const signed = sign();
    await coast.expectOnly(coast.carry(signed), "Collected", argsOf(signed));
    await coast.expectLot(coast.digest(signed), { custodian: coast.point, grams: 1_500, class: 1 });
    expect(await ledger.ownerOf(coast.digest(signed))).to.equal(coast.point);
    expect(await ledger.totals()).to.deep.equal([1_500n, 0n]);
  });

  it("when a batch comes, then each act is a lot of its own and the totals are their sum", async () => {
    const acts = [1n, 2n ** 48n - 1n, 70_000n].map((grams, i) => sign({ grams, class: i, salt: id(String(i)) }));
    const call = coast.carry(...acts);
    for (const signed of acts) {
      await expect(call)
        .to.emit(ledger, "Collected")
        .withArgs(...argsOf(signed));
      const { grams, class: kind } = signed.act as Collect;
      await coast.expectLot(coast.digest(signed), { custodian: coast.point, grams, class: kind });
    }
    expect(await ledger.totals()).to.deep.equal([2n ** 48n + 70_000n, 0n]);
    expect((await (await call).wait())?.logs).to.have.length(3);
  });

  it("when the batch is empty, then nothing happens", async () => {
    const call = await ledger.recordCollects([], []);
    expect((await call.wait())?.logs).to.have.length(0);
    expect(await ledger.totals()).to.deep.equal([0n, 0n]);
  });

  it("when proofs come that no signature names, then they are not read", async () => {
    const signed = sign();
    const [acts] = batchOf([signed]);
    await coast.expectOnly(ledger.recordCollects(acts, ["0x01"]), "Collected", argsOf(signed));
  });

  it("when the spare bits are set, then the act is the same act", async () => {
    const signed = sign();
    const act = packAct(signed, []) as { giverTerms: bigint; keeperTerms: bigint };
    const spare = { ...act, giverTerms: act.giverTerms | 0xffn, keeperTerms: act.keeperTerms | (2n ** 80n - 1n) };
    await coast.expectOnly(ledger.recordCollects([spare as never], []), "Collected", argsOf(signed));
  });

  it("given a bad act between two good ones, then it is skipped and they are recorded", async () => {
    const good = [sign({ salt: id("before") }), sign({ salt: id("after") })] as const;
    const bad = sign({ grams: 0n });
    const call = coast.carry(good[0], bad, good[1]);
    for (const signed of good) {
      await expect(call)
        .to.emit(ledger, "Collected")
        .withArgs(...argsOf(signed));
    }
    const reason = ledger.interface.getError("GramsMissing")?.selector;
    await expect(call).to.emit(ledger, "Skipped").withArgs(coast.digest(bad), coast.digest(bad), reason);
    expect(await ledger.totals()).to.deep.equal([3_000n, 0n]);
    expect((await (await call).wait())?.logs).to.have.length(3);
  });

  describe("skips what cannot be true, and tells why", () => {
    it("an act recorded before, whatever its signatures are now", async () => {
      const lot = await coast.lot();
      await coast.expectSkipped(sign({ salt: id("lot 0") }), "LotExists", [lot]);
      const spoiled = { ...sign({ salt: id("lot 0") }), giverSignature: `0x${"00".repeat(64)}` };
      await coast.expectSkipped(spoiled, "LotExists", [lot]);
    });

    it("the same act twice in one batch", async () => {
      const signed = sign();
      const call = coast.carry(signed, signed);
      const lot = coast.digest(signed);
      await expect(call)
        .to.emit(ledger, "Collected")
        .withArgs(...argsOf(signed));
      const reason = ledger.interface.getError("LotExists")?.selector;
      await expect(call).to.emit(ledger, "Skipped").withArgs(lot, lot, reason);
      expect(await ledger.totals()).to.deep.equal([1_500n, 0n]);
    });

    it("an act without mass, before its signatures are looked at", async () => {
      const signed = coast.sign("Collect", coast.collect({ grams: 0n }), secp(strangerKey));
      await coast.expectSkipped(signed, "GramsMissing", [coast.digest(signed)]);
    });

    it("an unregistered collector, an unregistered keeper", async () => {
      for (const terms of [{ collector: stranger }, { keeper: stranger }]) {
        await coast.expectSkipped(sign(terms), "AccountNotRegistered", [stranger]);
      }
    });

    it("a signature by a key that does not sign for the account, the collector's first", async () => {
      const by = secp(strangerKey);
      const act = coast.collect();
      await coast.expectSkipped(coast.sign("Collect", act, by, by), "SignatureNotValid", [collector, keyId(stranger)]);
      const keeper = [coast.point, keyId(stranger)];
      await coast.expectSkipped(coast.sign("Collect", act, undefined, by), "SignatureNotValid", keeper);
    });

    for (const [when, from, until] of [
      ["before the key's time", captured + 1, forever],
      ["at the key's end", 0, captured],
    ] as const) {
      it(`an act captured ${when}: the collector's dated own key`, async () => {
        await coast.registry.bindKey(collector, keyId(collector), from, until);
        await coast.expectSkipped(sign(), "KeyNotValid", [collector, keyId(collector), from, until, captured]);
      });

      it(`an act captured ${when}: a key of the keeper`, async () => {
        await coast.registry.bindKey(coast.point, keyId(stranger), from, until);
        const signed = coast.sign("Collect", coast.collect(), undefined, secp(strangerKey));
        await coast.expectSkipped(signed, "KeyNotValid", [coast.point, keyId(stranger), from, until, captured]);
      });
    }
  });

  describe("checkCollect", () => {
    it("when the act would be recorded, flagged or not, then says nothing", async () => {
      await coast.registry.setStatus(collector, 2, ZeroHash);
      await coast.check(sign());
    });
  });

  describe("domainSeparator and childId", () => {
    it("are EIP-712's, and the hash of digest and index", async () => {
      expect(await ledger.domainSeparator()).to.equal(TypedDataEncoder.hashDomain(coast.domain));
      const child = "0xad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5";
      expect(await ledger.childId(ZeroHash, 0)).to.equal(child);
    });
  });

  describe("lots and ownerOf", () => {
    it("when there is no such lot, then zero", async () => {
      expect(await ledger.lots(id("nothing"))).to.equal(0n);
      expect(await ledger.ownerOf(id("nothing"))).to.equal("0x0000000000000000000000000000000000000000");
    });
  });
});
