import { expect } from "chai";
import { SigningKey, TypedDataEncoder, Wallet } from "ethers";
import fc from "fast-check";
import { domainSeparator, toBytes, toHex, type Domain } from "../../../server/chain/eip712.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { nativeRecover, plainRecover, recoverSigner } from "../../../server/chain/recover.ts";
import {
  actTypes,
  collectDigest,
  collectReceiptDigest,
  encodeCollect,
  type Collect,
} from "../../../server/traceability/acts.ts";

const bytes = (length: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((drawn) => toHex(drawn));

const anyCollect: fc.Arbitrary<Collect> = fc.record({
  class: fc.integer({ min: 0, max: 0xffff }),
  grams: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  collector: bytes(20),
  keeper: bytes(20),
  capturedAt: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
  anchor: bytes(32),
  evidence: bytes(32),
  salt: bytes(32),
});

const domain: Domain = { chainId: 46112, authority: `0x${"a1".repeat(20)}` };
const ethersDomain = { name: "Tidemark", version: "1", chainId: 46112, verifyingContract: domain.authority };
const separator = domainSeparator(domain);

describe("acts", () => {
  it("given any collect, when its digests are taken, then they are those of ethers' general EIP-712 encoder", () => {
    fc.assert(
      fc.property(anyCollect, bytes(64), (collect, giverSignature) => {
        const plain = TypedDataEncoder.hash(ethersDomain, { Collect: actTypes.Collect }, collect);
        expect(toHex(collectDigest(separator, collect))).to.equal(plain);
        const receipt = TypedDataEncoder.hash(ethersDomain, actTypes, { collect, giverSignature });
        expect(toHex(collectReceiptDigest(separator, collect, giverSignature))).to.equal(receipt);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it("given any collect, when it is packed for calldata, then every field stands in its own place", () => {
    fc.assert(
      fc.property(anyCollect, bytes(64), bytes(64), (collect, giverSignature, receiverSignature) => {
        const words = toHex(encodeCollect({ collect, giverSignature, receiverSignature })).slice(2);
        const hexOf = (value: number, bytesWide: number): string => value.toString(16).padStart(bytesWide * 2, "0");
        expect(words).to.equal(
          [
            collect.collector.slice(2),
            hexOf(collect.grams, 6),
            hexOf(collect.capturedAt, 5),
            "00",
            collect.keeper.slice(2),
            hexOf(collect.class, 2),
            "00".repeat(10),
            collect.anchor.slice(2),
            collect.evidence.slice(2),
            collect.salt.slice(2),
            giverSignature.slice(2),
            receiverSignature.slice(2),
          ].join(""),
        );
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});

describe("signature recovery", () => {
  const wallet = new Wallet(`0x${"11".repeat(32)}`);
  const digest = toBytes(`0x${"5a".repeat(32)}`);
  const signature = new SigningKey(wallet.privateKey).sign(digest);
  const compact = toBytes(signature.compactSerialized as Hex);
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

  const methods = [
    ["native", nativeRecover() ?? plainRecover],
    ["plain JavaScript", plainRecover],
  ] as const;
  for (const [name, recover] of methods) {
    describe(name, () => {
      const signer = (rvs: Uint8Array): Hex => toHex(recoverSigner(recover, digest, rvs));

      it("given a good signature, when recovered, then it is the signer's address", () => {
        expect(signer(compact)).to.equal(wallet.address.toLowerCase());
      });

      it("given the same signature with s replaced by n − s, when recovered, then it is not the signer", () => {
        const mirrored = Uint8Array.from(compact);
        const s = order - BigInt(signature.s);
        mirrored.set(toBytes(`0x${s.toString(16).padStart(64, "0")}`), 32);
        expect(signer(mirrored)).to.not.equal(wallet.address.toLowerCase());
      });

      it("given the lowest s that is high, when recovered, then it is none", () => {
        const high = Uint8Array.from(compact);
        high.set(toBytes(`0x${(order / 2n + 1n).toString(16).padStart(64, "0")}`), 32);
        expect(signer(high)).to.equal(`0x${"0".repeat(40)}`);
      });

      it("given r or s of zero, when recovered, then it is none", () => {
        for (const at of [0, 32]) {
          const zeroed = Uint8Array.from(compact).fill(0, at, at + 32);
          expect(signer(zeroed)).to.equal(`0x${"0".repeat(40)}`);
        }
      });

      it("given a signature over another digest, when recovered, then it is not the signer", () => {
        const other = toBytes(new SigningKey(wallet.privateKey).sign(`0x${"77".repeat(32)}`).compactSerialized as Hex);
        expect(signer(other)).to.not.equal(wallet.address.toLowerCase());
      });
    });
  }
});
