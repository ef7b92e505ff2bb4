// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParties} from "../access/IParties.sol";
import {ILotLedger} from "../traceability/ILotLedger.sol";

/// @title Acts
/// @notice The work that a batch does once for every act: hashing it, recovering its signers, asking who they are.
/// @dev All assembly of ours. A plain version of each function stands in the tests, which check that the two agree. It
/// uses scratch space and the memory beyond the free memory pointer, so that a batch does not pay for growing memory.
library Acts {
    /* solhint-disable no-inline-assembly */

    bytes32 private constant COLLECT_TYPE = keccak256(
        "Collect(uint16 class,uint48 grams,address collector,address keeper,uint40 capturedAt,bytes32 anchor,bytes32 evidence,bytes32 salt)"
    );
    bytes32 private constant COLLECT_RECEIPT_TYPE = keccak256(
        "CollectReceipt(Collect collect,bytes giverSignature)Collect(uint16 class,uint48 grams,address collector,address keeper,uint40 capturedAt,bytes32 anchor,bytes32 evidence,bytes32 salt)"
    );

    /// @notice The EIP-712 digests that the collector and the keeper sign, from calldata alone.
    /// @param domain The domain separator.
    function hashCollect(
        ILotLedger.CollectAct calldata act,
        bytes32 domain
    ) internal pure returns (bytes32 digest, bytes32 receipt) {
        bytes32 collectType = COLLECT_TYPE;
        bytes32 receiptType = COLLECT_RECEIPT_TYPE;
        assembly ("memory-safe") {
            let giverTerms := calldataload(act)
            let keeperTerms := calldataload(add(act, 0x20))
            let free := mload(0x40)
            mstore(free, collectType)
            mstore(add(free, 0x20), and(shr(80, keeperTerms), 0xffff)) // class
            mstore(add(free, 0x40), and(shr(48, giverTerms), 0xffffffffffff)) // grams
            mstore(add(free, 0x60), shr(96, giverTerms)) // collector
            mstore(add(free, 0x80), shr(96, keeperTerms)) // keeper
            mstore(add(free, 0xa0), and(shr(8, giverTerms), 0xffffffffff)) // capturedAt
            calldatacopy(add(free, 0xc0), add(act, 0x40), 0x60) // anchor, evidence, salt
            let collectHash := keccak256(free, 0x120)

            calldatacopy(free, add(act, 0xa0), 0x40) // giverR, giverVs
            mstore(add(free, 0x40), keccak256(free, 0x40))
            mstore(free, receiptType)
            mstore(add(free, 0x20), collectHash)
            let receiptHash := keccak256(free, 0x60)

            mstore(free, hex"1901")
            mstore(add(free, 0x02), domain)
            mstore(add(free, 0x22), collectHash)
            digest := keccak256(free, 0x42)
            mstore(add(free, 0x22), receiptHash)
            receipt := keccak256(free, 0x42)
        }
    }

    /// @notice The secp256k1 keys that made an act's two compact signatures (EIP-2098), left-padded; zero for one that
    /// is malformed or has a high s.
    function signers(
        ILotLedger.CollectAct calldata act,
        bytes32 digest,
        bytes32 receipt
    ) internal view returns (bytes32 giver, bytes32 receiver) {
        assembly ("memory-safe") {
            function signer(signature, hash) -> key {
                let vs := calldataload(add(signature, 0x20))
                let s := shr(1, shl(1, vs))
                if gt(s, 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0) {
                    leave // above half of the order of the curve
                }
                let free := mload(0x40)
                mstore(free, hash)
                mstore(add(free, 0x20), add(shr(255, vs), 27))
                calldatacopy(add(free, 0x40), signature, 0x20) // r
                mstore(add(free, 0x60), s)
                mstore(0, 0) // stays zero when the precompile returns nothing
                pop(staticcall(gas(), 1, free, 0x80, 0, 0x20))
                key := mload(0)
            }
            giver := signer(add(act, 0xa0), digest)
            receiver := signer(add(act, 0xe0), receipt)
        }
    }

    /// @notice Begins a call of {IParties-credentials} for so many signatories; {ask} ends it.
    /// @dev In memory: the number of words that follow, then the call's arguments as they will travel.
    function inquiry(uint256 count) internal pure returns (bytes32[] memory query) {
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
}
