import { createECDH } from "node:crypto";
import { expect } from "chai";
import { concat, dataSlice, id, keccak256, toBeHex, ZeroHash } from "ethers";
import {
  keyOf,
  p256,
  p256Number,
  packAct,
  secp,
  signAct,
  type Message,
  type Sign,
  type SignedAct,
} from "../../support/acts.ts";
import {
  collector,
  collectorKey,
  createCoast,
  forever,
  keyId,
  plant,
  stranger,
  type Coast,
} from "../../support/coast.ts";

const load = await createCoast();

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const p256Order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const device = p256("a phone's enclave");

const word = (value: bigint): string => toBeHex(value, 32);
/** A signature's n-th word, after `head` bytes. */
const part = (signature: string, n: number, head = 0): string =>
  dataSlice(signature, head + 32 * n, head + 32 * (n + 1));

/** What somebody may make of a good signature of secp256k1, r ‖ vs. */
const secpFaults: Record<string, (good: string) => string> = {
  "r of zero that names no proof": () => concat([ZeroHash, word(2n ** 256n - 1n)]),
  "s of zero": (good) => concat([part(good, 0), ZeroHash]),
  "r equal to the order": (good) => concat([word(order), part(good, 1)]),
  "r above the order": (good) => concat([word(2n ** 256n - 1n), part(good, 1)]),
  "r that is on no point": (good) => concat([word(5n), part(good, 1)]),
  "the other parity": (good) => concat([part(good, 0), word(BigInt(part(good, 1)) ^ (1n << 255n))]),
  "r and s in each other's place": (good) => concat([part(good, 1), part(good, 0)]),
};

/** 0x01 ‖ qx ‖ qy ‖ r ‖ s */
const p256Faults: Record<string, (good: string) => string> = {
  "a high s": (good) => concat([dataSlice(good, 0, 97), word(p256Order - BigInt(part(good, 3, 1)))]),
  "r of zero": (good) => concat([dataSlice(good, 0, 65), ZeroHash, part(good, 3, 1)]),
  "s of zero": (good) => concat([dataSlice(good, 0, 97), ZeroHash]),
  "r equal to the order": (good) => concat([dataSlice(good, 0, 65), word(p256Order), part(good, 3, 1)]),
  "r above the order": (good) => concat([dataSlice(good, 0, 65), word(2n ** 256n - 1n), part(good, 3, 1)]),
  "a point that is not on the curve": (good) => concat(["0x01", part(good, 0, 1), word(7n), dataSlice(good, 65)]),
  "the point at infinity": (good) => concat(["0x01", ZeroHash, ZeroHash, dataSlice(good, 65)]),
  "a byte too few": (good) => dataSlice(good, 0, 128),
  "a byte too many": (good) => concat([good, "0x00"]),
  "twice itself": (good) => concat([good, good]),
  "no bytes": () => "0x",
  "its kind alone": () => "0x01",
  "an unknown kind": (good) => concat(["0x03", dataSlice(good, 1)]),
  "another kind's byte": (good) => concat(["0x00", dataSlice(good, 1)]),
};

/** Over the digest itself, as a key signs that hashes nothing: Node has no such call, only k·G by way of ECDH. */
const unhashed: Sign = (digest) => {
  const [d, k] = [p256Number("a phone's enclave"), 0x1234567890abcdefn];
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(toBeHex(k, 32).slice(2), "hex");
  const r = BigInt(`0x${ecdh.getPublicKey("hex").slice(2, 66)}`) % p256Order;
  const s = (inverse(k, p256Order) * (BigInt(digest) + r * d)) % p256Order;
  const low = s > p256Order / 2n ? p256Order - s : s;
  return concat([dataSlice(device.sign(digest), 0, 65), word(r), word(low)]);
};

/** The inverse of a number by a prime, by Fermat. */
function inverse(number: bigint, prime: bigint): bigint {
  let [result, base] = [1n, number % prime];
  for (let exponent = prime - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % prime;
    base = (base * base) % prime;
  }
  return result;
}

describe("signatures", () => {
  let coast: Coast;
  let lot: string;

  beforeEach(async () => {
    coast = await load();
    lot = await coast.lot();
    await coast.registry.bindKey(coast.point, device.keyId, 0, forever);
    await coast.registry.bindKey(plant, keyId(stranger), 0, forever);
  });

  /** A handoff from the point to the plant, each half signed as told. */
  const handoff = (giver?: Sign, receiver?: Sign, terms: Message = {}) =>
    coast.sign("Handoff", coast.handoff(lot, terms), giver, receiver);

  const expectRefused = (signed: SignedAct, ...args: unknown[]) =>
    coast.expectSkipped(signed, "SignatureNotValid", args.length === 0 ? undefined : args);

  const spoiled =
    (good: Sign, fault: (good: string) => string): Sign =>
    (digest) =>
      fault(good(digest));

  describe("of secp256k1", () => {
    const plantsOwn = () => coast.signers.get(plant)!;
    const keepers = () => coast.signers.get(coast.point)!;

    for (const [name, fault] of Object.entries(secpFaults)) {
      it(`when the giver's, the receiver's or an operator's has ${name}, then it is skipped`, async () => {
        await expectRefused(handoff(spoiled(keepers(), fault)));
        await expectRefused(handoff(undefined, spoiled(plantsOwn(), fault)));
        await expectRefused(coast.sign("Conclude", coast.conclude(lot), spoiled(keepers(), fault)));
        await expectRefused(coast.sign("Collect", coast.collect(), spoiled(secp(collectorKey), fault)));
      });
    }

    it("when s is above half the order, then it is skipped, though the curve finds the giver's key", async () => {
      const { digest, registry, world, point } = coast;
      const [r, s] = [part(keepers()(ZeroHash), 0), word(order / 2n + 1n)];
      const data = concat([digest(handoff()), word(27n), r, s]);
      const key = await world.stranger.provider!.call({ to: toBeHex(1, 20), data });
      expect(BigInt(key)).to.not.equal(0n);
      await registry.bindKey(point, key, 0, forever);
      await expectRefused(
        handoff(() => concat([r, s])),
        point,
        ZeroHash,
      );
    });
  });

  describe("of P-256", () => {
    beforeEach(async () => {
      await coast.registry.bindKey(collector, p256("collector").keyId, 0, forever);
    });

    it("when both halves, or an operator's, are such, then the acts are recorded", async () => {
      const other = p256("another phone");
      await coast.registry.bindKey(plant, other.keyId, 0, forever);
      await coast.expectRecorded(handoff(device.sign, other.sign));
      lot = await coast.lot();
      await coast.expectRecorded(coast.sign("Conclude", coast.conclude(lot), device.sign));
      await coast.expectRecorded(coast.sign("Split", coast.split(lot, [1_000], { seq: 1 }), device.sign));
      lot = await coast.lot();
      await coast.expectRecorded(coast.sign("PassTitle", coast.passTitle(lot), device.sign, other.sign));
      await coast.expectRecorded(coast.sign("Collect", coast.collect(), p256("collector").sign, device.sign));
      lot = await coast.lot();
      const both = coast.sign("Transform", coast.transform([lot], [1_500]), device.sign);
      await coast.expectRecorded(both);
    });

    for (const [name, fault] of Object.entries(p256Faults)) {
      it(`when it is ${name}, then it is skipped`, async () => {
        // whatever point it now names is a key of the point's: only the signature is wrong
        const bad = fault(device.sign(ZeroHash));
        const named = bad.length >= 132 ? keccak256(dataSlice(bad, 1, 65)) : device.keyId;
        if ((await coast.registry.keys(named)) === 0n) await coast.registry.bindKey(coast.point, named, 0, forever);
        await expectRefused(handoff(spoiled(device.sign, fault)), coast.point, ZeroHash);
        await expectRefused(
          coast.sign("Conclude", coast.conclude(lot), spoiled(device.sign, fault)),
          coast.point,
          ZeroHash,
        );
        const collect = coast.sign("Collect", coast.collect(), spoiled(p256("collector").sign, fault));
        await expectRefused(collect, collector, ZeroHash);
      });
    }

    it("when it is over the digest unhashed, then it is skipped", async () => {
      await expectRefused(handoff(unhashed), coast.point, ZeroHash);
    });

    it("when it is a key's that signs for nobody, or for another account, then it is skipped", async () => {
      await expectRefused(handoff(p256("unknown").sign));
      await expectRefused(handoff(undefined, device.sign));
    });
  });

  describe("of any kind", () => {
    const kinds: [string, () => Promise<Sign>][] = [
      ["secp256k1", async () => coast.signers.get(coast.point)!],
      ["P-256", async () => device.sign],
    ];

    for (const [kind, signer] of kinds) {
      it(`${kind}: when the domain is another chain's or another authority's, then it is skipped`, async () => {
        const good = await signer();
        for (const other of [
          { ...coast.domain, chainId: 1n },
          { ...coast.domain, verifyingContract: stranger },
          { ...coast.domain, name: "Tidemarks" },
          { ...coast.domain, version: "2" },
        ]) {
          await expectRefused(signAct(other, "Handoff", coast.handoff(lot), good, coast.signers.get(plant)));
          await expectRefused(signAct(other, "Conclude", coast.conclude(lot), good));
          await expectRefused(
            signAct(
              other,
              "Collect",
              coast.collect({ collector: plant, keeper: coast.point }),
              coast.signers.get(plant)!,
              good,
            ),
          );
        }
      });

      it(`${kind}: when the receipt is over another signature of the giver, then it is skipped`, async () => {
        const good = handoff(await signer());
        const { receiverSignature } = handoff(secp(keyOf("another")));
        await expectRefused({ ...good, receiverSignature: receiverSignature! });
      });
    }

    it("when the halves change places, then it is skipped", async () => {
      const { giverSignature, receiverSignature, ...act } = handoff();
      await expectRefused({ ...act, giverSignature: receiverSignature!, receiverSignature: giverSignature! });
    });

    it("when a proof is named that is not there, then it is skipped", async () => {
      const proofs: string[] = [];
      const act = packAct(handoff(device.sign), proofs) as { giverVs: string };
      for (const index of [1n, 2n ** 255n, 2n ** 256n - 1n]) {
        const beyond = { ...act, giverVs: word(index) } as never;
        await expect(coast.ledger.checkHandoff(beyond, proofs))
          .to.be.revertedWithCustomError(coast.ledger, "SignatureNotValid")
          .withArgs(coast.point, ZeroHash);
        await expect(coast.ledger.recordHandoffs([beyond], proofs)).to.emit(coast.ledger, "Skipped");
      }
      await coast.ledger.recordHandoffs([act as never], [...proofs, "0x"]);
      expect(await coast.ledger.ownerOf(lot)).to.equal(plant);
    });

    it("given a spoiled copy that a stranger carried first, then the good act is still recorded", async () => {
      const good = handoff(device.sign);
      await expectRefused({ ...good, receiverSignature: `0x${"11".repeat(64)}` });
      await expectRefused({ ...good, giverSignature: concat(["0x02", id("not a wallet")]) });
      await coast.expectRecorded(good);
    });
  });
});
