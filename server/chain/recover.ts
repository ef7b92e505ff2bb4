/** secp256k1 signature recovery: the native library where it loads (about 0.1 ms), ethers' pure JavaScript elsewhere (about 3 ms). */
import { createRequire } from "node:module";
import { keccak, toBytes, toHex } from "./eip712.ts";
import type { Hex } from "./port.ts";
import type * as ethers from "ethers";
import type secp256k1 from "secp256k1";

type Recover = (digest: Uint8Array, rs: Uint8Array, yParity: number) => Uint8Array;

const require = createRequire(import.meta.url);
const halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** Public key (65 bytes) by the native library, or `undefined` where it did not install. */
export function nativeRecover(): Recover | undefined {
  try {
    // the package's own entry would fall back to JavaScript in silence; its bindings say so
    const native = require("secp256k1/bindings.js") as typeof secp256k1;
    return (digest, rs, yParity) => native.ecdsaRecover(rs, yParity, digest, false);
  } catch {
    return undefined;
  }
}

/** Public key (65 bytes) in pure JavaScript. */
export const plainRecover: Recover = (digest, rs, yParity) => {
  // loaded at the first call: its hundred modules would hold up the start of every thread, and few ever need them
  const { SigningKey } = require("ethers") as typeof ethers;
  const key = SigningKey.recoverPublicKey(digest, {
    r: toHex(rs.subarray(0, 32)),
    s: toHex(rs.subarray(32)),
    yParity: yParity === 1 ? 1 : 0,
  });
  return toBytes(key as Hex);
};

/**
 * The address whose key signed `digest`, from the 64 bytes r‖vs of EIP-2098; 20 zero bytes for no valid signature.
 * A high s is no signature here, as in the contract.
 */
export function recoverSigner(recover: Recover, digest: Uint8Array, rvs: Uint8Array): Uint8Array {
  const rs = Uint8Array.from(rvs);
  const yParity = rs[32]! >> 7;
  rs[32]! &= 0x7f;
  if (BigInt(toHex(rs.subarray(32))) > halfOrder) return new Uint8Array(20);
  try {
    return keccak(recover(digest, rs, yParity).subarray(1)).subarray(12);
  } catch {
    return new Uint8Array(20);
  }
}
