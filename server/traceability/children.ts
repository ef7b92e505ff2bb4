/** Ids of lots that are made from other lots. */
import { keccak, toBytes, toHex, uintWord } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";

/** The id of a split's child or a transform's output: keccak256(abi.encode(digest of the act, uint256(index))). */
export const childId = (digest: Hex, index: number): Hex => toHex(keccak(toBytes(digest), uintWord(index)));
