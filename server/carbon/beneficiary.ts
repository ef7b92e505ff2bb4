/** Who a retirement is claimed for, as the chain has it: a salted hash of the name. */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { keccak, toBytes, toHex } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";

/**
 * keccak256(UTF-8 of the name ‖ salt). The name is taken in Unicode's form NFC and without space around it, so that it
 * is the same however it was typed. Without the salt nobody finds the name; with it the holder shows it to whom they like.
 * @param salt 32 random bytes
 */
export const beneficiaryHash = (name: string, salt: Hex): Hex =>
  toHex(keccak(utf8ToBytes(name.normalize("NFC").trim()), toBytes(salt)));
