import { expect } from "chai";
import { id, toBeHex, TypedDataEncoder, ZeroAddress, ZeroHash } from "ethers";
import {
  captured,
  collector,
  collectorKey,
  createCoast,
  forever,
  keeperKey,
  keyId,
  stranger,
  strangerKey,
  type Coast,
} from "../../support/coast.ts";
import { collectOf, digestOf, signCollect, type CollectAct } from "../../support/collects.ts";

const load = await createCoast();

describe("LotLedger", () => {
  let coast: Coast;
  let ledger: Coast["ledger"];

  beforeEach(async () => {
    coast = await load();
    ({ ledger } = coast);
  });

  const reasonOf = (error: string) => ledger.interface.getError(error)?.selector;

  describe("recordCollects", () => {
    it("given two registered accounts, when both have signed, then the lot is the keeper's", async () => {
      const act = coast.collect();
      const call = ledger.recordCollects([coast.sign(act)], []);
      await coast.expectRecorded(act, call);
      expect(await ledger.totals()).to.deep.equal([1_500n, 0n]);
      expect((await (await call).wait())?.logs).to.have.length(1);
    });

    it("when a batch comes, then each act is a lot of its own and the totals are their sum", async () => {
      const acts = [1n, 2n ** 48n - 1n, 70_000n].map((grams, i) =>
        coast.collect({ grams, class: i, salt: id(String(i)) }),
      );
      const call = ledger.recordCollects(
        acts.map((act) => coast.sign(act)),
        [],
      );
      for (const act of acts) await coast.expectRecorded(act, call);
      expect(await ledger.totals()).to.deep.equal([2n ** 48n + 70_000n, 0n]);
      expect((await (await call).wait())?.logs).to.have.length(3);
    });

    it("when the batch is empty, then nothing happens", async () => {
      const call = await ledger.recordCollects([], []);
      expect((await call.wait())?.logs).to.have.length(0);
      expect(await ledger.totals()).to.deep.equal([0n, 0n]);
    });

    it("when proofs come, then they are not read", async () => {
      const act = coast.collect();
      await coast.expectRecorded(act, ledger.recordCollects([coast.sign(act)], ["0x01"]));
    });

    it("when the spare bits are set, then the act is the same act", async () => {
      const act = coast.collect();
      const signed = coast.sign(act);
      const spare = {
        ...signed,
        giverTerms: BigInt(signed.giverTerms) | 0xffn,
        keeperTerms: BigInt(signed.keeperTerms) | (2n ** 80n - 1n),
      };
      await coast.expectRecorded(act, ledger.recordCollects([spare], []));
    });

    describe("skips what cannot be true, tells why, and records the rest", () => {
      /**
       * Carries the bad act between two good ones. The bad one changes nothing, its event names the error that
       * checkCollect reverts with.
       */
      async function expectSkipped(bad: CollectAct, error: string, args: unknown[]) {
        const good = [coast.collect({ salt: id("before") }), coast.collect({ salt: id("after") })] as const;
        const lot = await ledger.collectDigest(bad);
        const word = await ledger.lots(lot);
        const [collected] = await ledger.totals();
        await expect(ledger.checkCollect(bad, []))
          .to.be.revertedWithCustomError(ledger, error)
          .withArgs(...args);

        const call = ledger.recordCollects([coast.sign(good[0]), bad, coast.sign(good[1])], []);
        await expect(call).to.emit(ledger, "Skipped").withArgs(lot, lot, reasonOf(error));
        for (const act of good) await coast.expectRecorded(act, call);
        expect(await ledger.lots(lot)).to.equal(word);
        expect(await ledger.totals()).to.deep.equal([collected + 3_000n, 0n]);
        expect((await (await call).wait())?.logs).to.have.length(3);
      }

      it("an act recorded before", async () => {
        const act = coast.collect();
        await ledger.recordCollects([coast.sign(act)], []);
        await expectSkipped(coast.sign(act), "LotExists", [digestOf(coast.domain, act)]);
      });

      it("an act recorded before, whatever its signatures are now", async () => {
        const act = coast.collect();
        await ledger.recordCollects([coast.sign(act)], []);
        await expectSkipped({ ...coast.sign(act), giverR: ZeroHash }, "LotExists", [digestOf(coast.domain, act)]);
      });

      it("the same act twice in one batch", async () => {
        const act = coast.collect();
        const call = ledger.recordCollects([coast.sign(act), coast.sign(act)], []);
        await coast.expectRecorded(act, call);
        const lot = digestOf(coast.domain, act);
        await expect(call).to.emit(ledger, "Skipped").withArgs(lot, lot, reasonOf("LotExists"));
        expect(await ledger.totals()).to.deep.equal([1_500n, 0n]);
      });

      it("an act without mass", async () => {
        const act = coast.collect({ grams: 0n });
        await expectSkipped(coast.sign(act), "GramsMissing", [digestOf(coast.domain, act)]);
      });

      it("an unregistered collector", async () => {
        await expectSkipped(coast.sign(coast.collect({ collector: stranger }), strangerKey), "AccountNotRegistered", [
          stranger,
        ]);
      });

      it("an unregistered keeper", async () => {
        const act = coast.sign(coast.collect({ keeper: stranger }), collectorKey, strangerKey);
        await expectSkipped(act, "AccountNotRegistered", [stranger]);
      });

      it("a collector's signature by another key", async () => {
        await expectSkipped(coast.sign(coast.collect(), strangerKey), "SignatureNotValid", [collector, stranger]);
      });

      it("a keeper's signature by a key that is not bound to it", async () => {
        await expectSkipped(coast.sign(coast.collect(), collectorKey, strangerKey), "SignatureNotValid", [
          coast.point,
          stranger,
        ]);
      });

      for (const half of ["giver", "receiver"] as const) {
        const account = () => (half === "giver" ? collector : coast.point);

        it(`a ${half}'s signature whose r is zero`, async () => {
          const act = { ...coast.sign(coast.collect()), [`${half}R`]: ZeroHash };
          await expectSkipped(act, "SignatureNotValid", [account(), ZeroAddress]);
        });

        it(`a ${half}'s signature whose s is high`, async () => {
          const act = { ...coast.sign(coast.collect()), [`${half}Vs`]: toBeHex(2n ** 255n - 1n, 32) };
          await expectSkipped(act, "SignatureNotValid", [account(), ZeroAddress]);
        });
      }

      it("a receipt over another signature of the collector", async () => {
        const act = coast.collect();
        const { receiverR, receiverVs } = coast.sign(act, strangerKey);
        const bad = { ...coast.sign(act), receiverR, receiverVs };
        await expect(ledger.checkCollect(bad, [])).to.be.revertedWithCustomError(ledger, "SignatureNotValid");
        await ledger.recordCollects([bad], []);
        expect(await ledger.totals()).to.deep.equal([0n, 0n]);
      });

      it("an act signed for another chain or another authority", async () => {
        for (const other of [
          { ...coast.domain, chainId: 1n },
          { ...coast.domain, verifyingContract: stranger },
        ]) {
          const act = signCollect(other, coast.collect(), collectorKey, keeperKey);
          await expect(ledger.checkCollect(act, [])).to.be.revertedWithCustomError(ledger, "SignatureNotValid");
        }
      });

      for (const [when, from, until] of [
        ["before the key's time", captured + 1, forever],
        ["at the key's end", 0, captured],
      ] as const) {
        it(`an act captured ${when}: the collector's dated own key`, async () => {
          await coast.registry.bindKey(collector, keyId(collector), from, until);
          await expectKeyNotValid(collector, collector, from, until, collectorKey, keeperKey);
        });

        it(`an act captured ${when}: a key of the keeper`, async () => {
          await coast.registry.bindKey(coast.point, keyId(stranger), from, until);
          await expectKeyNotValid(coast.point, stranger, from, until, collectorKey, strangerKey);
        });
      }

      async function expectKeyNotValid(
        account: string,
        key: string,
        from: number,
        until: number,
        ...keys: [giver: typeof collectorKey, receiver: typeof collectorKey]
      ) {
        const act = coast.sign(coast.collect(), ...keys);
        await expect(ledger.checkCollect(act, []))
          .to.be.revertedWithCustomError(ledger, "KeyNotValid")
          .withArgs(account, key, from, until, captured);
        const lot = await ledger.collectDigest(act);
        await expect(ledger.recordCollects([act], []))
          .to.emit(ledger, "Skipped")
          .withArgs(lot, lot, reasonOf("KeyNotValid"));
        expect(await ledger.lots(lot)).to.equal(0n);
      }

      it("given a spoiled copy that was skipped, then the good act is still recorded", async () => {
        const act = coast.collect();
        await ledger.recordCollects([{ ...coast.sign(act), giverVs: ZeroHash }], []);
        await coast.expectRecorded(act, ledger.recordCollects([coast.sign(act)], []));
      });
    });
  });

  describe("checkCollect", () => {
    it("when the act would be recorded, flagged or not, then says nothing", async () => {
      await coast.registry.setStatus(collector, 2, ZeroHash);
      await ledger.checkCollect(coast.sign(coast.collect()), []);
    });
  });

  describe("collectDigest and domainSeparator", () => {
    it("are EIP-712's", async () => {
      expect(await ledger.domainSeparator()).to.equal(TypedDataEncoder.hashDomain(coast.domain));
      for (const act of [
        coast.collect(),
        coast.collect({ class: 0xffff, grams: 2n ** 48n - 1n, capturedAt: forever, anchor: ZeroHash }),
        collectOf(stranger, collector, { salt: ZeroHash, evidence: id("x") }),
      ]) {
        expect(await ledger.collectDigest(coast.sign(act))).to.equal(digestOf(coast.domain, act));
      }
    });
  });

  describe("lots", () => {
    it("when there is no such lot, then zero", async () => {
      expect(await ledger.lots(id("nothing"))).to.equal(0n);
    });
  });
});
