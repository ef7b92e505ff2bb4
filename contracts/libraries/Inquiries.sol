// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParties} from "../access/IParties.sol";
import {Acts} from "./Acts.sol";

/// @title Inquiries
/// @notice One question to the register for a whole batch: who signed the acts, and what it knows of them. An inquiry is
/// written while the signers are recovered, asked by the ledger and answered by {Parties}.
/// @dev A plain version of each function stands in the tests, which check that the two agree.
library Inquiries {
    /* solhint-disable no-inline-assembly */

    /// @notice Begins a call of {IParties-credentials} for so many signatories; {ask} ends it.
    /// @dev In memory: the number of words that follow, then the call's arguments as they will travel.
    function begin(uint256 count) internal pure returns (bytes32[] memory query) {
        query = new bytes32[](2 + 2 * count);
        query[0] = bytes32(uint256(0x20));
        query[1] = bytes32(count);
    }

    /// @notice Sets the signatories 2i and 2i + 1 of an inquiry: those of the i-th act.
    /// @dev Warning: does not check that the inquiry is that long.
    function put(
        bytes32[] memory query,
        uint256 i,
        uint256 giver,
        bytes32 giverKey,
        uint256 receiver,
        bytes32 receiverKey
    ) internal pure {
        assembly ("memory-safe") {
            let pair := add(add(query, 0x60), shl(7, i))
            mstore(pair, giver)
            mstore(add(pair, 0x20), giverKey)
            mstore(add(pair, 0x40), receiver)
            mstore(add(pair, 0x60), receiverKey)
        }
    }

    /// @notice Sets the signatories 2i and 2i + 1 of an inquiry: the giver and the receiver of the i-th act, by the
    /// secp256k1 keys that signed it and its receipt. Sets nothing when one of them signed otherwise.
    /// @dev The inquiry's zeros stay where a signature is malformed or has an s above half of the order of the curve. The
    /// work is done in the first 128 bytes of memory, whose places are constants; they are put right again.
    /// @return proved Whether one of them signed otherwise.
    function recoverPair(
        Acts.SignaturePair calldata signatures,
        uint256 giver,
        uint256 receiver,
        bytes32 digest,
        bytes32 structHash,
        bytes32 receiptType,
        bytes32 domain,
        bytes32[] memory query,
        uint256 i
    ) internal view returns (bool proved) {
        assembly ("memory-safe") {
            proved := or(iszero(calldataload(signatures)), iszero(calldataload(add(signatures, 0x40))))
            if iszero(proved) {
                let free := mload(0x40)
                let pair := add(add(query, 0x60), shl(7, i))
                mstore(pair, giver)
                mstore(add(pair, 0x40), receiver)

                calldatacopy(0x40, signatures, 0x40) // r, vs
                let signed := keccak256(0x40, 0x40)
                let vs := mload(0x60)
                let s := and(vs, 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff)
                mstore(0, digest)
                mstore(0x20, add(shr(255, vs), 27))
                mstore(0x60, s)
                if lt(s, 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1) {
                    pop(staticcall(gas(), 1, 0, 0x80, add(pair, 0x20), 0x20))
                }

                mstore(0, receiptType)
                mstore(0x20, structHash)
                mstore(0x40, signed)
                mstore(0x40, keccak256(0, 0x60)) // the receipt's struct hash
                mstore(0, 0x1901)
                mstore(0x20, domain)
                mstore(0, keccak256(0x1e, 0x42))

                calldatacopy(0x40, add(signatures, 0x40), 0x40)
                vs := mload(0x60)
                s := and(vs, 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff)
                mstore(0x20, add(shr(255, vs), 27))
                mstore(0x60, s)
                if lt(s, 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1) {
                    pop(staticcall(gas(), 1, 0, 0x80, add(pair, 0x60), 0x20))
                }
                mstore(0x40, free)
                mstore(0x60, 0)
            }
        }
    }

    /// @notice The register's answer to an inquiry, two words for each act. Reverts as the register does.
    function ask(IParties parties, bytes32[] memory query) internal view returns (uint256[] memory words) {
        bytes4 selector = IParties.credentials.selector;
        assembly ("memory-safe") {
            // the selector goes where the query's length stands, for as long as the call takes
            let length := mload(query)
            mstore(query, shr(224, selector))
            let ok := staticcall(gas(), parties, add(query, 0x1c), add(shl(5, length), 0x04), 0, 0)
            mstore(query, length)
            words := mload(0x40)
            if iszero(ok) {
                returndatacopy(words, 0, returndatasize())
                revert(words, returndatasize())
            }
            let size := sub(returndatasize(), 0x20)
            returndatacopy(words, 0x20, size)
            mstore(0x40, add(words, size))
        }
    }

    /// @notice The two words of an array that are about the i-th act. Warning: does not check that there are so many.
    function pairOf(uint256[] memory words, uint256 i) internal pure returns (uint256 first, uint256 second) {
        assembly ("memory-safe") {
            let place := add(words, shl(6, i))
            first := mload(add(place, 0x20))
            second := mload(add(place, 0x40))
        }
    }

    /// @notice Sets what {pairOf} reads. Warning: does not check that there are so many.
    function setPair(uint256[] memory words, uint256 i, uint256 first, uint256 second) internal pure {
        assembly ("memory-safe") {
            let place := add(words, shl(6, i))
            mstore(add(place, 0x20), first)
            mstore(add(place, 0x40), second)
        }
    }

    /// @notice Ends the call with the register's answer: a word for each signatory, `standing 168 | bound 8 | from 40 |
    /// until 40`. The account's own key signs without a date unless bit 7 of its status is set; every other key, and that
    /// one then, as its own word says.
    function answer(
        IParties.Signatory[] calldata signatories,
        mapping(address account => uint256 word) storage standing,
        mapping(bytes32 keyId => uint256 word) storage keys
    ) internal view {
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, 0x20)
            mstore(add(words, 0x20), signatories.length)
            let place := add(words, 0x40)
            let end := add(place, shl(5, signatories.length))
            let second := add(place, 0x20)
            for {
                let from := signatories.offset
            } lt(place, end) {
                from := add(from, 0x40)
            } {
                let account := shr(96, shl(96, calldataload(from)))
                let keyId := calldataload(add(from, 0x20))
                // an act has two signatories, and one of them is often the same throughout a batch
                if and(
                    gt(place, second),
                    and(eq(account, calldataload(sub(from, 0x80))), eq(keyId, calldataload(sub(from, 0x60))))
                ) {
                    mstore(place, mload(sub(place, 0x40)))
                    place := add(place, 0x20)
                    continue
                }
                mstore(0, account)
                mstore(0x20, standing.slot)
                let word := sload(keccak256(0, 0x40))
                if word {
                    switch lt(xor(account, keyId), iszero(shr(255, word)))
                    case 1 {
                        word := or(word, 0x1ffffffffffffffffffff) // bound, until 2^40 - 1
                        word := and(word, not(shl(40, 0xffffffffff))) // from 0
                    }
                    default {
                        mstore(0, keyId)
                        mstore(0x20, keys.slot)
                        let key := sload(keccak256(0, 0x40))
                        if eq(shr(96, key), account) {
                            word := or(word, or(shl(80, 1), and(shr(16, key), 0xffffffffffffffffffff)))
                        }
                    }
                }
                mstore(place, word)
                place := add(place, 0x20)
            }
            return(words, sub(end, words))
        }
    }
}
