/** P-256 signatures as phones and browsers make them (WebCrypto, secure elements): OpenSSL checks one in about 0.1 ms. */
import { createPublicKey, verify } from "node:crypto";
import { keccak, toHex } from "./eip712.ts";

/** `0x01 ‖ qx ‖ qy ‖ r ‖ s` */
export const P256_PROOF_BYTES = 129;
export const P256_TAG = 0x01;

const halfOrder = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8n;

const coordinate = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

/**
 * The id, keccak256(qx ‖ qy), of the key whose proof over sha256(digest) this is; 32 zero bytes for no valid proof.
 * A high s is none, nor is a key that is no point of the curve, as in the contract.
 */
export function p256KeyId(digest: Uint8Array, proof: Uint8Array): Uint8Array {
  const none = new Uint8Array(32);
  if (proof.length !== P256_PROOF_BYTES || proof[0] !== P256_TAG) return none;
  const [x, y, signature] = [proof.subarray(1, 33), proof.subarray(33, 65), proof.subarray(65)];
  if (BigInt(toHex(signature.subarray(32))) > halfOrder) return none;
  try {
    const jwk = { kty: "EC", crv: "P-256", x: coordinate(x), y: coordinate(y) };
    const key = createPublicKey({ key: jwk, format: "jwk" });
    const good = verify("sha256", digest, { key, dsaEncoding: "ieee-p1363" }, signature);
    return good ? keccak(x, y) : none;
  } catch {
    // no point of the curve
    return none;
  }
}
