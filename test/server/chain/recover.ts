import { expect } from "chai";
import { SigningKey, Wallet } from "ethers";
import { toBytes, toHex } from "../../../server/chain/eip712.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { nativeRecover, plainRecover, recoverSigner } from "../../../server/chain/recover.ts";

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
