import { expect } from "chai";
import { AbiCoder, getAddress, id, keccak256, toBeHex, zeroPadValue, ZeroAddress, ZeroHash } from "ethers";
import type { ContractTransactionResponse } from "ethers";
import { registrationOf } from "../../support/collects.ts";
import { createWorld, startOfTests, type World } from "../../support/contracts.ts";

const load = await createWorld();

const address = (n: number): string => getAddress(toBeHex(n, 20));
const keyId = (account: string): string => zeroPadValue(account, 32).toLowerCase();

const alice = address(0xa11c);
const bob = address(0xb0b);
const spareKey = address(0x5ba2);
const basis = id("decision 7");
const forever = 2 ** 40 - 1;

/** A standing word from its parts, by the layout in the interface. */
const standingWord = (parts: { status: number; kinds?: number; from?: number; until?: number; licences?: bigint }) =>
  (BigInt(parts.status) << 248n) |
  (BigInt(parts.kinds ?? 1) << 232n) |
  (BigInt(parts.from ?? 0) << 192n) |
  (BigInt(parts.until ?? 0) << 152n) |
  ((parts.licences ?? 0n) << 88n);

const keyWord = (account: string, from: number, until: number) =>
  (BigInt(account) << 96n) | (BigInt(from) << 56n) | (BigInt(until) << 16n);

const bit = (kind: number) => 1n << BigInt(kind);

describe("Parties", () => {
  let world: World;
  let parties: World["Parties"];

  beforeEach(async () => {
    world = await load();
    parties = world.Parties.connect(world.registry);
    await parties.register([registrationOf(alice), registrationOf(bob, 0b10)]);
  });

  /** Bob, who takes no part in any of these tests, is as he was; and the call told of nothing but what is named. */
  async function nothingElseMoved(call: ContractTransactionResponse, events: string[]): Promise<void> {
    expect(await parties.standing(bob)).to.equal(standingWord({ status: 1, kinds: 0b10 }));
    expect(await parties.keys(keyId(bob))).to.equal(0n);
    const logs = (await call.wait())?.logs ?? [];
    expect(logs.map((log) => parties.interface.parseLog(log)?.name)).to.deep.equal(events);
  }

  describe("register", () => {
    const carol = { ...registrationOf(address(0xca201), 0b101), organiser: alice, successor: bob };

    it("when the registry calls, then the accounts are active, of their kinds, without licences", async () => {
      const facility = registrationOf(ZeroAddress, 0b100);
      const facilityId = await parties.accountFor(facility.identityHash);
      const call = await parties.register([carol, facility]);
      expect(await parties.standing(carol.account)).to.equal(standingWord({ status: 1, kinds: 0b101 }));
      expect(await parties.standing(facilityId)).to.equal(standingWord({ status: 1, kinds: 0b100 }));
      await expect(call)
        .to.emit(parties, "AccountRegistered")
        .withArgs(carol.account, 0b101, carol.identityHash, alice, 3310, bob);
      await expect(call)
        .to.emit(parties, "AccountRegistered")
        .withArgs(facilityId, 0b100, facility.identityHash, ZeroAddress, 3310, ZeroAddress);
      await nothingElseMoved(call, ["AccountRegistered", "AccountRegistered"]);
    });

    it("given an account, when it is registered again, then none of the call's accounts is", async () => {
      await expect(parties.register([carol, registrationOf(alice)]))
        .to.be.revertedWithCustomError(parties, "AccountExists")
        .withArgs(alice);
      expect(await parties.standing(carol.account)).to.equal(0n);
    });

    it("given a key that signs for an account, when its address is to be an account, then refuses", async () => {
      await parties.bindKey(alice, keyId(spareKey), 0, forever);
      await expect(parties.register([registrationOf(spareKey)]))
        .to.be.revertedWithCustomError(parties, "AccountIsKey")
        .withArgs(spareKey, alice);
    });
  });

  describe("setStatus", () => {
    for (const status of [1, 2, 3]) {
      it(`when the status is ${status}, then only the status changes`, async () => {
        await parties.grantLicence(alice, 5, 100, 200, 0, ZeroHash);
        const call = await parties.setStatus(alice, status, basis);
        const word = standingWord({ status, from: 100, until: 200, licences: bit(5) });
        expect(await parties.standing(alice)).to.equal(word);
        await expect(call).to.emit(parties, "StandingChanged").withArgs(alice, word, basis);
        await nothingElseMoved(call, ["StandingChanged"]);
      });
    }

    it("given a dated own key, then it stays dated", async () => {
      await parties.bindKey(alice, keyId(alice), 1, 2);
      await parties.setStatus(alice, 3, basis);
      expect(await parties.standing(alice)).to.equal(standingWord({ status: 0x83 }));
    });

    for (const status of [0, 4, 0x81]) {
      it(`when the status is ${status}, then refuses`, async () => {
        await expect(parties.setStatus(alice, status, basis))
          .to.be.revertedWithCustomError(parties, "StatusUnknown")
          .withArgs(status);
      });
    }

    it("when the account is not registered, then refuses", async () => {
      await expect(parties.setStatus(spareKey, 2, basis))
        .to.be.revertedWithCustomError(parties, "AccountUnknown")
        .withArgs(spareKey);
    });
  });

  describe("bindKey", () => {
    it("when the key is new, then it signs for the account in [from, until)", async () => {
      const call = await parties.bindKey(alice, keyId(spareKey), 100, 200);
      expect(await parties.keys(keyId(spareKey))).to.equal(keyWord(alice, 100, 200));
      expect(await parties.standing(alice)).to.equal(standingWord({ status: 1 }));
      await expect(call).to.emit(parties, "KeyBound").withArgs(alice, keyId(spareKey), 100, 200);
      await nothingElseMoved(call, ["KeyBound"]);
    });

    it("when the key is the account's own, then it is dated from then on", async () => {
      const call = await parties.bindKey(alice, keyId(alice), 100, 200);
      expect(await parties.keys(keyId(alice))).to.equal(keyWord(alice, 100, 200));
      expect(await parties.standing(alice)).to.equal(standingWord({ status: 0x81 }));
      await expect(call)
        .to.emit(parties, "StandingChanged")
        .withArgs(alice, standingWord({ status: 0x81 }), keyId(alice));
      await nothingElseMoved(call, ["StandingChanged", "KeyBound"]);
    });

    it("given a key bound once, when it is bound again, then refuses, even after its end", async () => {
      await parties.bindKey(alice, keyId(spareKey), 100, 200);
      await parties.closeKey(keyId(spareKey), 100);
      for (const account of [alice, bob]) {
        await expect(parties.bindKey(account, keyId(spareKey), 300, 400))
          .to.be.revertedWithCustomError(parties, "KeyTaken")
          .withArgs(keyId(spareKey), alice);
      }
    });

    it("when the key is another account's own id, then refuses", async () => {
      await expect(parties.bindKey(alice, keyId(bob), 100, 200))
        .to.be.revertedWithCustomError(parties, "KeyTaken")
        .withArgs(keyId(bob), bob);
    });

    it("when a P-256 key ends in another account's id, then binds it: it is no such address", async () => {
      const p256 = `0x01${keyId(bob).slice(4)}`;
      await parties.bindKey(alice, p256, 100, 200);
      expect(await parties.keys(p256)).to.equal(keyWord(alice, 100, 200));
    });

    it("when the period is empty, then refuses", async () => {
      await expect(parties.bindKey(alice, keyId(spareKey), 200, 200))
        .to.be.revertedWithCustomError(parties, "PeriodEmpty")
        .withArgs(200, 200);
    });

    it("when the key is zero, then refuses", async () => {
      await expect(parties.bindKey(alice, ZeroHash, 100, 200))
        .to.be.revertedWithCustomError(parties, "KeyUnknown")
        .withArgs(ZeroHash);
    });

    it("when the account is not registered, then refuses", async () => {
      await expect(parties.bindKey(spareKey, keyId(spareKey), 100, 200))
        .to.be.revertedWithCustomError(parties, "AccountUnknown")
        .withArgs(spareKey);
    });
  });

  describe("closeKey", () => {
    beforeEach(() => parties.bindKey(alice, keyId(spareKey), 100, 200));

    it("when the end is sooner, then it is brought forward", async () => {
      const call = await parties.closeKey(keyId(spareKey), 199);
      expect(await parties.keys(keyId(spareKey))).to.equal(keyWord(alice, 100, 199));
      await expect(call).to.emit(parties, "KeyBound").withArgs(alice, keyId(spareKey), 100, 199);
      await nothingElseMoved(call, ["KeyBound"]);
    });

    for (const until of [200, 201]) {
      it(`when the end is ${until}, not sooner than 200, then refuses`, async () => {
        await expect(parties.closeKey(keyId(spareKey), until))
          .to.be.revertedWithCustomError(parties, "KeyNotShortened")
          .withArgs(keyId(spareKey), until, 200);
      });
    }

    it("when the key was never bound, then refuses", async () => {
      await expect(parties.closeKey(keyId(bob), 1))
        .to.be.revertedWithCustomError(parties, "KeyUnknown")
        .withArgs(keyId(bob));
    });
  });

  describe("grantLicence", () => {
    it("when it is the first, then its dates are the standing's", async () => {
      const call = await parties.grantLicence(alice, 63, 100, 200, 5_000_000n, basis);
      const word = standingWord({ status: 1, from: 100, until: 200, licences: bit(63) });
      expect(await parties.standing(alice)).to.equal(word);
      await expect(call).to.emit(parties, "LicenceGranted").withArgs(alice, 63, 100, 200, 5_000_000n, basis);
      await expect(call).to.emit(parties, "StandingChanged").withArgs(alice, word, basis);
      await nothingElseMoved(call, ["LicenceGranted", "StandingChanged"]);
    });

    it("given one licence, when another is granted, then the standing holds what both dates share", async () => {
      await parties.grantLicence(alice, 1, 100, 200, 0, basis);
      await parties.grantLicence(alice, 2, 150, 250, 0, basis);
      expect(await parties.standing(alice)).to.equal(
        standingWord({ status: 1, from: 150, until: 200, licences: bit(1) | bit(2) }),
      );
    });

    it("given a licence, when it is renewed, then the new dates replace the old", async () => {
      await parties.grantLicence(alice, 1, 100, 200, 0, basis);
      await parties.grantLicence(alice, 1, 100, 300, 0, basis);
      expect(await parties.standing(alice)).to.equal(
        standingWord({ status: 1, from: 100, until: 300, licences: bit(1) }),
      );
    });

    for (const kind of [0, 64]) {
      it(`when the kind is ${kind}, then refuses`, async () => {
        await expect(parties.grantLicence(alice, kind, 100, 200, 0, basis))
          .to.be.revertedWithCustomError(parties, "LicenceKindUnknown")
          .withArgs(kind);
      });
    }

    it("when the period is empty, then refuses", async () => {
      await expect(parties.grantLicence(alice, 1, 200, 100, 0, basis))
        .to.be.revertedWithCustomError(parties, "PeriodEmpty")
        .withArgs(200, 100);
    });

    it("when the account is not registered, then refuses", async () => {
      await expect(parties.grantLicence(spareKey, 1, 100, 200, 0, basis))
        .to.be.revertedWithCustomError(parties, "AccountUnknown")
        .withArgs(spareKey);
    });
  });

  describe("revokeLicence", () => {
    beforeEach(() => parties.grantLicence(alice, 1, 100, 200, 0, basis));

    it("given two licences, when one is revoked, then the other's dates alone count", async () => {
      await parties.grantLicence(alice, 2, 150, 250, 0, basis);
      const call = await parties.revokeLicence(alice, 1, basis);
      const word = standingWord({ status: 1, from: 150, until: 250, licences: bit(2) });
      expect(await parties.standing(alice)).to.equal(word);
      await expect(call).to.emit(parties, "LicenceRevoked").withArgs(alice, 1, basis);
      await expect(call).to.emit(parties, "StandingChanged").withArgs(alice, word, basis);
      await nothingElseMoved(call, ["LicenceRevoked", "StandingChanged"]);
    });

    it("given one licence, when it is revoked, then there are no dates left", async () => {
      await parties.revokeLicence(alice, 1, basis);
      expect(await parties.standing(alice)).to.equal(standingWord({ status: 1 }));
    });

    it("when it is not held, then refuses", async () => {
      await expect(parties.revokeLicence(alice, 2, basis))
        .to.be.revertedWithCustomError(parties, "LicenceNotHeld")
        .withArgs(alice, 2);
    });

    for (const kind of [0, 64]) {
      it(`when the kind is ${kind}, then refuses`, async () => {
        await expect(parties.revokeLicence(alice, kind, basis))
          .to.be.revertedWithCustomError(parties, "LicenceKindUnknown")
          .withArgs(kind);
      });
    }

    it("when the account is not registered, then refuses", async () => {
      await expect(parties.revokeLicence(spareKey, 1, basis))
        .to.be.revertedWithCustomError(parties, "AccountUnknown")
        .withArgs(spareKey);
    });
  });

  describe("accountOf", () => {
    it("given no dates, then an account acts for itself, and a stranger for nobody", async () => {
      expect(await parties.accountOf(alice)).to.equal(alice);
      expect(await parties.accountOf(spareKey)).to.equal(ZeroAddress);
    });

    it("given a bound key, then it acts for the account from its beginning until just before its end", async () => {
      const from = startOfTests + 1_000;
      await parties.bindKey(alice, keyId(spareKey), from, from + 10);
      for (const [time, expected] of [
        [from - 1, ZeroAddress],
        [from, alice],
        [from + 9, alice],
        [from + 10, ZeroAddress],
      ] as const) {
        await world.helpers.time.increaseTo(time);
        expect(await parties.accountOf(spareKey), String(time - from)).to.equal(expected);
      }
    });

    it("given a dated own key that has ended, then the account acts no more with it", async () => {
      await parties.bindKey(alice, keyId(alice), 1, startOfTests);
      expect(await parties.accountOf(alice)).to.equal(ZeroAddress);
    });
  });

  describe("accountFor", () => {
    it("is the id that anyone computes offline from chain, authority and identity hash", async () => {
      const identityHash = id("a storage point");
      const preimage = AbiCoder.defaultAbiCoder().encode(
        ["string", "uint256", "address", "bytes32"],
        ["tidemark.account", world.chainId, await world.manager.getAddress(), identityHash],
      );
      expect(await parties.accountFor(identityHash)).to.equal(getAddress(`0x${keccak256(preimage).slice(26)}`));
    });
  });

  describe("credentials", () => {
    const own = (1n << 80n) | BigInt(forever);

    it("tells standing and key of each signatory, in order", async () => {
      await parties.bindKey(alice, keyId(spareKey), 100, 200);
      const word = standingWord({ status: 1 });
      const answers = await parties.credentials([
        { account: alice, keyId: keyId(alice) },
        { account: alice, keyId: keyId(spareKey) },
        { account: bob, keyId: keyId(spareKey) },
        { account: spareKey, keyId: keyId(spareKey) },
      ]);
      expect([...answers]).to.deep.equal([
        word | own,
        word | (1n << 80n) | (100n << 40n) | 200n,
        standingWord({ status: 1, kinds: 0b10 }),
        0n,
      ]);
    });

    it("given a dated own key, then its dates", async () => {
      await parties.bindKey(alice, keyId(alice), 100, 200);
      const [answer] = await parties.credentials([{ account: alice, keyId: keyId(alice) }]);
      expect(answer).to.equal(standingWord({ status: 0x81 }) | (1n << 80n) | (100n << 40n) | 200n);
    });
  });
});
