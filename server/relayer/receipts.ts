/** Signed receipts: a JWS that proves something was handed in, should it ever be withheld (SERVER.md "Who signs what"). */
import { CompactSign, importJWK, type JWK } from "jose";
import type { Hex } from "../chain/port.ts";

export interface Receipts {
  /** JWS (EdDSA) over `{chainId, authority, digest, acceptedAt}`; `acceptedAt` in milliseconds since 1970. */
  sign(digest: Hex, acceptedAt: number): Promise<string>;
  /** The public halves of all receipt keys, old ones too, for `/.well-known/jwks.json`. */
  jwks: { keys: JWK[] };
}

/** @param keys Ed25519 private keys, the newest first: it signs, all of them are listed */
export async function createReceipts(keys: readonly JWK[], chainId: number, authority: Hex): Promise<Receipts> {
  const [newest] = keys;
  if (!newest?.kid) throw new Error("there is no receipt key with a key id");
  const key = await importJWK(newest, "EdDSA");
  const header = { alg: "EdDSA", kid: newest.kid };
  return {
    sign(digest, acceptedAt) {
      const payload = JSON.stringify({ chainId, authority, digest, acceptedAt });
      return new CompactSign(Buffer.from(payload)).setProtectedHeader(header).sign(key);
    },
    jwks: {
      keys: keys.map(({ kty, crv, x, kid, alg, use }) => ({ kty, crv, x, kid, alg, use }) as JWK),
    },
  };
}
