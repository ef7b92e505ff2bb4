/** Keys as phones have them: P-256, over sha256 of the digest (WebCrypto always hashes). A real one never leaves its phone. */
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { concatBytes } from "@noble/hashes/utils.js";
import { keccak, toBytes, toHex, uintWord } from "../../server/chain/eip712.ts";
import type { Hex } from "../../server/chain/port.ts";

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const P256_TAG = Uint8Array.of(1);

export interface PhoneKey {
  /** keccak256(qx ‖ qy) */
  id: Hex;
  /** `0x01 ‖ qx ‖ qy ‖ r ‖ s`, another one each time */
  sign(digest: Uint8Array): Hex;
}

/** @param seed 32 bytes */
export function createPhoneKey(seed: Hex): PhoneKey {
  const number = uintWord((BigInt(seed) % (order - 1n)) + 1n);
  // SEC1 without the public point: Node works it out
  const sec1 = Buffer.concat([toBytes("0x30310201010420"), number, toBytes("0xa00a06082a8648ce3d030107")]);
  const key = createPrivateKey({ key: sec1, format: "der", type: "sec1" });
  const { x, y } = createPublicKey(key).export({ format: "jwk" }) as { x: string; y: string };
  const point = concatBytes(Buffer.from(x, "base64url"), Buffer.from(y, "base64url"));
  return {
    id: toHex(keccak(point)),
    sign(digest) {
      const raw = sign("sha256", digest, { key, dsaEncoding: "ieee-p1363" });
      const s = BigInt(toHex(raw.subarray(32)));
      return toHex(concatBytes(P256_TAG, point, raw.subarray(0, 32), uintWord(s > order / 2n ? order - s : s)));
    },
  };
}
